//! What is listed and watched, everywhere: the driver asks for each kind once, whatever namespaces its objects are in.

use std::collections::BTreeSet;

use mosipctl_object::Kind;

use super::{Needs, every, everywhere};
use crate::resource::Resource;
use crate::rule::{Purpose, Task};

/// Kinds that are listed whatever is desired: what is ours may be of them, or they tell what the cluster offers.
const ALWAYS: [(&str, &str); 9] = [
    ("", "Namespace"),
    ("", "Secret"),
    ("", "ConfigMap"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
    ("storage.k8s.io", "StorageClass"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
];

impl Needs<'_> {
    pub(super) fn looks(&mut self) {
        use Task::{Down, Plan, Up};
        let desired = self.desired_kinds();
        let always = ALWAYS.map(|(group, kind)| Kind::new(group, kind));
        for kind in desired.iter().chain(&always) {
            let objects = everywhere(self.plurals.resource(kind));
            self.note(&objects, &["list"], Purpose::Look, &[Plan, Up, Down]);
        }
        // namespaces are not waited for: they are there before, and stay
        let waited = desired
            .iter()
            .filter(|kind| **kind != Kind::core("Namespace"));
        for kind in waited {
            let objects = everywhere(self.plurals.resource(kind));
            self.note(&objects, &["list", "watch"], Purpose::Wait, &[Up, Down]);
        }
        self.reasons();
    }

    /// The kinds of everything that is made.
    fn desired_kinds(&self) -> BTreeSet<Kind> {
        let desired = self.asked.desired;
        let releases = desired.releases.values();
        let rendered = releases.flat_map(|release| &release.rendered.objects);
        let jobs = desired.jobs.values().map(|job| job.object.kind());
        let own = desired.objects.keys().chain(desired.secrets.keys());
        let own = own.chain(desired.copies.keys());
        let records = (!desired.releases.is_empty()).then(|| Kind::core("Secret"));
        let own = own.map(|key| key.kind.clone()).chain(records);
        own.chain(rendered.map(|object| object.kind()))
            .chain(jobs)
            .collect()
    }

    /// Where pods run, it is explained why they do not.
    fn reasons(&mut self) {
        let releases = self.asked.desired.releases.keys();
        let namespaces: BTreeSet<String> = releases.map(|name| name.namespace.clone()).collect();
        for namespace in namespaces {
            for (resource, verb) in [
                ("pods", "list"),
                ("persistentvolumeclaims", "get"),
                ("events", "list"),
                ("pods/log", "get"),
            ] {
                let objects = every(&namespace, Resource::core(resource));
                self.note(&objects, &[verb], Purpose::Reasons, &[Task::Up]);
            }
        }
    }
}
