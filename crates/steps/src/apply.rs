//! Applying one object, leaving to others what is theirs.

use mosipctl_kube::{Applied, Apply, Conflict, Kubernetes, Manager};
use mosipctl_object::{Mark, Object, ReleaseName};
use mosipctl_observe::without;
use mosipctl_plan::compare::wanted_digest;
use mosipctl_plan::inventory::OwnedObject;
use mosipctl_render::REVISION;

use crate::failure::Failure;
use crate::ledger::Ledger;

/// Rounds in which fields of others are found and left out; each round can only bring fields that the last one hid.
const ROUNDS: usize = 3;

/// What applying came to.
pub(crate) struct Outcome {
    /// The object as it is now.
    pub(crate) object: Object,
    /// Fields that were left to others.
    pub(crate) left: Vec<Conflict>,
}

/// Applies an object. Fields that others own are left as they are and named.
pub(crate) async fn apply_resolved(
    kube: &dyn Kubernetes,
    object: &Object,
    manager: Manager,
) -> Result<Outcome, Failure> {
    let mut wanted = object.clone();
    let mut left: Vec<Conflict> = Vec::new();
    for _ in 0..ROUNDS {
        match kube.apply(&wanted, &Apply::new(manager)).await? {
            Applied::Done(object) => return Ok(Outcome { object, left }),
            Applied::Conflicts(conflicts) => {
                wanted = without(wanted, &conflicts);
                left.extend(conflicts);
            }
        }
    }
    let owners = left
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let message = format!(
        "`{}` cannot be applied beside what others own in it: {owners}",
        object.key()
    );
    Err(Failure::refused(
        message,
        "leave these fields to them with `unmanaged:`, or take them back",
    ))
}

/// Notes an applied object in the inventory.
pub(crate) async fn note(
    kube: &dyn Kubernetes,
    ledger: &Ledger,
    wanted: &Object,
    made: &Object,
    release: Option<&ReleaseName>,
    found: bool,
) -> Result<(), Failure> {
    let status = kube.served().await?.status(&made.kind());
    let Some(mark) = Mark::of(&made.value()["metadata"], status) else {
        return Ok(());
    };
    let owned = OwnedObject {
        wanted: self::wanted(ledger, wanted),
        young: status == mosipctl_object::StatusSubresource::Present,
        mark,
        release: release.cloned(),
        found,
    };
    ledger.note(|inventory| {
        let found = inventory
            .objects
            .get(&made.key())
            .map_or(owned.found, |known| known.found);
        inventory
            .objects
            .insert(made.key(), OwnedObject { found, ..owned });
    });
    Ok(())
}

/// The digest that the plan will compute for this object next time.
pub(crate) fn wanted(ledger: &Ledger, object: &Object) -> String {
    ledger.read(|inventory| {
        let digest = wanted_digest::<std::convert::Infallible>(object, &|late| {
            let secret = inventory.secrets.get(&late.fact.key);
            debug_assert!(late.output == REVISION || late.output.starts_with("key:"));
            Ok(secret
                .map(|secret| secret.revision.clone())
                .unwrap_or_default())
        });
        match digest {
            Ok(digest) => digest,
            Err(never) => match never {},
        }
    })
}
