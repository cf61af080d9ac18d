{{/* What no schema can say in a plain sentence. */}}
{{- define "article-stream.checks" -}}
{{- $settings := .Values.settings -}}
{{- if not (get $settings "STREAM_BOOTSTRAP_SERVERS") -}}
{{- fail "settings.STREAM_BOOTSTRAP_SERVERS is missing: give the addresses of Kafka's brokers, such as --set settings.STREAM_BOOTSTRAP_SERVERS=kafka-bootstrap:9092." -}}
{{- end -}}
{{- range list "STREAM_SSL_KEY_PASSWORD" "STREAM_SASL_PASSWORD" "STREAM_SASL_OAUTH_CLIENT_SECRET" "STREAM_REGISTRY_PASSWORD" "STREAM_REGISTRY_TOKEN" "STREAM_REGISTRY_OAUTH_CLIENT_SECRET" "STREAM_REGISTRY_SSL_KEY_PASSWORD" -}}
{{- if hasKey $settings . -}}
{{- fail (printf "settings.%s is a secret, and settings are readable in a ConfigMap: put it into a Secret, and name that in existingSecret or secretSettings." .) -}}
{{- end -}}
{{- end -}}
{{- if hasKey $settings "STREAM_INSTANCE_ID" -}}
{{- fail "settings.STREAM_INSTANCE_ID would be the same in all pods: leave it out, and set membership=static, which takes the pods' names." -}}
{{- end -}}
{{- if eq "0" (include "article-stream.httpPort" .) -}}
{{- fail "settings.STREAM_HTTP_PORT is 0, but Kubernetes asks the health pages whether a worker is alive: leave it out, or give a port." -}}
{{- end -}}
{{- if hasKey $settings "STREAM_HTTP_HOST" | ternary (or (hasPrefix "127." (get $settings "STREAM_HTTP_HOST" | toString)) (has (get $settings "STREAM_HTTP_HOST") (list "localhost" "::1"))) false -}}
{{- fail "settings.STREAM_HTTP_HOST is an address inside the pod, where Kubernetes cannot ask the health pages: leave it out, the image listens on all addresses." -}}
{{- end -}}
{{- range list "STREAM_INSTANCE_ID" "STREAM_HTTP_PORT" "STREAM_HTTP_HOST" -}}
{{- if hasKey $.Values.secretSettings . -}}
{{- fail (printf "secretSettings may not have %s, which is no secret, and by which the chart makes the pods: see settings.%s." . .) -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if hasPrefix "STREAM_" .name -}}
{{- fail (printf "extraEnv may not have %s, which is a setting: put it into settings, or into secretSettings if it is secret." .name) -}}
{{- end -}}
{{- end -}}
{{- if and (or .Values.rules.files .Values.rules.configMap) (hasKey $settings "STREAM_RULES") -}}
{{- fail "settings.STREAM_RULES and rules exclude each other: the chart makes that setting from rules." -}}
{{- end -}}
{{- if and .Values.rules.files .Values.rules.configMap -}}
{{- fail "rules.files and rules.configMap exclude each other: put all rule files into one of them." -}}
{{- end -}}
{{- if and .Values.rules.configMap (not .Values.rules.names) -}}
{{- fail "rules.names is missing: list the keys of rules.configMap that are rule files." -}}
{{- end -}}
{{- if and .Values.learner.enabled (eq "off" (include "article-stream.sites" .)) -}}
{{- fail "learner.enabled needs settings.STREAM_SITES=propose or apply: without it workers publish nothing that a learner could read." -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- include "article-stream.autoscalingChecks" . -}}
{{- end -}}
{{- end }}

{{- define "article-stream.autoscalingChecks" -}}
{{- if eq .Values.membership "static" -}}
{{- fail "membership=static and autoscaling.enabled exclude each other: a static member that is scaled away does not leave its group, so its partitions would wait for it. Use membership=dynamic." -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- fail "autoscaling.minReplicas is greater than autoscaling.maxReplicas." -}}
{{- end -}}
{{- $protocol := include "article-stream.setting" (list . "STREAM_SECURITY_PROTOCOL" "plaintext") -}}
{{- if and (ne $protocol "plaintext") (not .Values.autoscaling.authentication.name) -}}
{{- fail (printf "autoscaling.authentication.name is missing: settings.STREAM_SECURITY_PROTOCOL is %s, and KEDA logs in to Kafka by itself, with a TriggerAuthentication of yours." $protocol) -}}
{{- end -}}
{{- end }}
