//! Names that are wanted and taken.
//!
//! What carries our label, or is in the inventory, is ours. What a release of Helm of the same name made, `up` adopts. What
//! belongs to anybody else would be changed by `up` wherever nobody else manages a field, so it is named before.

mod belonging;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use mosipctl_kube::{KubeError, Kubernetes, Selection};
use mosipctl_object::{Kind, Object, ObjectKey, ReleaseName};
use mosipctl_plan::{Desired, Inventory};

use crate::finding::{Check, Finding};
use belonging::{Belonging, belonging};

/// At most this many names stand in one line.
const NAMED: usize = 5;

/// What is wanted, with the release of each object that belongs to one. Jobs have the digest of their content in their name
/// and clash with nothing.
pub fn wanted(desired: &Desired) -> BTreeMap<ObjectKey, Option<ReleaseName>> {
    let own = desired.objects.keys().chain(desired.secrets.keys());
    let own = own.chain(desired.copies.keys());
    let mut wanted: BTreeMap<_, _> = own.map(|key| (key.clone(), None)).collect();
    for (name, release) in &desired.releases {
        let keys = release.rendered.objects.iter().map(Object::key);
        wanted.extend(keys.map(|key| (key, Some(name.clone()))));
    }
    wanted
}

/// What is there of what is wanted.
#[derive(Debug, Clone, Default)]
pub struct Present {
    /// Metadata of the objects.
    pub objects: Vec<Object>,
    /// Kinds that could not be listed, with the reason.
    pub unseen: Vec<(Kind, String)>,
}

/// Looks for what is wanted: one list of metadata for each kind.
///
/// # Errors
/// The cluster does not answer. A kind that we may not list is no error.
pub async fn look(
    kube: &dyn Kubernetes,
    wanted: &BTreeMap<ObjectKey, Option<ReleaseName>>,
) -> Result<Present, KubeError> {
    let served = kube.served().await?;
    let kinds: BTreeSet<&Kind> = wanted.keys().map(|key| &key.kind).collect();
    let kinds = kinds.into_iter().filter(|kind| served.kind(kind).is_some());
    let lists = kinds.map(|kind| async move {
        let everywhere = Selection::everywhere();
        (kind, kube.list_metadata(kind, &everywhere).await)
    });
    let mut present = Present::default();
    for (kind, listed) in join_all(lists).await {
        match listed {
            Ok(objects) => present.objects.extend(
                objects
                    .into_iter()
                    .filter(|object| wanted.contains_key(&object.key())),
            ),
            Err(error) if error.is_forbidden() => {
                present.unseen.push((kind.clone(), error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(present)
}

/// Judges what is there.
pub fn judge(
    environment: &str,
    wanted: &BTreeMap<ObjectKey, Option<ReleaseName>>,
    present: &Present,
    inventory: &Inventory,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut ours = 0;
    let mut releases: BTreeMap<String, usize> = BTreeMap::new();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in &present.objects {
        let key = object.key();
        let home = wanted.get(&key).and_then(Option::as_ref);
        match belonging(object, home, environment, inventory) {
            Belonging::Ours => ours += 1,
            Belonging::OfRelease(release)
                if home.is_some_and(|home| home.to_string() == release) =>
            {
                *releases.entry(release).or_default() += 1;
            }
            Belonging::Nobody { .. } if is_taken_over(&key) && !is_going(object) => {
                let kind = key.kind.kind.clone();
                found.entry(kind).or_default().push(path(&key));
            }
            belonging => findings.push(clash(object, &belonging)),
        }
    }
    findings.extend(releases.into_iter().map(adopted));
    findings.extend(found.into_iter().map(taken_over));
    findings.extend(present.unseen.iter().map(unseen));
    if findings.is_empty() {
        let detail = format!(
            "none of {} is taken; {ours} are there and ours",
            wanted.len()
        );
        findings.push(Finding::passed(
            Check::NameClash,
            "names of objects",
            detail,
        ));
    }
    findings
}

/// Namespaces are used as they are, Secrets keep what is in them, and definitions of kinds are shared by nature.
fn is_taken_over(key: &ObjectKey) -> bool {
    matches!(
        key.kind.kind.as_str(),
        "Namespace" | "Secret" | "CustomResourceDefinition"
    )
}

fn is_going(object: &Object) -> bool {
    object
        .value()
        .pointer("/metadata/deletionTimestamp")
        .is_some_and(|at| !at.is_null())
}

fn clash(object: &Object, belonging: &Belonging) -> Finding {
    let key = object.key();
    let what = format!("{} `{}`", key.kind.kind, path(&key));
    if is_going(object) {
        let remedy =
            "wait until it is gone; what holds it back stands in its `finalizers` and conditions";
        return Finding::failed(Check::NameClash, what, "it is being deleted", remedy);
    }
    let remedy = match belonging {
        Belonging::OfEnvironment(other) => format!(
            "take it away with the file of `{other}`, or use another cluster: two environments do not share names"
        ),
        Belonging::OfRelease(release) => {
            format!("uninstall `{release}`, or leave out the component that wants this name")
        }
        _ => "rename or delete it, or leave out the component that wants this name".to_owned(),
    };
    Finding::failed(
        Check::NameClash,
        what,
        format!("it is there already, and {belonging}"),
        remedy,
    )
}

fn adopted((release, objects): (String, usize)) -> Finding {
    Finding::warning(
        Check::NameClash,
        format!("release `{release}`"),
        format!("somebody else installed it ({objects} objects of the same names)"),
        "`up` adopts it as it is; uninstall it before when it is something else",
    )
}

fn taken_over((kind, names): (String, Vec<String>)) -> Finding {
    let remedy = match kind.as_str() {
        "Namespace" => "`up` uses them and `down` leaves them; see that nothing else lives there",
        "Secret" => {
            "`up` takes the values in them and adds what they lack; delete those that are not meant"
        }
        _ => {
            "`up` leaves fields that others manage; see that their versions are those that are wanted"
        }
    };
    let shown = names
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Finding::warning(
        Check::NameClash,
        format!("{} of kind {kind} that others made", names.len()),
        format!("{shown}{more}"),
        remedy,
    )
}

fn unseen((kind, reason): &(Kind, String)) -> Finding {
    Finding::skipped(
        Check::NameClash,
        format!("objects of kind {kind}"),
        format!("failed to {reason}"),
    )
}

fn path(key: &ObjectKey) -> String {
    match &key.namespace {
        Some(namespace) => format!("{namespace}/{}", key.name),
        None => key.name.clone(),
    }
}

#[cfg(test)]
mod tests;
