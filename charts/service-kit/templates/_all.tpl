{{/* Everything of a service. What a chart of a service holds is this one line. */}}
{{- define "service-kit.all" -}}
{{ include "service-kit.configuration" . }}
---
{{ include "service-kit.deployment" . }}
---
{{ include "service-kit.network-policy" . }}
---
{{ include "service-kit.migration" . }}
---
{{ include "service-kit.scaling" . }}
{{ include "service-kit.programs" . }}
{{- end }}
