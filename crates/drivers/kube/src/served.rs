//! What an API server serves: kinds with their plural, scope, versions and whether their status is written apart.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_object::{Kind, Object, StatusSubresource};
use serde_json::Value;

/// One kind that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedKind {
    /// Group and kind.
    pub kind: Kind,
    /// Versions, the preferred one first.
    pub versions: Vec<String>,
    /// Name in paths, such as `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether its status is written apart.
    pub status: StatusSubresource,
}

impl ServedKind {
    /// `GROUP/VERSION` of the preferred version, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        let version = self.versions.first().map_or("v1", String::as_str);
        api_version(&self.kind.group, version)
    }

    /// Path of a resource: all of them, those of a namespace, or one.
    pub(crate) fn path(
        &self,
        api_version: &str,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> String {
        let mut path = match api_version.contains('/') {
            true => format!("/apis/{api_version}"),
            false => format!("/api/{api_version}"),
        };
        if let Some(namespace) = namespace.filter(|_| self.namespaced) {
            path.push_str("/namespaces/");
            path.push_str(namespace);
        }
        path.push('/');
        path.push_str(&self.plural);
        if let Some(name) = name {
            path.push('/');
            path.push_str(name);
        }
        path
    }
}

/// Everything that an API server serves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    kinds: BTreeMap<Kind, ServedKind>,
    group_versions: BTreeSet<String>,
}

impl Served {
    /// A kind, if it is served.
    pub fn kind(&self, kind: &Kind) -> Option<&ServedKind> {
        self.kinds.get(kind)
    }

    /// Every kind, in order.
    pub fn kinds(&self) -> impl Iterator<Item = &ServedKind> {
        self.kinds.values()
    }

    /// Whether the status of a kind is written apart. Kinds that are not served have none.
    pub fn status(&self, kind: &Kind) -> StatusSubresource {
        self.kinds
            .get(kind)
            .map_or(StatusSubresource::Absent, |kind| kind.status)
    }

    /// What charts ask for with `.Capabilities.APIVersions.Has`: `apps/v1` and `apps/v1/Deployment`, sorted.
    pub fn api_versions(&self) -> Vec<String> {
        let of_kinds = self.kinds.values().flat_map(|served| {
            let Kind { group, kind } = &served.kind;
            served
                .versions
                .iter()
                .map(move |version| format!("{}/{kind}", api_version(group, version)))
        });
        let all: BTreeSet<String> = self
            .group_versions
            .iter()
            .cloned()
            .chain(of_kinds)
            .collect();
        all.into_iter().collect()
    }

    /// Adds a kind, or versions to a kind that is there.
    pub fn add(&mut self, served: ServedKind) {
        for version in &served.versions {
            self.group_versions
                .insert(api_version(&served.kind.group, version));
        }
        match self.kinds.get_mut(&served.kind) {
            Some(known) => {
                for version in served.versions {
                    if !known.versions.contains(&version) {
                        known.versions.push(version);
                    }
                }
            }
            None => {
                self.kinds.insert(served.kind.clone(), served);
            }
        }
    }

    /// The kind that a CRD defines, if it serves any version.
    pub fn defined_by(definition: &Object) -> Option<ServedKind> {
        let spec = &definition.value()["spec"];
        let versions: Vec<&Value> = spec["versions"]
            .as_array()?
            .iter()
            .filter(|version| version["served"] == true)
            .collect();
        // stored first: that is what controllers speak
        let (stored, others): (Vec<&Value>, Vec<&Value>) = versions
            .into_iter()
            .partition(|version| version["storage"] == true);
        let versions: Vec<&Value> = stored.into_iter().chain(others).collect();
        let has_status = versions.first()?.pointer("/subresources/status").is_some();
        Some(ServedKind {
            kind: Kind::new(spec["group"].as_str()?, spec["names"]["kind"].as_str()?),
            versions: versions
                .iter()
                .filter_map(|version| Some(version["name"].as_str()?.to_owned()))
                .collect(),
            plural: spec["names"]["plural"].as_str()?.to_owned(),
            namespaced: spec["scope"] == "Namespaced",
            status: match has_status {
                true => StatusSubresource::Present,
                false => StatusSubresource::Absent,
            },
        })
    }

    /// From aggregated discovery: an `APIGroupDiscoveryList` (Kubernetes 1.26 and later).
    pub(crate) fn read_aggregated(&mut self, list: &Value) {
        for group in items(list, "items") {
            let name = text(&group["metadata"]["name"]);
            for version in items(group, "versions") {
                for resource in items(version, "resources") {
                    let has_status = items(resource, "subresources")
                        .any(|subresource| subresource["subresource"] == "status");
                    self.add_resource(
                        name,
                        text(&version["version"]),
                        text(&resource["responseKind"]["kind"]),
                        text(&resource["resource"]),
                        resource["scope"] == "Namespaced",
                        has_status,
                    );
                }
            }
        }
    }

    /// From one `APIResourceList`, the way before aggregated discovery. Call in the order of preference of the versions.
    pub(crate) fn read_resources(&mut self, list: &Value) {
        let group_version = text(&list["groupVersion"]);
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        let names: BTreeSet<&str> = items(list, "resources")
            .map(|resource| text(&resource["name"]))
            .collect();
        for resource in items(list, "resources") {
            let plural = text(&resource["name"]);
            if !plural.contains('/') {
                let has_status = names.contains(format!("{plural}/status").as_str());
                self.add_resource(
                    group,
                    version,
                    text(&resource["kind"]),
                    plural,
                    resource["namespaced"] == true,
                    has_status,
                );
            }
        }
    }

    fn add_resource(
        &mut self,
        group: &str,
        version: &str,
        kind: &str,
        plural: &str,
        namespaced: bool,
        has_status: bool,
    ) {
        if kind.is_empty() || plural.is_empty() {
            return;
        }
        self.add(ServedKind {
            kind: Kind::new(group, kind),
            versions: vec![version.to_owned()],
            plural: plural.to_owned(),
            namespaced,
            status: match has_status {
                true => StatusSubresource::Present,
                false => StatusSubresource::Absent,
            },
        });
    }
}

fn api_version(group: &str, version: &str) -> String {
    match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    }
}

fn items<'a>(value: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    value[list].as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn aggregated() -> Value {
        let resource = |plural: &str, kind: &str, subresources: Value| json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "subresources": subresources});
        json!({"items": [{"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [
            resource("deployments", "Deployment", json!([{"subresource": "scale"}, {"subresource": "status"}])),
            resource("controllerrevisions", "ControllerRevision", json!([])),
        ]}]}]})
    }

    #[test]
    fn both_ways_of_discovery_tell_the_same() {
        let mut new = Served::default();
        new.read_aggregated(&aggregated());
        let mut old = Served::default();
        old.read_resources(&json!({"groupVersion": "apps/v1", "resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": true},
            {"name": "deployments/scale", "kind": "Scale", "namespaced": true},
            {"name": "deployments/status", "kind": "Deployment", "namespaced": true},
            {"name": "controllerrevisions", "kind": "ControllerRevision", "namespaced": true},
        ]}));
        assert_eq!(new, old);
        let deployment = new.kind(&Kind::new("apps", "Deployment")).unwrap();
        assert_eq!(deployment.status, StatusSubresource::Present);
        assert_eq!(
            deployment.path("apps/v1", Some("kernel"), Some("a")),
            "/apis/apps/v1/namespaces/kernel/deployments/a"
        );
        assert_eq!(
            new.api_versions(),
            [
                "apps/v1",
                "apps/v1/ControllerRevision",
                "apps/v1/Deployment"
            ]
        );
    }

    #[test]
    fn a_definition_says_what_it_will_serve() {
        let definition = Object::try_from(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"},
            "spec": {"group": "example.org", "scope": "Cluster", "names": {"kind": "Thing", "plural": "things"},
                "versions": [{"name": "v1beta1", "served": true}, {"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}}, {"name": "v1alpha1", "served": false}]},
        }))
        .unwrap();
        let served = Served::defined_by(&definition).unwrap();
        assert_eq!(served.versions, ["v1", "v1beta1"]);
        assert_eq!(served.status, StatusSubresource::Present);
        assert_eq!(
            served.path(&served.api_version(), None, None),
            "/apis/example.org/v1/things"
        );
    }
}
