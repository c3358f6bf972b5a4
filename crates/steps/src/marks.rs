//! Keeping the inventory's marks true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mosipctl_kube::{Kubernetes, Selection};
use mosipctl_object::mark::{Mark, last_write};
use mosipctl_object::{Kind, Object, ObjectKey};
use mosipctl_plan::Desired;
use mosipctl_plan::inventory::OwnedObject;

use crate::apply;
use crate::ledger::Ledger;

/// The API server notes the time of a write in whole seconds: a second write within the same second may not show.
/// After two it must.
const SETTLED: SignedDuration = SignedDuration::from_secs(2);

impl Ledger {
    /// Notes the marks of objects that turned out to be as they should be.
    pub fn refresh(
        &self,
        same: &BTreeSet<ObjectKey>,
        marks: &BTreeMap<ObjectKey, Mark>,
        desired: &Desired,
    ) {
        for key in same {
            let Some(mark) = marks.get(key).cloned() else {
                continue;
            };
            let object = desired
                .object(key)
                .map(|object| apply::wanted(self, object));
            let release = desired.homes.get(key).cloned();
            let path = format!(
                "{}/{}",
                key.namespace.as_deref().unwrap_or_default(),
                key.name
            );
            self.note(|inventory| {
                if let Some(secret) = inventory
                    .secrets
                    .get_mut(&path)
                    .filter(|_| key.kind == Kind::core("Secret"))
                {
                    secret.mark = mark;
                    return;
                }
                let known = inventory.objects.get(key).cloned();
                let wanted = object.or_else(|| known.as_ref().map(|known| known.wanted.clone()));
                let Some(wanted) = wanted else { return };
                let found = known.is_some_and(|known| known.found);
                inventory.objects.insert(
                    key.clone(),
                    OwnedObject {
                        wanted,
                        mark,
                        young: false,
                        release,
                        found,
                    },
                );
            });
        }
    }

    /// Looks once more at objects whose marks were taken right after a write. Those that nobody touched since are not
    /// asked about next time.
    pub async fn confirm_marks(&self, kube: &Arc<dyn Kubernetes>) {
        let young: BTreeSet<ObjectKey> = self.read(|inventory| {
            let young = inventory.objects.iter().filter(|(_, owned)| owned.young);
            young.map(|(key, _)| key.clone()).collect()
        });
        let kinds: BTreeSet<Kind> = young.iter().map(|key| key.kind.clone()).collect();
        for kind in kinds {
            // What cannot be listed stays young and is looked at next time.
            let Ok(objects) = kube.list_metadata(&kind, &Selection::everywhere()).await else {
                continue;
            };
            let Ok(served) = kube.served().await else {
                continue;
            };
            let status = served.status(&kind);
            let now = kube.now();
            for object in objects
                .iter()
                .filter(|object| young.contains(&object.key()))
            {
                let metadata = &object.value()["metadata"];
                if !is_settled(object, now) {
                    continue;
                }
                let mark = Mark::of(metadata, status);
                self.note(|inventory| {
                    if let Some(owned) = inventory.objects.get_mut(&object.key())
                        && Some(&owned.mark) == mark.as_ref()
                    {
                        owned.young = false;
                    }
                });
            }
        }
    }
}

fn is_settled(object: &Object, now: Timestamp) -> bool {
    let written =
        last_write(&object.value()["metadata"]).and_then(|time| time.parse::<Timestamp>().ok());
    written.is_none_or(|written| now.duration_since(written) >= SETTLED)
}
