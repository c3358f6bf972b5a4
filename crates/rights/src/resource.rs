//! What kinds are called in rules.

use std::collections::BTreeMap;
use std::fmt;

use mosipctl_object::{Kind, Object};
use mosipctl_plan::Desired;
use serde::{Serialize, Serializer};

/// What rules call a kind: group and plural, sometimes with a subresource. Text form: `deployments.apps`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: String,
    /// Plural, such as `deployments` or `pods/log`.
    pub plural: String,
}

impl Resource {
    /// A resource of an API group; `""` is the core group.
    pub fn new(group: impl Into<String>, plural: impl Into<String>) -> Self {
        Self {
            group: group.into(),
            plural: plural.into(),
        }
    }

    /// A resource of the core group, such as `secrets`.
    pub fn core(plural: impl Into<String>) -> Self {
        Self::new("", plural)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => f.write_str(&self.plural),
            group => write!(f, "{}.{group}", self.plural),
        }
    }
}

impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// The plurals of kinds that are defined by what is desired.
#[derive(Debug, Default)]
pub(crate) struct Plurals(BTreeMap<Kind, String>);

impl Plurals {
    pub(crate) fn of(desired: &Desired) -> Self {
        let releases = desired.releases.values();
        let objects = releases.flat_map(|release| &release.rendered.objects);
        Self(objects.filter_map(defined).collect())
    }

    /// What rules call a kind. One that is defined elsewhere is called as all of Kubernetes' own kinds and those of
    /// Istio and Prometheus are: lower case, in the plural.
    pub(crate) fn resource(&self, kind: &Kind) -> Resource {
        let known = self.0.get(kind).cloned();
        let plural = known.unwrap_or_else(|| plural(&kind.kind.to_lowercase()));
        Resource::new(&kind.group, plural)
    }
}

fn defined(object: &Object) -> Option<(Kind, String)> {
    let spec = &object.value()["spec"];
    let is_definition = object.kind().kind == "CustomResourceDefinition";
    let (group, names) = (spec["group"].as_str()?, &spec["names"]);
    let kind = Kind::new(group, names["kind"].as_str()?);
    let plural = names["plural"].as_str()?.to_owned();
    is_definition.then_some((kind, plural))
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        // `endpoints` is its own plural
        _ if noun == "endpoints" => noun.to_owned(),
        _ if noun.ends_with('s') => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_called_as_kubernetes_calls_them() {
        let plurals = Plurals::default();
        let called =
            |group: &str, kind: &str| plurals.resource(&Kind::new(group, kind)).to_string();
        for (kind, resource) in [
            ("ConfigMap", "configmaps"),
            ("Endpoints", "endpoints"),
            ("PersistentVolumeClaim", "persistentvolumeclaims"),
        ] {
            assert_eq!(called("", kind), resource);
        }
        for (group, kind, resource) in [
            ("networking.k8s.io", "NetworkPolicy", "networkpolicies"),
            ("networking.k8s.io", "Ingress", "ingresses"),
            ("storage.k8s.io", "StorageClass", "storageclasses"),
            ("networking.istio.io", "Gateway", "gateways"),
        ] {
            assert_eq!(called(group, kind), format!("{resource}.{group}"));
        }
    }
}
