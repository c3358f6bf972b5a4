{{/* A pod spec. Input: root, and part (the service or the job). */}}
{{- define "mosip.pod" -}}
{{- $part := .part -}}
{{- $root := .root -}}
serviceAccountName: {{ $part.serviceAccount | default $root.Release.Name }}
automountServiceAccountToken: {{ not (empty $part.rules) }}
{{- with $root.Values.platform.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  seccompProfile: {type: RuntimeDefault}
  {{- with include "mosip.user" $part.security | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with ($part.security | default dict).fileGroup }}
  fsGroup: {{ . | int }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
{{- with $part.initContainers }}
initContainers:
{{- range $index, $container := . }}
  - {{ include "mosip.container" (dict "container" $container "security" $part.security "name" (printf "init-%d" $index)) | nindent 4 | trim }}
{{- end }}
{{- end }}
containers:
  - {{ include "mosip.container" (dict "container" $part.container "security" $part.security "name" $root.Release.Name) | nindent 4 | trim }}
{{- $volumes := dict -}}
{{- range $container := append ($part.initContainers | default list) $part.container -}}
{{- range $container.mounts -}}
{{- $_ := set $volumes (include "mosip.volume.name" .from) .from -}}
{{- end -}}
{{- end -}}
{{- with $volumes }}
volumes:
{{- range $name, $from := . }}
  - name: {{ $name }}
    {{- include "mosip.volume.source" $from | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A container. Input: container, name unless it has its own, security of the pod unless it has its own. */}}
{{- define "mosip.container" -}}
{{- $container := .container -}}
name: {{ $container.name | default .name }}
image: {{ $container.image | quote }}
imagePullPolicy: {{ $container.pull | default "IfNotPresent" }}
{{- with $container.command }}
command: {{ toJson . }}
{{- end }}
{{- with $container.args }}
args: {{ toJson . }}
{{- end }}
{{- with $container.ports }}
ports:
{{- range . }}
  - containerPort: {{ .container | int }}
    protocol: TCP
    {{- with .name }}
    name: {{ . }}
    {{- end }}
{{- end }}
{{- end }}
{{- if or $container.heap $container.env }}
env:
{{- with $container.heap }}
  - name: JDK_JAVA_OPTIONS
    value: {{ printf "-Xms%s -Xmx%s" .min .max | quote }}
{{- end }}
{{- range $name, $from := $container.env }}
  - name: {{ $name }}
    {{- include "mosip.env" $from | nindent 4 }}
{{- end }}
{{- end }}
{{- with $container.envFrom }}
envFrom:
{{- range .configMaps }}
  - configMapRef: {name: {{ . }}}
{{- end }}
{{- range .secrets }}
  - secretRef: {name: {{ . }}}
{{- end }}
{{- end }}
{{- with $container.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "mosip.probes" $container }}
{{- with $container.mounts }}
volumeMounts:
{{- range . }}
  - name: {{ include "mosip.volume.name" .from }}
    mountPath: {{ .path | quote }}
    {{- with .subPath }}
    subPath: {{ . | quote }}
    {{- end }}
    {{- if or .from.configMap .from.secret }}
    readOnly: true
    {{- end }}
{{- end }}
{{- end }}
{{- with include "mosip.restrictions" ($container.security | default .security) | trim }}
securityContext:
  {{- . | nindent 2 }}
  {{- with include "mosip.user" $container.security | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Who the processes of a pod or container are. */}}
{{- define "mosip.user" -}}
{{- with . -}}
{{- if .nonRoot }}
runAsNonRoot: true
{{- end }}
{{- if hasKey . "user" }}
runAsUser: {{ .user | int }}
{{- end }}
{{- if hasKey . "group" }}
runAsGroup: {{ .group | int }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* What a container gives up, as far as its image is known to bear it. */}}
{{- define "mosip.restrictions" -}}
{{- with . -}}
{{- if not .escalation }}
allowPrivilegeEscalation: false
{{- if .nonRoot }}
capabilities: {drop: [ALL]}
{{- end }}
{{- end }}
{{- if .readOnlyRoot }}
readOnlyRootFilesystem: true
{{- end }}
{{- end -}}
{{- end -}}

{{- define "mosip.env" -}}
{{- if hasKey . "value" -}}
value: {{ .value | quote }}
{{- else if .field -}}
valueFrom:
  fieldRef: {fieldPath: {{ .field }}}
{{- else -}}
{{- $kind := ternary "configMap" "secret" (hasKey . "configMap") -}}
{{- $reference := splitn "#" 2 (get . $kind) -}}
valueFrom:
  {{ $kind }}KeyRef: {name: {{ $reference._0 }}, key: {{ $reference._1 | quote }}}
{{- end -}}
{{- end -}}

{{- define "mosip.volume.name" -}}
{{- $prefix := dict "configMap" "config-map" "secret" "secret" "claim" "claim" "empty" "empty" -}}
{{- range $kind, $name := . -}}
{{- printf "%s-%s" (get $prefix $kind) $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "mosip.volume.source" -}}
{{- if .configMap -}}
configMap: {name: {{ .configMap }}}
{{- else if .secret -}}
secret: {secretName: {{ .secret }}}
{{- else if .claim -}}
persistentVolumeClaim: {claimName: {{ .claim }}}
{{- else -}}
emptyDir: {}
{{- end -}}
{{- end -}}
