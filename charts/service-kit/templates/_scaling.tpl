{{- define "service-kit.scaling" -}}
{{- $by := .Values.autoscaling.by }}
{{- if gt (ternary .Values.replicas .Values.autoscaling.max (eq $by "none") | int) 1 }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "service-kit.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "service-kit.selector" . | nindent 6 }}
{{- end }}
{{- if eq $by "hpa" }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "service-kit.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .Chart.Name }}}
  minReplicas: {{ .Values.autoscaling.min }}
  maxReplicas: {{ .Values.autoscaling.max }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .Values.autoscaling.cpu }}}}
  behavior: {scaleDown: {stabilizationWindowSeconds: 300}}
{{- else if eq $by "keda" }}
{{- if not .Values.consumes }}
{{- fail (printf "%s consumes nothing: there is no lag to scale it by, take autoscaling.by hpa or none" .Chart.Name) }}
{{- end }}
---
{{- /* A durable for each slot: 16 partitions in two lanes. What waits in all of them together is shared by the pods. */}}
{{- $triggers := list }}
{{- range $source := .Values.consumes }}
{{- range $partition := until 16 }}
{{- range $lane := list "" "x" }}
{{- $triggers = append $triggers (printf "%s_%02d%s" $source $partition $lane) }}
{{- end }}
{{- end }}
{{- end }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "service-kit.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {name: {{ .Chart.Name }}}
  minReplicaCount: {{ .Values.autoscaling.min }}
  maxReplicaCount: {{ .Values.autoscaling.max }}
  pollingInterval: 30
  cooldownPeriod: 300
  advanced:
    scalingModifiers:
      formula: {{ join " + " $triggers | quote }}
      target: {{ .Values.autoscaling.lag | int | quote }}
      metricType: AverageValue
  triggers:
    {{- range $source := .Values.consumes }}
    {{- range $partition := until 16 }}
    {{- range $lane := list "" "x" }}
    - type: nats-jetstream
      name: {{ printf "%s_%02d%s" $source $partition $lane }}
      metadata:
        natsServerMonitoringEndpoint: {{ $.Values.autoscaling.monitoring | quote }}
        account: $G
        stream: {{ $source | upper | quote }}
        consumer: {{ printf "%s_%02d%s" (include "service-kit.service" $) $partition $lane | quote }}
        lagThreshold: {{ $.Values.autoscaling.lag | int | quote }}
    {{- end }}
    {{- end }}
    {{- end }}
{{- end }}
{{- end }}
