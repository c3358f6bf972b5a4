//! What the API server serves, against what is wanted of it.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_kube::Served;
use mosipctl_object::Object;
use mosipctl_plan::Desired;

use crate::finding::{Check, Finding};

const WHAT: &str = "API groups";

/// The kinds that releases are made of, as `GROUP/VERSION/KIND`, each with the components that want it. Kinds that a release
/// defines itself are left out.
pub fn wanted(desired: &Desired) -> BTreeMap<String, BTreeSet<String>> {
    let releases = || desired.releases.values();
    let objects = releases().flat_map(|release| &release.rendered.objects);
    let defined: BTreeSet<String> = objects.flat_map(defined_by).collect();
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for release in releases() {
        for object in release.rendered.objects.iter().chain(&release.rendered.job) {
            let kind = format!("{}/{}", object.api_version(), object.kind().kind);
            if !defined.contains(&kind) {
                wanted
                    .entry(kind)
                    .or_default()
                    .insert(release.component.clone());
            }
        }
    }
    wanted
}

/// The kinds that a definition makes known.
fn defined_by(object: &Object) -> Vec<String> {
    let kind = object.kind();
    let is_definition =
        kind.group == "apiextensions.k8s.io" && kind.kind == "CustomResourceDefinition";
    let served = is_definition.then(|| Served::defined_by(object)).flatten();
    let mut all = Served::default();
    served.into_iter().for_each(|served| all.add(served));
    all.api_versions()
}

/// Judges what is wanted by what is served.
pub fn judge(wanted: &BTreeMap<String, BTreeSet<String>>, served: &Served) -> Vec<Finding> {
    let served: BTreeSet<String> = served.api_versions().into_iter().collect();
    let missing = wanted.iter().filter(|(kind, _)| !served.contains(*kind));
    let missing: Vec<Finding> = missing.map(|(kind, by)| absent(kind, by)).collect();
    if !missing.is_empty() {
        return missing;
    }
    let detail = format!("all {} kinds that are wanted are served", wanted.len());
    vec![Finding::passed(Check::ApiKinds, WHAT, detail)]
}

fn absent(kind: &str, by: &BTreeSet<String>) -> Finding {
    let by: Vec<String> = by
        .iter()
        .map(|component| format!("`{component}`"))
        .collect();
    let group = kind.rsplit_once('/').map_or(kind, |(group, _)| group);
    Finding::failed(
        Check::ApiKinds,
        format!("kind {kind}"),
        format!("is not served, and {} want it", by.join(", ")),
        format!(
            "install what serves `{group}`, or leave these components out with `enabled: false`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use mosipctl_kube::ServedKind;
    use mosipctl_object::{Kind, StatusSubresource};
    use serde_json::json;

    use super::*;
    use crate::finding::Outcome;

    fn served() -> Served {
        let mut served = Served::default();
        served.add(ServedKind {
            kind: Kind::new("apps", "Deployment"),
            versions: vec!["v1".to_owned()],
            plural: "deployments".to_owned(),
            namespaced: true,
            status: StatusSubresource::Present,
        });
        served
    }

    fn wanted(kind: &str) -> BTreeMap<String, BTreeSet<String>> {
        BTreeMap::from([(kind.to_owned(), BTreeSet::from(["web".to_owned()]))])
    }

    #[test]
    fn a_kind_that_is_not_served_is_named_with_who_wants_it() {
        let findings = judge(&wanted("networking.istio.io/v1/Gateway"), &served());
        assert_eq!(findings[0].outcome, Outcome::Failed);
        assert!(findings[0].what.contains("networking.istio.io/v1/Gateway"));
        assert!(findings[0].detail.contains("`web`"));
    }

    #[test]
    fn another_version_of_a_served_kind_is_not_served() {
        let outcome = |kind| judge(&wanted(kind), &served())[0].outcome;
        assert_eq!(outcome("apps/v1/Deployment"), Outcome::Passed);
        assert_eq!(outcome("apps/v2/Deployment"), Outcome::Failed);
    }

    #[test]
    fn a_definition_makes_its_kinds_known() {
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.org"},
            "spec": {
                "group": "example.org", "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"},
                "versions": [{"name": "v1", "served": true, "storage": true}],
            },
        });
        let known = defined_by(&Object::try_from(definition).unwrap());
        assert!(
            known.contains(&"example.org/v1/Thing".to_owned()),
            "{known:?}"
        );
    }
}
