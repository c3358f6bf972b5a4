//! A connection to one host, on which commands run.

use async_trait::async_trait;
use russh::client::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::command::Command;
use crate::connect;
use crate::door::{Door, Seen};
use crate::error::HostError;
use crate::exec::{self, Feed};
use crate::hosts::Settings;
use crate::login::log_in;
use crate::output::{Ended, Output, Stream, refusal_of_sudo};
use crate::shell::Shell;
use crate::target::Target;

/// sshd allows ten at once on one connection by itself (`MaxSessions`), and counts one that has ended until it has dealt with all that we
/// sent together with its end: the next command of each may be among that, so half as many are safe.
const AT_ONCE: usize = 5;

/// A connection to one host, on which commands run, several at once if need be.
pub struct Connection {
    target: Target,
    handle: Handle<Door>,
    seen: Seen,
    sessions: Semaphore,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Connection").field(&self.target).finish()
    }
}

impl Connection {
    /// Opens one: way, key of the host, login.
    pub(crate) async fn open(
        target: &Target,
        through: Option<&Connection>,
        settings: &Settings,
    ) -> Result<Self, HostError> {
        let seen = Seen::default();
        let door = Door::pinned(&target.name, settings.known.clone(), seen.clone());
        let mut handle = connect::open(target, through, (door, &seen), settings).await?;
        let login = log_in(&mut handle, target, settings.agent.as_deref(), &seen);
        let deadline = tokio::time::timeout(settings.patience, login).await;
        deadline.unwrap_or_else(|_| {
            Err(HostError::Deadline {
                host: target.name.clone(),
                what: "log in".to_owned(),
                seconds: settings.patience.as_secs(),
            })
        })?;
        Ok(Self {
            target: target.clone(),
            handle,
            seen,
            sessions: Semaphore::new(AT_ONCE),
        })
    }

    /// Name of the host.
    pub fn name(&self) -> &str {
        &self.target.name
    }

    /// The user that is logged in.
    pub fn user(&self) -> &str {
        &self.target.user
    }

    /// Whether it broke off or was ended.
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    pub(crate) fn handle(&self) -> &Handle<Door> {
        &self.handle
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Waits until the host has room for one more command.
    pub(crate) async fn session(&self) -> Option<SemaphorePermit<'_>> {
        self.sessions.acquire().await.ok()
    }

    /// Runs a command and hands on what it writes, piece by piece. Nothing limits how much; what sudo says is handed on, too.
    ///
    /// # Errors
    /// It could not be run, was cut off or took too long.
    pub async fn follow(
        &self,
        command: &Command,
        mut each: impl FnMut(Stream, &[u8]) + Send,
    ) -> Result<Ended, HostError> {
        let mut sink = |stream, piece: &[u8]| {
            each(stream, piece);
            true
        };
        let mut input = command.input.as_ref();
        exec::execute(self, command, Feed(&mut input), &mut sink)
            .await
            .map(|(ended, _)| ended)
    }

    /// Runs a command with what a reader gives as its input.
    pub(crate) async fn feed(
        &self,
        command: &Command,
        input: Feed<'_>,
    ) -> Result<Output, HostError> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut sink = |stream, piece: &[u8]| {
            let kept: &mut Vec<u8> = match stream {
                Stream::Out => &mut stdout,
                Stream::Error => &mut stderr,
            };
            kept.extend_from_slice(piece);
            kept.len() <= command.limit
        };
        let (ended, times) = exec::execute(self, command, input, &mut sink).await?;
        let output = Output {
            ended,
            stdout,
            stderr,
            times,
        };
        match refusal_of_sudo(&output).filter(|_| command.as_root) {
            None => Ok(output),
            Some(reason) => Err(HostError::Sudo {
                host: self.target.name.clone(),
                user: self.target.user.clone(),
                reason,
            }),
        }
    }
}

#[async_trait]
impl Shell for Connection {
    fn host(&self) -> &str {
        self.name()
    }

    async fn run(&self, command: &Command) -> Result<Output, HostError> {
        let mut input = command.input.as_ref();
        self.feed(command, Feed(&mut input)).await
    }
}
