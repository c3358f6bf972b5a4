//! What is done on the host.

use super::Change;
use crate::command::Command;
use crate::error::HostError;
use crate::files::{self, FileOnHost};
use crate::output::Output;
use crate::shell::Shell;

/// Says `armed`, `same` or `different`.
const LOOK: &str = include_str!("look.sh");
/// Makes the folders of what is kept and of the files.
const FOLDERS: &str = "umask 022\nmkdir -p /var/lib/mosipctl\n(umask 077 && mkdir -p \"$1/new\")\nshift\nmkdir -p -- \"$@\"";
/// Keeps what is there and starts the timer.
const BEGIN: &str = include_str!("begin.sh");
/// What it ends with when somebody else has begun.
const BEGUN: u32 = 48;
/// Puts the new files in their places, checks them and puts them in force.
const APPLY: &str = include_str!("apply.sh");
/// What it ends with when the time was up before.
const TOO_LATE: u32 = 47;
/// Stops the timer; says `settled`, or `restored` when that was too late.
const SETTLE: &str = include_str!("settle.sh");
/// What the timer runs; says the same.
const RESTORE: &str = include_str!("restore.sh");
/// Runs the same at a start of the host.
const SERVICE: &str = include_str!("guard.service");
/// Where the host has both.
const RESTORE_AT: &str = "/var/lib/mosipctl/guard/restore";
pub(super) const SERVICE_AT: &str = "/etc/systemd/system/mosipctl-guard.service";

/// How things are before a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// As they are to be.
    Same,
    /// Not so.
    Different,
    /// Somebody began this change, and it was neither confirmed nor put back.
    Armed,
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was confirmed and stays.
    Settled,
    /// What was before is back.
    Restored,
}

/// A host, and a change on it.
pub(super) struct There<'a> {
    shell: &'a dyn Shell,
    change: &'a Change,
}

impl<'a> There<'a> {
    pub(super) fn new(shell: &'a dyn Shell, change: &'a Change) -> Self {
        Self { shell, change }
    }

    pub(super) async fn look(&self) -> Result<Looked, HostError> {
        let abouts: Vec<String> = self.change.files().iter().map(about).collect();
        let pairs = self.change.files().iter().zip(&abouts);
        let pairs = pairs.flat_map(|(file, about)| [file.path.as_str(), about.as_str()]);
        let own = [self.change.name(), self.change.state.as_str()];
        let said = self
            .run("look at", LOOK, own.into_iter().chain(pairs))
            .await?;
        match said.trim() {
            "same" => Ok(Looked::Same),
            "different" => Ok(Looked::Different),
            "armed" => Ok(Looked::Armed),
            line => Err(self.unexpected(line)),
        }
    }

    /// Brings the new files, keeps what is there, and has the host put it back after its time. What somebody else has just begun, who may be
    /// given up for lost, is put back first.
    pub(super) async fn begin(&self) -> Result<(), HostError> {
        self.bring().await?;
        if self.arm().await?.code() == Some(BEGUN) {
            self.restore().await?;
            self.bring().await?;
            let what = self.change.what();
            self.arm().await?.succeeded(self.shell.host(), &what)?;
        }
        Ok(())
    }

    /// Brings the new files, beside their places.
    async fn bring(&self) -> Result<(), HostError> {
        let home = self.home();
        let folders = self.paths().filter_map(|path| path.rsplit_once('/'));
        let folders = folders.map(|(folder, _)| folder);
        let arguments = std::iter::once(home.as_str()).chain(folders);
        self.run("prepare to", FOLDERS, arguments).await?;
        let mut files = vec![
            FileOnHost::new(RESTORE_AT, RESTORE).mode(0o700),
            FileOnHost::new(SERVICE_AT, SERVICE),
        ];
        files.extend((1..).zip(self.change.files()).map(|(number, file)| {
            let mut file = file.clone();
            file.path = format!("{home}/new/{number}");
            file
        }));
        for file in &files {
            files::write(self.shell, file).await?;
        }
        Ok(())
    }

    async fn arm(&self) -> Result<Output, HostError> {
        // whole seconds would be long for a test
        let span = self.change.span().as_millis().to_string();
        let own = [self.change.name(), &span, &self.change.keep];
        let what = format!("prepare to {}", self.change.what());
        let command = Command::script(&what, BEGIN, own.into_iter().chain(self.paths()));
        let command = command.as_root().input(self.change.back.clone());
        let output = self.shell.run(&command).await?;
        match output.code() {
            Some(BEGUN) => Ok(output),
            _ => output.succeeded(self.shell.host(), &what),
        }
    }

    /// Puts the new files in their places and in force.
    pub(super) async fn make(&self) -> Result<(), HostError> {
        let change = self.change;
        let own = [change.name(), &change.check, &change.apply];
        let command = Command::script(change.what(), APPLY, own.into_iter().chain(self.paths()));
        // time has to be left for the confirmation
        let command = command.as_root().within(change.span() / 2);
        let output = self.shell.run(&command).await?;
        if output.code() == Some(TOO_LATE) {
            return Err(change.put_back(self.shell.host(), None));
        }
        output.succeeded(self.shell.host(), &change.what())?;
        Ok(())
    }

    /// Makes it stay, unless its time is up.
    pub(super) async fn settle(&self) -> Result<End, HostError> {
        let change = self.change;
        let arguments = [change.name(), &change.settle, &change.state];
        let said = self.run("confirm", SETTLE, arguments).await?;
        self.end(&said)
    }

    /// Puts back what was before, now. What was confirmed stays.
    pub(super) async fn restore(&self) -> Result<End, HostError> {
        let script = "exec sh \"$1\" \"$2\"";
        let arguments = [RESTORE_AT, self.change.name()];
        let said = self.run("undo", script, arguments).await?;
        self.end(&said)
    }

    fn end(&self, said: &str) -> Result<End, HostError> {
        match said.trim() {
            "settled" => Ok(End::Settled),
            "restored" => Ok(End::Restored),
            line => Err(self.unexpected(line)),
        }
    }

    fn home(&self) -> String {
        format!("/var/lib/mosipctl/guard/{}", self.change.name())
    }

    fn paths(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.change.files().iter().map(|file| file.path.as_str())
    }

    async fn run<'b>(
        &self,
        doing: &str,
        script: &'b str,
        arguments: impl IntoIterator<Item = &'b str>,
    ) -> Result<String, HostError> {
        let what = format!("{doing} {}", self.change.what());
        let command = Command::script(&what, script, arguments).as_root();
        let output = self.shell.run(&command).await?;
        Ok(output.succeeded(self.shell.host(), &what)?.text())
    }

    fn unexpected(&self, line: &str) -> HostError {
        HostError::Unexpected {
            host: self.shell.host().to_owned(),
            what: self.change.what(),
            problem: format!("it answers `{line}`"),
        }
    }
}

/// A file as the script says it.
fn about(file: &FileOnHost) -> String {
    format!("{} {:o} {}", file.digest(), file.mode, file.owner)
}
