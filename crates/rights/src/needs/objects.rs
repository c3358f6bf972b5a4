//! Objects of releases, objects of our own, Jobs.

use mosipctl_object::{Kind, ObjectKey};

use super::{Needs, every};
use crate::rule::{Purpose, Task};

impl Needs<'_> {
    pub(super) fn objects(&mut self) {
        let desired = self.asked.desired;
        for key in desired.objects.keys() {
            match key.kind == Kind::core("Namespace") {
                true => self.namespace(key),
                false => self.object(key),
            }
        }
        let releases = desired.releases.values();
        for object in releases.flat_map(|release| &release.rendered.objects) {
            self.object(&object.key());
        }
        for job in desired.jobs.values() {
            self.job(&job.object.key());
        }
    }

    /// Whoever gives the rights makes the namespaces, because Roles stand in them; so they are never ours to delete.
    fn namespace(&mut self, key: &ObjectKey) {
        let tasks = [Task::Plan, Task::Up];
        let namespace = self.one(key);
        self.note(&namespace, &["get", "patch"], Purpose::Namespaces, &tasks);
    }

    /// Compared by a dry run, which takes the right to write; made by the same request, which takes the right to create as
    /// well; deleted when it is no longer wanted or has to be made anew.
    fn object(&mut self, key: &ObjectKey) {
        use Task::{Down, Plan, Up};
        let object = self.one(key);
        self.note(&object, &["get", "patch"], Purpose::Objects, &[Plan, Up]);
        self.note(&object, &["create"], Purpose::Objects, &[Up]);
        self.note(&object, &["get", "delete"], Purpose::Objects, &[Up, Down]);
    }

    /// A Job is made once, and one that failed is deleted and made anew.
    fn job(&mut self, key: &ObjectKey) {
        use Task::{Down, Up};
        let job = self.one(key);
        self.note(&job, &["get", "delete"], Purpose::Jobs, &[Up, Down]);
        if let Some(namespace) = &key.namespace {
            let jobs = every(namespace, job.resource);
            self.note(&jobs, &["create"], Purpose::Jobs, &[Up]);
        }
    }
}
