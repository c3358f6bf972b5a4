//! What custom resource definitions add to the API.

use crate::missing::Raw;

/// `GROUP/VERSION` and `GROUP/VERSION/KIND` of every custom resource that is defined.
pub(crate) fn api_versions(raw: &[Raw<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    let objects = raw.iter().flat_map(|raw| &raw.objects);
    for crd in objects.filter(|object| object.kind().kind == "CustomResourceDefinition") {
        let spec = &crd.value()["spec"];
        let (group, kind) = (
            spec["group"].as_str().unwrap_or_default(),
            &spec["names"]["kind"],
        );
        let versions = spec["versions"].as_array().into_iter().flatten();
        for version in versions.filter_map(|version| version["name"].as_str()) {
            found.push(format!("{group}/{version}"));
            found.push(format!(
                "{group}/{version}/{}",
                kind.as_str().unwrap_or_default()
            ));
        }
    }
    found.sort();
    found.dedup();
    found
}
