{{/* What every pod obeys, whatever runs in it. */}}
{{- define "service-kit.pod-security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "service-kit.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "service-kit.from-secret" -}}
- name: {{ .variable }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}{{ if .optional }}, optional: true{{ end }}}}
{{- end }}

{{- define "service-kit.deployment" -}}
{{- $settings := include "service-kit.settings" . | fromJson }}
{{- $servers := include "service-kit.secret" (dict "root" . "kind" "servers") }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "service-kit.metadata" . | nindent 2 }}
spec:
  {{- if eq .Values.autoscaling.by "none" }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  progressDeadlineSeconds: 300
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  selector:
    matchLabels:
      {{- include "service-kit.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "service-kit.labels" . | nindent 8 }}
        {{- range .Values.peers }}
        crossdock.dev/to-{{ . }}: "true"
        {{- end }}
      annotations:
        crossdock.dev/configuration: {{ include "service-kit.environment" . | sha256sum | trunc 16 | quote }}
    spec:
      serviceAccountName: {{ .Chart.Name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 45
      {{- include "service-kit.pull-secrets" . | nindent 6 }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext:
        {{- include "service-kit.pod-security" . | nindent 8 }}
      topologySpreadConstraints:
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "service-kit.selector" $ | nindent 14 }}
        {{- end }}
      containers:
        - name: service
          image: {{ include "service-kit.image" . }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          ports:
            - {name: grpc, containerPort: 8443}
            - {name: probe, containerPort: 8086}
          envFrom:
            - configMapRef: {name: {{ .Chart.Name }}}
          env:
            {{- range $variable, $key := dict "CROSSDOCK_DATABASE_URL" "database-url" "CROSSDOCK_NATS_URL" "nats-url" }}
            {{- include "service-kit.from-secret" (dict "variable" $variable "secret" $servers "key" $key) | nindent 12 }}
            {{- end }}
            {{- include "service-kit.from-secret" (dict "variable" "CROSSDOCK_VALKEY_URL" "secret" $servers "key" "valkey-url" "optional" true) | nindent 12 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          securityContext:
            {{- include "service-kit.container-security" . | nindent 12 }}
          startupProbe:
            grpc: {port: 8086, service: liveness}
            periodSeconds: 1
            timeoutSeconds: 2
            failureThreshold: 120
          readinessProbe:
            grpc: {port: 8086}
            periodSeconds: 5
            timeoutSeconds: 2
          livenessProbe:
            grpc: {port: 8086, service: liveness}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          lifecycle: {preStop: {sleep: {seconds: 5}}}
          volumeMounts:
            - {name: identity, mountPath: /etc/crossdock/identity, readOnly: true}
            - {name: trust, mountPath: /etc/crossdock/trust, readOnly: true}
            {{- if $settings.tls }}
            - {name: tls, mountPath: /etc/crossdock/tls, readOnly: true}
            {{- end }}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: identity
          secret:
            secretName: {{ include "service-kit.secret" (dict "root" . "kind" "identity") }}
            defaultMode: 0440
        - name: trust
          secret: {secretName: {{ include "service-kit.trust" . }}, defaultMode: 0440}
        {{- if $settings.tls }}
        - name: tls
          secret: {secretName: {{ include "service-kit.secret" (dict "root" . "kind" "tls") }}, defaultMode: 0440}
        {{- end }}
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
{{- end }}
