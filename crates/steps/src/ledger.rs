//! Writing the inventory while steps run.
//!
//! Many steps note something at the same time; one writer puts what they noted into the cluster together. Nothing that
//! is noted decides correctness by itself: objects carry our labels and Secrets their revisions, so a note that a crash
//! swallowed is found again by looking. What has to be there before a step counts as done is [awaited](Ledger::settled).
//!
//! A write that may succeed later is tried until it does. One that the API server refuses ends whatever waits for it, and
//! is tried again only with the next note or the next wait: nothing that was noted is dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mosipctl_kube::{Apply, KubeError, Kubernetes, Manager};
use mosipctl_object::Object;
use mosipctl_observe::ledger;
use mosipctl_plan::Inventory;
use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::failure::Failure;

/// How long a note waits for others before it is written, when nobody waits for it: an inventory has some 100 kB, and a
/// roll-out notes hundreds of things.
const TOGETHER: Duration = Duration::from_secs(1);
/// Wait before a write that may succeed later is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// The inventory of a run.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

struct Shared {
    kube: Arc<dyn Kubernetes>,
    environment: String,
    state: Mutex<State>,
    /// A note was made that somebody waits for.
    urgent: Notify,
    /// A note was made.
    noted: Notify,
    /// What the cluster has.
    standing: watch::Sender<Standing>,
}

struct State {
    inventory: Inventory,
    /// Number of the last note.
    last: u64,
}

/// What became of the notes.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// The number of the last note that the cluster has.
    written: u64,
    /// How many writes have ended.
    ended: u64,
    /// The last write, when it was refused.
    refused: Option<Refused>,
}

/// A write that the API server said no to.
#[derive(Debug, Clone)]
struct Refused {
    /// The number of the last note that it had.
    last: u64,
    error: KubeError,
}

impl Standing {
    fn has(&self, note: Note) -> bool {
        self.written >= note.0
    }

    /// Why the cluster does not have a note, when a write of it was refused since so many writes had ended.
    fn refusal_since(&self, ended: u64, note: Note) -> Option<&KubeError> {
        let refused = self.refused.as_ref()?;
        let is_meant = self.ended > ended && refused.last >= note.0 && !self.has(note);
        is_meant.then_some(&refused.error)
    }
}

/// A note that was made; give it to [`Ledger::settled`] to wait until the cluster has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note(u64);

impl Ledger {
    /// Goes on with what was observed. The writer runs until the task is ended.
    pub fn start(
        kube: Arc<dyn Kubernetes>,
        environment: &str,
        inventory: Inventory,
    ) -> (Self, JoinHandle<()>) {
        let shared = Shared {
            kube,
            environment: environment.to_owned(),
            state: Mutex::new(State { inventory, last: 0 }),
            urgent: Notify::new(),
            noted: Notify::new(),
            standing: watch::Sender::default(),
        };
        let ledger = Self {
            shared: Arc::new(shared),
        };
        let writer = ledger.clone();
        (
            ledger,
            tokio::spawn(async move { writer.write_for_ever().await }),
        )
    }

    /// Changes the inventory.
    pub fn note(&self, change: impl FnOnce(&mut Inventory)) -> Note {
        let number = {
            let mut state = self.state();
            change(&mut state.inventory);
            state.last += 1;
            state.last
        };
        self.shared.noted.notify_one();
        Note(number)
    }

    /// Reads the inventory.
    pub fn read<T>(&self, look: impl FnOnce(&Inventory) -> T) -> T {
        look(&self.state().inventory)
    }

    /// Finds out whether the inventory may be written, before anything is done that it has to know of.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn open(&self) -> Result<(), Failure> {
        let note = self.note(|_| ());
        self.settled(note).await
    }

    /// Waits until the cluster has a note. There is no deadline here: the caller has one.
    ///
    /// # Errors
    /// The API server refuses it. The note is kept and goes with the next write.
    pub async fn settled(&self, note: Note) -> Result<(), Failure> {
        let mut standing = self.shared.standing.subscribe();
        let ended = standing.borrow().ended;
        self.shared.urgent.notify_one();
        let come = standing.wait_for(|standing| {
            standing.has(note) || standing.refusal_since(ended, note).is_some()
        });
        // The sender lives as long as this ledger, so the wait cannot be cut off.
        let Ok(standing) = come.await else {
            return Ok(());
        };
        match standing.refusal_since(ended, note) {
            Some(error) => Err(Failure::Inventory(error.clone())),
            None => Ok(()),
        }
    }

    /// Waits until the cluster has everything that was noted.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn flush(&self) -> Result<(), Failure> {
        let last = self.state().last;
        self.settled(Note(last)).await
    }

    async fn write_for_ever(&self) {
        loop {
            tokio::select! {
                () = self.shared.urgent.notified() => {}
                () = self.shared.noted.notified() => tokio::select! {
                    () = self.shared.urgent.notified() => {}
                    () = tokio::time::sleep(TOGETHER) => {}
                },
            }
            self.catch_up().await;
        }
    }

    /// Writes what the cluster does not have yet, for as long as it may succeed.
    async fn catch_up(&self) {
        while let Some((secret, last)) = self.unwritten() {
            match self.write(&secret).await {
                Err(error) if error.is_transient() => tokio::time::sleep(RETRY).await,
                result => return self.tell(last, result),
            }
        }
    }

    /// The inventory as the cluster should have it, with the number of its last note.
    fn unwritten(&self) -> Option<(Object, u64)> {
        let state = self.state();
        if state.last <= self.shared.standing.borrow().written {
            return None;
        }
        // Encoding writes to memory and cannot fail; were it to, the next note tries again.
        let secret = ledger::encode(&self.shared.environment, &state.inventory).ok()?;
        Some((secret, state.last))
    }

    async fn write(&self, secret: &Object) -> Result<(), KubeError> {
        let apply = Apply::new(Manager::Mosipctl).taking_over();
        match self.shared.kube.apply(secret, &apply).await {
            Err(error) if error.is_missing() => {
                self.shared.kube.apply(&own_namespace(), &apply).await?;
                self.shared.kube.apply(secret, &apply).await.map(drop)
            }
            result => result.map(drop),
        }
    }

    fn tell(&self, last: u64, result: Result<(), KubeError>) {
        self.shared.standing.send_modify(|standing| {
            standing.ended += 1;
            match result {
                Ok(()) => {
                    standing.written = last;
                    standing.refused = None;
                }
                Err(error) => standing.refused = Some(Refused { last, error }),
            }
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The namespace of what mosipctl keeps for itself.
fn own_namespace() -> Object {
    let value =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ledger::NAMESPACE}});
    match Object::try_from(value) {
        Ok(object) => object,
        Err(_) => unreachable!("the literal above has kind and name"),
    }
}

#[cfg(test)]
mod tests;
