{{- /* The driver mounts for all pods of a node: it is privileged, and its mounts are seen outside of it. */}}
{{- define "driver" }}
- name: nfs
  image: {{ .Values.images.driver | quote }}
  imagePullPolicy: IfNotPresent
  args: ["--nodeid=$(NODE)", "--endpoint=unix:///csi/csi.sock"]
  env:
    - name: NODE
      valueFrom:
        fieldRef: {fieldPath: spec.nodeName}
  securityContext: {privileged: true}
  {{- with .Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - {name: socket, mountPath: /csi}
    - {name: pods, mountPath: /var/lib/kubelet/pods, mountPropagation: Bidirectional}
{{- end }}

{{- /* A container beside the driver: dict "root" "name" "image" "args". */}}
{{- define "sidecar" }}
- name: {{ .name }}
  image: {{ .image | quote }}
  imagePullPolicy: IfNotPresent
  args:
    {{- toYaml .args | nindent 4 }}
  env:
    - name: NAMESPACE
      valueFrom:
        fieldRef: {fieldPath: metadata.namespace}
  {{- with .root.Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
  volumeMounts:
    - {name: socket, mountPath: /csi}
    {{- with .mount }}
    - {{ toJson . }}
    {{- end }}
{{- end }}
