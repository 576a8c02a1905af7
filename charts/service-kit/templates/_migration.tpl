{{/*
The schema is brought to the image's version by a Job: beside everything else the first time, when the database may itself
be on its way; before anything else in each upgrade, so that no new code meets an old schema. Runs of one service wait for
each other in the database and each is one transaction: twice or half does no harm.
*/}}
{{- define "service-kit.before-upgrade" -}}
{{- $live := lookup "v1" "ServiceAccount" .Release.Namespace "default" }}
{{- $known := lookup "apps/v1" "Deployment" .Release.Namespace .Chart.Name }}
{{- if and .Release.IsUpgrade (or $known (not $live)) }}yes{{ end }}
{{- end }}

{{- define "service-kit.migration-metadata" -}}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "service-kit.migration-selector" .root | nindent 2 }}
  app.kubernetes.io/part-of: crossdock
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- if include "service-kit.before-upgrade" .root }}
annotations:
  helm.sh/hook: pre-upgrade
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
{{- end }}

{{- define "service-kit.migration-selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-migration
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "service-kit.migration-pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
restartPolicy: OnFailure
terminationGracePeriodSeconds: 45
{{- include "service-kit.pull-secrets" . }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  {{- include "service-kit.pod-security" . | nindent 2 }}
containers:
  - name: migration
    image: {{ include "service-kit.image" . }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [migrate]
    env:
      {{- $servers := include "service-kit.secret" (dict "root" . "kind" "servers") }}
      {{- range $variable, $key := dict "CROSSDOCK_DATABASE_URL" "database-url" "CROSSDOCK_MIGRATION_URL" "migration-url" }}
      {{- include "service-kit.from-secret" (dict "variable" $variable "secret" $servers "key" $key) | nindent 6 }}
      {{- end }}
    resources:
      requests: {cpu: 50m, memory: 128Mi}
      limits: {memory: 256Mi}
    securityContext:
      {{- include "service-kit.container-security" . | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
{{- end }}

{{- define "service-kit.migration" -}}
{{- $pod := include "service-kit.migration-pod" . }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Chart.Name }}-migration
  {{- include "service-kit.migration-metadata" (dict "root" . "weight" -10) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "service-kit.migration-selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "service-kit.to-names" . | nindent 4 }}
    {{- include "service-kit.to-servers" . | nindent 4 }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Chart.Name }}-migration-{{ $pod | sha256sum | trunc 8 }}
  {{- include "service-kit.migration-metadata" (dict "root" . "weight" -5) | nindent 2 }}
spec:
  backoffLimit: 20
  activeDeadlineSeconds: 3600
  template:
    metadata:
      labels:
        {{- include "service-kit.migration-selector" . | nindent 8 }}
        app.kubernetes.io/part-of: crossdock
    spec:
      {{- $pod | nindent 6 }}
{{- end }}
