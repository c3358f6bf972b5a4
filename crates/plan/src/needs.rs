//! What rendered objects need and make, as facts.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_blueprint::Blueprint;
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_object::{Kind, Object, Referent, pod_specs, references};
use mosipctl_render::Rendered;
use serde_json::Value;

/// API groups that every cluster serves without custom resource definitions: those without a dot, and `*.k8s.io` of
/// Kubernetes itself.
const BUILT_IN: [&str; 18] = [
    "",
    "apps",
    "batch",
    "policy",
    "autoscaling",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
];
const STORAGE: &str = "storage.k8s.io";

/// The custom resource definitions that releases bring, by the kind they define.
pub(crate) struct Crds(BTreeMap<Kind, String>);

impl Crds {
    pub(crate) fn of(rendered: &Rendered) -> Self {
        let objects = rendered
            .releases
            .values()
            .flat_map(|release| &release.objects);
        let crds = objects.filter(|object| object.kind().kind == "CustomResourceDefinition");
        let defined = crds.map(|crd| {
            let text = |pointer| {
                crd.value()
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            (
                Kind::new(text("/spec/group"), text("/spec/names/kind")),
                crd.name().to_owned(),
            )
        });
        Self(defined.collect())
    }

    /// The name of the definition of a kind. For a kind that no release defines, the name it has by convention:
    /// somebody else must have made it.
    fn name_of(&self, kind: &Kind) -> String {
        let by_convention = || format!("{}s.{}", kind.kind.to_lowercase(), kind.group);
        self.0.get(kind).cloned().unwrap_or_else(by_convention)
    }
}

/// What an object cannot be made, or its pods not started, without.
pub(crate) fn of_object(object: &Object, blueprint: &Blueprint, crds: &Crds) -> BTreeSet<Fact> {
    let mut needs = BTreeSet::new();
    let kind = object.kind();
    if !BUILT_IN.contains(&kind.group.as_str()) && kind.group != STORAGE {
        needs.insert(Fact::new(FactKind::Crd, crds.name_of(&kind)));
    }
    let Some(namespace) = object.namespace() else {
        return needs;
    };
    needs.insert(Fact::new(FactKind::Namespace, namespace));
    for reference in references(object)
        .into_iter()
        .filter(|reference| !reference.optional)
    {
        let kind = match reference.referent {
            Referent::ConfigMap => FactKind::ConfigMap,
            Referent::Secret | Referent::PullSecret => FactKind::Secret,
            Referent::Claim => FactKind::Claim,
            // A service account is part of its release, or the namespace's own.
            Referent::ServiceAccount => continue,
        };
        needs.insert(Fact::namespaced(kind, namespace, reference.name));
    }
    needs.extend(storage_class(object));
    needs.extend(injector(object, namespace, blueprint));
    needs
}

fn storage_class(object: &Object) -> Vec<Fact> {
    let own = object.value().pointer("/spec/storageClassName");
    let templates = object
        .value()
        .pointer("/spec/volumeClaimTemplates")
        .and_then(Value::as_array);
    let of_templates = templates
        .into_iter()
        .flatten()
        .filter_map(|claim| claim.pointer("/spec/storageClassName"));
    let names = own
        .into_iter()
        .chain(of_templates)
        .filter_map(Value::as_str)
        .filter(|name| !name.is_empty());
    names
        .map(|name| Fact::new(FactKind::StorageClass, name))
        .collect()
}

/// Pods that get a sidecar need whoever injects it.
fn injector(object: &Object, namespace: &str, blueprint: &Blueprint) -> Option<Fact> {
    let injected = blueprint
        .namespaces
        .get(namespace)
        .is_some_and(|namespace| namespace.injection);
    if !injected || pod_specs(object).is_empty() || opts_out(object) {
        return None;
    }
    blueprint.injector.clone()
}

fn opts_out(object: &Object) -> bool {
    let template = match object.kind().kind.as_str() {
        "Pod" => object.value().pointer("/metadata"),
        "CronJob" => object
            .value()
            .pointer("/spec/jobTemplate/spec/template/metadata"),
        _ => object.value().pointer("/spec/template/metadata"),
    };
    let says = |place: &str| {
        template?
            .get(place)?
            .get("sidecar.istio.io/inject")?
            .as_str()
    };
    [says("labels"), says("annotations")].contains(&Some("false"))
}

/// The fact that an object makes true by being there.
pub(crate) fn made_by_object(object: &Object) -> Option<Fact> {
    let kind = match object.kind().kind.as_str() {
        "ConfigMap" => FactKind::ConfigMap,
        "Secret" => FactKind::Secret,
        "Service" => FactKind::Service,
        "PersistentVolumeClaim" => FactKind::Claim,
        "CustomResourceDefinition" => return Some(Fact::new(FactKind::Crd, object.name())),
        // a class is none by being there: whoever tries it makes the fact
        _ => return None,
    };
    Some(Fact::namespaced(kind, object.namespace()?, object.name()))
}
