//! The lock of the environment, as the engine sees it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long the lock counts as ours after its last renewal. It is renewed every 10 s and can be taken after 30: who has
/// missed one renewal and most of the next must not begin anything new.
pub(crate) const TRUST: Duration = Duration::from_secs(20);

/// Whether the lock is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// It is.
    Held {
        /// How often it has changed hands.
        fence: u64,
        /// When it was last renewed.
        renewed: Instant,
    },
    /// Another run has taken it.
    Lost {
        /// Who, as far as is known.
        holder: Option<String>,
    },
}

/// Keeps the lock and tells about it. Not renewed for 20 s: no new step starts until it is. Lost: the run stops.
pub trait Fence: Send + Sync + 'static {
    /// The lock's state, now and from now on.
    fn hold(&self) -> watch::Receiver<Hold>;
}

impl Fence for watch::Receiver<Hold> {
    fn hold(&self) -> watch::Receiver<Hold> {
        self.clone()
    }
}

/// The engine's side of a fence; a run without one needs no lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard(Option<watch::Receiver<Hold>>);

impl Guard {
    pub(crate) fn new(fence: Option<&dyn Fence>) -> Self {
        Self(fence.map(Fence::hold))
    }

    pub(crate) fn hold(&self) -> Option<Hold> {
        Some(self.0.as_ref()?.borrow().clone())
    }

    /// The lock's transition number.
    pub(crate) fn fence(&self) -> Option<u64> {
        match self.hold()? {
            Hold::Held { fence, .. } => Some(fence),
            Hold::Lost { .. } => None,
        }
    }

    /// Until when the lock counts as ours; nothing, when there is none to lose.
    pub(crate) fn trusted_until(&self) -> Option<Instant> {
        match self.hold()? {
            Hold::Held { renewed, .. } => Some(renewed + TRUST),
            Hold::Lost { .. } => None,
        }
    }

    /// Whether a new step may start.
    pub(crate) fn is_trusted(&self) -> bool {
        match self.hold() {
            None => true,
            Some(Hold::Held { renewed, .. }) => renewed.elapsed() < TRUST,
            Some(Hold::Lost { .. }) => false,
        }
    }

    /// Whether nobody keeps the lock any more, so that it will never be renewed.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|hold| hold.has_changed().is_err())
    }

    /// Waits for news of the lock, or for the moment from which it is not trusted any more.
    pub(crate) async fn news(&mut self) {
        let until = self.trusted_until().filter(|_| self.is_trusted());
        let expiry = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        let change = async {
            let changed = match &mut self.0 {
                Some(hold) => hold.changed().await.is_ok(),
                None => false,
            };
            // A keeper that has ended renews nothing: only the expiry is left to wait for.
            if !changed {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = expiry => {}
            () = change => {}
        }
    }
}
