//! From differences to steps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mosipctl_blueprint::{Blueprint, Part};
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_object::{ObjectKey, ReleaseName};

use crate::compare::{Differences, ReleaseDifference, Why};
use crate::desired::{Desired, DesiredJob, DesiredRelease};
use crate::hosts;
use crate::step::{Action, Class, Risk, Step, StepId};

/// Times that a step takes beside what it waits for, measured in the lab (docs/performance.md): one request, and a
/// release's record with its objects.
const REQUEST: Duration = Duration::from_millis(20);
const RELEASE: Duration = Duration::from_millis(150);
/// Preparing one thing inside a server; databases take longest (notes on MOSIP's scripts: 3.1 s for 13).
const DATABASE: Duration = Duration::from_millis(500);
const REALM: Duration = Duration::from_secs(5);
const OTHER: Duration = Duration::from_millis(200);

/// What a step is about, and why it is there.
pub(crate) struct Planner<'a> {
    pub(crate) blueprint: &'a Blueprint,
    pub(crate) desired: &'a Desired,
    pub(crate) differences: &'a Differences,
    /// Start-up times are divided by this: 1 anywhere but in a lab.
    pub(crate) speed: f64,
}

/// Steps with the reason of each, and the facts that hold without any.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) steps: Vec<Step>,
    pub(crate) why: BTreeMap<StepId, Why>,
    pub(crate) holds: BTreeSet<Fact>,
    /// Whether hosts are part of what is planned.
    pub(crate) has_hosts: bool,
}

impl Draft {
    pub(crate) fn add(&mut self, step: Step, why: &Why) {
        self.why.insert(step.id.clone(), why.clone());
        self.steps.push(step);
    }
}

impl Planner<'_> {
    pub(crate) fn draft(&self) -> Draft {
        let mut draft = Draft {
            has_hosts: !self.desired.hosts.is_empty(),
            ..Draft::default()
        };
        self.objects(&mut draft);
        self.secrets(&mut draft);
        self.copies(&mut draft);
        self.releases(&mut draft);
        self.jobs(&mut draft);
        self.prepared(&mut draft);
        self.wait_for_cluster(&mut draft);
        hosts::draft(self.desired, self.differences, &mut draft);
        let builtin = self
            .blueprint
            .namespaces
            .iter()
            .filter(|(_, namespace)| namespace.builtin);
        draft
            .holds
            .extend(builtin.map(|(name, _)| Fact::new(FactKind::Namespace, name)));
        draft.holds.extend(self.blueprint.outside.iter().cloned());
        draft
    }

    /// On bare hosts, whatever writes to the cluster comes after the step that makes it.
    fn wait_for_cluster(&self, draft: &mut Draft) {
        if self.desired.hosts.is_empty() {
            return;
        }
        let cluster = Fact::new(FactKind::Cluster, &self.blueprint.environment);
        let writers = draft.steps.iter_mut();
        for step in writers.filter(|step| !matches!(step.class, Class::Free)) {
            step.needs.push(cluster.clone());
        }
    }

    fn objects(&self, draft: &mut Draft) {
        for (key, desired) in &self.desired.objects {
            let fact = fact_of(key);
            let Some((why, recreate)) = self.differences.objects.get(key) else {
                draft.holds.extend(fact);
                continue;
            };
            let action = Action::Apply {
                object: key.clone(),
                recreate: *recreate,
            };
            let title = format!("{} {}", verb(why, "make", "change"), shown(key));
            let mut step = Step::new(
                StepId::new("apply", shown(key)),
                title,
                &desired.component,
                action,
            );
            step.needs = self.namespace_of(key);
            step.needs.extend(secrets_in(&desired.object));
            step.makes = fact.into_iter().collect();
            step.estimate = REQUEST;
            step.risk = if *recreate {
                Risk::Disruptive
            } else {
                Risk::Safe
            };
            draft.add(step, why);
        }
    }

    fn secrets(&self, draft: &mut Draft) {
        for (key, desired) in &self.desired.secrets {
            let fact = fact_of(key);
            let Some(why) = self.differences.secrets.get(key) else {
                draft.holds.extend(fact);
                continue;
            };
            let action = Action::MakeSecret {
                secret: key.clone(),
            };
            let title = match why {
                Why::Absent => format!("make {}", shown(key)),
                Why::Found => format!("adopt {}, adding what it lacks", shown(key)),
                _ => format!("check {} and note its new content", shown(key)),
            };
            let mut step = Step::new(
                StepId::new("make", shown(key)),
                title,
                &desired.component,
                action,
            );
            step.needs = self.namespace_of(key);
            step.needs
                .extend(desired.part.keys.values().filter_map(copied_from));
            step.makes = fact.into_iter().collect();
            step.estimate = REQUEST;
            draft.add(step, why);
        }
    }

    fn copies(&self, draft: &mut Draft) {
        for (to, copy) in &self.desired.copies {
            let fact = fact_of(to);
            let Some(why) = self.differences.copies.get(to) else {
                draft.holds.extend(fact);
                continue;
            };
            let action = Action::Copy {
                from: copy.from.clone(),
                to: to.clone(),
            };
            let source = copy.from.namespace.as_deref().unwrap_or_default();
            let title = format!("copy {} from namespace {source}", shown(to));
            let mut step = Step::new(
                StepId::new("copy", shown(to)),
                title,
                &copy.component,
                action,
            );
            step.needs = self.namespace_of(to);
            step.needs.extend(fact_of(&copy.from));
            step.makes = fact.into_iter().collect();
            step.estimate = REQUEST;
            draft.add(step, why);
        }
    }

    fn releases(&self, draft: &mut Draft) {
        for (name, release) in &self.desired.releases {
            let part = self.part(&release.component);
            if let Some(difference) = self.differences.releases.get(name) {
                draft.add(
                    self.apply_release(name, release, difference),
                    &difference.why,
                );
                draft.add(self.await_release(name, release, part), &difference.why);
                continue;
            }
            draft.holds.insert(about(FactKind::Objects, name));
            draft.holds.extend(release.makes.iter().cloned());
            match self.differences.not_ready.get(name) {
                Some(why) => draft.add(self.await_release(name, release, part), why),
                None => {
                    draft.holds.insert(about(FactKind::Release, name));
                    draft.holds.extend(release.proves.iter().cloned());
                }
            }
        }
    }

    fn apply_release(
        &self,
        name: &ReleaseName,
        release: &DesiredRelease,
        difference: &ReleaseDifference,
    ) -> Step {
        let component = &release.component;
        let count = release.rendered.objects.len();
        let (action, title) = match difference.adopt {
            true => {
                let title = format!("adopt release {name} as it is");
                (
                    Action::AdoptRelease {
                        release: name.clone(),
                    },
                    title,
                )
            }
            false => {
                let verb = verb(&difference.why, "apply", "change");
                let action = Action::ApplyRelease {
                    release: name.clone(),
                    recreate: difference.recreate.clone(),
                };
                (action, format!("{verb} release {name} ({count} objects)"))
            }
        };
        let mut step = Step::new(StepId::new("apply release", name), title, component, action);
        step.needs = release.needs.iter().cloned().collect();
        step.makes = release
            .makes
            .iter()
            .cloned()
            .chain([about(FactKind::Objects, name)])
            .collect();
        step.estimate = RELEASE;
        step.excludes = vec![format!("release {name}")];
        let is_disruptive = difference.disruptive || !difference.recreate.is_empty();
        step.risk = if is_disruptive {
            Risk::Disruptive
        } else {
            Risk::Safe
        };
        step
    }

    fn await_release(
        &self,
        name: &ReleaseName,
        release: &DesiredRelease,
        part: Option<&Part>,
    ) -> Step {
        let action = Action::AwaitRelease {
            release: name.clone(),
        };
        let title = format!("{} ready", release.component);
        let mut step = Step::new(
            StepId::new("await release", name),
            title,
            &release.component,
            action,
        );
        step.needs = vec![about(FactKind::Objects, name)];
        step.makes = release
            .proves
            .iter()
            .cloned()
            .chain([about(FactKind::Release, name)])
            .collect();
        step.class = Class::Free;
        let has_pods = release
            .rendered
            .objects
            .iter()
            .any(|object| !mosipctl_object::pod_specs(object).is_empty());
        step.estimate = match part {
            Some(part) if has_pods => self.scaled(part.startup),
            _ => Duration::ZERO,
        };
        step.deadline = part.map_or(step.deadline, |part| part.deadline);
        step
    }

    fn jobs(&self, draft: &mut Draft) {
        for (name, job) in &self.desired.jobs {
            let fact = about(FactKind::Job, name);
            let Some(why) = self.differences.jobs.get(name) else {
                draft.holds.insert(fact);
                draft.holds.extend(job.proves.iter().cloned());
                continue;
            };
            draft.add(self.run_job(name, job, fact), why);
        }
    }

    fn run_job(&self, name: &ReleaseName, job: &DesiredJob, fact: Fact) -> Step {
        let part = self.part(&job.component);
        let action = Action::RunJob {
            release: name.clone(),
            job: job.object.key(),
        };
        let title = format!("run job {name}");
        let mut step = Step::new(StepId::new("run job", name), title, &job.component, action);
        step.needs = job.needs.iter().cloned().collect();
        step.makes = job.proves.iter().cloned().chain([fact]).collect();
        step.estimate = part.map_or(Duration::ZERO, |part| self.scaled(part.startup));
        step.deadline = part.map_or(step.deadline, |part| part.deadline);
        step.excludes = vec![format!("release {name}")];
        step.simulated = job.simulated;
        step
    }

    fn prepared(&self, draft: &mut Draft) {
        for (fact, desired) in &self.desired.prepared {
            let Some(why) = self.differences.prepared.get(fact) else {
                draft.holds.insert(fact.clone());
                continue;
            };
            let server = desired.what.server();
            let simulated = desired.simulated.is_some();
            let action = Action::Prepare { fact: fact.clone() };
            let title = format!("prepare {fact}");
            let mut step = Step::new(
                StepId::new("prepare", short(fact)),
                title,
                &desired.component,
                action,
            );
            step.needs = desired.needs.iter().cloned().collect();
            step.makes = vec![fact.clone()];
            step.class = Class::Server(server.as_str().to_owned());
            step.estimate = self.scaled(time_of(fact));
            step.simulated = simulated;
            draft.add(step, why);
        }
    }

    fn part(&self, component: &str) -> Option<&Part> {
        self.blueprint.parts.get(component)
    }

    fn scaled(&self, time: Duration) -> Duration {
        time.div_f64(self.speed)
    }

    fn namespace_of(&self, key: &ObjectKey) -> Vec<Fact> {
        key.namespace
            .iter()
            .map(|namespace| Fact::new(FactKind::Namespace, namespace))
            .collect()
    }
}

/// Secrets that values of an object are taken from when it is applied.
fn secrets_in(object: &mosipctl_object::Object) -> Vec<Fact> {
    let text = object.value().to_string();
    let late = mosipctl_catalogue::LateValue::all_in(&text).unwrap_or_default();
    let facts: BTreeSet<Fact> = late.into_iter().map(|value| value.fact).collect();
    facts.into_iter().collect()
}

fn copied_from(value: &mosipctl_blueprint::SecretValue) -> Option<Fact> {
    match value {
        mosipctl_blueprint::SecretValue::CopyOf { secret, .. } => {
            Some(Fact::new(FactKind::Secret, secret))
        }
        _ => None,
    }
}

fn verb<'a>(why: &Why, anew: &'a str, again: &'a str) -> &'a str {
    match why {
        Why::Absent => anew,
        _ => again,
    }
}

fn about(kind: FactKind, release: &ReleaseName) -> Fact {
    Fact::namespaced(kind, &release.namespace, &release.name)
}

/// A fact without its value: the same thing at another version has the same step name.
fn short(fact: &Fact) -> String {
    format!("{} {}", fact.kind, fact.key)
}

/// An object in the words of facts, such as `config map kernel/global`.
pub(crate) fn shown(key: &ObjectKey) -> String {
    fact_of(key).map_or_else(|| key.to_string(), |fact| fact.to_string())
}

/// The fact that an object stands for.
pub(crate) fn fact_of(key: &ObjectKey) -> Option<Fact> {
    let kind = match key.kind.kind.as_str() {
        "CustomResourceDefinition" => return Some(Fact::new(FactKind::Crd, &key.name)),
        _ if !key.kind.group.is_empty() => return None,
        "Namespace" => return Some(Fact::new(FactKind::Namespace, &key.name)),
        "Secret" => FactKind::Secret,
        "ConfigMap" => FactKind::ConfigMap,
        "PersistentVolumeClaim" => FactKind::Claim,
        _ => return None,
    };
    Some(Fact::namespaced(kind, key.namespace.as_deref()?, &key.name))
}

fn time_of(fact: &Fact) -> Duration {
    match fact.kind {
        FactKind::Database => DATABASE,
        FactKind::Realm => REALM,
        _ => OTHER,
    }
}
