//! Secrets that are made, copied, or read because something is taken from them.

use mosipctl_blueprint::SecretValue;
use mosipctl_catalogue::{FactKind, LateValue};
use mosipctl_object::ObjectKey;
use mosipctl_spec::environment::secret::{SecretSource, Source};

use super::{Needs, every};
use crate::rule::{Purpose, Task};

impl Needs<'_> {
    pub(super) fn secrets(&mut self) {
        let desired = self.asked.desired;
        for (key, secret) in &desired.secrets {
            self.made(key);
            for value in secret.part.keys.values() {
                self.source(value);
            }
        }
        for (to, copy) in &desired.copies {
            self.copied(&copy.from, to);
        }
        let releases = desired.releases.values();
        let rendered = releases.flat_map(|release| &release.rendered.objects);
        let jobs = desired.jobs.values().map(|job| &job.object);
        let own = desired.objects.values().map(|own| &own.object);
        for object in rendered.chain(jobs).chain(own) {
            self.late_values(&object.value().to_string());
        }
    }

    fn made(&mut self, key: &ObjectKey) {
        use Task::{Down, Plan, Up};
        let secret = self.one(key);
        self.note(&secret, &["get"], Purpose::Secrets, &[Plan, Up]);
        self.note(&secret, &["patch"], Purpose::Secrets, &[Up]);
        self.note(&secret, &["delete"], Purpose::Secrets, &[Down]);
        if let Some(namespace) = &key.namespace {
            let secrets = every(namespace, secret.resource);
            self.note(&secrets, &["create"], Purpose::Secrets, &[Up]);
        }
    }

    fn copied(&mut self, from: &ObjectKey, to: &ObjectKey) {
        use Task::{Down, Plan, Up};
        let (original, copy) = (self.one(from), self.one(to));
        self.note(&original, &["get"], Purpose::Secrets, &[Plan, Up]);
        self.note(&copy, &["get"], Purpose::Secrets, &[Plan, Up]);
        self.note(&copy, &["create", "patch"], Purpose::Secrets, &[Up]);
        self.note(&copy, &["delete"], Purpose::Secrets, &[Up, Down]);
    }

    /// Where the value of a key is taken from.
    fn source(&mut self, value: &SecretValue) {
        match value {
            SecretValue::Generate(_) | SecretValue::Plain(_) => {}
            SecretValue::Placeholder { value, .. } => self.source(value),
            SecretValue::CopyOf { secret, .. } => self.supplied(secret),
            SecretValue::From(source)
            | SecretValue::Registry {
                password: source, ..
            } => self.of_people(source),
        }
    }

    fn of_people(&mut self, source: &SecretSource) {
        if let Source::Kubernetes(place) = &source.from {
            self.supplied(&format!("{}/{}", place.namespace, place.name));
        }
    }

    fn supplied(&mut self, path: &str) {
        if let Some(secret) = self.secret_at(path) {
            self.note(&secret, &["get"], Purpose::Supplied, &[Task::Up]);
        }
    }

    /// What stands for a value of a Secret until the object is sent.
    fn late_values(&mut self, text: &str) {
        let late = LateValue::all_in(text).unwrap_or_default();
        for late in late
            .iter()
            .filter(|late| late.fact.kind == FactKind::Secret)
        {
            if let Some(secret) = self.secret_at(&late.fact.key) {
                self.note(&secret, &["get"], Purpose::Objects, &[Task::Plan, Task::Up]);
            }
        }
    }
}
