{{/* The enabled services (whichever subcharts say of what contexts they consume) and those of other releases, as JSON. */}}
{{- define "crossdock.services" -}}
{{- $found := list }}
{{- range $name, $chart := .Subcharts }}
{{- if hasKey $chart.Values "consumes" }}
{{- $secret := $chart.Values.secrets.servers | default (printf "%s-servers" $name) }}
{{- $found = append $found (dict "chart" $name "service" ($name | replace "-" "_") "secret" $secret) }}
{{- end }}
{{- end }}
{{- range .Values.trial.services }}
{{- if not (hasKey $.Subcharts .) }}
{{- $found = append $found (dict "chart" . "service" (. | replace "-" "_") "secret" (printf "%s-servers" .)) }}
{{- end }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{- define "crossdock.trial-metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "crossdock.trial-labels" . | nindent 2 }}
{{- end }}

{{- define "crossdock.trial-labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: crossdock
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
crossdock.dev/trial: "true"
{{- end }}

{{- define "crossdock.trial-selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* What one service may do on NATS: its own events and hints, its own stream, any consumer, acknowledgments. */}}
{{- define "crossdock.nats-permissions" -}}
{{- $stream := . | upper | replace "-" "_" }}
publish:
  allow:
    - crossdock.{{ . }}.>
    - $JS.API.INFO
    {{- range list "CREATE" "UPDATE" "MSG.GET" }}
    - $JS.API.STREAM.{{ . }}.{{ $stream }}
    {{- end }}
    - $JS.API.DIRECT.GET.{{ $stream }}
    - $JS.API.DIRECT.GET.{{ $stream }}.>
    - $JS.API.STREAM.INFO.*
    - $JS.API.STREAM.NAMES
    - $JS.API.CONSUMER.>
    - $JS.ACK.>
    - $JS.FC.>
subscribe:
  allow: [_INBOX.>, crossdock.{{ . }}.>, $JS.EVENT.ADVISORY.>]
{{- end }}
