{{/* What every container of the chart has: image, settings, mounted files. */}}
{{- define "article-stream.container" -}}
image: {{ include "article-stream.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
envFrom:
  - configMapRef:
      name: {{ include "article-stream.fullname" . }}
  {{- with .Values.existingSecret }}
  - secretRef:
      name: {{ . }}
  {{- end }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if include "article-stream.ruleNames" . }}
  - name: rules
    mountPath: {{ include "article-stream.rulesFolder" . }}
    readOnly: true
  {{- end }}
  {{- range $index, $mount := .Values.mounts }}
  - name: mount-{{ $index }}
    mountPath: {{ $mount.path }}
    readOnly: true
  {{- end }}
{{- end }}

{{/* Environment variables beside the ConfigMap; empty where there are none. */}}
{{- define "article-stream.env" -}}
{{- range $name, $key := .Values.secretSettings }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $key.name }}
      key: {{ $key.key }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What every pod of the chart has beside its containers. */}}
{{- define "article-stream.podBasics" -}}
serviceAccountName: {{ include "article-stream.serviceAccount" . }}
automountServiceAccountToken: false
# Else the variables of a Service whose name begins with `stream` would look like settings.
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  {{- if include "article-stream.ruleNames" . }}
  - name: rules
    configMap:
      name: {{ .Values.rules.configMap | default (printf "%s-rules" (include "article-stream.fullname" .)) }}
  {{- end }}
  {{- range $index, $mount := .Values.mounts }}
  - name: mount-{{ $index }}
    {{- if $mount.secret }}
    secret:
      secretName: {{ $mount.secret }}
      defaultMode: 0440
    {{- else }}
    configMap:
      name: {{ $mount.configMap }}
    {{- end }}
  {{- end }}
{{- end }}

{{/* The pods of a component that serves the health pages: (dict "root" $ "component" … "command" … "resources" …). */}}
{{- define "article-stream.podTemplate" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "article-stream.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $root.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # The pods are renewed when a setting changes; changed rule files they read by themselves.
    checksum/settings: {{ include "article-stream.settings" $root | sha256sum }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "article-stream.podBasics" $root | nindent 2 }}
  terminationGracePeriodSeconds: {{ include "article-stream.gracePeriod" $root }}
  {{- if $root.Values.topologySpread }}
  topologySpreadConstraints:
    {{- range $root.Values.topologySpread }}
    - topologyKey: {{ .topologyKey }}
      maxSkew: {{ .maxSkew | default 1 }}
      whenUnsatisfiable: {{ .whenUnsatisfiable | default "ScheduleAnyway" }}
      labelSelector:
        matchLabels:
          {{- include "article-stream.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $.component }}
    {{- end }}
  {{- end }}
  containers:
    - name: {{ .component }}
      args:
        - {{ .command }}
      {{- include "article-stream.container" $root | nindent 6 }}
      {{- $env := include "article-stream.env" $root | trim }}
      {{- if or .instanceId $env }}
      env:
        {{- if .instanceId }}
        - name: STREAM_INSTANCE_ID
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        {{- end }}
        {{- with $env }}
        {{- . | nindent 8 }}
        {{- end }}
      {{- end }}
      ports:
        - name: http
          containerPort: {{ include "article-stream.httpPort" $root }}
      # The port opens once Kafka has answered; a worker that gets no answer ends by itself.
      startupProbe:
        httpGet:
          path: /health/live
          port: http
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: {{ divf (include "article-stream.startupSeconds" $root | float64) 5 | ceil | int }}
      livenessProbe:
        httpGet:
          path: /health/live
          port: http
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
      readinessProbe:
        httpGet:
          path: /health/ready
          port: http
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      resources:
        {{- toYaml .resources | nindent 8 }}
{{- end }}
