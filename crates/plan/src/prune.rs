//! What is ours and no longer wanted, and what `down` takes away.
//!
//! Only what the inventory names is ever removed, and of that nothing that was there before us. Claims, Secrets that
//! belong to data, and namespaces stay unless they are asked for by name.

use std::collections::BTreeSet;

use mosipctl_catalogue::secret::Class;
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_object::{Kind, ObjectKey, ReleaseName};

use crate::desired::Desired;
use crate::inventory::{Inventory, Origin};
use crate::observed::Observed;
use crate::planner::{fact_of, shown};
use crate::step::{Action, Risk, Step, StepId};

/// How long the API server may take to let go of everything in a release.
const REMOVAL: std::time::Duration = std::time::Duration::from_secs(300);

/// What may be removed beside releases and plain objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Nothing that holds data.
    Keep,
    /// Claims, data-bound Secrets, prepared servers and namespaces too.
    Remove,
    /// The same, once what servers in the cluster hold is backed up.
    BackUpAndRemove,
}

/// What stays although it is no longer wanted, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What.
    pub what: String,
    /// Why.
    pub why: &'static str,
}

/// Steps that remove what is ours and not in `desired`, the facts that hold before them, and what stays.
///
/// `reference` tells what each release needs, so that whoever uses something goes before it.
pub(crate) fn removals(
    desired: &Desired,
    reference: &Desired,
    observed: &Observed,
    data: Data,
) -> Removals {
    let mut removals = Removals::default();
    removals.add_releases(desired, observed);
    removals.add_objects(desired, observed, data);
    removals.add_secrets(desired, observed, data);
    if data == Data::BackUpAndRemove {
        removals.add_backups(reference, observed);
    }
    removals.put_in_order(reference, &observed.inventory);
    removals.await_backups(reference, &observed.inventory);
    removals
}

/// What goes, and what stays.
#[derive(Debug, Default)]
pub(crate) struct Removals {
    pub(crate) steps: Vec<Step>,
    pub(crate) holds: BTreeSet<Fact>,
    pub(crate) kept: Vec<Kept>,
    /// What goes for ever and is in no backup, in words.
    pub(crate) unprotected: Vec<String>,
    gone: BTreeSet<ReleaseName>,
}

impl Removals {
    fn add_releases(&mut self, desired: &Desired, observed: &Observed) {
        for (name, component) in releases(&observed.inventory) {
            if !desired.releases.contains_key(&name) {
                self.steps.push(remove_release(&name, component));
                self.gone.insert(name);
            }
        }
    }

    fn add_objects(&mut self, desired: &Desired, observed: &Observed, data: Data) {
        for (key, owned) in &observed.inventory.objects {
            let in_removed = owned
                .release
                .as_ref()
                .is_some_and(|release| self.gone.contains(release));
            let is_wanted = desired.objects.contains_key(key) || desired.copies.contains_key(key);
            let is_part_of_kept = owned.release.is_some() && !in_removed;
            if is_wanted || is_part_of_kept || !observed.marks.contains_key(key) {
                continue;
            }
            match reason_to_keep(key, owned.found, data) {
                Some(why) => self.kept.push(Kept {
                    what: shown(key),
                    why,
                }),
                // A release takes its own objects with it; what it keeps on purpose goes only with the data.
                None if in_removed && !holds_data(key) => {}
                None if holds_data(key) || is_namespace(key) => {
                    self.steps.push(delete(key, Risk::Destructive))
                }
                None => self.steps.push(delete(key, Risk::Disruptive)),
            }
        }
    }

    fn add_secrets(&mut self, desired: &Desired, observed: &Observed, data: Data) {
        for (path, owned) in &observed.inventory.secrets {
            let Some((namespace, name)) = path.split_once('/') else {
                continue;
            };
            let key = ObjectKey::namespaced(Kind::core("Secret"), namespace, name);
            let is_wanted = desired.secrets.contains_key(&key) || desired.copies.contains_key(&key);
            if is_wanted || !observed.marks.contains_key(&key) {
                continue;
            }
            let why = match (owned.origin, owned.class, data) {
                (Origin::Adopted, _, _) => Some("it was there before us"),
                (Origin::Copied, _, _) | (_, _, Data::Remove | Data::BackUpAndRemove) => None,
                (Origin::Made, Class::Bound, Data::Keep) => {
                    Some("stored data cannot be read without it")
                }
                (Origin::Made, _, Data::Keep) => Some("what stays was made with it"),
            };
            match why {
                Some(why) => self.kept.push(Kept {
                    what: shown(&key),
                    why,
                }),
                None if owned.origin == Origin::Copied => {
                    self.steps.push(delete(&key, Risk::Disruptive));
                }
                None => self.steps.push(delete(&key, Risk::Destructive)),
            }
        }
    }

    /// Whoever needs what another step ends goes first; a namespace goes after everything in it.
    fn put_in_order(&mut self, reference: &Desired, inventory: &Inventory) {
        let ended: BTreeSet<Fact> = self
            .steps
            .iter()
            .flat_map(|step| step.ends.clone())
            .collect();
        for step in &mut self.steps {
            let mut needs = needs_of(step, reference);
            needs.extend(kept_by_release(step, inventory));
            step.needs = needs
                .into_iter()
                .filter(|need| ended.contains(need) && !step.ends.contains(need))
                .collect();
            self.holds.extend(step.needs.iter().cloned());
        }
    }
}

/// What a thing that goes away has been using.
fn needs_of(step: &Step, reference: &Desired) -> Vec<Fact> {
    match &step.action {
        Action::RemoveRelease { release } => {
            let own = reference
                .releases
                .get(release)
                .map(|release| &release.needs);
            let jobs = reference.jobs.get(release).map(|job| &job.needs);
            let of_namespace = Fact::new(FactKind::Namespace, &release.namespace);
            own.into_iter()
                .chain(jobs)
                .flatten()
                .cloned()
                .chain([of_namespace])
                .collect()
        }
        Action::BackUp { fact } => {
            let prepared = reference.prepared.get(fact);
            let needs = prepared.into_iter().flat_map(|prepared| &prepared.needs);
            let token = reference.tokens.get(fact);
            let pods = token.map(|token| Fact::new(FactKind::Objects, &token.release));
            needs.cloned().chain(pods).collect()
        }
        Action::Delete { object } => object
            .namespace
            .iter()
            .map(|namespace| Fact::new(FactKind::Namespace, namespace))
            .collect(),
        _ => Vec::new(),
    }
}

/// What a release keeps on purpose. Its pods use it: it would wait for them until its deadline, were they refused to go.
fn kept_by_release(step: &Step, inventory: &Inventory) -> Vec<Fact> {
    let Action::RemoveRelease { release } = &step.action else {
        return Vec::new();
    };
    let own = inventory
        .objects
        .iter()
        .filter(|(_, owned)| owned.release.as_ref() == Some(release));
    own.filter_map(|(key, _)| fact_of(key)).collect()
}

fn releases(inventory: &Inventory) -> impl Iterator<Item = (ReleaseName, &str)> {
    inventory.releases.iter().filter_map(|(name, owned)| {
        let (namespace, name) = name.split_once('/')?;
        Some((ReleaseName::new(namespace, name), owned.component.as_str()))
    })
}

fn reason_to_keep(key: &ObjectKey, found: bool, data: Data) -> Option<&'static str> {
    match (found, data) {
        (true, _) => Some("it was there before us"),
        (false, Data::Keep) if is_namespace(key) => Some("it holds what is kept"),
        (false, Data::Keep) if holds_data(key) => Some("it holds data"),
        _ => None,
    }
}

fn holds_data(key: &ObjectKey) -> bool {
    matches!(
        key.kind.kind.as_str(),
        "PersistentVolumeClaim" | "CustomResourceDefinition"
    )
}

fn is_namespace(key: &ObjectKey) -> bool {
    key.kind == Kind::core("Namespace")
}

fn remove_release(name: &ReleaseName, component: &str) -> Step {
    let action = Action::RemoveRelease {
        release: name.clone(),
    };
    let title = format!("remove release {name}");
    let mut step = Step::new(
        StepId::new("remove release", name),
        title,
        component,
        action,
    );
    step.ends = [FactKind::Release, FactKind::Objects]
        .map(|kind| Fact::namespaced(kind, &name.namespace, &name.name))
        .to_vec();
    step.risk = Risk::Disruptive;
    step.deadline = REMOVAL;
    step
}

fn delete(key: &ObjectKey, risk: Risk) -> Step {
    let action = Action::Delete {
        object: key.clone(),
    };
    let mut step = Step::new(
        StepId::new("delete", shown(key)),
        format!("delete {}", shown(key)),
        "",
        action,
    );
    step.ends = fact_of(key).into_iter().collect();
    step.risk = risk;
    step.deadline = REMOVAL;
    step
}
