{{/* The workload: what `service` or `job` says. */}}
{{- define "mosip.part" -}}
{{- if .Values.service -}}{{ toJson .Values.service }}{{- else -}}{{ toJson (.Values.job | default dict) }}{{- end -}}
{{- end -}}

{{- define "mosip.selector" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mosip.labels" -}}
{{ include "mosip.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: mosip
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* Name of the Kubernetes Service, and the port of it that a route leads to by default. */}}
{{- define "mosip.service" -}}
{{ .Values.service.serviceName | default .Release.Name }}
{{- end -}}

{{- define "mosip.servicePort" -}}
{{- $offered := list -}}
{{- range .Values.service.container.ports }}{{ if .service }}{{ $offered = append $offered .service }}{{ end }}{{ end -}}
{{- first $offered | int -}}
{{- end -}}
