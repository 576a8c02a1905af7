{{/* What the service is told beside its secrets, by the names of its settings. */}}
{{- define "service-kit.environment" -}}
{{- $settings := include "service-kit.settings" . | fromJson }}
{{- $peers := dict }}
{{- range .Values.peers }}
{{- $_ := set $peers (. | replace "-" "_") (printf "%s.%s.svc:8443" . $.Release.Namespace) }}
{{- end }}
CROSSDOCK_SERVICE: {{ include "service-kit.service" . }}
CROSSDOCK_LISTEN: "0.0.0.0:8443"
CROSSDOCK_PROBE_LISTEN: "0.0.0.0:8086"
CROSSDOCK_PEERS: {{ $peers | toJson | quote }}
CROSSDOCK_JWKS_FILE: /etc/crossdock/trust/jwks.json
CROSSDOCK_TOKEN_FILE: /etc/crossdock/identity/token
CROSSDOCK_TENANTS: {{ join "," $settings.tenants | quote }}
{{- range $variable, $value := dict
  "CROSSDOCK_ISSUER" $settings.issuer
  "CROSSDOCK_AUDIENCE" $settings.audience
  "CROSSDOCK_LOG_LEVEL" $settings.logLevel
  "CROSSDOCK_TRACE_ASYNC" $settings.traceAsync
  "CROSSDOCK_TENANT_CONCURRENCY" $settings.tenantConcurrency
  "CROSSDOCK_STREAM_REPLICAS" $settings.streamReplicas
  "CROSSDOCK_EGRESS_ALLOW" (join "," ($settings.egressAllow | default list))
  "OTEL_EXPORTER_OTLP_ENDPOINT" $settings.otlpEndpoint
  "OTEL_TRACES_SAMPLER_ARG" $settings.traceRatio }}
{{- if $value }}
{{ $variable }}: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- if $settings.ownership }}
CROSSDOCK_OWNERSHIP: {{ $settings.ownership | toJson | quote }}
{{- end }}
CROSSDOCK_REFLECTION: {{ ternary "1" "0" ($settings.reflection | default false) | quote }}
{{- if .Values.dataKey }}
CROSSDOCK_DATA_KEY_FILE: /etc/crossdock/identity/data.key
{{- end }}
{{- if $settings.tls }}
CROSSDOCK_TLS_CERT: /etc/crossdock/tls/tls.crt
CROSSDOCK_TLS_KEY: /etc/crossdock/tls/tls.key
CROSSDOCK_TLS_CA: /etc/crossdock/tls/ca.crt
{{- end }}
{{- range $variable, $value := .Values.environment }}
{{ $variable }}: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- define "service-kit.configuration" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "service-kit.metadata" . | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "service-kit.metadata" . | nindent 2 }}
data:
  {{- include "service-kit.environment" . | trim | nindent 2 }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "service-kit.metadata" . | nindent 2 }}
spec:
  type: ClusterIP
  # gRPC balances by itself: its connections live long.
  clusterIP: None
  selector:
    {{- include "service-kit.selector" . | nindent 4 }}
  ports:
    - {name: grpc, port: 8443, targetPort: grpc, protocol: TCP}
{{- end }}
