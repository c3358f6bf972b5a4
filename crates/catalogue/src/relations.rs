//! Which facts a component makes and which it cannot start without, as far as its file shows.
//!
//! The plan adds what only rendered objects show (custom resources, objects that a chart of its own makes).

use std::collections::{BTreeMap, BTreeSet};

use crate::component::service::{Container, EnvValue, Mount, Volume};
use crate::component::{Component, Service};
use crate::edition::{Catalogue, Edition, Shared};
use crate::fact::{Fact, FactKind};

/// A component with its name and the namespace it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// Name.
    pub name: &'a str,
    /// Namespace.
    pub namespace: &'a str,
    /// What its file says.
    pub component: &'a Component,
}

impl Placed<'_> {
    /// The release it makes, if any.
    pub fn release(&self) -> Option<&str> {
        let component = self.component;
        let own = match (&component.service, &component.chart, &component.job) {
            (Some(service), _, _) => service.release.as_deref(),
            (_, Some(chart), _) => chart.release.as_deref(),
            (_, _, Some(job)) => job.release.as_deref(),
            (None, None, None) => return None,
        };
        Some(own.unwrap_or(self.name))
    }

    /// Every fact that its file says it makes.
    pub fn makes(&self) -> BTreeSet<Fact> {
        let component = self.component;
        let here = |kind, name: &str| Fact::namespaced(kind, self.namespace, name);
        let mut facts: BTreeSet<Fact> = component.makes.iter().cloned().collect();
        if let Some(release) = self.release() {
            facts.insert(here(FactKind::Release, release));
            if component.rerun().is_some() {
                facts.insert(here(FactKind::Job, release));
            }
            if let Some(service) = &component.service {
                facts.extend(self.objects(service, release));
            }
        }
        if let Some(job) = &component.job {
            facts.extend(
                job.config_maps
                    .keys()
                    .map(|name| here(FactKind::ConfigMap, name)),
            );
        }
        facts.extend(
            component
                .config_maps
                .iter()
                .map(|map| here(FactKind::ConfigMap, &map.name)),
        );
        facts.extend(
            component
                .secrets
                .iter()
                .map(|secret| here(FactKind::Secret, &secret.name)),
        );
        facts.extend(component.databases.iter().map(|database| database.fact()));
        facts.extend(
            component
                .realm
                .iter()
                .map(|realm| Fact::new(FactKind::Realm, &realm.name)),
        );
        facts.extend(
            component
                .clients
                .iter()
                .map(|client| Fact::new(FactKind::Client, &client.id)),
        );
        facts.extend(
            component
                .buckets
                .iter()
                .map(|bucket| Fact::new(FactKind::Bucket, &bucket.name)),
        );
        facts.extend(
            component
                .queues
                .iter()
                .map(|queue| Fact::new(FactKind::Queue, &queue.name)),
        );
        facts.extend(
            component
                .topics
                .iter()
                .map(|topic| Fact::new(FactKind::Topic, &topic.name)),
        );
        facts
    }

    fn objects(&self, service: &Service, release: &str) -> Vec<Fact> {
        let here = |kind, name: &str| Fact::namespaced(kind, self.namespace, name);
        let mut facts: Vec<Fact> = Vec::new();
        facts.extend(
            service
                .config_maps
                .keys()
                .map(|name| here(FactKind::ConfigMap, name)),
        );
        facts.extend(
            service
                .claims
                .iter()
                .map(|claim| here(FactKind::Claim, &claim.name)),
        );
        if service
            .container
            .ports
            .iter()
            .any(|port| port.service.is_some())
        {
            let name = service.service_name.as_deref().unwrap_or(release);
            facts.push(here(FactKind::Service, name));
        }
        facts
    }

    /// Every fact it cannot start without: its namespace, what its containers read, what `needs:` lists.
    pub fn needs(&self) -> BTreeSet<Fact> {
        let mut facts: BTreeSet<Fact> = self.component.needs.iter().cloned().collect();
        facts.insert(Fact::new(FactKind::Namespace, self.namespace));
        facts.extend(self.reads());
        let made = self.makes();
        facts.retain(|need| !made.iter().any(|fact| fact.satisfies(need)));
        facts
    }

    /// Every config map, Secret and claim that its containers name.
    pub fn reads(&self) -> BTreeSet<Fact> {
        let here = |kind, name: &str| Fact::namespaced(kind, self.namespace, name);
        let mut facts = BTreeSet::new();
        for container in self.containers() {
            for value in container.env.values() {
                match value {
                    EnvValue::ConfigMap(reference) => {
                        facts.insert(here(FactKind::ConfigMap, object(reference)));
                    }
                    EnvValue::Secret(reference) => {
                        facts.insert(here(FactKind::Secret, object(reference)));
                    }
                    EnvValue::Value(_) | EnvValue::Field(_) => {}
                }
            }
            let from = &container.env_from;
            facts.extend(
                from.config_maps
                    .iter()
                    .map(|name| here(FactKind::ConfigMap, name)),
            );
            facts.extend(from.secrets.iter().map(|name| here(FactKind::Secret, name)));
            facts.extend(
                container
                    .mounts
                    .iter()
                    .filter_map(|mount| self.mounted(mount)),
            );
        }
        facts
    }

    fn mounted(&self, mount: &Mount) -> Option<Fact> {
        let (kind, name) = match &mount.from {
            Volume::ConfigMap(name) => (FactKind::ConfigMap, name),
            Volume::Secret(name) => (FactKind::Secret, name),
            Volume::Claim(name) => (FactKind::Claim, name),
            Volume::Empty(_) => return None,
        };
        Some(Fact::namespaced(kind, self.namespace, name))
    }

    /// Its containers, those that run first coming first.
    pub fn containers(&self) -> impl Iterator<Item = &Container> {
        let service = self.component.service.iter();
        let job = self.component.job.iter();
        let of_service = service.flat_map(|s| {
            s.init_containers
                .iter()
                .chain(std::iter::once(&s.container))
        });
        let of_job = job.flat_map(|j| {
            j.init_containers
                .iter()
                .chain(std::iter::once(&j.container))
        });
        of_service.chain(of_job)
    }
}

/// Who makes and who needs what in a whole edition, worked out once.
#[derive(Debug)]
pub struct Relations<'a> {
    shared: &'a Shared,
    needs: BTreeMap<&'a str, BTreeSet<Fact>>,
    makes: BTreeMap<&'a str, BTreeSet<Fact>>,
    makers: BTreeMap<(FactKind, String), Vec<(Fact, &'a str)>>,
}

impl<'a> Relations<'a> {
    /// The relations of every component of an edition.
    pub fn of(catalogue: &'a Catalogue) -> Self {
        let shared = &catalogue.edition.shared;
        let (mut needs, mut makes) = (BTreeMap::new(), BTreeMap::new());
        let mut makers: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for placed in catalogue.placed() {
            let made = placed.makes();
            for fact in &made {
                makers
                    .entry((fact.kind, fact.key.clone()))
                    .or_default()
                    .push((fact.clone(), placed.name));
            }
            needs.insert(placed.name, placed.needs());
            makes.insert(placed.name, made);
        }
        Self {
            shared,
            needs,
            makes,
            makers,
        }
    }

    /// What a component cannot start without.
    pub fn needs_of(&self, component: &str) -> impl Iterator<Item = &Fact> {
        self.needs.get(component).into_iter().flatten()
    }

    /// What a component makes.
    pub fn made_by(&self, component: &str) -> impl Iterator<Item = &Fact> {
        self.makes.get(component).into_iter().flatten()
    }

    /// Every component that makes a fact, or the original that it is a copy of.
    pub fn makers_of(&self, need: &Fact) -> Vec<&'a str> {
        let direct = self.direct_makers_of(need);
        match self.shared.original_of(need) {
            Some(original) if direct.is_empty() => self.direct_makers_of(&original),
            _ => direct,
        }
    }

    fn direct_makers_of(&self, need: &Fact) -> Vec<&'a str> {
        let known = self
            .makers
            .get(&(need.kind, need.key.clone()))
            .into_iter()
            .flatten();
        known
            .filter(|(fact, _)| fact.satisfies(need))
            .map(|(_, component)| *component)
            .collect()
    }

    /// Every fact with its makers.
    pub fn makers(&self) -> impl Iterator<Item = &[(Fact, &'a str)]> {
        self.makers.values().map(Vec::as_slice)
    }
}

/// The object of a reference `OBJECT#KEY`.
fn object(reference: &str) -> &str {
    reference
        .split_once('#')
        .map_or(reference, |(object, _)| object)
}

impl Shared {
    /// The original that a fact about a shared config map or Secret is copied from, when it is a copy.
    pub fn original_of(&self, fact: &Fact) -> Option<Fact> {
        let (namespace, name) = fact.namespace_and_name()?;
        let originals = match fact.kind {
            FactKind::ConfigMap => &self.config_maps,
            FactKind::Secret => &self.secrets,
            _ => return None,
        };
        let source = originals.get(name)?;
        (source != namespace).then(|| Fact::namespaced(fact.kind, source, name))
    }
}

impl Edition {
    /// Whether somebody else makes the fact true.
    pub fn is_outside(&self, need: &Fact) -> bool {
        self.outside.iter().any(|fact| fact.satisfies(need))
    }
}

impl crate::component::Database {
    /// The fact that it is there at its version.
    pub fn fact(&self) -> Fact {
        Fact::new(FactKind::Database, &self.name).with_value(&self.version)
    }
}
