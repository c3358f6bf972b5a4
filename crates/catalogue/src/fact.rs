//! Facts: what a step can need, make or end.
//!
//! A fact is a kind, a key and sometimes a value: `namespace kernel`, `secret keymanager/softhsm`,
//! `database mosip_kernel = 1.2.0.1`. The plan is built from nothing else: whoever needs a fact comes
//! after whoever makes it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use mosipctl_spec::nearest;

/// What a fact is about. Closed: a kind exists when the program can observe it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// A Kubernetes namespace exists, with its labels.
    Namespace,
    /// A ConfigMap exists with every key it should have. Key: `NAMESPACE/NAME`.
    ConfigMap,
    /// A Secret exists with every key it should have. Key: `NAMESPACE/NAME`.
    Secret,
    /// A Service exists, so its name resolves. Key: `NAMESPACE/NAME`.
    Service,
    /// A PersistentVolumeClaim exists. Key: `NAMESPACE/NAME`.
    Claim,
    /// A custom resource definition is established. Key: its full name.
    Crd,
    /// A storage class exists.
    StorageClass,
    /// Every object of a release is applied. Key: `NAMESPACE/NAME`.
    Objects,
    /// A release is deployed and all its workloads are ready. Key: `NAMESPACE/NAME`.
    Release,
    /// A Job ran to completion once. Key: `NAMESPACE/NAME`.
    Job,
    /// A database with schema, roles, grants and seeds at a version.
    Database,
    /// A Keycloak realm with its roles and scopes.
    Realm,
    /// A Keycloak client with its secret and service-account roles.
    Client,
    /// An object-store bucket with its policy.
    Bucket,
    /// A broker queue that accepts and delivers messages.
    Queue,
    /// A Kafka topic.
    Topic,
    /// A key or certificate in an HSM or key table. Key: `APPLICATION` or `APPLICATION/REFERENCE`.
    Key,
    /// A host and path answer at the gateway. Key: `HOST/PATH`.
    Route,
    /// A DNS name resolves to where it should.
    Dns,
    /// A certificate is valid for its names.
    Certificate,
    /// Something is true of a host: `NODE port 6443`, `NODE package containerd`.
    Host,
    /// The API of an environment's own cluster answers. Key: the environment.
    Cluster,
    /// A VPN peer can connect.
    Peer,
    /// A token of an HSM, with the keys in it. Key: the release that keeps it.
    Token,
    /// A backup was made, restored and compared. Key: what was backed up.
    Backup,
}

/// How the key of a kind must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One word.
    Word,
    /// `NAMESPACE/NAME`.
    Namespaced,
    /// Any text.
    Free,
}

/// Every kind with its text form and the shape of its key.
const KINDS: &[(FactKind, &str, Shape)] = &[
    (FactKind::Namespace, "namespace", Shape::Word),
    (FactKind::ConfigMap, "config map", Shape::Namespaced),
    (FactKind::Secret, "secret", Shape::Namespaced),
    (FactKind::Service, "service", Shape::Namespaced),
    (FactKind::Claim, "claim", Shape::Namespaced),
    (FactKind::Crd, "crd", Shape::Word),
    (FactKind::StorageClass, "storage class", Shape::Word),
    (FactKind::Objects, "objects", Shape::Namespaced),
    (FactKind::Release, "release", Shape::Namespaced),
    (FactKind::Job, "job", Shape::Namespaced),
    (FactKind::Database, "database", Shape::Word),
    (FactKind::Realm, "realm", Shape::Word),
    (FactKind::Client, "client", Shape::Word),
    (FactKind::Bucket, "bucket", Shape::Word),
    (FactKind::Queue, "queue", Shape::Word),
    (FactKind::Topic, "topic", Shape::Word),
    (FactKind::Key, "key", Shape::Word),
    (FactKind::Route, "route", Shape::Word),
    (FactKind::Dns, "dns", Shape::Word),
    (FactKind::Certificate, "certificate", Shape::Word),
    (FactKind::Host, "host", Shape::Free),
    (FactKind::Cluster, "cluster", Shape::Word),
    (FactKind::Peer, "peer", Shape::Word),
    (FactKind::Token, "token", Shape::Namespaced),
    (FactKind::Backup, "backup", Shape::Free),
];

impl FactKind {
    /// Every kind there is, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = FactKind> {
        KINDS.iter().map(|(kind, _, _)| *kind)
    }

    /// The words that stand for the kind in text, such as `config map`.
    pub fn text(self) -> &'static str {
        self.row().1
    }

    fn shape(self) -> Shape {
        self.row().2
    }

    fn row(self) -> &'static (FactKind, &'static str, Shape) {
        // The table holds every variant; `every_kind_has_a_row` proves it.
        KINDS
            .iter()
            .find(|(kind, _, _)| *kind == self)
            .unwrap_or(&KINDS[0])
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// One fact. Its text form `KIND KEY[ = VALUE]` is stable: it stands in the catalogue, in plans and in journals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// What it is about.
    pub kind: FactKind,
    /// Which one.
    pub key: String,
    /// In which state, for kinds that have states, such as a database's version.
    pub value: Option<String>,
}

impl Fact {
    /// A fact about something that is named by one word.
    pub fn new(kind: FactKind, key: impl Into<String>) -> Self {
        Self {
            kind,
            key: key.into(),
            value: None,
        }
    }

    /// A fact about an object in a namespace.
    pub fn namespaced(
        kind: FactKind,
        namespace: impl fmt::Display,
        name: impl fmt::Display,
    ) -> Self {
        Self::new(kind, format!("{namespace}/{name}"))
    }

    /// The same fact in a certain state.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// The namespace and name of a namespaced fact.
    pub fn namespace_and_name(&self) -> Option<(&str, &str)> {
        match self.kind.shape() {
            Shape::Namespaced => self.key.split_once('/'),
            Shape::Word | Shape::Free => None,
        }
    }

    /// Whether this fact, being true, makes `need` true: same kind and key, and the value that is asked for, if any.
    pub fn satisfies(&self, need: &Fact) -> bool {
        self.is_about(need) && (need.value.is_none() || need.value == self.value)
    }

    /// Whether both facts are about the same thing, in whatever state.
    pub fn is_about(&self, other: &Fact) -> bool {
        self.kind == other.kind && self.key == other.key
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.key)?;
        match &self.value {
            Some(value) => write!(f, " = {value}"),
            None => Ok(()),
        }
    }
}

/// A text that is no fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// The first words are no kind that exists.
    #[error("`{text}` is not a fact: no kind starts it{}", .nearest.map(|n| format!(" (did you mean `{n}`?)")).unwrap_or_default())]
    UnknownKind {
        /// The whole text.
        text: String,
        /// The kind that looks most like it.
        nearest: Option<&'static str>,
    },
    /// The key is missing or has the wrong shape.
    #[error("`{text}` is not a fact: the key of a {kind} is {wanted}")]
    BadKey {
        /// The whole text.
        text: String,
        /// The kind that was recognised.
        kind: FactKind,
        /// How its key looks.
        wanted: &'static str,
    },
}

impl FromStr for Fact {
    type Err = FactError;

    fn from_str(text: &str) -> Result<Self, FactError> {
        let trimmed = text.trim();
        let Some((kind, rest)) = split_kind(trimmed) else {
            let first = trimmed.split_whitespace().next().unwrap_or_default();
            let nearest = nearest(first, KINDS.iter().map(|(_, name, _)| *name));
            return Err(FactError::UnknownKind {
                text: text.to_owned(),
                nearest,
            });
        };
        let (key, value) = match rest.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim().to_owned())),
            None => (rest, None),
        };
        let wanted = match kind.shape() {
            Shape::Word if key.is_empty() || key.contains(char::is_whitespace) => "one word",
            Shape::Namespaced if !is_namespaced(key) => "NAMESPACE/NAME",
            Shape::Free if key.is_empty() => "a text",
            _ => {
                return Ok(Self {
                    kind,
                    key: key.to_owned(),
                    value,
                });
            }
        };
        Err(FactError::BadKey {
            text: text.to_owned(),
            kind,
            wanted,
        })
    }
}

/// The kind at the start of the text, and what follows it.
fn split_kind(text: &str) -> Option<(FactKind, &str)> {
    KINDS.iter().find_map(|(kind, name, _)| {
        let rest = text.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| (*kind, rest.trim()))
    })
}

fn is_namespaced(key: &str) -> bool {
    matches!(key.split_once('/'), Some((namespace, name))
        if !namespace.is_empty() && !name.is_empty() && !name.contains('/') && !key.contains(char::is_whitespace))
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Fact {
        text.parse().unwrap()
    }

    #[test]
    fn every_kind_has_a_row() {
        for kind in FactKind::all() {
            assert_eq!(kind.row().0, kind);
        }
        // A new variant without a row would make this count differ from the highest discriminant.
        assert_eq!(FactKind::Backup as usize + 1, KINDS.len());
    }

    #[test]
    fn text_form_survives_a_round_trip() {
        for text in [
            "namespace kernel",
            "config map kernel/global",
            "secret keymanager/softhsm",
            "crd virtualservices.networking.istio.io",
            "database mosip_kernel = 1.2.0.1",
            "key KERNEL/SIGN",
            "host node1 port 6443",
        ] {
            assert_eq!(parse(text).to_string(), text);
        }
    }

    #[test]
    fn unknown_kind_names_the_nearest() {
        let error = "namspace kernel".parse::<Fact>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`namspace kernel` is not a fact: no kind starts it (did you mean `namespace`?)"
        );
    }

    #[test]
    fn a_key_of_the_wrong_shape_is_refused() {
        assert!("secret softhsm".parse::<Fact>().is_err());
        assert!("namespace".parse::<Fact>().is_err());
        assert!("secret a/b/c".parse::<Fact>().is_err());
    }

    #[test]
    fn a_need_without_value_is_met_by_any_value() {
        let made = parse("database mosip_kernel = 1.2.0.1");
        assert!(made.satisfies(&parse("database mosip_kernel")));
        assert!(made.satisfies(&parse("database mosip_kernel = 1.2.0.1")));
        assert!(!made.satisfies(&parse("database mosip_kernel = 1.1.5.5")));
    }
}
