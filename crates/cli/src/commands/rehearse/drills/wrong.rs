//! Workloads that go wrong while the environment is rolled out: the run has to name what and why, and carry on with the rest.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mosipctl_engine::RunReport;
use mosipctl_lab::{Drill as LabDrill, Subject};
use mosipctl_object::ReleaseName;
use mosipctl_plan::{Action, Step};
use mosipctl_rehearse::DrillReport;
use mosipctl_report::Trouble;
use mosipctl_report::words::count;

use super::Drilled;
use crate::commands::plan::Planned;
use crate::commands::rehearse::stage::{Stage, Telling};
use crate::real::real_servers;

/// How long the run waits for what goes wrong on purpose: long enough to see why, and no minutes as on real machines.
const PATIENCE: Duration = Duration::from_secs(20);
/// The last words of the Job that fails.
const LAST_WORDS: &str = "this rehearsal lets the Job fail";

/// What goes wrong, and how one knows that the run has told.
struct Wrong {
    drill: String,
    lab: LabDrill,
    /// Components that fail by it.
    components: BTreeSet<String>,
    /// What the run has to say.
    words: String,
}

/// The Job that most others wait for fails.
pub(super) async fn job(stage: &Stage<'_>) -> Result<Drilled, Trouble> {
    let planned = stage.plan().await?;
    let real = real_servers(&planned.session, &planned.wanted);
    let is_real = |release: &ReleaseName| {
        let subject = Subject::new(&release.namespace, &release.name);
        real.iter().any(|server| server.subject == subject)
    };
    let job = |step: &Step| match &step.action {
        Action::RunJob { release, .. } if !is_real(release) => Some(release.clone()),
        _ => None,
    };
    let Some((release, component)) = most_waited_for(&planned, job) else {
        return Ok(Drilled::NotRun("no Job is left to run".to_owned()));
    };
    let lab = LabDrill::JobFails {
        subject: Subject::new(&release.namespace, &release.name),
        exit_code: 1,
        log: vec![LAST_WORDS.to_owned()],
    };
    let wrong = Wrong {
        drill: format!("Job {component} fails"),
        lab,
        components: BTreeSet::from([component]),
        words: LAST_WORDS.to_owned(),
    };
    go_wrong(stage, planned, wrong).await
}

/// The image of the component that most others wait for cannot be pulled.
pub(super) async fn image(stage: &Stage<'_>) -> Result<Drilled, Trouble> {
    let planned = stage.plan().await?;
    let images = planned.wanted.rendered.images();
    let image_of = |component: &str| {
        let mut own = images.iter();
        own.find(|(_, users)| users.iter().all(|user| user == component))
            .map(|(image, _)| image.clone())
    };
    let service = |step: &Step| match &step.action {
        Action::AwaitRelease { .. } => image_of(&step.component),
        _ => None,
    };
    let Some((image, component)) = most_waited_for(&planned, service) else {
        return Ok(Drilled::NotRun(
            "nothing is left that has an image of its own".to_owned(),
        ));
    };
    let wrong = Wrong {
        drill: format!("image of {component} missing"),
        lab: LabDrill::ImageMissing {
            image: image.clone(),
        },
        components: BTreeSet::from([component]),
        words: image,
    };
    go_wrong(stage, planned, wrong).await
}

/// What `of` gives for the step that most others come after, with the component.
fn most_waited_for<T>(planned: &Planned, of: impl Fn(&Step) -> Option<T>) -> Option<(T, String)> {
    let ordered = &planned.plan.ordered;
    let steps = ordered.steps.iter().enumerate();
    let found = steps.filter_map(|(index, step)| Some((index, of(step)?)));
    let (index, found) = found.max_by_key(|(index, _)| {
        // the first of equals
        (ordered.waiting(*index), std::cmp::Reverse(*index))
    })?;
    Some((found, ordered.steps[index].component.clone()))
}

async fn go_wrong(
    stage: &Stage<'_>,
    mut planned: Box<Planned>,
    wrong: Wrong,
) -> Result<Drilled, Trouble> {
    stage.doing.say("drill", &wrong.drill);
    for step in &mut planned.plan.ordered.steps {
        if wrong.components.contains(&step.component) {
            step.deadline = step.deadline.min(PATIENCE);
        }
    }
    let started = Instant::now();
    let report = stage
        .up(&planned, vec![wrong.lab.clone()], Telling::Quiet)
        .await?;
    Ok(Drilled::Ran(DrillReport {
        seconds: started.elapsed().as_secs_f64(),
        ..judged(&wrong, &report)
    }))
}

/// The run has to fail where something was wrong and nowhere else, in words that lead there.
fn judged(wrong: &Wrong, report: &RunReport) -> DrillReport {
    let is_meant = |component: &String| wrong.components.contains(component);
    let said = |failed: &mosipctl_engine::FailedStep| {
        let failure = &failed.failure;
        let mut words = std::iter::once(&failure.message).chain(&failure.causes);
        words.any(|text| text.contains(&wrong.words))
    };
    let others = report
        .failed
        .iter()
        .find(|failed| !is_meant(&failed.component));
    let is_named = report.failed.iter().any(said);
    let behind = report.not_tried.iter().map(|behind| behind.steps.len());
    let (done, waits) = (report.done.len(), behind.sum::<usize>());
    let (survived, outcome) = match others {
        _ if report.failed.is_empty() => (false, "the run did not notice".to_owned()),
        Some(other) => (
            false,
            format!("{} failed too: {}", other.component, other.failure.message),
        ),
        None if !is_named => (false, "the run failed, and did not say why".to_owned()),
        None => (
            true,
            format!(
                "named · {} done beside it, {waits} left to the next run",
                count(done, "step")
            ),
        ),
    };
    DrillReport {
        drill: wrong.drill.clone(),
        survived,
        outcome,
        ..DrillReport::default()
    }
}
