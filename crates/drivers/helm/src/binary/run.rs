//! Running the binary: its surroundings, its input, its output.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};

use super::{Helm, HelmError};

/// What goes to standard input.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input<'a> {
    None,
    Json(&'a Value),
}

/// What came out.
pub(super) struct Output {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Helm {
    /// Runs to the end; what Helm says of a failure becomes the error.
    pub(super) async fn run(
        &self,
        arguments: &[&str],
        input: Input<'_>,
    ) -> Result<String, HelmError> {
        let output = self.output(arguments, input).await?;
        match output.success {
            true => Ok(output.stdout),
            false => Err(HelmError::of(arguments[0], &output.stderr)),
        }
    }

    pub(super) async fn output(
        &self,
        arguments: &[&str],
        input: Input<'_>,
    ) -> Result<Output, HelmError> {
        let mut command = self.alone(arguments);
        let mut child = self.start(&mut command)?;
        let stdin = child.stdin.take();
        let ((), output) = tokio::join!(feed(stdin, input), child.wait_with_output());
        let output = output.map_err(|source| self.not_started(source))?;
        Ok(Output {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Nothing of the user's surroundings but the way to programs: no kubeconfig, no proxy.
    fn alone(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path().join("home"))
            .env("KUBECONFIG", self.home.path().join("no-kubeconfig"));
        self.finished(command, arguments)
    }

    /// The user's surroundings, for the way to the cluster: a program in the kubeconfig that gets credentials may need
    /// any of them. Settings of Helm itself are not taken over.
    pub(super) fn as_user(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("HELM_") {
                command.env_remove(name);
            }
        }
        self.finished(command, arguments)
    }

    /// A home of its own: no plugins, no repositories.
    fn finished(&self, mut command: Command, arguments: &[&str]) -> Command {
        let home = |name: &str| -> PathBuf { self.home.path().join(name) };
        command
            .args(arguments)
            .env("HELM_CACHE_HOME", home("cache"))
            .env("HELM_CONFIG_HOME", home("config"))
            .env("HELM_DATA_HOME", home("data"))
            .env("HELM_PLUGINS", home("plugins"))
            // short-lived and small: collecting garbage is a quarter of its time
            .env("GOGC", "400")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(super) fn start(&self, command: &mut Command) -> Result<Child, HelmError> {
        command.spawn().map_err(|source| self.not_started(source))
    }

    pub(super) fn not_started(&self, source: std::io::Error) -> HelmError {
        HelmError::Start {
            binary: self.binary.clone(),
            source,
        }
    }
}

/// Writes the input and closes it. A helm that ended early has told why on its standard error.
pub(super) async fn feed(stdin: Option<ChildStdin>, input: Input<'_>) {
    if let (Some(mut stdin), Input::Json(value)) = (stdin, input) {
        let _ = stdin.write_all(value.to_string().as_bytes()).await;
        let _ = stdin.shutdown().await;
    }
}

/// The message of one of Helm's log lines; none for other lines.
pub(super) fn said(line: &str) -> Option<&str> {
    let (head, rest) = line.split_once(" msg=")?;
    if !head.contains("level=") {
        return None;
    }
    match rest.strip_prefix('"') {
        Some(quoted) => Some(quoted.split('"').next().unwrap_or(quoted)),
        None => rest.split(' ').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_message_of_a_log_line_is_handed_on() {
        let line = "level=DEBUG msg=\"creating resource(s)\" resources=3";
        assert_eq!(said(line), Some("creating resource(s)"));
        assert_eq!(said("level=INFO msg=done"), Some("done"));
        assert_eq!(said("Error: it failed"), None);
    }
}
