//! The lock of the environment as the engine wants to hear of it.

use std::sync::Arc;
use std::time::Duration;

use mosipctl_engine::{Fence, Hold};
use mosipctl_hosts::{HostHold, HostLock};
use mosipctl_kube::{Holder, Keeper, Kubernetes, Lease, LeaseError, LeaseState};
use mosipctl_report::{Exit, Trouble};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::connect::Connection;

/// How often the engine is told that the lease is still held; its trust lasts 20 s.
const TELL: Duration = Duration::from_secs(5);
/// The engine's trust, so that a lease in doubt is one at once.
const TRUST: Duration = Duration::from_secs(20);

/// A lock that is held and kept: a Lease, or on hosts of our own a file on the first of them, where there may be no cluster yet.
pub(crate) struct Lock {
    keeper: Option<Keeper>,
    on_host: Option<HostLock>,
    hold: watch::Receiver<Hold>,
    teller: JoinHandle<()>,
}

impl Lock {
    /// Takes the lock of an environment, or says who has it.
    pub(crate) async fn take(connection: &Connection, environment: &str) -> Result<Self, Trouble> {
        match &connection.ground {
            Some(ground) => Ok(Self::on_host(ground.lock().await?)),
            None => Self::in_cluster(&connection.kube, environment).await,
        }
    }

    fn on_host(lock: HostLock) -> Self {
        let (sender, hold) = watch::channel(held(*lock.state().borrow()));
        let teller = tokio::spawn(follow(lock.state(), sender));
        Self {
            keeper: None,
            on_host: Some(lock),
            hold,
            teller,
        }
    }

    /// Takes the Lease of an environment.
    pub(crate) async fn in_cluster(
        kube: &Arc<dyn Kubernetes>,
        environment: &str,
    ) -> Result<Self, Trouble> {
        let lease = Lease::take(kube.clone(), environment, Holder::this_process())
            .await
            .map_err(trouble)?;
        let keeper = lease.keep();
        let fence = keeper.transition();
        let (sender, hold) = watch::channel(Hold::Held {
            fence,
            renewed: Instant::now(),
        });
        let teller = tokio::spawn(tell(keeper.state(), fence, sender));
        Ok(Self {
            keeper: Some(keeper),
            on_host: None,
            hold,
            teller,
        })
    }

    /// For the engine.
    pub(crate) fn fence(&self) -> Arc<dyn Fence> {
        Arc::new(self.hold.clone())
    }

    /// Gives it back.
    pub(crate) async fn release(self) {
        self.teller.abort();
        // A lease that cannot be given back runs out by itself.
        if let Some(keeper) = self.keeper {
            let _ = keeper.release().await;
        }
        drop(self.on_host);
    }
}

/// Says what the engine is to hear of the lock.
fn held(state: HostHold) -> Hold {
    match state {
        HostHold::Held { turn, heard } => Hold::Held {
            fence: turn,
            renewed: heard,
        },
        HostHold::Lost => Hold::Lost { holder: None },
    }
}

/// Follows the lock for the engine.
async fn follow(mut state: watch::Receiver<HostHold>, to: watch::Sender<Hold>) {
    loop {
        let hold = held(*state.borrow_and_update());
        let is_lost = matches!(hold, Hold::Lost { .. });
        if to.send(hold).is_err() || is_lost || state.changed().await.is_err() {
            return;
        }
    }
}

async fn tell(mut state: watch::Receiver<LeaseState>, fence: u64, to: watch::Sender<Hold>) {
    loop {
        let now = state.borrow_and_update().clone();
        let hold = match now {
            LeaseState::Held => Hold::Held {
                fence,
                renewed: Instant::now(),
            },
            LeaseState::Unsure => Hold::Held {
                fence,
                renewed: Instant::now() - TRUST,
            },
            LeaseState::Lost { to } => Hold::Lost { holder: Some(to) },
        };
        let is_lost = matches!(hold, Hold::Lost { .. });
        if to.send(hold).is_err() || is_lost {
            return;
        }
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(TELL) => {}
        }
    }
}

fn trouble(error: LeaseError) -> Trouble {
    match &error {
        LeaseError::Held { .. } => Trouble::of(&error)
            .while_doing("another run is at work on this environment")
            .remedy("wait for it (`mosipctl status` shows it), or end it there; a lock whose process died is free after 30 s")
            .exit(Exit::Locked),
        LeaseError::Kubernetes(source) => {
            let remedy = source.remedy().map(str::to_owned);
            Trouble::of(&error).while_doing("failed to lock the environment").maybe_remedy(remedy)
        }
    }
}
