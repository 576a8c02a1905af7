{{/* To the cluster's names, by which everything is found. */}}
{{- define "service-kit.to-names" -}}
- to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}

{{- define "service-kit.to-servers" -}}
- ports:
    {{- range .Values.network.ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .Values.network.servers }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Everything is closed but this. */}}
{{- define "service-kit.network-policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "service-kit.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "service-kit.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - podSelector: {matchLabels: {crossdock.dev/to-{{ .Chart.Name }}: "true"}}
        {{- with .Values.network.callers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - {protocol: TCP, port: 8443}
  egress:
    {{- include "service-kit.to-names" . | nindent 4 }}
    {{- include "service-kit.to-servers" . | nindent 4 }}
    {{- with .Values.peers }}
    - to:
        {{- range . }}
        - podSelector: {matchLabels: {app.kubernetes.io/name: {{ . }}}}
        {{- end }}
      ports:
        - {protocol: TCP, port: 8443}
    {{- end }}
{{- end }}
