//! Rendered releases.

use std::collections::BTreeMap;

use mosipctl_object::{Object, ReleaseName};
use serde_json::Value;

use crate::responder::StoodIn;

/// Every release of a blueprint, rendered and finished.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// Releases by name.
    pub releases: BTreeMap<ReleaseName, RenderedRelease>,
}

/// One release, rendered and finished.
#[derive(Debug, Clone)]
pub struct RenderedRelease {
    /// Namespace and name.
    pub name: ReleaseName,
    /// The component it belongs to.
    pub component: String,
    /// Folder of its chart.
    pub chart: std::path::PathBuf,
    /// Values it was rendered with.
    pub values: Value,
    /// Its objects, custom resource definitions and namespaces first.
    pub objects: Vec<Object>,
    /// The Job of a job component, which is run beside the release.
    pub job: Option<Object>,
    /// SHA-256 of objects and Job.
    pub digest: String,
    /// Whether the chart has real hooks, so that the helm binary must run it. Its objects are then as the chart has them:
    /// the environment's images, pull secrets and share of requests must reach it by values.
    pub has_hooks: bool,
    /// What responders stand in for in it, if they do.
    pub stood_in: Option<StoodIn>,
}

impl Rendered {
    /// Whether responders run in place of images of a release, by `NAMESPACE/NAME`.
    pub fn is_stood_in(&self, release: &str) -> bool {
        let mut releases = self.releases.values();
        releases.any(|it| it.stood_in.is_some() && it.name.to_string() == release)
    }

    /// Every image that any pod runs, with where it is named.
    pub fn images(&self) -> BTreeMap<String, Vec<String>> {
        let mut images: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for release in self.releases.values() {
            for object in release.objects.iter().chain(&release.job) {
                for image in mosipctl_object::images(object) {
                    let users = images.entry(image.to_owned()).or_default();
                    if users.last() != Some(&release.component) {
                        users.push(release.component.clone());
                    }
                }
            }
        }
        images
    }
}
