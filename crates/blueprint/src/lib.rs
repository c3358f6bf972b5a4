//! Environment and edition, resolved: every component with its final values.
//!
//! Pure. What is known only at run time stands as a [late value](mosipctl_catalogue::LateValue). The flow: choose the
//! components ([`select`]), know what every `${…}` stands for ([`variables`]), resolve each component ([`part`]).

mod error;
pub mod images;
mod interpolate;
pub mod part;
mod select;
mod servers;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use mosipctl_catalogue::edition::key_store::Token;
use mosipctl_catalogue::edition::{Namespace, Server, Shared};
use mosipctl_catalogue::{Catalogue, Fact};
use mosipctl_spec::environment::Profile;
use mosipctl_spec::{Document, Environment};
use serde::Serialize;

pub use error::BlueprintError;
pub use images::ImagePolicy;
pub use part::{ConfigMapPart, JobPart, Part, ReleasePart, SecretPart, SecretValue};
pub use select::Absence;
pub use variables::hosts;

/// An environment and an edition, resolved.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Blueprint {
    /// Name of the environment.
    pub environment: String,
    /// MOSIP version.
    pub version: String,
    /// Profile.
    pub profile: Profile,
    /// Every part, in the order of the edition.
    pub parts: IndexMap<String, Part>,
    /// Every namespace that a part stands in.
    pub namespaces: IndexMap<String, Namespace>,
    /// What is copied to whoever reads it.
    pub shared: Shared,
    /// The servers that things are prepared in.
    pub servers: IndexMap<mosipctl_spec::environment::rehearsal::Part, Server>,
    /// The tokens of HSMs that keep keys.
    pub tokens: Vec<Token>,
    /// Whether the clients of the realm get all the liberties that upstream gives them.
    pub permissive_clients: bool,
    /// Facts that somebody else makes.
    pub outside: Vec<Fact>,
    /// What must be true before a pod starts in a namespace with injection.
    pub injector: Option<Fact>,
    /// Components of the edition that are not in it, and why.
    pub absent: BTreeMap<String, Absence>,
    /// Facts that only absent components make, with the component.
    pub unmade: BTreeMap<Fact, String>,
    /// Where images come from.
    pub images: ImagePolicy,
    /// What may be simulated or stood in for.
    pub rehearsal: Rehearsal,
    /// Digest of the environment.
    pub environment_digest: String,
    /// Digest of the catalogue.
    pub catalogue_digest: String,
}

/// What may be simulated or stood in for, with a lab's defaults filled in.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rehearsal {
    /// Parts whose steps only pretend.
    pub simulate: Vec<mosipctl_spec::environment::rehearsal::Part>,
    /// Whether stand-in charts may be used.
    pub stand_ins: bool,
    /// Share of each resource request that is kept, in percent.
    pub requests: Option<u32>,
}

impl Blueprint {
    /// Puts a word wherever a value would be taken from people, for a rehearsal, to which values do not matter: whoever rehearses
    /// need not have them. How many there were.
    pub fn pretend_supplied(&mut self) -> usize {
        let secrets = self.parts.values_mut().flat_map(|part| &mut part.secrets);
        let values = secrets.flat_map(|secret| secret.keys.values_mut());
        values
            .filter_map(|value| part::pretend(value).then_some(()))
            .count()
    }

    /// Resolves an environment. `document` is the file it was read from, for messages.
    ///
    /// # Errors
    /// See [`BlueprintError`]: names that do not exist, a component that is needed but left out, values that nobody
    /// supplied.
    pub fn new(
        environment: &Environment,
        document: &Document<'_>,
        catalogue: &Catalogue,
    ) -> Result<Self, BlueprintError> {
        let variables = variables::Variables::new(environment, document, catalogue)?;
        let selection = select::select(environment, document, catalogue)?;
        let rehearsal = rehearsal(environment);
        let mut parts = IndexMap::new();
        for name in &selection.chosen {
            let part = part::resolve(name, environment, catalogue, &variables)?;
            if let Some(release) = part.release.as_ref().filter(|r| r.stands_in_for.is_some())
                && !rehearsal.stand_ins
            {
                let real = release.stands_in_for.clone().unwrap_or_default();
                return Err(BlueprintError::StandIn {
                    component: name.clone(),
                    real,
                });
            }
            parts.insert(name.clone(), part);
        }
        let images = ImagePolicy::new(environment, real(environment, catalogue, &parts));
        part::add_pull_secrets(&mut parts, environment, catalogue);
        let used = parts
            .values()
            .map(|part| part.namespace.as_str())
            .collect::<Vec<_>>();
        let namespaces = catalogue.edition.namespaces.iter();
        let namespaces = namespaces
            .filter(|(name, _)| used.contains(&name.as_str()))
            .map(|(name, namespace)| (name.clone(), namespace.clone()))
            .collect();
        let mut shared = catalogue.edition.shared.clone();
        for secret in &environment.spec.images.pull_secrets {
            shared.secrets.insert(
                secret.name.to_string(),
                part::PULL_SECRET_NAMESPACE.to_owned(),
            );
        }
        Ok(Self {
            environment: environment.name().to_string(),
            version: environment.spec.mosip.to_string(),
            profile: environment.spec.profile,
            parts,
            namespaces,
            shared,
            servers: servers::servers(catalogue, &variables)?,
            tokens: tokens(catalogue),
            permissive_clients: environment.spec.externals.keycloak.permissive_clients,
            outside: catalogue.edition.outside.clone(),
            injector: catalogue.edition.defaults.injector.clone(),
            absent: selection.absent,
            unmade: selection.unmade,
            images,
            rehearsal,
            environment_digest: mosipctl_object::digest(environment),
            catalogue_digest: catalogue.digest.clone(),
        })
    }

    /// The part that makes a fact, as far as its file shows.
    pub fn maker_of(&self, fact: &Fact) -> Option<&Part> {
        self.parts
            .values()
            .find(|part| part.makes.iter().any(|made| made.satisfies(fact)))
    }
}

fn tokens(catalogue: &Catalogue) -> Vec<Token> {
    let stores = catalogue.edition.key_stores.values();
    stores.map(|store| store.token.clone()).collect()
}

/// The components behind whose pods a lab runs something real.
fn real(
    environment: &Environment,
    catalogue: &Catalogue,
    parts: &IndexMap<String, Part>,
) -> BTreeSet<String> {
    use mosipctl_spec::environment::rehearsal::Part as Real;
    let edition = &catalogue.edition;
    let mut releases = BTreeSet::new();
    for part in &asked(environment).real {
        releases.extend(edition.servers.get(part).map(|server| &server.release));
        let stores = edition.key_stores.values();
        releases.extend(stores.flat_map(|store| match part {
            Real::Softhsm => vec![&store.token.release, &store.job],
            Real::Keymanager => store.service.iter().map(|it| &it.release).collect(),
            _ => Vec::new(),
        }));
    }
    let is_real = |part: &&Part| {
        let release = part.release.as_ref();
        release.is_some_and(|release| releases.contains(&release.name.to_string()))
    };
    let real = parts.values().filter(is_real);
    real.map(|part| part.component.clone()).collect()
}

/// What the environment says of rehearsing; only a lab can run something real beside it.
fn asked(environment: &Environment) -> mosipctl_spec::environment::rehearsal::Rehearsal {
    use mosipctl_spec::environment::cluster::ClusterKind;
    let mut asked = environment.spec.rehearsal.clone().unwrap_or_default();
    if environment.spec.cluster.kind != ClusterKind::Lab {
        asked.real.clear();
    }
    asked
}

/// What the environment allows; a lab allows everything that is not asked to be real.
fn rehearsal(environment: &Environment) -> Rehearsal {
    use mosipctl_spec::environment::cluster::ClusterKind;
    use mosipctl_spec::environment::rehearsal::Part as Simulated;
    let is_lab = environment.spec.cluster.kind == ClusterKind::Lab;
    let asked = asked(environment);
    let simulate = match is_lab {
        true => Simulated::ALL
            .into_iter()
            .filter(|part| !asked.real.contains(part))
            .collect(),
        false => asked.simulate,
    };
    let percent = asked
        .requests
        .as_deref()
        .and_then(|r| r.strip_suffix('%')?.parse().ok());
    Rehearsal {
        simulate,
        stand_ins: is_lab || asked.stand_ins,
        requests: percent,
    }
}
