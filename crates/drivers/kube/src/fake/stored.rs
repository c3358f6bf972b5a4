//! A stored object and the owners of its fields.

use std::collections::BTreeSet;

use jiff::Timestamp;
use mosipctl_object::Object;
use serde_json::{Value, json};

use super::fields::{self, Path};
use crate::conflict::Conflict;
use crate::kubernetes::DryRun;

/// An object and the owners of its fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    /// Without `managedFields`.
    pub(super) object: Object,
    pub(super) owners: Vec<Owner>,
}

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Owner {
    manager: String,
    operation: &'static str,
    subresource: Option<&'static str>,
    pub(super) fields: BTreeSet<Path>,
    time: String,
}

/// Who writes, and how.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    manager: String,
    pub(super) mode: Mode,
    pub(super) dry_run: DryRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Apply { force: bool },
    Update,
    Status,
}

impl Writer {
    pub(super) fn apply(manager: &str, force: bool, dry_run: DryRun) -> Self {
        Self {
            manager: manager.to_owned(),
            mode: Mode::Apply { force },
            dry_run,
        }
    }

    pub(super) fn update(manager: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            mode: Mode::Update,
            dry_run: DryRun::No,
        }
    }

    pub(super) fn status(manager: &str) -> Self {
        Self {
            mode: Mode::Status,
            ..Self::update(manager)
        }
    }

    pub(super) fn owner(&self, fields: BTreeSet<Path>, now: Timestamp) -> Owner {
        let (operation, subresource) = match self.mode {
            Mode::Apply { .. } => ("Apply", None),
            Mode::Update => ("Update", None),
            Mode::Status => ("Update", Some("status")),
        };
        Owner {
            manager: self.manager.clone(),
            operation,
            subresource,
            fields,
            time: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

impl Owner {
    fn is(&self, other: &Self) -> bool {
        (&self.manager, self.operation, self.subresource)
            == (&other.manager, other.operation, other.subresource)
    }
}

impl Stored {
    /// The object as the API server shows it.
    pub(super) fn object(&self) -> Object {
        let api_version = &self.value()["apiVersion"];
        let entries: Vec<Value> = self
            .owners
            .iter()
            .map(|owner| {
                let mut entry = json!({
                    "manager": owner.manager, "operation": owner.operation, "apiVersion": api_version,
                    "time": owner.time, "fieldsType": "FieldsV1", "fieldsV1": fields::encode(&owner.fields),
                });
                if let Some(subresource) = owner.subresource {
                    entry["subresource"] = json!(subresource);
                }
                entry
            })
            .collect();
        let mut object = self.object.clone();
        object.value_mut()["metadata"]["managedFields"] = Value::Array(entries);
        object
    }

    pub(super) fn value(&self) -> &Value {
        self.object.value()
    }

    pub(super) fn metadata(&mut self) -> &mut Value {
        &mut self.object.value_mut()["metadata"]
    }
}

/// Fields of others that would get another value.
pub(super) fn conflicts(
    stored: &Stored,
    desired: &Value,
    wanted: &BTreeSet<Path>,
    writer: &Writer,
) -> Vec<Conflict> {
    if !matches!(writer.mode, Mode::Apply { .. }) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for owner in &stored.owners {
        let is_own = owner.manager == writer.manager && owner.operation == "Apply";
        for path in owner.fields.intersection(wanted).filter(|_| !is_own) {
            if fields::value(stored.value(), path) != fields::value(desired, path) {
                found.push(Conflict {
                    field: fields::text(path),
                    owner: owner.manager.clone(),
                    subresource: owner.subresource.map(str::to_owned),
                });
            }
        }
    }
    found
}

/// Writes the wanted fields, removes those that were applied before and are no longer wanted, and notes the owner.
pub(super) fn take(
    stored: &mut Stored,
    desired: &Value,
    wanted: BTreeSet<Path>,
    writer: &Writer,
    now: Timestamp,
) {
    let owner = writer.owner(wanted, now);
    let dropped: Vec<Path> = stored
        .owners
        .iter()
        .filter(|before| before.is(&owner))
        .flat_map(|before| before.fields.difference(&owner.fields).cloned())
        .collect();
    for path in dropped {
        let is_shared = stored
            .owners
            .iter()
            .any(|other| !other.is(&owner) && other.fields.contains(&path));
        if !is_shared {
            fields::remove(stored.object.value_mut(), &path);
        }
    }
    for path in &owner.fields {
        if let Some(value) = fields::value(desired, path) {
            let differs = fields::value(stored.value(), path) != Some(value);
            if differs {
                for other in stored.owners.iter_mut().filter(|other| !other.is(&owner)) {
                    other.fields.remove(path);
                }
                fields::set(stored.object.value_mut(), path, value.clone());
            }
        }
    }
    stored.owners.retain(|other| !other.fields.is_empty());
    match stored.owners.iter_mut().find(|before| before.is(&owner)) {
        Some(before) => *before = owner,
        None => stored.owners.push(owner),
    }
}

/// Fields whose values differ.
pub(super) fn changed_fields(before: &Value, after: &Value) -> BTreeSet<Path> {
    fields::leaves(after)
        .into_iter()
        .filter(|path| fields::value(before, path) != fields::value(after, path))
        .collect()
}

/// An update takes the fields it changed from everybody else.
pub(super) fn give(owners: &mut Vec<Owner>, new: Owner) {
    for owner in owners.iter_mut().filter(|owner| !owner.is(&new)) {
        owner.fields.retain(|path| !new.fields.contains(path));
    }
    match owners.iter_mut().find(|owner| owner.is(&new)) {
        Some(owner) => {
            owner.fields.extend(new.fields);
            owner.time = new.time;
        }
        None => owners.push(new),
    }
}

/// Equal but for the times of the owners: a write that changes nothing is none.
pub(super) fn is_same(before: &Stored, after: &Stored) -> bool {
    let fields_of = |stored: &Stored| -> Vec<(String, &'static str, BTreeSet<Path>)> {
        let owners = stored.owners.iter();
        owners
            .map(|owner| (owner.manager.clone(), owner.operation, owner.fields.clone()))
            .collect()
    };
    before.value() == after.value() && fields_of(before) == fields_of(after)
}

pub(super) fn owners(entries: &Value) -> Vec<Owner> {
    let entries = entries.as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries
        .map(|entry| Owner {
            manager: text(&entry["manager"]),
            operation: match entry["operation"] == "Apply" {
                true => "Apply",
                false => "Update",
            },
            subresource: (entry["subresource"] == "status").then_some("status"),
            fields: fields::decode(&entry["fieldsV1"]),
            time: text(&entry["time"]),
        })
        .collect()
}
