//! Whose an object is.

use std::collections::BTreeSet;
use std::fmt;

use mosipctl_object::{Object, ObjectKey, ReleaseName};
use mosipctl_plan::Inventory;
use mosipctl_plan::desired::ENVIRONMENT_LABEL;
use serde_json::Value;

/// What Helm notes on each object of a release.
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";

/// Whose an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Belonging {
    /// Ours.
    Ours,
    /// Another environment's.
    OfEnvironment(String),
    /// A release of Helm, `NAMESPACE/NAME`.
    OfRelease(String),
    /// Nobody who says so; who wrote it.
    Nobody {
        /// Field managers.
        by: Vec<String>,
    },
}

impl fmt::Display for Belonging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours => f.write_str("is ours"),
            Self::OfEnvironment(name) => write!(f, "belongs to environment `{name}`"),
            Self::OfRelease(name) => write!(f, "belongs to release `{name}` of Helm"),
            Self::Nobody { by } if by.is_empty() => f.write_str("is not ours"),
            Self::Nobody { by } => write!(f, "is not ours (written by {})", by.join(", ")),
        }
    }
}

/// Whose an object is. `home` is the release that it is to belong to.
pub(super) fn belonging(
    object: &Object,
    home: Option<&ReleaseName>,
    environment: &str,
    inventory: &Inventory,
) -> Belonging {
    let key = object.key();
    let is_ours = is_in(inventory, &key)
        || home.is_some_and(|home| inventory.release(home).is_some() && is_of(object, home));
    match object.labels().get(ENVIRONMENT_LABEL) {
        _ if is_ours => Belonging::Ours,
        Some(label) if *label == environment => Belonging::Ours,
        Some(other) => Belonging::OfEnvironment((*other).to_owned()),
        None => match release(object) {
            Some(release) => Belonging::OfRelease(release.to_string()),
            None => Belonging::Nobody {
                by: managers(object),
            },
        },
    }
}

fn is_in(inventory: &Inventory, key: &ObjectKey) -> bool {
    let namespace = key.namespace.as_deref().unwrap_or_default();
    let path = format!("{namespace}/{}", key.name);
    let is_secret = key.kind.kind == "Secret";
    inventory.objects.contains_key(key) || (is_secret && inventory.secrets.contains_key(&path))
}

fn is_of(object: &Object, home: &ReleaseName) -> bool {
    release(object).is_some_and(|release| release == *home)
}

fn release(object: &Object) -> Option<ReleaseName> {
    let annotations = object.annotations();
    let text = |name| annotations.get(name).copied();
    Some(ReleaseName::new(
        text(RELEASE_NAMESPACE)?,
        text(RELEASE_NAME)?,
    ))
}

fn managers(object: &Object) -> Vec<String> {
    let fields = object.value().pointer("/metadata/managedFields");
    let fields = fields.and_then(Value::as_array).into_iter().flatten();
    let managers = fields.filter_map(|field| field["manager"].as_str());
    let managers: BTreeSet<&str> = managers.collect();
    managers
        .into_iter()
        .map(|name| format!("`{name}`"))
        .collect()
}
