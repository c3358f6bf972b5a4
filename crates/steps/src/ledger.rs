//! Writing the inventory while steps run.
//!
//! Many steps note something at the same time; one writer puts what they noted into the cluster together. Nothing that
//! is noted decides correctness by itself: objects carry our labels and Secrets their revisions, so a note that a crash
//! swallowed is found again by looking. What has to be there before a step counts as done is [awaited](Ledger::settled).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mosipctl_kube::{Apply, KubeError, Kubernetes, Manager};
use mosipctl_object::Object;
use mosipctl_observe::ledger;
use mosipctl_plan::Inventory;
use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How long a note waits for others before it is written, when nobody waits for it: an inventory has some 100 kB, and a
/// roll-out notes hundreds of things.
const TOGETHER: Duration = Duration::from_secs(1);
/// Wait before a failed write is tried again.
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
    /// The number of the last note that the cluster has.
    written: watch::Sender<u64>,
}

struct State {
    inventory: Inventory,
    /// Number of the last note.
    last: u64,
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
            written: watch::Sender::new(0),
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
            let mut state = self
                .shared
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            change(&mut state.inventory);
            state.last += 1;
            state.last
        };
        self.shared.noted.notify_one();
        Note(number)
    }

    /// Reads the inventory.
    pub fn read<T>(&self, look: impl FnOnce(&Inventory) -> T) -> T {
        look(
            &self
                .shared
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .inventory,
        )
    }

    /// Waits until the cluster has a note. There is no deadline here: the caller has one.
    pub async fn settled(&self, note: Note) {
        let mut written = self.shared.written.subscribe();
        self.shared.urgent.notify_one();
        // The sender lives as long as this ledger, so the wait cannot be cut off.
        let _ = written.wait_for(|number| *number >= note.0).await;
    }

    /// Waits until the cluster has everything that was noted.
    pub async fn flush(&self) {
        let last = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last;
        self.settled(Note(last)).await;
    }

    async fn write_for_ever(&self) {
        loop {
            self.shared.noted.notified().await;
            tokio::select! {
                () = self.shared.urgent.notified() => {}
                () = tokio::time::sleep(TOGETHER) => {}
            }
            while self.write().await.is_err() {
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    async fn write(&self) -> Result<(), KubeError> {
        let (secret, number) = {
            let state = self
                .shared
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            (
                ledger::encode(&self.shared.environment, &state.inventory),
                state.last,
            )
        };
        // Encoding writes to memory and cannot fail; were it to, the next note tries again.
        let Ok(secret) = secret else { return Ok(()) };
        let apply = Apply::new(Manager::Mosipctl).taking_over();
        match self.shared.kube.apply(&secret, &apply).await {
            Err(error) if error.is_missing() => {
                self.shared.kube.apply(&own_namespace(), &apply).await?;
                self.shared.kube.apply(&secret, &apply).await?
            }
            result => result?,
        };
        self.shared.written.send_replace(number);
        Ok(())
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
