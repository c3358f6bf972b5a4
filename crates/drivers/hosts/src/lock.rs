//! A lock that lies on a host, for what has no other place for one yet.
//!
//! It is held by a command that runs there as long as we do: when our process ends, in whatever way, sshd ends the command, and the
//! system frees the lock. A machine that is gone without a word is given up after 30 s.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::command::Command;
use crate::connection::Connection;
use crate::error::HostError;
use crate::exec::{self, Feed};
use crate::output::Stream;

const HOLD: &str = include_str!("lock/hold.sh");
/// How often we say that we live.
const BEAT: Duration = Duration::from_secs(8);
/// Longer than any run.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long the host may take to answer who has it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostHold {
    /// It was, when the host was heard of last.
    Held {
        /// How often it has changed hands.
        turn: u64,
        /// When that was.
        heard: Instant,
    },
    /// The connection is gone, and the lock with it.
    Lost,
}

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct HostLock {
    state: watch::Receiver<HostHold>,
    holding: JoinHandle<()>,
}

impl HostLock {
    /// Takes the lock that is that file there, or says who has it. `holder` is what the next one is told.
    ///
    /// # Errors
    /// Somebody else has it, or the host cannot be asked.
    pub async fn take(
        connection: Arc<Connection>,
        file: &str,
        holder: &str,
    ) -> Result<Self, HostError> {
        let what = "take the lock";
        let command = Command::script(what, HOLD, [file, holder]);
        let command = command.as_root().within(LONGEST);
        let host = connection.name().to_owned();
        let (first, answer) = oneshot::channel();
        let (state, receiver) = watch::channel(HostHold::Lost);
        let holding = tokio::spawn(hold(connection, command, state, first));
        let taken = match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(taken)) => taken,
            Ok(Err(_)) => Err(HostError::Cut {
                host: host.clone(),
                what: what.to_owned(),
                reason: "the host ended the command".to_owned(),
            }),
            Err(_) => Err(HostError::Deadline {
                host: host.clone(),
                what: what.to_owned(),
                seconds: PATIENCE.as_secs(),
            }),
        };
        match taken {
            Ok(()) => Ok(Self {
                state: receiver,
                holding,
            }),
            Err(error) => {
                holding.abort();
                Err(error)
            }
        }
    }

    /// Its state, now and from now on.
    pub fn state(&self) -> watch::Receiver<HostHold> {
        self.state.clone()
    }
}

impl Drop for HostLock {
    fn drop(&mut self) {
        // its end is the end of what the command reads
        self.holding.abort();
    }
}

type Taken = Result<(), HostError>;

async fn hold(
    connection: Arc<Connection>,
    command: Command,
    state: watch::Sender<HostHold>,
    first: oneshot::Sender<Taken>,
) {
    let (mut ours, mut theirs) = tokio::io::duplex(64);
    let mut first = Some(first);
    let host = connection.name().to_owned();
    let mut sink = |stream: Stream, piece: &[u8]| {
        let text = String::from_utf8_lossy(piece);
        for line in text.lines().filter(|_| stream == Stream::Out) {
            let told = heard(&host, line);
            if let Ok(hold) = &told {
                state.send_replace(*hold);
            }
            if let Some(first) = first.take() {
                let _ = first.send(told.map(drop));
            }
        }
        true
    };
    let running = exec::execute(&connection, &command, Feed(&mut theirs), &mut sink);
    let beating = async {
        loop {
            tokio::time::sleep(BEAT).await;
            if ours.write_all(b"\n").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let error = tokio::select! {
        ended = running => ended.err(),
        () = beating => None,
    };
    if let (Some(first), Some(error)) = (first.take(), error) {
        let _ = first.send(Err(error));
    }
    state.send_replace(HostHold::Lost);
}

fn heard(host: &str, line: &str) -> Result<HostHold, HostError> {
    let turn = line
        .strip_prefix("turn ")
        .and_then(|turn| turn.parse().ok());
    match (turn, line.strip_prefix("held by ")) {
        (Some(turn), _) => Ok(HostHold::Held {
            turn,
            heard: Instant::now(),
        }),
        (None, Some(holder)) => Err(HostError::Locked {
            host: host.to_owned(),
            holder: holder.to_owned(),
        }),
        (None, None) => Err(HostError::Unexpected {
            host: host.to_owned(),
            what: "take the lock".to_owned(),
            problem: format!("it answers `{line}`"),
        }),
    }
}
