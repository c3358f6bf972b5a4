//! Helm's binary: rendering, checking, and running charts whose hooks only it can run.

mod errors;
mod home;
mod run;
mod together;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_object::ReleaseName;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

pub use errors::{HelmError, Place};
use home::Home;
use run::Input;

/// Helm's binary in a home of its own: no plugins, no repositories, nothing of the user's.
#[derive(Debug, Clone)]
pub struct Helm {
    binary: PathBuf,
    home: Arc<Home>,
    version: String,
}

/// What to render.
#[derive(Debug, Clone)]
pub struct TemplateRequest<'a> {
    /// Folder or archive of the chart.
    pub chart: &'a Path,
    /// Namespace and name.
    pub release: &'a ReleaseName,
    /// Values; handed over on standard input, so that they show in no process list.
    pub values: &'a Value,
    /// Version of Kubernetes to render for, such as `1.36.1`.
    pub kube_version: &'a str,
    /// API versions that charts may ask for, beside those that Helm knows.
    pub api_versions: &'a [String],
    /// Whether `helm test` objects are rendered.
    pub tests: Tests,
}

/// Whether objects of `helm test` are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tests {
    /// They are left out.
    Skip,
    /// They are rendered too.
    Include,
}

/// A release to be installed or upgraded by Helm itself.
#[derive(Debug, Clone)]
pub struct UpgradeRequest<'a> {
    /// Folder or archive of the chart.
    pub chart: &'a Path,
    /// Namespace and name. The namespace must exist.
    pub release: &'a ReleaseName,
    /// Values; handed over on standard input.
    pub values: &'a Value,
    /// How to reach the cluster.
    pub access: &'a mosipctl_kube::Access,
    /// Labels of the release's record: whose it is.
    pub labels: &'a [(&'a str, &'a str)],
    /// How long Helm waits for hooks and for everything to be ready.
    pub timeout: Duration,
}

/// What `helm lint` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub level: Level,
    /// File, such as `templates/a.yaml`.
    pub file: String,
    /// What.
    pub message: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A recommendation.
    Info,
    /// Unwise.
    Warning,
    /// Wrong.
    Error,
}

impl Helm {
    /// The helm at a path, asked for its version.
    ///
    /// # Errors
    /// It cannot be started, or is no helm.
    pub async fn new(binary: impl Into<PathBuf>) -> Result<Self, HelmError> {
        let binary = binary.into();
        let home = Home::new().map_err(|source| HelmError::Start {
            binary: binary.clone(),
            source,
        })?;
        let mut helm = Self {
            binary,
            home: Arc::new(home),
            version: String::new(),
        };
        let text = helm.run(&["version", "--short"], Input::None).await?;
        helm.version = text.trim().to_owned();
        Ok(helm)
    }

    /// The version as it says it, such as `v4.2.4`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Renders a chart, without a cluster. The text has the definitions of the chart's `crds/` folder first and its
    /// hooks last; [`Rendering`](crate::Rendering) takes it apart.
    ///
    /// # Errors
    /// The chart, a template or the values are at fault.
    pub async fn template(&self, request: &TemplateRequest<'_>) -> Result<String, HelmError> {
        let chart = request.chart.to_string_lossy();
        let ReleaseName { namespace, name } = request.release;
        let mut arguments = vec![
            "template",
            name,
            &chart,
            "--namespace",
            namespace,
            "--kube-version",
            request.kube_version,
            "--include-crds",
            "--values",
            "-",
        ];
        if request.tests == Tests::Skip {
            arguments.push("--skip-tests");
        }
        let api_versions = request.api_versions.join(",");
        if !api_versions.is_empty() {
            arguments.extend(["--api-versions", &api_versions]);
        }
        self.run(&arguments, Input::Json(request.values)).await
    }

    /// Checks a chart with values, strictly.
    ///
    /// # Errors
    /// Helm cannot be started. What is wrong with the chart is no error but the answer.
    pub async fn lint(&self, chart: &Path, values: &Value) -> Result<Vec<Finding>, HelmError> {
        let path = chart.to_string_lossy();
        let arguments = ["lint", &path, "--strict", "--values", "-"];
        let output = self.output(&arguments, Input::Json(values)).await?;
        Ok(findings(&output.stdout))
    }

    /// Installs or upgrades a release by Helm itself, hooks included, and waits until it is ready. `progress` gets each
    /// line that Helm says on the way.
    ///
    /// # Errors
    /// Helm failed; the record of the release says so too.
    pub async fn upgrade_install(
        &self,
        request: &UpgradeRequest<'_>,
        progress: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), HelmError> {
        let chart = request.chart.to_string_lossy();
        let ReleaseName { namespace, name } = request.release;
        let timeout = format!("{}s", request.timeout.as_secs());
        let labels: Vec<String> = request
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let labels = labels.join(",");
        let history = crate::release::HISTORY_MAX.to_string();
        let mut arguments = vec![
            "upgrade",
            "--install",
            name,
            &chart,
            "--namespace",
            namespace,
            "--values",
            "-",
            "--reset-values",
            "--wait",
            "--wait-for-jobs",
            "--timeout",
            &timeout,
            "--history-max",
            &history,
            "--debug",
        ];
        if !labels.is_empty() {
            arguments.extend(["--labels", &labels]);
        }
        let kubeconfig = request
            .access
            .kubeconfig
            .as_deref()
            .map(Path::to_string_lossy);
        if let Some(kubeconfig) = &kubeconfig {
            arguments.extend(["--kubeconfig", kubeconfig]);
        }
        if let Some(context) = &request.access.context {
            arguments.extend(["--kube-context", context]);
        }
        self.follow(&arguments, request.values, progress).await
    }

    /// Runs to the end and hands on the lines that matter meanwhile.
    async fn follow(
        &self,
        arguments: &[&str],
        values: &Value,
        progress: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), HelmError> {
        let mut command = self.as_user(arguments);
        command.stdout(Stdio::null());
        let mut child = self.start(&mut command)?;
        let stderr = child.stderr.take();
        let feed = run::feed(child.stdin.take(), Input::Json(values));
        let listen = async {
            let mut last = String::new();
            if let Some(stderr) = stderr {
                let mut lines = BufReader::new(stderr).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    match run::said(&line) {
                        Some(said) => progress(said),
                        None => {
                            last.push_str(&line);
                            last.push('\n');
                        }
                    }
                }
            }
            last
        };
        let ((), stderr) = tokio::join!(feed, listen);
        let status = child
            .wait()
            .await
            .map_err(|source| self.not_started(source))?;
        match status.success() {
            true => Ok(()),
            false => Err(HelmError::of(arguments[0], &stderr)),
        }
    }
}

/// `[ERROR] templates/a.yaml: what`, with more lines below.
fn findings(text: &str) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for line in text.lines() {
        let level = [
            ("[INFO] ", Level::Info),
            ("[WARNING] ", Level::Warning),
            ("[ERROR] ", Level::Error),
        ]
        .into_iter()
        .find_map(|(head, level)| Some((level, line.strip_prefix(head)?)));
        match (level, found.last_mut()) {
            (Some((level, rest)), _) => {
                let (file, message) = rest.split_once(": ").unwrap_or(("", rest));
                found.push(Finding {
                    level,
                    file: file.to_owned(),
                    message: message.to_owned(),
                });
            }
            (None, Some(last)) if !line.is_empty() && !line.starts_with("==>") => {
                last.message.push('\n');
                last.message.push_str(line);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_keep_all_their_lines() {
        let text = "==> Linting a\n[INFO] Chart.yaml: icon is recommended\n[ERROR] templates/: values don't meet\n- at '/x': got string\n\n1 chart(s) linted";
        let found = findings(text);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].level, found[0].file.as_str()),
            (Level::Info, "Chart.yaml")
        );
        assert!(found[1].message.contains("- at '/x': got string"));
    }
}
