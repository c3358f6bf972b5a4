//! The mark of an object: has anybody changed it since we last looked, told from metadata alone.
//!
//! One metadata list per kind gives the marks of all its objects; only objects whose mark moved are asked for
//! differences. `generation` will not do: Services, claims, RBAC and namespaces have none, and labels never bump it.
//!
//! For kinds whose status is written apart, the mark is a hash over labels, annotations, finalizers, owners, the
//! deletion mark and every entry of `managedFields` but those of the status. The API server notes in `managedFields` who
//! wrote which fields **and when**, and gives an entry a new time whenever its writer changed a value, so a change of a
//! value among the same fields moves the mark too. What nobody owns but a status writer (the revision that the
//! Deployment controller notes in an annotation) is left out. For kinds without status, and objects whose
//! `managedFields` were wiped, the mark is the resourceVersion.
//!
//! Times in `managedFields` have whole seconds: of two changes within one second the second may not show. Whoever
//! records a mark younger than two seconds (see [`last_write`]) checks the object once more.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::canonical::digest;
use crate::readiness::StatusSubresource;

/// The mark of one object. Text form: `UID/HASH`, or `UID/rv:RESOURCE-VERSION`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    uid: String,
    state: String,
}

/// Length of the hash in the text: 128 bits are enough to tell two states of one object apart.
const HASH_LENGTH: usize = 32;

impl Mark {
    /// The mark of an object with this `metadata`; none for metadata that did not come from an API server.
    pub fn of(metadata: &Value, status: StatusSubresource) -> Option<Self> {
        let uid = metadata["uid"].as_str()?.to_owned();
        let entries = metadata["managedFields"].as_array();
        let state = match (status, entries) {
            (StatusSubresource::Present, Some(entries)) if !entries.is_empty() => {
                hash(metadata, entries)
            }
            _ => format!("rv:{}", metadata["resourceVersion"].as_str()?),
        };
        Some(Self { uid, state })
    }

    /// The uid of the object.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Whether this is another object of the same name: deleted and made again.
    pub fn is_another_object(&self, other: &Self) -> bool {
        self.uid != other.uid
    }
}

/// When somebody last wrote anything but the status, as RFC 3339 with whole seconds; none when nobody noted it.
pub fn last_write(metadata: &Value) -> Option<&str> {
    let entries = metadata["managedFields"].as_array()?;
    entries
        .iter()
        .filter(|entry| !is_of_status(entry))
        .filter_map(|entry| entry["time"].as_str())
        .max()
}

fn hash(metadata: &Value, entries: &[Value]) -> String {
    let (of_status, others): (Vec<&Value>, Vec<&Value>) =
        entries.iter().partition(|entry| is_of_status(entry));
    let mut owners: Vec<String> = others.iter().map(|entry| crate::canonical(entry)).collect();
    owners.sort();
    let content = json!({
        "labels": without_status(metadata, "labels", &of_status, &others),
        "annotations": without_status(metadata, "annotations", &of_status, &others),
        "finalizers": metadata["finalizers"],
        "ownerReferences": metadata["ownerReferences"],
        "deleting": !metadata["deletionTimestamp"].is_null(),
        "managedFields": owners,
    });
    let mut hash = digest(&content);
    hash.truncate(HASH_LENGTH);
    hash
}

/// Labels or annotations, without those that only status writers own.
fn without_status(metadata: &Value, map: &str, of_status: &[&Value], others: &[&Value]) -> Value {
    let (status, rest) = (owned(of_status, map), owned(others, map));
    let kept: Map<String, Value> = metadata[map]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !status.contains(name.as_str()) || rest.contains(name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(kept)
}

/// Names of the labels or annotations that these entries own.
fn owned<'a>(entries: &[&'a Value], map: &str) -> BTreeSet<&'a str> {
    let field = format!("f:{map}");
    entries
        .iter()
        .filter_map(|entry| entry["fieldsV1"]["f:metadata"][&field].as_object())
        .flat_map(Map::keys)
        .filter_map(|key| key.strip_prefix("f:"))
        .collect()
}

fn is_of_status(entry: &Value) -> bool {
    entry["subresource"] == "status"
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.uid, self.state)
    }
}

/// A text that is no mark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a mark: it has the form UID/STATE")]
pub struct ParseMarkError(String);

impl FromStr for Mark {
    type Err = ParseMarkError;

    fn from_str(text: &str) -> Result<Self, ParseMarkError> {
        match text.split_once('/') {
            Some((uid, state)) if !uid.is_empty() && !state.is_empty() => Ok(Self {
                uid: uid.to_owned(),
                state: state.to_owned(),
            }),
            _ => Err(ParseMarkError(text.to_owned())),
        }
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
