//! What is done in a cluster for one environment, asked of everything that is desired.

mod bookkeeping;
mod looks;
mod objects;
mod roles;
mod secrets;
mod servers;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use mosipctl_catalogue::edition::Server;
use mosipctl_object::{Kind, ObjectKey};
use mosipctl_plan::Desired;
use mosipctl_spec::environment::rehearsal::Part;
use serde::Serialize;

use crate::book::{Book, Objects};
use crate::resource::{Plurals, Resource};
use crate::rule::{Place, Purpose, Rule, Task};

/// Whose rights are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Name of the environment.
    pub environment: &'a str,
    /// What is to be.
    pub desired: &'a Desired,
    /// The servers that things are prepared in.
    pub servers: &'a IndexMap<Part, Server>,
}

/// The least rights that an environment needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rights {
    /// Name of the environment.
    pub environment: String,
    /// Its namespaces: whoever gives the rights makes them, for Roles stand in them.
    pub namespaces: BTreeSet<String>,
    /// The rules, those for the whole cluster first.
    pub rules: Vec<Rule>,
    /// Addresses of the API server that are no resources, with verbs: what ClusterRoles of charts grant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub addresses: BTreeMap<String, BTreeSet<String>>,
}

/// The least rights that an environment needs.
pub fn rights(asked: &Asked<'_>) -> Rights {
    let mut needs = Needs::of(*asked);
    needs.bookkeeping();
    needs.looks();
    needs.objects();
    needs.secrets();
    needs.roles();
    needs.servers();
    needs.tokens();
    Rights {
        environment: asked.environment.to_owned(),
        namespaces: needs.own,
        rules: needs.book.settle(),
        addresses: needs.addresses,
    }
}

/// What was found out so far.
struct Needs<'a> {
    asked: Asked<'a>,
    /// Namespaces that are the environment's own: nobody else's objects are in them, so rights on kinds are enough.
    own: BTreeSet<String>,
    plurals: Plurals,
    book: Book,
    addresses: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Needs<'a> {
    fn of(asked: Asked<'a>) -> Self {
        let namespace = Kind::core("Namespace");
        let own = asked.desired.objects.keys();
        let own = own.filter(|key| key.kind == namespace);
        Self {
            asked,
            own: own.map(|key| key.name.clone()).collect(),
            plurals: Plurals::of(asked.desired),
            book: Book::default(),
            addresses: BTreeMap::new(),
        }
    }

    fn note(&mut self, objects: &Objects, verbs: &[&str], purpose: Purpose, tasks: &[Task]) {
        self.book.note(objects, verbs, purpose, tasks);
    }

    /// One object; in a namespace of the environment, every one of its kind.
    fn one(&self, key: &ObjectKey) -> Objects {
        let resource = self.plurals.resource(&key.kind);
        match &key.namespace {
            None => named(Place::Everywhere, resource, &key.name),
            Some(namespace) if self.own.contains(namespace) => every(namespace, resource),
            Some(namespace) => named(Place::namespace(namespace), resource, &key.name),
        }
    }

    /// The Secret at `NAMESPACE/NAME`, with or without `#KEY`; none when the text names no Secret.
    fn secret_at(&self, path: &str) -> Option<Objects> {
        let path = path.split('#').next()?;
        let (namespace, name) = path.split_once('/')?;
        let key = ObjectKey::namespaced(Kind::core("Secret"), namespace, name);
        Some(self.one(&key))
    }
}

/// Every object of a resource in a namespace. What is created by `POST` has no name yet when rights are looked at.
fn every(namespace: &str, resource: Resource) -> Objects {
    Objects {
        place: Place::namespace(namespace),
        resource,
        name: None,
    }
}

/// Every object of a resource.
fn everywhere(resource: Resource) -> Objects {
    Objects {
        place: Place::Everywhere,
        resource,
        name: None,
    }
}

/// One object.
fn named(place: Place, resource: Resource, name: &str) -> Objects {
    Objects {
        place,
        resource,
        name: Some(name.to_owned()),
    }
}

#[cfg(test)]
mod tests;
