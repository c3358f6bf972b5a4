//! Storage classes, against the claims that are wanted.

mod bind;
mod provisioners;

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_kube::{KubeError, Kubernetes, Selection};
use mosipctl_object::{Kind, Object};
use mosipctl_plan::Desired;
use serde_json::Value;

use crate::finding::{Check, Finding};
pub use bind::{BindTest, bind_test};
pub use provisioners::Sharing;

/// What marks the class that claims get which name none.
const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
const SHARED_REMEDY: &str = "install a driver of shared volumes, such as NFS or CephFS, and name its class in `spec.storage.sharedClass`";

/// A storage class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Name.
    pub name: String,
    /// Who makes its volumes.
    pub provisioner: String,
    /// What it tells them.
    pub parameters: BTreeMap<String, String>,
    /// Whether claims get it that name none.
    pub is_default: bool,
}

/// A claim that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which, as `NAMESPACE/NAME`.
    pub name: String,
    /// The class that it names.
    pub class: Option<String>,
    /// Whether several nodes write to it.
    pub shared: bool,
}

/// The classes of a cluster.
///
/// # Errors
/// The cluster does not answer.
pub async fn look(kube: &dyn Kubernetes) -> Result<Vec<Class>, KubeError> {
    let kind = Kind::new("storage.k8s.io", "StorageClass");
    let classes = kube.list(&kind, &Selection::everywhere()).await?;
    Ok(classes.iter().map(class).collect())
}

/// The classes that the plan brings, without those that are there.
pub fn brought(desired: &Desired, there: &[Class]) -> Vec<Class> {
    let releases = desired.releases.values();
    classes_of(
        releases.flat_map(|release| &release.rendered.objects),
        there,
    )
}

fn classes_of<'a>(objects: impl Iterator<Item = &'a Object>, there: &[Class]) -> Vec<Class> {
    let classes = objects.filter(|object| object.kind().kind == "StorageClass");
    let is_there = |class: &Class| there.iter().any(|known| known.name == class.name);
    classes
        .map(class)
        .filter(|class| !is_there(class))
        .collect()
}

fn class(object: &Object) -> Class {
    let parameters = object.value()["parameters"].as_object();
    let parameters = parameters.into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Class {
        name: object.name().to_owned(),
        provisioner: text(&object.value()["provisioner"]),
        parameters: parameters
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        is_default: object.annotations().get(DEFAULT) == Some(&"true"),
    }
}

/// The claims of all releases. Those that name the empty class take volumes that somebody made by hand, and are left out.
pub fn claims(desired: &Desired) -> Vec<Claim> {
    let releases = desired.releases.values();
    let objects = releases.flat_map(|release| &release.rendered.objects);
    let claims = objects.flat_map(of_object);
    claims
        .filter(|claim| claim.class.as_deref() != Some(""))
        .collect()
}

fn of_object(object: &Object) -> Vec<Claim> {
    let namespace = object.namespace().unwrap_or_default();
    let named = |claim: &Value, name: String| Claim {
        name: format!("{namespace}/{name}"),
        class: text(claim, "/spec/storageClassName"),
        shared: is_shared(claim),
    };
    match object.kind().kind.as_str() {
        "PersistentVolumeClaim" => vec![named(object.value(), object.name().to_owned())],
        "StatefulSet" => {
            let templates = object.value().pointer("/spec/volumeClaimTemplates");
            let templates = templates.and_then(Value::as_array).into_iter().flatten();
            let name = |claim: &Value| text(claim, "/metadata/name").unwrap_or_default();
            let of_set = |claim: &Value| format!("{}-{}", name(claim), object.name());
            templates.map(|claim| named(claim, of_set(claim))).collect()
        }
        _ => Vec::new(),
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn is_shared(claim: &Value) -> bool {
    let modes = claim.pointer("/spec/accessModes").and_then(Value::as_array);
    let mut modes = modes.into_iter().flatten();
    modes.any(|mode| mode == "ReadWriteMany" || mode == "ReadOnlyMany")
}

/// Judges the classes by the claims.
pub fn judge(claims: &[Claim], classes: &[Class]) -> Vec<Finding> {
    let mut findings = vec![default(claims, classes)];
    findings.extend(named(claims, classes));
    findings.extend(shared(claims, classes));
    findings
}

fn default(claims: &[Claim], classes: &[Class]) -> Finding {
    let what = "default storage class";
    let check = Check::DefaultStorage;
    let nameless = claims.iter().filter(|claim| claim.class.is_none());
    let nameless: Vec<&str> = nameless.map(|claim| claim.name.as_str()).collect();
    let defaults = classes.iter().filter(|class| class.is_default);
    let defaults: Vec<&str> = defaults.map(|class| class.name.as_str()).collect();
    let known: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    match (nameless.as_slice(), defaults.as_slice()) {
        ([], _) => Finding::skipped(check, what, "no claim takes it: all name their class"),
        (_, []) => Finding::failed(
            check,
            what,
            format!("there is none, and {} claims name no class", nameless.len()),
            match known.as_slice() {
                [] => "install a storage driver; the cluster has no class at all".to_owned(),
                known => format!(
                    "name one in `spec.storage.class` ({}), or mark it by `kubectl annotate storageclass NAME {DEFAULT}=true`",
                    known.join(", ")
                ),
            },
        ),
        (_, [name]) => Finding::passed(
            check,
            what,
            format!("`{name}`, for {} claims", nameless.len()),
        ),
        (_, several) => Finding::warning(
            check,
            what,
            format!(
                "there are several: {}; the newest is taken",
                several.join(", ")
            ),
            "leave one marked, or name one in `spec.storage.class`",
        ),
    }
}

fn named(claims: &[Claim], classes: &[Class]) -> Vec<Finding> {
    let names: BTreeSet<&String> = claims
        .iter()
        .filter_map(|claim| claim.class.as_ref())
        .collect();
    let known: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let judged = names.into_iter().map(|name| {
        let what = format!("storage class `{name}`");
        match known.contains(&name.as_str()) {
            true => Finding::passed(Check::StorageClass, what, "it is there"),
            false => Finding::failed(
                Check::StorageClass,
                what,
                match known.is_empty() {
                    true => "the cluster has no class at all".to_owned(),
                    false => format!("it is not there; the cluster has {}", known.join(", ")),
                },
                "make it, or name one that is there in `spec.storage`",
            ),
        }
    });
    judged.collect()
}

/// One finding for each class that claims of several nodes take.
fn shared(claims: &[Claim], classes: &[Class]) -> Vec<Finding> {
    let mut by_class: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for claim in claims.iter().filter(|claim| claim.shared) {
        let class = claim.class.as_deref();
        by_class.entry(class).or_default().push(&claim.name);
    }
    if by_class.is_empty() {
        let why = "no claim is shared by several nodes";
        return vec![Finding::skipped(
            Check::SharedStorage,
            "shared volumes",
            why,
        )];
    }
    let judged = by_class.into_iter().map(|(name, claims)| {
        let what = format!("shared volumes ({})", claims.join(", "));
        let class = classes.iter().find(|class| match name {
            Some(name) => class.name == name,
            None => class.is_default,
        });
        match class {
            Some(class) => sharing(what, class),
            None => Finding::failed(
                Check::SharedStorage,
                what,
                "there is no class for them",
                SHARED_REMEDY,
            ),
        }
    });
    judged.collect()
}

fn sharing(what: String, class: &Class) -> Finding {
    let Class {
        name, provisioner, ..
    } = class;
    let check = Check::SharedStorage;
    match Sharing::of(class) {
        Sharing::ManyNodes => {
            Finding::passed(check, what, format!("`{name}` gives them ({provisioner})"))
        }
        Sharing::OneNode => Finding::failed(
            check,
            what,
            format!(
                "`{name}` gives volumes to one node at a time ({provisioner}): they would wait for ever"
            ),
            SHARED_REMEDY,
        ),
        Sharing::Unknown => Finding::warning(
            check,
            what,
            format!("whether `{name}` gives them is not known here ({provisioner})"),
            "try it with `mosipctl preflight --bind-test`",
        ),
    }
}

#[cfg(test)]
mod tests;
