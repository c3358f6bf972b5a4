{{/*
Start-up, readiness and liveness are three questions. The first two ask what the component's `health.ready` asks. The
third only asks whether the port accepts a connection, unless `health.live` says otherwise: a service whose neighbour
is slow is not ready, and restarting it helps nobody.
*/}}
{{- define "mosip.probes" -}}
{{- $container := . -}}
{{- with .health }}
{{- $period := 5 }}
startupProbe:
  {{- include "mosip.check" .ready | nindent 2 }}
  periodSeconds: {{ $period }}
  timeoutSeconds: 5
  failureThreshold: {{ divf (.startWithin | default 300) $period | ceil | int }}
readinessProbe:
  {{- include "mosip.check" .ready | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- with include "mosip.live" $container }}
livenessProbe:
  {{- . | nindent 2 }}
  periodSeconds: 30
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}
{{- end }}
{{- end -}}

{{- define "mosip.live" -}}
{{- $ready := .health.ready -}}
{{- $asked := $ready.http | default $ready.tcp -}}
{{- if .health.live -}}
{{ include "mosip.check" .health.live }}
{{- else if $asked -}}
tcpSocket: {port: {{ $asked.port | int }}}
{{- else if .ports -}}
tcpSocket: {port: {{ (first .ports).container | int }}}
{{- end -}}
{{- end -}}

{{- define "mosip.check" -}}
{{- with .http -}}
httpGet: {path: {{ .path | quote }}, port: {{ .port | int }}}
{{- end -}}
{{- with .tcp -}}
tcpSocket: {port: {{ .port | int }}}
{{- end -}}
{{- with .exec -}}
exec: {command: {{ toJson .command }}}
{{- end -}}
{{- end -}}
