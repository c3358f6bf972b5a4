//! OpenSC's `pkcs11-tool` on SoftHSM's library.

use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::Artefacts;
use secrecy::{ExposeSecret, SecretString};

use crate::error::ServerError;
use crate::process::{RunAs, run};

const PROGRAM: &str = "pkcs11-tool";
/// Where distributions put the library: Debian, Fedora, a build of one's own, Homebrew.
const LIBRARIES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];
const HELP: &str = "apt-get install libsofthsm2 opensc";
/// How the library refuses a PIN: a wrong one, one too short or too long.
const WRONG: [&str; 2] = ["CKR_PIN_INCORRECT", "CKR_PIN_LEN_RANGE"];

/// The program and the library it loads.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    program: PathBuf,
    pub(super) library: PathBuf,
}

/// Which PIN.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pin {
    /// Opens the token.
    User,
    /// Sets the other one.
    Officer,
    /// Opens it from now on.
    New,
}

impl Pin {
    /// Puts it where the program reads it; its arguments, which everybody may read, name only the variable.
    pub(super) fn give(self, command: &mut Command, pin: &SecretString) {
        let (option, variable) = match self {
            Self::User => ("--pin", "USER_PIN"),
            Self::Officer => ("--so-pin", "OFFICER_PIN"),
            Self::New => ("--new-pin", "NEW_PIN"),
        };
        command.arg(option).arg(format!("env:{variable}"));
        command.env(variable, pin.expose_secret());
    }
}

impl Tool {
    pub(super) fn find(artefacts: &Artefacts) -> Result<Self, ServerError> {
        let libraries = LIBRARIES.iter().map(PathBuf::from);
        let library = libraries.into_iter().find(|path| path.is_file());
        let path = artefacts.settings().search_path.clone().unwrap_or_default();
        let mut programs = std::env::split_paths(&path).map(|folder| folder.join(PROGRAM));
        let program = programs.find(|path| path.is_absolute() && path.is_file());
        let missing = |what: &str, reason: String| ServerError::Missing {
            what: what.to_owned(),
            reason,
            help: HELP.to_owned(),
        };
        Ok(Self {
            library: library.ok_or_else(|| {
                missing(
                    "SoftHSM",
                    format!("none of {} is there", LIBRARIES.join(", ")),
                )
            })?,
            program: program.ok_or_else(|| {
                missing(
                    "a tool for SoftHSM",
                    format!("there is no `{PROGRAM}` in PATH"),
                )
            })?,
        })
    }

    /// The program on the tokens of a configuration.
    pub(super) fn command(&self, configuration: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--module").arg(&self.library);
        command.env("SOFTHSM2_CONF", configuration);
        command
    }

    pub(super) async fn run(&self, command: &Command) -> Result<String, ServerError> {
        run("SoftHSM", command, RunAs::Ourselves).await
    }
}

/// The tool's words, when an error is about a PIN and nothing else.
pub(super) fn wrong_pin(error: &ServerError) -> Option<&str> {
    let ServerError::Ended { last_lines, .. } = error else {
        return None;
    };
    let wrong = |line: &&String| WRONG.iter().any(|name| line.contains(name));
    last_lines.iter().find(wrong).map(String::as_str)
}
