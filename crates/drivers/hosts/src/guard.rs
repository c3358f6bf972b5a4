//! Changes that might lock everybody out, made so that they do not.
//!
//! ```text
//! look ── same ── nothing is done
//!  └ begin: keep what is there, start a timer on the host that puts it back
//!     └ write files, check, apply
//!        └ log in over a new connection ── settle: the timer is stopped, the change stays
//!           └ cannot ── the host has put it back by itself; so it has when this program died, or when it was switched off meanwhile
//! ```
//! What is kept lies under `/var/lib/mosipctl/guard/NAME` there, in a folder whose name says how far it is; it is renamed in one step, so a
//! confirmation that comes just when the time is up is either in time or not. Whoever finds a change that somebody began and nobody
//! confirmed puts it back first: how far it came is not known.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::error::HostError;
use crate::hosts::Hosts;

mod change;
mod there;

pub use change::Change;
use there::{End, Looked, There};

/// The unit by which a host puts back at a start what was not confirmed before; it stays there.
pub const GUARD_UNIT: &str = there::SERVICE_AT;

/// Between two attempts to get in again. A host does not say when it can be reached, it has to be tried.
const PAUSE: Duration = Duration::from_millis(250);
/// How much longer than its time a host may take until what was before is back.
const SLACK: Duration = Duration::from_secs(30);

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    /// Everything was so already; nothing was done.
    Unchanged,
    /// It was made, and confirmed over a new connection.
    Changed,
}

/// Makes a change on a host so that it stays only when the host can be reached afterwards, over a connection that is made anew, and with it the
/// hosts behind it that could be reached before.
///
/// Doing it twice does it once. Whatever kills this program or the host in between, the host ends with all of the change or with
/// nothing of it, and within the time of the change.
///
/// # Errors
/// [`HostError::PutBack`] when it does not work or would have cut us off, and what was before is back; [`HostError::Lost`] when the
/// host does not answer even after that; others before anything was changed.
pub async fn guarded(hosts: &Hosts, host: &str, change: &Change) -> Result<Guarded, HostError> {
    let connection = hosts.connection(host).await?;
    let there = There::new(connection.as_ref(), change);
    match there.look().await? {
        Looked::Same => return Ok(Guarded::Unchanged),
        Looked::Armed => drop(there.restore().await?),
        Looked::Different => {}
    }
    let behind = hosts.seen_behind(host, &connection).await;
    there.begin().await?;
    let begun = Begun {
        hosts,
        host,
        change,
        behind,
        at: Instant::now(),
    };
    let made = match there.make().await {
        Ok(()) => begun.confirm().await,
        Err(error) => Err(error),
    };
    match made {
        Ok(()) => Ok(Guarded::Changed),
        Err(error @ HostError::PutBack { .. }) => Err(error),
        Err(error) => begun.undo(&there, error).await,
    }
}

/// A change that the host will put back by itself.
struct Begun<'a> {
    hosts: &'a Hosts,
    host: &'a str,
    change: &'a Change,
    /// The hosts behind it that could be reached before.
    behind: BTreeSet<String>,
    at: Instant,
}

impl Begun<'_> {
    /// Gets in anew and says so, as long as there is time.
    async fn confirm(&self) -> Result<(), HostError> {
        let patience = self.change.span() * 3 / 4;
        let mut last = None;
        loop {
            match timeout_at(self.at + patience, self.attempt()).await {
                Ok(Ok(End::Settled)) => return Ok(()),
                // another run put it back, or we were too slow
                Ok(Ok(End::Restored)) => return Err(self.change.put_back(self.host, last)),
                Ok(Err(error)) => last = Some(error),
                Err(_) => return Err(last.unwrap_or_else(|| self.silent(patience))),
            }
            sleep(PAUSE).await;
        }
    }

    async fn attempt(&self) -> Result<End, HostError> {
        let connection = self.hosts.anew(self.host).await?;
        let seen = self.hosts.seen_behind(self.host, &connection).await;
        if let Some(lost) = self.behind.difference(&seen).next() {
            return Err(HostError::Jump {
                host: lost.clone(),
                jump: self.host.to_owned(),
                why: "it was reached before the change and is not any more".to_owned(),
                source: None,
            });
        }
        There::new(connection.as_ref(), self.change).settle().await
    }

    /// Sees to it that what was before is back: over the connection that is there still, if it is, else over a new one when the host
    /// lets us in again. A confirmation may have come there and its answer not here; then all is well.
    async fn undo(&self, there: &There<'_>, error: HostError) -> Result<Guarded, HostError> {
        let first = timeout_at(self.at + self.change.span(), there.restore()).await;
        let end = match first {
            Ok(Ok(end)) => Some(end),
            _ => self.end().await,
        };
        match end {
            Some(End::Settled) => Ok(Guarded::Changed),
            Some(End::Restored) => Err(self.change.put_back(self.host, Some(error))),
            None => Err(HostError::Lost {
                host: self.host.to_owned(),
                what: self.change.what(),
                name: self.change.name().to_owned(),
                source: Box::new(error),
            }),
        }
    }

    /// How it ended, once the host lets us in.
    async fn end(&self) -> Option<End> {
        let deadline = self.at + self.change.span() + SLACK;
        let look = async || {
            let connection = self.hosts.anew(self.host).await?;
            There::new(connection.as_ref(), self.change).restore().await
        };
        loop {
            match timeout_at(deadline, look()).await {
                Ok(Ok(end)) => return Some(end),
                Ok(Err(_)) => sleep(PAUSE).await,
                Err(_) => return None,
            }
        }
    }

    fn silent(&self, patience: Duration) -> HostError {
        HostError::Deadline {
            host: self.host.to_owned(),
            what: "log in again".to_owned(),
            seconds: patience.as_secs(),
        }
    }
}
