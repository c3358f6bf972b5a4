//! Servers that things are prepared in, and the way to them.

use std::collections::BTreeSet;

use mosipctl_catalogue::edition::Server;
use mosipctl_object::{Kind, ObjectKey};
use mosipctl_spec::environment::rehearsal::Part;

use super::{Needs, every};
use crate::resource::Resource;
use crate::rule::{Purpose, Task};

/// `down` looks into servers as `plan` does, and backs up what is in them.
const TASKS: [Task; 4] = [Task::Plan, Task::Up, Task::Down, Task::Verify];

impl Needs<'_> {
    pub(super) fn servers(&mut self) {
        let prepared = self.asked.desired.prepared.values();
        let real = prepared.filter(|prepared| prepared.simulated.is_none());
        let parts: BTreeSet<Part> = real.map(|prepared| prepared.what.server()).collect();
        let servers = self.asked.servers;
        for server in parts.iter().filter_map(|part| servers.get(part)) {
            self.login(server);
            if server.outside.is_empty() {
                self.way(server);
            }
        }
    }

    /// Tokens are read in their pods when `down` backs them up.
    pub(super) fn tokens(&mut self) {
        for token in self.asked.desired.tokens.values() {
            if let Some(pin) = self.secret_at(&token.pin) {
                self.note(&pin, &["get"], Purpose::Servers, &[Task::Down]);
            }
            let Some((namespace, _)) = token.release.split_once('/') else {
                continue;
            };
            let pods = every(namespace, Resource::core("pods"));
            self.note(&pods, &["list"], Purpose::Servers, &[Task::Down]);
            // a GET over a WebSocket, as below
            let commands = every(namespace, Resource::core("pods/exec"));
            self.note(
                &commands,
                &["get", "create"],
                Purpose::Servers,
                &[Task::Down],
            );
        }
    }

    fn login(&mut self, server: &Server) {
        for path in [&server.user, &server.password, &server.hands_on] {
            if let Some(secret) = self.secret_at(path) {
                self.note(&secret, &["get"], Purpose::Servers, &TASKS);
            }
        }
    }

    /// From the Service to one of its pods.
    fn way(&mut self, server: &Server) {
        let Some((namespace, name)) = server.service.split_once('/') else {
            return;
        };
        let key = ObjectKey::namespaced(Kind::core("Service"), namespace, name);
        let service = self.one(&key);
        self.note(&service, &["get"], Purpose::Servers, &TASKS);
        let pods = every(namespace, Resource::core("pods"));
        self.note(&pods, &["list"], Purpose::Servers, &TASKS);
        // over a WebSocket the request is a GET, which counts as `get`, and from Kubernetes 1.35 on as `create` as well
        let connections = every(namespace, Resource::core("pods/portforward"));
        self.note(&connections, &["get", "create"], Purpose::Servers, &TASKS);
    }
}
