//! What each pod reads, told to its template, so that a change restarts exactly its readers.
//!
//! For config maps, whose content is known, the template carries a digest of the keys that the pod reads. For Secrets,
//! whose content must not be known, it carries their *revisions* as late values: random ids that change when the value
//! does.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_blueprint::Blueprint;
use mosipctl_catalogue::{Fact, FactKind, LateValue};
use mosipctl_object::{Object, Reference, Referent, digest, references};
use serde_json::{Map, Value, json};

use crate::finish::pod_spec;

/// Annotation of a pod template: digest of what it reads from config maps.
pub const CONFIG_ANNOTATION: &str = "mosipctl.io/config";
/// Annotation of a pod template: the revisions of the Secrets it reads.
pub const SECRETS_ANNOTATION: &str = "mosipctl.io/secrets";
/// Output of a Secret's fact: the id of its current content.
pub const REVISION: &str = "revision";

/// Characters of a digest that are shown; 64 bits tell a few hundred contents apart.
const SHOWN: usize = 16;

/// The content of every config map and the name of every Secret that is known before the run.
pub(crate) struct Known {
    config_maps: BTreeMap<Fact, Map<String, Value>>,
    secrets: BTreeSet<Fact>,
}

impl Known {
    /// What the blueprint makes itself and what releases render.
    pub(crate) fn of<'a>(blueprint: &Blueprint, objects: impl Iterator<Item = &'a Object>) -> Self {
        let mut config_maps = BTreeMap::new();
        let mut secrets = BTreeSet::new();
        for part in blueprint.parts.values() {
            for map in &part.config_maps {
                let data = map
                    .data
                    .iter()
                    .map(|(key, text)| (key.clone(), Value::String(text.clone())));
                let fact = Fact::namespaced(FactKind::ConfigMap, &map.namespace, &map.name);
                config_maps.insert(fact, data.collect());
            }
            let names = part
                .secrets
                .iter()
                .map(|s| Fact::namespaced(FactKind::Secret, &s.namespace, &s.name));
            secrets.extend(names);
        }
        for object in objects.filter(|object| object.kind().kind == "ConfigMap") {
            let namespace = object.namespace().unwrap_or_default();
            let fact = Fact::namespaced(FactKind::ConfigMap, namespace, object.name());
            config_maps.insert(fact, content(object));
        }
        Self {
            config_maps,
            secrets,
        }
    }

    fn config_map(&self, fact: &Fact, blueprint: &Blueprint) -> Option<&Map<String, Value>> {
        let own = self.config_maps.get(fact);
        own.or_else(|| self.config_maps.get(&blueprint.shared.original_of(fact)?))
    }

    fn has_secret(&self, fact: &Fact, blueprint: &Blueprint) -> bool {
        let original = blueprint.shared.original_of(fact);
        self.secrets.contains(fact)
            || original.is_some_and(|original| self.secrets.contains(&original))
    }
}

/// Text and binary keys of a config map.
fn content(object: &Object) -> Map<String, Value> {
    let part = |name: &str| {
        object.value()[name]
            .as_object()
            .cloned()
            .unwrap_or_default()
    };
    part("data").into_iter().chain(part("binaryData")).collect()
}

/// Tells the pod template of an object what it reads. Jobs are left alone: nothing restarts them.
pub(crate) fn annotate(object: &mut Object, blueprint: &Blueprint, known: &Known) {
    let is_job = object.kind().kind == "Job";
    if is_job || pod_spec(object).is_none() {
        return;
    }
    let namespace = object.namespace().unwrap_or_default().to_owned();
    let mut config: BTreeMap<String, Value> = BTreeMap::new();
    let mut secrets: BTreeSet<String> = BTreeSet::new();
    for reference in references(object) {
        match reference.referent {
            Referent::ConfigMap => {
                let fact = Fact::namespaced(FactKind::ConfigMap, &namespace, &reference.name);
                let Some(data) = known.config_map(&fact, blueprint) else {
                    continue;
                };
                let read = read(data, &reference);
                secrets.extend(secrets_behind(&read));
                config.insert(
                    format!("{}#{}", reference.name, reference.key.unwrap_or_default()),
                    read,
                );
            }
            Referent::Secret => {
                let fact = Fact::namespaced(FactKind::Secret, &namespace, &reference.name);
                if known.has_secret(&fact, blueprint) {
                    secrets.insert(revision(fact, &reference.name));
                }
            }
            Referent::Claim | Referent::ServiceAccount | Referent::PullSecret => {}
        }
    }
    let mut annotations = Map::new();
    if !config.is_empty() {
        annotations.insert(
            CONFIG_ANNOTATION.to_owned(),
            json!(digest(&config)[..SHOWN]),
        );
    }
    if !secrets.is_empty() {
        let list = secrets.into_iter().collect::<Vec<_>>().join(",");
        annotations.insert(SECRETS_ANNOTATION.to_owned(), Value::String(list));
    }
    set(object, annotations);
}

/// The key that is read, or the whole map.
fn read(data: &Map<String, Value>, reference: &Reference) -> Value {
    match &reference.key {
        Some(key) => data.get(key).cloned().unwrap_or_default(),
        None => Value::Object(data.clone()),
    }
}

/// Revisions of the Secrets that values of a config map are taken from.
fn secrets_behind(read: &Value) -> Vec<String> {
    let late = LateValue::all_in(&read.to_string()).unwrap_or_default();
    let secrets = late
        .into_iter()
        .filter(|value| value.fact.kind == FactKind::Secret);
    secrets
        .map(|value| revision(value.fact.clone(), &value.fact.key))
        .collect()
}

fn revision(fact: Fact, shown: &str) -> String {
    format!("{shown}={}", LateValue::new(fact, REVISION).placeholder())
}

fn set(object: &mut Object, annotations: Map<String, Value>) {
    if annotations.is_empty() {
        return;
    }
    let template = match object.kind().kind.as_str() {
        "Pod" => object.value_mut(),
        "CronJob" => &mut object.value_mut()["spec"]["jobTemplate"]["spec"]["template"],
        _ => &mut object.value_mut()["spec"]["template"],
    };
    for (name, value) in annotations {
        template["metadata"]["annotations"][name] = value;
    }
}
