//! What the strict kubelet knows of the cluster.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    ConfigMap, PersistentVolumeClaim, Pod as ApiPod, Secret, Service as ApiService, ServiceAccount,
};
use kube::runtime::watcher::Event;

use super::pod::{Pod, PortName};
use super::table::{Key, Table};
use crate::expect::{Told, told};
use crate::expectations::Expectations;
use crate::furnish::NAMESPACE;
use crate::real::Standings;

/// What the strict kubelet knows of the cluster.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) pods: Table<Pod>,
    /// Keys of each config map.
    pub(super) config_maps: Table<BTreeSet<String>>,
    /// Keys of each Secret.
    pub(super) secrets: Table<BTreeSet<String>>,
    /// Whether each claim is bound.
    pub(super) claims: Table<bool>,
    pub(super) accounts: Table<()>,
    pub(super) services: Table<Service>,
    pub(super) expectations: Expectations,
    /// How things stand that run for real.
    pub(super) real: Standings,
    /// Expectations that came and nobody has been told yet that they were seen.
    pub(super) unseen: Option<String>,
}

/// A Service that selects pods.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) selector: BTreeMap<String, String>,
    pub(super) ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServicePort {
    pub(super) number: i32,
    pub(super) target: PortName,
    pub(super) protocol: String,
}

/// Something that a watch told.
#[derive(Debug)]
pub(super) enum Change {
    Pod(Box<Event<ApiPod>>),
    ConfigMap(Event<ConfigMap>),
    Secret(Event<Secret>),
    Claim(Event<PersistentVolumeClaim>),
    Account(Event<ServiceAccount>),
    Service(Event<ApiService>),
}

/// Which pods a change concerns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    pub(super) all: bool,
    pub(super) namespaces: BTreeSet<String>,
    pub(super) pods: BTreeSet<Key>,
}

impl World {
    /// Takes in a change; adds the pods that it concerns to `touched`.
    pub(super) fn take(&mut self, change: Change, touched: &mut Touched) {
        let was_complete = self.is_complete();
        let keys = match change {
            Change::Pod(event) => {
                touched.pods.extend(self.pods.take(*event, Pod::of));
                Vec::new()
            }
            Change::ConfigMap(event) => {
                if let Event::Apply(map) | Event::InitApply(map) = &event {
                    touched.all |= self.take_expectations(map);
                }
                self.config_maps.take(event, keys_of_config_map)
            }
            Change::Secret(event) => self.secrets.take(event, keys_of_secret),
            Change::Claim(event) => self.claims.take(event, |claim| {
                let phase = claim
                    .status
                    .as_ref()
                    .and_then(|status| status.phase.as_deref());
                phase == Some("Bound")
            }),
            Change::Account(event) => self.accounts.take(event, |_| ()),
            Change::Service(event) => self.services.take(event, Service::of),
        };
        let namespaces = keys.into_iter().map(|(namespace, _)| namespace);
        touched.namespaces.extend(namespaces);
        touched.all |= !was_complete && self.is_complete();
    }

    /// Whether all that was there at the start is known; before, nothing is judged.
    pub(super) fn is_complete(&self) -> bool {
        self.pods.is_complete()
            && self.config_maps.is_complete()
            && self.secrets.is_complete()
            && self.claims.is_complete()
            && self.accounts.is_complete()
            && self.services.is_complete()
    }

    /// The pods that a change concerns and that are to be judged: on a node that lives, and not over.
    pub(super) fn concerned<'a>(&'a self, touched: &'a Touched) -> impl Iterator<Item = &'a Pod> {
        let lost = self.expectations.lost_nodes();
        let pods = self.pods.iter().filter(|(key, _)| {
            touched.all || touched.namespaces.contains(&key.0) || touched.pods.contains(*key)
        });
        pods.map(|(_, pod)| pod).filter(move |pod| {
            let lives = pod.node.as_deref().is_some_and(|node| !lost.contains(node));
            lives && !pod.standing.is_over
        })
    }

    /// Whether the map holds expectations that are news.
    fn take_expectations(&mut self, map: &ConfigMap) -> bool {
        if map.metadata.namespace.as_deref() != Some(NAMESPACE) {
            return false;
        }
        let Some(Told {
            expectations,
            id,
            is_seen,
        }) = told(map)
        else {
            return false;
        };
        if !is_seen {
            self.unseen = Some(id);
        }
        let is_new = self.expectations != expectations;
        self.expectations = expectations;
        is_new
    }
}

impl Service {
    fn of(service: &ApiService) -> Self {
        let spec = service.spec.clone().unwrap_or_default();
        let is_elsewhere = spec.type_.as_deref() == Some("ExternalName");
        let ports = spec
            .ports
            .unwrap_or_default()
            .into_iter()
            .map(|port| ServicePort {
                number: port.port,
                target: port
                    .target_port
                    .as_ref()
                    .map_or(PortName::Number(port.port), PortName::from),
                protocol: port.protocol.unwrap_or_else(|| "TCP".to_owned()),
            });
        Self {
            selector: match is_elsewhere {
                true => BTreeMap::new(),
                false => spec.selector.unwrap_or_default(),
            },
            ports: ports.collect(),
        }
    }

    /// Whether its traffic goes to pods with these labels. A Service without a selector selects none.
    pub(super) fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        !self.selector.is_empty()
            && self
                .selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
    }
}

fn keys_of_config_map(map: &ConfigMap) -> BTreeSet<String> {
    let data = map.data.iter().flatten().map(|(key, _)| key);
    let binary = map.binary_data.iter().flatten().map(|(key, _)| key);
    data.chain(binary).cloned().collect()
}

fn keys_of_secret(secret: &Secret) -> BTreeSet<String> {
    secret
        .data
        .iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect()
}
