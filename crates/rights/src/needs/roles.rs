//! Rights that charts grant to their pods.
//!
//! Kubernetes lets nobody grant what they lack, unless they may `escalate`, which is the right to everything. So the same
//! rules are asked for instead, in the same place. A binding may reach the API server before its role, because the
//! objects of a release are applied at once; then only `bind` helps, which is asked for on that one role.

use mosipctl_object::Object;
use serde_json::Value;

use super::{Needs, named};
use crate::book::Objects;
use crate::resource::Resource;
use crate::rule::{Place, Purpose, Task};

const GROUP: &str = "rbac.authorization.k8s.io";

impl Needs<'_> {
    pub(super) fn roles(&mut self) {
        let releases = self.asked.desired.releases.values();
        for object in releases.flat_map(|release| &release.rendered.objects) {
            if object.kind().group != GROUP {
                continue;
            }
            match object.kind().kind.as_str() {
                "Role" | "ClusterRole" => self.role(object),
                "RoleBinding" | "ClusterRoleBinding" => self.binding(object),
                _ => {}
            }
        }
    }

    fn role(&mut self, role: &Object) {
        let place = place_of(role);
        for rule in items(&role.value()["rules"]) {
            self.same(&place, rule);
        }
        // what other ClusterRoles will add to it cannot be known
        if role.value().get("aggregationRule").is_some() {
            let roles = Resource::new(GROUP, "clusterroles");
            let role = named(place, roles, role.name());
            self.note(&role, &["escalate"], Purpose::Roles, &[Task::Up]);
        }
    }

    /// The same rule for ourselves.
    fn same(&mut self, place: &Place, rule: &Value) {
        let verbs: Vec<&str> = texts(&rule["verbs"]).collect();
        for address in texts(&rule["nonResourceURLs"]) {
            let known = self.addresses.entry(address.to_owned()).or_default();
            known.extend(verbs.iter().map(|verb| (*verb).to_owned()));
        }
        let names: Vec<&str> = texts(&rule["resourceNames"]).collect();
        let names: Vec<Option<&str>> = match names.is_empty() {
            true => vec![None],
            false => names.into_iter().map(Some).collect(),
        };
        for group in texts(&rule["apiGroups"]) {
            for plural in texts(&rule["resources"]) {
                for name in &names {
                    let objects = Objects {
                        place: place.clone(),
                        resource: Resource::new(group, plural),
                        name: name.map(str::to_owned),
                    };
                    self.note(&objects, &verbs, Purpose::Roles, &[Task::Up]);
                }
            }
        }
    }

    fn binding(&mut self, binding: &Object) {
        let role = &binding.value()["roleRef"];
        let plural = match role["kind"].as_str() {
            Some("ClusterRole") => "clusterroles",
            _ => "roles",
        };
        let Some(name) = role["name"].as_str() else {
            return;
        };
        let role = named(place_of(binding), Resource::new(GROUP, plural), name);
        self.note(&role, &["bind"], Purpose::Roles, &[Task::Up]);
    }
}

fn place_of(object: &Object) -> Place {
    object
        .namespace()
        .map_or(Place::Everywhere, Place::namespace)
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    items(list).filter_map(Value::as_str)
}
