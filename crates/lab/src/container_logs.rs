//! What simulated containers wrote: kwok serves files of this machine as their logs.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};

use crate::expectations::{Expectations, Subject};
use crate::folder::{LabFolder, write_private};
use crate::furnish::{apply, kwok_api};
use crate::stages::KWOK_API;

/// The log of every container that nobody told about.
const SILENT: &str = "this container is simulated: it runs no program and writes nothing";

/// The log of a Job that works for real, until it ends.
const WORKS: &str =
    "the program of this Job runs beside the lab; its last words come here when it ends";

/// What simulated containers wrote. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct ContainerLogs {
    folder: PathBuf,
    /// Files of releases that were told about.
    files: Arc<Mutex<HashMap<Subject, PathBuf>>>,
}

impl ContainerLogs {
    pub(crate) fn new(folder: &LabFolder) -> Self {
        Self {
            folder: folder.pod_logs(),
            files: Arc::default(),
        }
    }

    /// Makes every container's log readable.
    pub(crate) async fn furnish(&self, client: &Client) -> kube::Result<()> {
        let file = self.folder.join("silent.log");
        write_lines(&file, &[SILENT.to_owned()]);
        let object = json!({
            "apiVersion": KWOK_API,
            "kind": "ClusterLogs",
            "metadata": {"name": "silent"},
            "spec": {"logs": [log(&file)]},
        });
        apply(&kwok_api(client, "ClusterLogs", None), "silent", &object).await
    }

    /// Writes down the last words of what is to fail.
    pub(crate) fn expect(&self, expectations: &Expectations) {
        let mut files = HashMap::new();
        for (subject, _, lines) in expectations.failing() {
            let file = self.file(subject);
            write_lines(&file, lines);
            files.insert(subject.clone(), file);
        }
        for subject in expectations.real_jobs() {
            let file = self.file(subject);
            // it may have told already
            if !file.exists() {
                write_lines(&file, &[WORKS.to_owned()]);
            }
            files.insert(subject.clone(), file);
        }
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
    }

    /// Writes down what the program of a Job said that works for real.
    pub(crate) fn tell(&self, subject: &Subject, text: &str) {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        write_lines(&self.file(subject), &lines);
    }

    fn file(&self, subject: &Subject) -> PathBuf {
        let Subject {
            namespace,
            instance,
        } = subject;
        self.folder.join(format!("{namespace}.{instance}.log"))
    }

    /// Gives a pod the log of its release, if that was told about.
    pub(crate) async fn of_pod(&self, client: &Client, subject: &Subject, pod: &str, uid: &str) {
        let file = {
            let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            files.get(subject).cloned()
        };
        let Some(file) = file else {
            return;
        };
        let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": pod, "uid": uid});
        let object = json!({
            "apiVersion": KWOK_API,
            "kind": "Logs",
            "metadata": {"name": pod, "ownerReferences": [owner]},
            "spec": {"logs": [log(&file)]},
        });
        let api = kwok_api(client, "Logs", Some(&subject.namespace));
        if let Err(error) = apply(&api, pod, &object).await {
            eprintln!(
                "failed to give pod {}/{pod} a log: {error}",
                subject.namespace
            );
        }
    }
}

fn log(file: &std::path::Path) -> Value {
    json!({"logsFile": file, "previousLogsFile": file})
}

/// In the form that container runtimes write (`kubernetes/kubernetes@v1.36.1:pkg/kubelet/kuberuntime/logs`).
fn write_lines(file: &std::path::Path, lines: &[String]) {
    let now = Timestamp::now();
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{now} stdout F {line}");
    }
    if let Err(error) = write_private(file, text) {
        eprintln!("failed to write `{}`: {error}", file.display());
    }
}
