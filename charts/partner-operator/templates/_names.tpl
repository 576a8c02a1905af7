{{- define "partner-operator.selector" -}}
app.kubernetes.io/name: partner-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "partner-operator.labels" -}}
{{ include "partner-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: crossdock
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "partner-operator.metadata" -}}
name: partner-operator
namespace: {{ .Release.Namespace }}
labels:
  {{- include "partner-operator.labels" . | nindent 2 }}
{{- end }}

{{- define "partner-operator.image" -}}
{{- $everyones := dig "image" dict (.root.Values.global | default dict) }}
{{- $named := .image }}
{{- $name := $named.repository | default (printf "%s/%s" ($everyones.registry | default "crossdock") .name) }}
{{- if $named.digest -}}
{{ $name }}@{{ $named.digest }}
{{- else -}}
{{ $name }}:{{ $named.tag | default $everyones.tag | default .root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "partner-operator.settings" -}}
{{- mergeOverwrite (dict "tls" false) (deepCopy (dig "settings" dict (.Values.global | default dict))) .Values.settings | toJson }}
{{- end }}

{{- define "partner-operator.webhook-secret" -}}
{{ .Values.webhook.secret | default "partner-operator-webhook" }}
{{- end }}
