//! Rules as objects that an administrator applies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::needs::Rights;
use crate::rule::{Place, Rule};

/// Namespace of what mosipctl keeps for itself.
pub const NAMESPACE: &str = "mosipctl-system";
/// Name of the service account in it that gets the rights.
pub const ACCOUNT: &str = "mosipctl";
/// API group of roles.
const GROUP: &str = "rbac.authorization.k8s.io";

/// What roles and bindings of an environment are called.
pub fn name(environment: &str) -> String {
    format!("{ACCOUNT}-{environment}")
}

/// The objects to apply, in the order in which they can be made.
pub fn manifest(rights: &Rights) -> Vec<Value> {
    let name = name(&rights.environment);
    let mut places: BTreeMap<&Place, Vec<&Rule>> = BTreeMap::new();
    for rule in &rights.rules {
        places.entry(&rule.place).or_default().push(rule);
    }
    let namespaces = rights.namespaces.iter().map(String::as_str);
    let namespaces: BTreeSet<&str> = namespaces.chain([NAMESPACE]).collect();
    let namespaces = namespaces.into_iter().map(namespace);
    let mut objects: Vec<Value> = namespaces.chain([account()]).collect();
    for (place, rules) in places {
        let mut rules = policy_rules(&rules);
        if *place == Place::Everywhere {
            rules.extend(addresses(rights));
        }
        objects.extend(granted(place, &name, rules));
    }
    objects
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn account() -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": ACCOUNT, "namespace": NAMESPACE},
        "automountServiceAccountToken": false,
    })
}

/// A role with its binding.
fn granted(place: &Place, name: &str, rules: Vec<Value>) -> [Value; 2] {
    let (prefix, metadata) = match place {
        Place::Everywhere => ("Cluster", json!({"name": name})),
        Place::Namespace(namespace) => ("", json!({"name": name, "namespace": namespace})),
    };
    let version = format!("{GROUP}/v1");
    let role = json!({
        "apiVersion": version, "kind": format!("{prefix}Role"),
        "metadata": metadata, "rules": rules,
    });
    let binding = json!({
        "apiVersion": version, "kind": format!("{prefix}RoleBinding"),
        "metadata": metadata,
        "roleRef": {"apiGroup": GROUP, "kind": format!("{prefix}Role"), "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
    });
    [role, binding]
}

/// What rules that stand together have in common: group, names and verbs.
type Same<'a> = (&'a str, &'a [String], Vec<&'a str>);

/// Rules of one group with the same names and verbs stand together.
fn policy_rules(rules: &[&Rule]) -> Vec<Value> {
    let mut together: BTreeMap<Same<'_>, Vec<&str>> = BTreeMap::new();
    for rule in rules {
        let same = (rule.resource.group.as_str(), &rule.names[..], rule.verbs());
        together
            .entry(same)
            .or_default()
            .push(&rule.resource.plural);
    }
    let rules = together.into_iter();
    rules
        .map(|((group, names, verbs), resources)| {
            let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
            if !names.is_empty() {
                rule["resourceNames"] = json!(names);
            }
            rule
        })
        .collect()
}

fn addresses(rights: &Rights) -> impl Iterator<Item = Value> {
    let addresses = rights.addresses.iter();
    addresses.map(|(address, verbs)| json!({"nonResourceURLs": [address], "verbs": verbs}))
}
