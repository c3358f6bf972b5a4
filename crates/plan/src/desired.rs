//! Everything that is to be, element by element: blueprint and rendered releases put together.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_blueprint::{Blueprint, Part, SecretPart};
use mosipctl_catalogue::component::chart::Rerun;
use mosipctl_catalogue::edition::key_store::Token;
use mosipctl_catalogue::edition::{Namespace, PodSecurity};
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_object::{Kind, Object, ObjectKey, ReleaseName};
use mosipctl_render::{Rendered, RenderedRelease, StoodIn};
use mosipctl_spec::environment::rehearsal::Part as Server;
use serde_json::{Value, json};

use crate::hosts::HostWork;
use crate::needs;

mod prepared;

pub use prepared::{DesiredFact, Prepared};

/// Label of every object that is ours: the environment's name.
pub const ENVIRONMENT_LABEL: &str = "mosipctl.io/environment";
/// Label of every object that is ours: the component's name.
pub const COMPONENT_LABEL: &str = "mosipctl.io/component";
/// Characters of a digest at the end of a Job's name.
const JOB_DIGEST: usize = 8;
/// Longest name of a Job whose pods can carry it as a label (Kubernetes label values: 63).
const JOB_NAME_LIMIT: usize = 63;

/// Everything that is to be.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// Objects that mosipctl itself makes: namespaces and config maps.
    pub objects: BTreeMap<ObjectKey, DesiredObject>,
    /// Secrets.
    pub secrets: BTreeMap<ObjectKey, DesiredSecret>,
    /// Copies of config maps and Secrets, by copy.
    pub copies: BTreeMap<ObjectKey, DesiredCopy>,
    /// Releases.
    pub releases: BTreeMap<ReleaseName, DesiredRelease>,
    /// Jobs, by release.
    pub jobs: BTreeMap<ReleaseName, DesiredJob>,
    /// What is to be prepared inside servers.
    pub prepared: BTreeMap<Fact, DesiredFact>,
    /// The tokens of HSMs that are not only pretended.
    pub tokens: BTreeMap<Fact, Token>,
    /// Work on hosts, by its name `HOST WHAT`; nothing but on bare hosts.
    pub hosts: BTreeMap<String, HostWork>,
    /// The release of each object that belongs to one.
    pub homes: BTreeMap<ObjectKey, ReleaseName>,
}

/// An object that mosipctl itself makes.
#[derive(Debug, Clone)]
pub struct DesiredObject {
    /// The object; texts may hold late values.
    pub object: Object,
    /// Component it belongs to.
    pub component: String,
}

/// A Secret.
#[derive(Debug, Clone)]
pub struct DesiredSecret {
    /// How its keys come into being.
    pub part: SecretPart,
    /// Component it belongs to.
    pub component: String,
}

/// A copy in another namespace.
#[derive(Debug, Clone)]
pub struct DesiredCopy {
    /// The original.
    pub from: ObjectKey,
    /// The first component that reads it.
    pub component: String,
}

/// A release.
#[derive(Debug, Clone)]
pub struct DesiredRelease {
    /// Component it belongs to.
    pub component: String,
    /// Its objects.
    pub rendered: RenderedRelease,
    /// What its pods cannot start without.
    pub needs: BTreeSet<Fact>,
    /// What is true as soon as its objects are applied.
    pub makes: BTreeSet<Fact>,
    /// What is true when its workloads are ready, beside the release itself.
    pub proves: BTreeSet<Fact>,
    /// What it stands in for: a third party's chart, or the images that a responder runs in place of.
    pub stands_in_for: Option<String>,
}

/// A Job.
#[derive(Debug, Clone)]
pub struct DesiredJob {
    /// Component it belongs to.
    pub component: String,
    /// The Job, its name ending in its digest.
    pub object: Object,
    /// Digest of its content.
    pub digest: String,
    /// When a finished one runs again.
    pub rerun: Rerun,
    /// What its pod cannot start without.
    pub needs: BTreeSet<Fact>,
    /// What is true when it is complete, beside the Job itself.
    pub proves: BTreeSet<Fact>,
    /// Whether it only pretends: a responder runs in place of its image.
    pub simulated: bool,
}

impl Desired {
    /// Puts blueprint and rendered releases together.
    pub fn new(blueprint: &Blueprint, rendered: &Rendered) -> Self {
        let mut desired = Self::default();
        for (name, namespace) in &blueprint.namespaces {
            desired.add_namespace(name, namespace, blueprint);
        }
        let crds = needs::Crds::of(rendered);
        for part in blueprint.parts.values() {
            desired.add_own_objects(part, blueprint);
            desired.add_prepared(part, blueprint, rendered);
            let release = part
                .release
                .as_ref()
                .and_then(|release| rendered.releases.get(&release.name));
            if let Some(release) = release {
                desired.add_release(part, release, blueprint, &crds);
            }
        }
        desired.add_copies(blueprint);
        desired.add_tokens(blueprint, rendered);
        desired
    }

    fn add_tokens(&mut self, blueprint: &Blueprint, rendered: &Rendered) {
        if blueprint.rehearsal.simulate.contains(&Server::Softhsm) {
            return;
        }
        let tokens = blueprint.tokens.iter();
        let tokens = tokens.filter(|token| !rendered.is_stood_in(&token.release));
        self.tokens = tokens.map(|token| (token.fact(), token.clone())).collect();
    }

    fn add_namespace(&mut self, name: &str, namespace: &Namespace, blueprint: &Blueprint) {
        if namespace.builtin {
            return;
        }
        let mut labels = json!({ENVIRONMENT_LABEL: blueprint.environment});
        labels["istio-injection"] = json!(if namespace.injection {
            "enabled"
        } else {
            "disabled"
        });
        if let Some(level) = namespace.pod_security {
            labels["pod-security.kubernetes.io/enforce"] = json!(level_name(level));
        }
        let value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        // A namespace belongs to all components in it, so to none.
        self.add_object(value, String::new());
    }

    fn add_own_objects(&mut self, part: &Part, blueprint: &Blueprint) {
        for map in &part.config_maps {
            let labels = labels(blueprint, part);
            let metadata = json!({"name": map.name, "namespace": map.namespace, "labels": labels});
            let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": map.data});
            self.add_object(value, part.component.clone());
        }
        for secret in &part.secrets {
            let key = ObjectKey::namespaced(Kind::core("Secret"), &secret.namespace, &secret.name);
            let secret = DesiredSecret {
                part: secret.clone(),
                component: part.component.clone(),
            };
            self.secrets.insert(key, secret);
        }
    }

    fn add_object(&mut self, value: Value, component: String) {
        if let Ok(object) = Object::try_from(value) {
            self.objects
                .insert(object.key(), DesiredObject { object, component });
        }
    }

    /// Only pretends to prepare something, for a reason.
    pub fn simulate(&mut self, fact: &Fact, reason: String) {
        if let Some(prepared) = self.prepared.get_mut(fact) {
            prepared.simulated = Some(reason);
        }
    }

    fn add_release(
        &mut self,
        part: &Part,
        rendered: &RenderedRelease,
        blueprint: &Blueprint,
        crds: &needs::Crds,
    ) {
        let own = |object: &Object| needs::of_object(object, blueprint, crds);
        let makes: BTreeSet<Fact> = rendered
            .objects
            .iter()
            .filter_map(needs::made_by_object)
            .collect();
        let mut needs: BTreeSet<Fact> = rendered.objects.iter().flat_map(own).collect();
        needs.insert(Fact::new(FactKind::Namespace, &rendered.name.namespace));
        let proves: BTreeSet<Fact> = part
            .proves
            .iter()
            .filter(|fact| !makes.contains(fact))
            .cloned()
            .collect();
        let applied = Fact::namespaced(
            FactKind::Objects,
            &rendered.name.namespace,
            &rendered.name.name,
        );
        if let Some(job) = &rendered.job {
            let mut job_needs: BTreeSet<Fact> = own(job);
            job_needs.extend(part.needs.iter().cloned());
            job_needs.insert(applied);
            // what makes the Job's volumes has to be there for its claims, too
            if makes.iter().any(|fact| fact.kind == FactKind::Claim) {
                needs.extend(part.needs.iter().cloned());
            }
            let rerun = part.job.as_ref().map_or(Rerun::Never, |job| job.rerun);
            let job = named_by_digest(job);
            let (object, digest) = (label(job.0, part, blueprint), job.1);
            let component = part.component.clone();
            let job = DesiredJob {
                component,
                object,
                digest,
                rerun,
                needs: job_needs,
                proves: proves.clone(),
                simulated: rendered.stood_in.is_some(),
            };
            self.jobs.insert(rendered.name.clone(), job);
        } else {
            needs.extend(part.needs.iter().cloned());
        }
        let made = || makes.iter().chain(&proves);
        needs.retain(|need| !made().any(|made| made.satisfies(need)));
        let proves = if rendered.job.is_some() {
            BTreeSet::new()
        } else {
            proves
        };
        let chart = part.release.as_ref();
        let chart = chart.and_then(|release| release.stands_in_for.clone());
        let images = rendered.stood_in.as_ref().map(StoodIn::to_string);
        let stands_in_for = chart.or(images);
        let mut rendered = rendered.clone();
        let has_hooks = rendered.has_hooks;
        let component = part.component.clone();
        rendered.objects = rendered
            .objects
            .into_iter()
            .map(|object| match has_hooks {
                true => object,
                false => label(object, part, blueprint),
            })
            .map(|object| owned(object, &rendered.name))
            .collect();
        let homes = rendered
            .objects
            .iter()
            .map(|object| (object.key(), rendered.name.clone()));
        self.homes.extend(homes);
        let release = DesiredRelease {
            component,
            rendered,
            needs,
            makes,
            proves,
            stands_in_for,
        };
        self.releases.insert(release.rendered.name.clone(), release);
    }

    /// A copy for every need of a shared config map or Secret outside its own namespace.
    fn add_copies(&mut self, blueprint: &Blueprint) {
        let releases = self
            .releases
            .values()
            .map(|release| (&release.component, &release.needs));
        let jobs = self.jobs.values().map(|job| (&job.component, &job.needs));
        let prepared = self
            .prepared
            .values()
            .map(|fact| (&fact.component, &fact.needs));
        let all: Vec<(String, Fact)> = releases
            .chain(jobs)
            .chain(prepared)
            .flat_map(|(component, needs)| {
                needs.iter().map(|need| (component.clone(), need.clone()))
            })
            .collect();
        for (component, need) in all {
            let Some(original) = blueprint.shared.original_of(&need) else {
                continue;
            };
            let (Some(to), Some(from)) = (object_of(&need), object_of(&original)) else {
                continue;
            };
            let is_made = self.objects.contains_key(&to) || self.secrets.contains_key(&to);
            if !is_made {
                self.copies
                    .entry(to)
                    .or_insert(DesiredCopy { from, component });
            }
        }
    }

    /// A wanted object, of our own or of a release.
    pub fn object(&self, key: &ObjectKey) -> Option<&Object> {
        if let Some(own) = self.objects.get(key) {
            return Some(&own.object);
        }
        let release = self.releases.get(self.homes.get(key)?)?;
        release
            .rendered
            .objects
            .iter()
            .find(|object| object.key() == *key)
    }
}

/// The object that a fact about a config map or Secret stands for.
pub(crate) fn object_of(fact: &Fact) -> Option<ObjectKey> {
    let (namespace, name) = fact.namespace_and_name()?;
    let kind = match fact.kind {
        FactKind::ConfigMap => "ConfigMap",
        FactKind::Secret => "Secret",
        _ => return None,
    };
    Some(ObjectKey::namespaced(Kind::core(kind), namespace, name))
}

fn level_name(level: PodSecurity) -> &'static str {
    match level {
        PodSecurity::Privileged => "privileged",
        PodSecurity::Baseline => "baseline",
        PodSecurity::Restricted => "restricted",
    }
}

fn labels(blueprint: &Blueprint, part: &Part) -> Value {
    json!({ENVIRONMENT_LABEL: blueprint.environment, COMPONENT_LABEL: part.component})
}

fn label(mut object: Object, part: &Part, blueprint: &Blueprint) -> Object {
    object.set_label(ENVIRONMENT_LABEL, &blueprint.environment);
    object.set_label(COMPONENT_LABEL, &part.component);
    object
}

/// The marks without which the real helm refuses to go on with a release (`helm/helm:pkg/action/validate.go`).
fn owned(mut object: Object, release: &ReleaseName) -> Object {
    object.set_label("app.kubernetes.io/managed-by", "Helm");
    object.set_annotation("meta.helm.sh/release-name", &release.name);
    object.set_annotation("meta.helm.sh/release-namespace", &release.namespace);
    object
}

/// The Job with the digest of its content at the end of its name, and that digest.
fn named_by_digest(job: &Object) -> (Object, String) {
    let digest = mosipctl_object::digest(&job.value()["spec"]);
    let mut name = job.name().to_owned();
    name.truncate(JOB_NAME_LIMIT - JOB_DIGEST - 1);
    let mut job = job.clone();
    job.value_mut()["metadata"]["name"] = json!(format!("{name}-{}", &digest[..JOB_DIGEST]));
    (job, digest)
}
