{{- define "service-kit.service" -}}
{{ .Chart.Name | replace "-" "_" }}
{{- end }}

{{- define "service-kit.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "service-kit.labels" -}}
{{ include "service-kit.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: crossdock
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "service-kit.metadata" -}}
name: {{ .Chart.Name }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "service-kit.labels" . | nindent 2 }}
{{- end }}

{{- define "service-kit.image" -}}
{{- $everyones := dig "image" dict (.Values.global | default dict) }}
{{- $name := .Values.image.repository | default (printf "%s/%s" ($everyones.registry | default "crossdock") (include "service-kit.service" .)) }}
{{- if .Values.image.digest -}}
{{ $name }}@{{ .Values.image.digest }}
{{- else -}}
{{ $name }}:{{ .Values.image.tag | default $everyones.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "service-kit.pull-secrets" -}}
{{- with dig "image" "pullSecrets" list (.Values.global | default dict) }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The settings of all services, then this one's. */}}
{{- define "service-kit.settings" -}}
{{- $everyones := dig "settings" dict (.Values.global | default dict) }}
{{- mergeOverwrite (dict "tenants" (list "acme") "tls" false) (deepCopy $everyones) .Values.settings | toJson }}
{{- end }}

{{- define "service-kit.secret" -}}
{{- $own := index .root.Values.secrets .kind }}
{{- $own | default (printf "%s-%s" .root.Chart.Name .kind) }}
{{- end }}

{{- define "service-kit.trust" -}}
{{ dig "secrets" "trust" "crossdock-trust" (.Values.global | default dict) }}
{{- end }}
