{{/*
What a service does now and then beside serving, each as a CronJob of the service's image. It reads the database, writes
to the volume of its claim, and reaches nothing else. A run that failed begins anew: programs do nothing twice.
*/}}
{{- define "service-kit.program-selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}-{{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "service-kit.program-metadata" -}}
name: {{ .root.Chart.Name }}-{{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "service-kit.program-selector" . | nindent 2 }}
  app.kubernetes.io/part-of: crossdock
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "service-kit.program-pod" -}}
{{- $servers := include "service-kit.secret" (dict "root" .root "kind" "servers") }}
automountServiceAccountToken: false
enableServiceLinks: false
restartPolicy: OnFailure
terminationGracePeriodSeconds: 45
{{- include "service-kit.pull-secrets" .root }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  {{- include "service-kit.pod-security" .root | nindent 2 }}
containers:
  - name: {{ .name }}
    image: {{ include "service-kit.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [{{ .name }}]
    envFrom:
      - configMapRef: {name: {{ .root.Chart.Name }}}
    env:
      {{- include "service-kit.from-secret" (dict "variable" "CROSSDOCK_DATABASE_URL" "secret" $servers "key" "database-url") | nindent 6 }}
      {{- range $variable, $value := .program.environment }}
      - {name: {{ $variable }}, value: {{ $value | toString | quote }}}
      {{- end }}
    resources:
      {{- toYaml .program.resources | nindent 6 }}
    securityContext:
      {{- include "service-kit.container-security" .root | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      - {name: files, mountPath: /files}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  - name: files
    persistentVolumeClaim: {claimName: {{ .program.claim }}}
{{- end }}

{{- define "service-kit.program" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "service-kit.program-metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "service-kit.program-selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "service-kit.to-names" .root | nindent 4 }}
    {{- include "service-kit.to-servers" .root | nindent 4 }}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "service-kit.program-metadata" . | nindent 2 }}
spec:
  schedule: {{ .program.schedule | quote }}
  timeZone: {{ .program.timeZone | default "Etc/UTC" }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 14400
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 5
      activeDeadlineSeconds: 14400
      template:
        metadata:
          labels:
            {{- include "service-kit.program-selector" . | nindent 12 }}
            app.kubernetes.io/part-of: crossdock
        spec:
          {{- include "service-kit.program-pod" . | trim | nindent 10 }}
{{- end }}

{{- define "service-kit.programs" -}}
{{- range $name, $program := .Values.programs }}
{{- if $program.enabled }}
---
{{ include "service-kit.program" (dict "root" $ "name" $name "program" $program) }}
{{- end }}
{{- end }}
{{- end }}
