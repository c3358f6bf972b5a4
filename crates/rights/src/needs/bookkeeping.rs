//! What mosipctl keeps for itself: in its own namespace, and the records of releases beside them.

use std::collections::BTreeSet;

use super::{Needs, every, named};
use crate::manifest::NAMESPACE;
use crate::resource::Resource;
use crate::rule::{Place, Purpose, Task};

/// The namespace that tells which cluster it is.
const IDENTITY: &str = "kube-system";

impl Needs<'_> {
    /// Every command asks which cluster it is; all but `verify` read the inventory; what writes takes the lock.
    pub(super) fn bookkeeping(&mut self) {
        use Task::{Down, Plan, Up, Verify};
        let namespace = named(Place::Everywhere, Resource::core("namespaces"), IDENTITY);
        let tasks = [Plan, Up, Down, Verify];
        self.note(&namespace, &["get"], Purpose::Cluster, &tasks);

        let name = format!("inventory-{}", self.asked.environment);
        let inventory = named(here(), Resource::core("secrets"), &name);
        self.note(&inventory, &["get"], Purpose::Inventory, &[Plan, Up, Down]);
        // applied, so the name is known also when it is made
        let writes = ["create", "patch"];
        self.note(&inventory, &writes, Purpose::Inventory, &[Up, Down]);

        let leases = Resource::new("coordination.k8s.io", "leases");
        let lease = named(here(), leases.clone(), self.asked.environment);
        self.note(&lease, &["get", "patch"], Purpose::Lock, &[Up, Down]);
        let lease = every(NAMESPACE, leases);
        self.note(&lease, &["create"], Purpose::Lock, &[Up, Down]);

        let runs = every(NAMESPACE, Resource::core("configmaps"));
        let verbs = ["list", "create", "delete"];
        self.note(&runs, &verbs, Purpose::Runs, &[Up, Down]);
        self.records();
    }

    /// The records of releases are Secrets whose names end in a number that grows.
    fn records(&mut self) {
        use Task::{Down, Up};
        let releases = self.asked.desired.releases.values();
        let hooks = releases.map(|release| {
            let rendered = &release.rendered;
            (rendered.name.namespace.clone(), rendered.has_hooks)
        });
        let places: BTreeSet<(String, bool)> = hooks.collect();
        for (namespace, has_hooks) in places {
            let secrets = every(&namespace, Resource::core("secrets"));
            let verbs = ["list", "create", "patch", "delete"];
            self.note(&secrets, &verbs, Purpose::Records, &[Up]);
            self.note(&secrets, &["list", "delete"], Purpose::Records, &[Down]);
            if has_hooks {
                self.note(&secrets, &["get", "update"], Purpose::Hooks, &[Up]);
                self.hooks(&namespace);
            }
        }
    }

    /// Hooks are the chart's own affair; almost all of them are Jobs or pods.
    fn hooks(&mut self, namespace: &str) {
        let verbs = ["get", "list", "watch", "create", "patch", "delete"];
        for resource in [Resource::new("batch", "jobs"), Resource::core("pods")] {
            let hooks = every(namespace, resource);
            self.note(&hooks, &verbs, Purpose::Hooks, &[Task::Up]);
        }
    }
}

fn here() -> Place {
    Place::namespace(NAMESPACE)
}
