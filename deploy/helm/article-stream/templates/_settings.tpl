{{/* A value as an environment variable has it. Helm reads a whole number as a float, which prints 8000000 as 8e+06. */}}
{{- define "article-stream.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}
{{- int64 . -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end }}

{{/* The value of a setting: (list $ NAME DEFAULT), where DEFAULT is the worker's own, which a test compares. */}}
{{- define "article-stream.setting" -}}
{{- $settings := (index . 0).Values.settings -}}
{{- $name := index . 1 -}}
{{- include "article-stream.text" (hasKey $settings $name | ternary (get $settings $name) (index . 2)) -}}
{{- end }}

{{/* Whether sites are learned. YAML reads `off` as false where it has no quotes. */}}
{{- define "article-stream.sites" -}}
{{- $sites := include "article-stream.setting" (list . "STREAM_SITES" "off") -}}
{{- eq $sites "false" | ternary "off" $sites -}}
{{- end }}

{{- define "article-stream.httpPort" -}}
{{- include "article-stream.setting" (list . "STREAM_HTTP_PORT" "6066") -}}
{{- end }}

{{/* Above the worker's own deadline for a stop, by the time that its exit takes. */}}
{{- define "article-stream.gracePeriod" -}}
{{- add 10 (include "article-stream.setting" (list . "STREAM_SHUTDOWN_TIMEOUT_S" "25") | float64 | ceil | int64) -}}
{{- end }}

{{/* Seconds until the health pages must answer: Kafka may take its time, and what is known of sites is read for half a minute. */}}
{{- define "article-stream.startupSeconds" -}}
{{- add 60 (include "article-stream.setting" (list . "STREAM_STARTUP_TIMEOUT_S" "15") | float64 | ceil | int64) -}}
{{- end }}

{{- define "article-stream.rulesFolder" -}}
/etc/article-stream/rules
{{- end }}

{{/* The names of the rule files, with commas between them. */}}
{{- define "article-stream.ruleNames" -}}
{{- .Values.rules.configMap | empty | ternary (keys .Values.rules.files | sortAlpha) .Values.rules.names | join "," -}}
{{- end }}

{{/* The settings as the data of a ConfigMap. */}}
{{- define "article-stream.settings" -}}
{{- $all := dict -}}
{{- range $name, $value := .Values.settings -}}
{{- $_ := set $all $name (include "article-stream.text" $value) -}}
{{- end -}}
{{- if hasKey $all "STREAM_SITES" -}}
{{- $_ := set $all "STREAM_SITES" (include "article-stream.sites" .) -}}
{{- end -}}
{{- if and (eq .Values.membership "static") (not (hasKey $all "STREAM_SESSION_TIMEOUT_MS")) -}}
{{- /* A static member's partitions wait for it while its pod is replaced. */ -}}
{{- $_ := set $all "STREAM_SESSION_TIMEOUT_MS" "30000" -}}
{{- end -}}
{{- with include "article-stream.ruleNames" . -}}
{{- $paths := list -}}
{{- range splitList "," . -}}
{{- $paths = append $paths (printf "%s/%s" (include "article-stream.rulesFolder" $) .) -}}
{{- end -}}
{{- $_ := set $all "STREAM_RULES" (join "," $paths) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end }}
