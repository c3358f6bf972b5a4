//! How Helm marks what belongs to a release, and in which order it must come to be.

use mosipctl_object::{Object, ReleaseName};

/// The object with Helm's marks of ownership (`helm/helm:pkg/action/validate.go`). Without them the real helm refuses to
/// upgrade the release.
pub fn owned(mut object: Object, release: &ReleaseName) -> Object {
    object.set_label("app.kubernetes.io/managed-by", "Helm");
    object.set_annotation("meta.helm.sh/release-name", &release.name);
    object.set_annotation("meta.helm.sh/release-namespace", &release.namespace);
    object
}

/// Whether Helm leaves the object in the cluster when the release goes or no longer has it.
pub fn is_kept(object: &Object) -> bool {
    object.annotations().get("helm.sh/resource-policy") == Some(&"keep")
}

/// Custom resource definitions and namespaces, which must exist before anything else can be sent, and the rest.
pub fn first_and_rest(objects: Vec<Object>) -> (Vec<Object>, Vec<Object>) {
    objects.into_iter().partition(|object| {
        let kind = object.kind();
        matches!(
            (kind.group.as_str(), kind.kind.as_str()),
            ("apiextensions.k8s.io", "CustomResourceDefinition") | ("", "Namespace")
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(api: &str, kind: &str) -> Object {
        Object::try_from(json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}}))
            .unwrap()
    }

    #[test]
    fn an_owned_object_is_one_that_helm_would_not_refuse() {
        let owned = owned(
            object("v1", "Service"),
            &ReleaseName::new("kernel", "masterdata"),
        );
        assert_eq!(owned.labels()["app.kubernetes.io/managed-by"], "Helm");
        assert_eq!(
            owned.annotations()["meta.helm.sh/release-name"],
            "masterdata"
        );
        assert_eq!(
            owned.annotations()["meta.helm.sh/release-namespace"],
            "kernel"
        );
    }

    #[test]
    fn definitions_and_namespaces_come_first() {
        let all = vec![
            object("apps/v1", "Deployment"),
            object("v1", "Namespace"),
            object("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ];
        let (first, rest) = first_and_rest(all);
        assert_eq!((first.len(), rest.len()), (2, 1));
    }
}
