//! The plan and its report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mosipctl_blueprint::Blueprint;
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_object::{Mark, ObjectKey, digest};
use mosipctl_render::Rendered;
use mosipctl_spec::nearest;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::compare::{Differences, Why, differences};
use crate::desired::Desired;
use crate::error::PlanError;
use crate::graph::{OrderError, Ordered, order};
use crate::observed::{ForeignField, Observed};
use crate::planner::{Draft, Planner, shown};
use crate::prune::{Data, Kept, Removals, removals};
use crate::step::{Action, Risk, Step, StepId};

/// What is to be done, in which order. Immutable.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Name of the environment.
    pub environment: String,
    /// SHA-256 over everything that decides what will be done.
    pub digest: String,
    /// The steps.
    pub ordered: Ordered,
    /// Marks of the objects that the steps touch, as they were when the plan was made.
    pub marks: BTreeMap<ObjectKey, Option<Mark>>,
}

/// Why the plan is as it is.
#[derive(Debug, Clone, Default)]
pub struct PlanReport {
    /// Why each step is there.
    pub why: BTreeMap<StepId, Why>,
    /// Facts that hold already.
    pub holds: BTreeSet<Fact>,
    /// How many elements are as they should be.
    pub unchanged: usize,
    /// Fields that others manage and that are left alone, by object.
    pub foreign: BTreeMap<ObjectKey, Vec<ForeignField>>,
    /// Claims that would have to be made anew; they are left alone.
    pub kept_claims: BTreeMap<ObjectKey, String>,
    /// What stays although it is no longer wanted.
    pub kept: Vec<Kept>,
    /// What goes for ever and is in no backup, in words.
    pub unprotected: Vec<String>,
    /// Objects whose mark moved without anything having changed.
    pub refreshed: BTreeSet<ObjectKey>,
    /// What could not be seen.
    pub unseen: Vec<String>,
    /// What a person should know of what is as it should be.
    pub notes: Vec<String>,
}

/// What to plan for.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// Only this component and what it needs, or `cluster` for all work on hosts; nothing is removed then.
    pub only: Option<String>,
    /// Start-up times are divided by this (a lab's speed). Zero counts as one.
    pub speed: f64,
}

/// Plans what makes the blueprint true.
///
/// # Errors
/// See [`PlanError`]; nothing has been touched.
pub fn plan(
    blueprint: &Blueprint,
    rendered: &Rendered,
    desired: &Desired,
    observed: &Observed,
    options: &PlanOptions,
) -> Result<(Plan, PlanReport), PlanError> {
    let differences = differences(desired, observed, &blueprint.environment);
    refuse(&differences)?;
    let speed = if options.speed > 0.0 {
        options.speed
    } else {
        1.0
    };
    let mut draft = Planner {
        blueprint,
        desired,
        differences: &differences,
        speed,
    }
    .draft();
    draft.holds.extend(observed.holds.iter().cloned());
    let mut removals = Removals::default();
    match &options.only {
        Some(component) => narrow(&mut draft, component, blueprint)?,
        None => removals = self::removals(desired, desired, observed, Data::Keep),
    }
    draft.steps.append(&mut removals.steps);
    draft.holds.append(&mut removals.holds);
    let ordered = order(draft.steps, &draft.holds).map_err(|source| {
        let remedy = remedy(&source, blueprint);
        PlanError::Order {
            source: Box::new(source),
            remedy,
        }
    })?;
    let marks = marks(&ordered, desired, observed);
    let digest = plan_digest(blueprint, rendered, &ordered, &marks);
    let report = PlanReport {
        unchanged: elements(desired).saturating_sub(draft.why.len()),
        why: draft.why,
        holds: draft.holds,
        foreign: differences.foreign,
        kept_claims: differences.kept_claims,
        kept: removals.kept,
        unprotected: removals.unprotected,
        refreshed: differences.refreshed,
        unseen: observed.unseen.clone(),
        notes: observed.notes.clone(),
    };
    Ok((
        Plan {
            environment: blueprint.environment.clone(),
            digest,
            ordered,
            marks,
        },
        report,
    ))
}

/// Plans what takes everything of the environment away again.
///
/// # Errors
/// The steps cannot be put in order, which would be a fault of this program.
pub fn plan_down(
    blueprint: &Blueprint,
    desired: &Desired,
    observed: &Observed,
    data: Data,
) -> Result<(Plan, PlanReport), PlanError> {
    let nothing = Desired::default();
    let removals = removals(&nothing, desired, observed, data);
    let ordered = order(removals.steps, &removals.holds).map_err(|source| PlanError::Order {
        source: Box::new(source),
        remedy: None,
    })?;
    let marks = marks(&ordered, &nothing, observed);
    let digest = plan_digest(blueprint, &Rendered::default(), &ordered, &marks);
    let report = PlanReport {
        kept: removals.kept,
        unprotected: removals.unprotected,
        holds: removals.holds,
        ..PlanReport::default()
    };
    Ok((
        Plan {
            environment: blueprint.environment.clone(),
            digest,
            ordered,
            marks,
        },
        report,
    ))
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.ordered.steps.is_empty()
    }

    /// How many steps put something at that risk.
    pub fn count(&self, risk: Risk) -> usize {
        self.ordered
            .steps
            .iter()
            .filter(|step| step.risk == risk)
            .count()
    }

    /// The time it takes at least.
    pub fn shortest_time(&self) -> Duration {
        self.ordered.shortest_time()
    }

    /// The objects whose marks are no longer as they were when the plan was made.
    pub fn moved(&self, now: &BTreeMap<ObjectKey, Option<Mark>>) -> Vec<ObjectKey> {
        let of_then = self
            .marks
            .iter()
            .filter(|(key, mark)| now.get(*key).unwrap_or(&None) != *mark);
        let new = now.keys().filter(|key| !self.marks.contains_key(*key));
        of_then.map(|(key, _)| key).chain(new).cloned().collect()
    }
}

fn refuse(differences: &Differences) -> Result<(), PlanError> {
    if !differences.lost.is_empty() {
        let secrets = differences
            .lost
            .iter()
            .map(|key| format!("`{}`", shown(key)))
            .collect();
        return Err(PlanError::SecretLost { secrets });
    }
    if differences.refused.is_empty() {
        return Ok(());
    }
    let objects = differences
        .refused
        .iter()
        .map(|(key, reason)| format!("{}: {reason}", shown(key)))
        .collect();
    Err(PlanError::Refused { objects })
}

/// What [`PlanOptions::only`] calls the work on hosts.
const CLUSTER: &str = "cluster";

/// Keeps the steps of one component and those they wait for.
fn narrow(draft: &mut Draft, component: &str, blueprint: &Blueprint) -> Result<(), PlanError> {
    let is_on_host = |step: &Step| matches!(step.action, Action::OnHost { .. });
    let has_hosts = component == CLUSTER && draft.has_hosts;
    if !has_hosts && !blueprint.parts.contains_key(component) {
        let known = blueprint.parts.keys().map(String::as_str);
        let nearest = nearest(component, known).map(str::to_owned);
        return Err(PlanError::UnknownComponent {
            name: component.to_owned(),
            nearest,
        });
    }
    let mut wanted: BTreeSet<usize> = (0..draft.steps.len())
        .filter(|index| match has_hosts {
            true => is_on_host(&draft.steps[*index]),
            false => draft.steps[*index].component == component,
        })
        .collect();
    let mut open: Vec<usize> = wanted.iter().copied().collect();
    while let Some(index) = open.pop() {
        for need in &draft.steps[index].needs {
            let makers = draft.steps.iter().enumerate();
            for (maker, _) in
                makers.filter(|(_, step)| step.makes.iter().any(|made| made.satisfies(need)))
            {
                if wanted.insert(maker) {
                    open.push(maker);
                }
            }
        }
    }
    let mut index = 0;
    draft.steps.retain(|_| {
        index += 1;
        wanted.contains(&(index - 1))
    });
    let left: BTreeSet<&StepId> = draft.steps.iter().map(|step| &step.id).collect();
    draft.why.retain(|id, _| left.contains(id));
    Ok(())
}

/// A fact that nothing makes is mostly made by a component that was left out.
fn remedy(error: &OrderError, blueprint: &Blueprint) -> Option<String> {
    let OrderError::NoMaker {
        component, need, ..
    } = error
    else {
        return None;
    };
    let absent = blueprint
        .unmade
        .iter()
        .find(|(fact, _)| fact.satisfies(need))
        .map(|(_, maker)| maker);
    Some(match absent {
        Some(maker) => format!(
            "component `{maker}` makes it and is left out: enable it with `spec.components.{maker}.enabled: true`, \
             or leave `{component}` out too"
        ),
        None if need.kind == FactKind::StorageClass => {
            "name a class that the cluster has under `spec.storage`, or have one brought: `storage: {provider: localPath}`".to_owned()
        }
        None => format!(
            "somebody else must make it before, or `{component}` must not need it; \
             `mosipctl catalogue show {component} --origin` says which file asks for it"
        ),
    })
}

/// Marks of every object that a step applies, copies or deletes.
fn marks(
    ordered: &Ordered,
    desired: &Desired,
    observed: &Observed,
) -> BTreeMap<ObjectKey, Option<Mark>> {
    let mut keys: BTreeSet<ObjectKey> = BTreeSet::new();
    for step in &ordered.steps {
        match &step.action {
            Action::Apply { object, .. }
            | Action::MakeSecret { secret: object }
            | Action::Delete { object } => {
                keys.insert(object.clone());
            }
            Action::Copy { to, .. } => {
                keys.insert(to.clone());
            }
            Action::ApplyRelease { release, .. } | Action::RemoveRelease { release } => {
                let rendered = desired
                    .releases
                    .get(release)
                    .map(|release| &release.rendered.objects);
                keys.extend(
                    rendered
                        .into_iter()
                        .flatten()
                        .map(mosipctl_object::Object::key),
                );
                let owned = observed.inventory.objects.iter();
                keys.extend(
                    owned
                        .filter(|(_, o)| o.release.as_ref() == Some(release))
                        .map(|(key, _)| key.clone()),
                );
            }
            Action::AdoptRelease { .. }
            | Action::AwaitRelease { .. }
            | Action::RunJob { .. }
            | Action::BackUp { .. }
            | Action::OnHost { .. }
            | Action::Prepare { .. } => {}
        }
    }
    keys.into_iter()
        .map(|key| (key.clone(), observed.marks.get(&key).cloned()))
        .collect()
}

/// Everything that decides what will be done: not titles, estimates or paths.
fn plan_digest(
    blueprint: &Blueprint,
    rendered: &Rendered,
    ordered: &Ordered,
    marks: &BTreeMap<ObjectKey, Option<Mark>>,
) -> String {
    let steps = ordered
        .steps
        .iter()
        .zip(&ordered.after)
        .map(|(step, after)| {
            json!([
                step.id,
                step.action,
                step.needs,
                step.makes,
                step.ends,
                step.excludes,
                step.risk,
                step.simulated,
                after
            ])
        });
    let renders = rendered
        .releases
        .iter()
        .map(|(name, release)| json!([name, release.digest]));
    digest(&json!({
        "environment": blueprint.environment_digest,
        "catalogue": blueprint.catalogue_digest,
        "renders": renders.collect::<Vec<_>>(),
        "marks": marks.iter().map(|(key, mark)| json!([key, mark])).collect::<Vec<_>>(),
        "steps": steps.collect::<Vec<_>>(),
    }))
}

fn elements(desired: &Desired) -> usize {
    // A release is applied and awaited.
    desired.objects.len()
        + desired.secrets.len()
        + desired.copies.len()
        + 2 * desired.releases.len()
        + desired.jobs.len()
        + desired.prepared.len()
        + desired.hosts.len()
}

/// A plan as a file, to be run later with `up --plan`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanFile {
    /// Name of the environment.
    pub environment: String,
    /// The plan's digest.
    pub digest: String,
    /// Marks of the objects that its steps touch.
    pub marks: BTreeMap<ObjectKey, Option<Mark>>,
    /// Its steps, for readers.
    pub steps: Vec<crate::step::Step>,
}

impl From<&Plan> for PlanFile {
    fn from(plan: &Plan) -> Self {
        Self {
            environment: plan.environment.clone(),
            digest: plan.digest.clone(),
            marks: plan.marks.clone(),
            steps: plan.ordered.steps.clone(),
        }
    }
}
