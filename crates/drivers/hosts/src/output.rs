//! What came of a command.

use std::fmt;
use std::time::Instant;

use crate::error::HostError;

/// How many lines of what a command says an error shows.
const LINES: usize = 8;

/// Where something was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Error,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Exit(u32),
    /// By a signal, named without `SIG`.
    Signal(String),
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended.
    pub ended: Ended,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// When it was sent, and when its first output came; for clocks.
    pub times: (Instant, Option<Instant>),
}

impl Ended {
    /// Whether it says that all went well.
    pub fn is_success(&self) -> bool {
        *self == Self::Exit(0)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Signal(name) => write!(f, "signal {name}"),
        }
    }
}

impl Output {
    /// Its exit code, unless a signal ended it.
    pub fn code(&self) -> Option<u32> {
        match self.ended {
            Ended::Exit(code) => Some(code),
            Ended::Signal(_) => None,
        }
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last lines of standard error, or of standard output when that is empty.
    pub fn said(&self) -> String {
        let errors = String::from_utf8_lossy(&self.stderr);
        let text = match errors.trim() {
            "" => String::from_utf8_lossy(&self.stdout),
            _ => errors,
        };
        let lines: Vec<&str> = text.trim().lines().collect();
        let from = lines.len().saturating_sub(LINES);
        lines.into_iter().skip(from).collect::<Vec<_>>().join("\n")
    }

    /// The same when it succeeded.
    ///
    /// # Errors
    /// It did not: a full disk by name, all else with its last lines.
    pub fn succeeded(self, host: &str, what: &str) -> Result<Self, HostError> {
        if self.ended.is_success() {
            return Ok(self);
        }
        let (host, what, said) = (host.to_owned(), what.to_owned(), self.said());
        let is_full = ["No space left on device", "Disk quota exceeded"];
        if is_full.iter().any(|words| said.contains(words)) {
            return Err(HostError::FullDisk { host, what, said });
        }
        let ended = self.ended.to_string();
        Err(HostError::Failed {
            host,
            what,
            ended,
            said,
        })
    }
}

/// What sudo says when it does not let the user in; none when the command itself was run.
pub(crate) fn refusal_of_sudo(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let own = text.lines().find_map(|line| line.strip_prefix("sudo: "));
    match output.ended {
        Ended::Exit(1) => own.map(str::to_owned),
        Ended::Exit(127) if text.contains("sudo") => Some("there is no sudo".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(code: u32, stderr: &str) -> Output {
        Output {
            ended: Ended::Exit(code),
            stdout: b"out".to_vec(),
            stderr: stderr.as_bytes().to_vec(),
            times: (Instant::now(), None),
        }
    }

    #[test]
    fn a_refusal_of_sudo_is_told_from_a_failure_of_the_command() {
        let refused = output(1, "sudo: a password is required\n");
        assert_eq!(
            refusal_of_sudo(&refused).as_deref(),
            Some("a password is required")
        );
        let none = output(127, "bash: line 1: sudo: command not found\n");
        assert_eq!(refusal_of_sudo(&none).as_deref(), Some("there is no sudo"));
        assert_eq!(refusal_of_sudo(&output(1, "no such unit\n")), None);
        assert_eq!(refusal_of_sudo(&output(2, "sudo: x\n")), None);
    }

    #[test]
    fn a_full_disk_is_told_by_name_and_a_failure_by_its_last_lines() {
        let full = output(1, "cat: write error: No space left on device\n");
        let error = full.succeeded("a", "write").unwrap_err();
        assert!(matches!(error, HostError::FullDisk { .. }));
        let error = output(3, &"line\n".repeat(20)).succeeded("a", "write");
        let text = error.unwrap_err().to_string();
        assert_eq!(text.matches("line").count(), LINES);
        assert!(text.contains("exit code 3"), "{text}");
    }
}
