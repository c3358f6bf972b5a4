//! Charts to test with.

use std::path::Path;

use tempfile::TempDir;

const CHART: &str = "apiVersion: v2\nname: demo\nversion: 0.1.0\nappVersion: 1.16.0\ndescription: A chart to test with\n";

const VALUES: &str =
    "replicas: 2\nimage: img:1\ngreeting: |\n  hello\n  world\nservice:\n  port: 8080\n";

const HELPERS: &str = "{{- define \"demo.labels\" -}}\napp: {{ .Release.Name }}\n{{- end }}\n";

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "demo.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {{- include "demo.labels" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "demo.labels" . | nindent 8 }}
    spec:
      serviceAccountName: {{ .Release.Name }}
      containers:
        - name: main
          image: {{ .Values.image | quote }}
          env:
            - {name: GREETING, valueFrom: {configMapKeyRef: {name: {{ .Release.Name }}, key: greeting}}}
          ports:
            - {name: http, containerPort: {{ .Values.service.port }}}
"#;

const REST: &str = r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting | quote }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {{- include "demo.labels" . | nindent 4 }}
  ports:
    - {name: http, port: 80, targetPort: http}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-kept
  annotations:
    helm.sh/resource-policy: keep
"#;

const HOOK: &str = r#"apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-before
  annotations:
    "helm.sh/hook": pre-install,pre-upgrade
    "helm.sh/hook-weight": "-5"
    "helm.sh/hook-delete-policy": before-hook-creation
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {{ .Values.hookNodes | default dict | toJson }}
      containers: [{name: main, image: img}]
"#;

const TEST: &str = r#"apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations:
    "helm.sh/hook": test
spec:
  containers: [{name: main, image: img}]
"#;

pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A chart of five objects.
pub(crate) fn plain() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Chart.yaml", CHART);
    write(folder.path(), "values.yaml", VALUES);
    write(folder.path(), ".helmignore", "*.bak\nnotes/\n");
    write(folder.path(), "README.md", "# demo\n");
    write(folder.path(), "left.bak", "left over");
    write(folder.path(), "notes/todo.md", "later");
    write(folder.path(), "templates/_helpers.tpl", HELPERS);
    write(folder.path(), "templates/deployment.yaml", DEPLOYMENT);
    write(folder.path(), "templates/rest.yaml", REST);
    folder
}

/// The same with a hook and a test.
pub(crate) fn with_hooks() -> TempDir {
    let folder = plain();
    write(folder.path(), "templates/hook.yaml", HOOK);
    write(folder.path(), "templates/tests/test.yaml", TEST);
    folder
}
