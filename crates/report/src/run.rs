//! A run as people see it: while it goes on, and when it has ended.

use std::fmt::Write;
use std::time::Duration;

use mosipctl_engine::progress::{Phase, RunningStep, Stage, WaitingGroup, WaitsFor};
use mosipctl_engine::{FailedStep, Progress, RunReport};
use mosipctl_journal::{Entry, Event, RunOutcome};
use mosipctl_plan::{Action, Step, StepId};

use crate::paint::Paint;
use crate::words::{count, time};

/// Width of the component names at the left.
const NAME: usize = 28;
/// Width of the times beside them.
const TIME: usize = 14;
/// Log lines shown with a failure.
const LOG_LINES: usize = 8;

/// The screen of a run that goes on: a head, what runs, what waits for what.
pub fn live(
    progress: &Progress,
    environment: &str,
    rows: usize,
    width: usize,
    paint: Paint,
) -> Vec<String> {
    let mut lines = vec![head(progress, environment, paint)];
    let room = rows.saturating_sub(2);
    let waiting: Vec<&WaitingGroup> = progress.waiting.iter().take(3).collect();
    let for_running = room.saturating_sub(waiting.len() + progress.failed.len().min(3));
    for failed in progress.failed.iter().take(3) {
        let about = &failed.failure.message;
        lines.push(row(paint.bad("✗"), &failed.component, "", about));
    }
    for running in progress
        .running
        .iter()
        .filter(|running| is_shown(running))
        .take(for_running)
    {
        lines.push(running_row(running, paint));
    }
    for group in waiting {
        lines.push(waiting_row(group, paint));
    }
    lines
        .iter()
        .map(|line| console::truncate_str(line, width, "…").into_owned())
        .collect()
}

/// Short steps come and go too fast to be read.
fn is_shown(running: &RunningStep) -> bool {
    running.elapsed > Duration::from_millis(700)
}

fn head(progress: &Progress, environment: &str, paint: Paint) -> String {
    let counts = &progress.counts;
    let done = counts.done + counts.skipped;
    let phase = match progress.phase {
        Phase::Running => String::new(),
        Phase::Paused => format!(" · {}", paint.warn("paused")),
        Phase::LockStale => format!(" · {}", paint.warn("waiting for the lock's renewal")),
        Phase::Stopping => format!(" · {}", paint.warn("stopping")),
    };
    let failed = match counts.failed {
        0 => String::new(),
        failed => format!(" · {}", paint.bad(&format!("{failed} failed"))),
    };
    let about = time(progress.elapsed + progress.left);
    format!(
        "{} · {} · {} of about {about} · {done} done · {} running · {} waiting{failed}{phase}",
        paint.strong(environment),
        count(counts.total, "step"),
        time(progress.elapsed),
        counts.running,
        counts.waiting,
    )
}

fn running_row(running: &RunningStep, paint: Paint) -> String {
    let said = running
        .reason
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| running.note.clone());
    let about = match (running.stage, said) {
        (Stage::Retrying, said) => format!(
            "try {} failed, waits for the next: {}",
            running.attempt,
            said.unwrap_or_default()
        ),
        (_, Some(said)) => said,
        (_, None) => running.title.clone(),
    };
    let slow = match running.slow {
        true => format!(" (slower than usual, {})", time(running.estimate)),
        false => String::new(),
    };
    let mark = if running.slow {
        paint.warn("!")
    } else {
        paint.strong("▸")
    };
    row(
        mark,
        &running.component,
        &time(running.elapsed),
        &format!("{about}{slow}"),
    )
}

fn waiting_row(group: &WaitingGroup, paint: Paint) -> String {
    let what = match &group.waits_for {
        WaitsFor::Step {
            component, title, ..
        } if component.is_empty() => title.clone(),
        WaitsFor::Step { component, .. } => component.clone(),
        WaitsFor::Failed { step } => format!("`{step}`, which failed"),
        WaitsFor::Slot { of } => format!("a free slot ({of})"),
        WaitsFor::Lock { name, holder } => format!("`{name}`, held by `{holder}`"),
        WaitsFor::Resume => "somebody to resume the run".to_owned(),
        WaitsFor::Renewal => "the renewal of the lock".to_owned(),
    };
    let about = group
        .about
        .map(|ms| format!(" (about {})", time(Duration::from_millis(ms))))
        .unwrap_or_default();
    row(
        paint.faint("⏸"),
        &count(group.steps.len(), "step"),
        "",
        &format!("wait for {what}{about}"),
    )
}

fn row(mark: String, name: &str, took: &str, about: &str) -> String {
    let name = console::pad_str(name, NAME, console::Alignment::Left, Some("…"));
    let took = console::pad_str(took, TIME, console::Alignment::Left, None);
    format!("  {mark} {name} {took} {about}")
}

/// One line for a run that goes on, where no screen can be drawn.
pub fn line(progress: &Progress, environment: &str) -> String {
    let head = head(progress, environment, Paint::Plain);
    let waits = progress
        .running
        .iter()
        .filter(|running| is_shown(running))
        .take(3);
    let waits: Vec<String> = waits
        .map(|r| format!("{} {}", r.component, time(r.elapsed)))
        .collect();
    match waits.is_empty() {
        true => head,
        false => format!("{head} · now: {}", waits.join(", ")),
    }
}

/// What is said about a step: its component, what it does, and whether people wait for it.
#[derive(Debug, Clone)]
pub struct Spoken {
    /// Component.
    pub component: String,
    /// What it does, in words.
    pub title: String,
    /// Whether people wait for it; the other steps are over in an instant.
    pub is_milestone: bool,
}

impl Spoken {
    /// How a step is spoken of.
    pub fn of(step: &Step) -> Self {
        let is_milestone = match &step.action {
            Action::AwaitRelease { .. } => !step.estimate.is_zero(),
            Action::RunJob { .. }
            | Action::AdoptRelease { .. }
            | Action::BackUp { .. }
            | Action::OnHost { .. }
            | Action::RemoveRelease { .. }
            | Action::Delete { .. } => true,
            Action::Prepare { .. } => !step.simulated,
            Action::Apply { .. }
            | Action::MakeSecret { .. }
            | Action::Copy { .. }
            | Action::ApplyRelease { .. } => false,
        };
        Self {
            component: step.component.clone(),
            title: step.title.clone(),
            is_milestone,
        }
    }
}

/// What is said about an event as it happens; most events are not worth a line.
pub fn said(
    entry: &Entry,
    spoken: impl Fn(&StepId) -> Option<Spoken>,
    paint: Paint,
) -> Option<String> {
    match &entry.event {
        Event::StepDone { step, took, note } => {
            let spoken = spoken(step).filter(|spoken| spoken.is_milestone)?;
            let about = match note {
                Some(note) => format!("{}: {note}", spoken.title),
                None => spoken.title,
            };
            Some(row(
                paint.good("✓"),
                &spoken.component,
                &time(*took),
                &about,
            ))
        }
        Event::StepFailed {
            step,
            took,
            failure,
            ..
        } => {
            let about = failure
                .causes
                .last()
                .map_or_else(String::new, |cause| format!(": {cause}"));
            let about = format!(
                "{}{}",
                failure.message,
                about.lines().next().unwrap_or_default()
            );
            Some(row(
                paint.bad("✗"),
                &spoken(step)?.component,
                &time(*took),
                &about,
            ))
        }
        Event::RetryScheduled {
            step,
            attempt,
            after,
            failure,
        } => {
            let about = format!(
                "try {attempt} failed ({}), next in {}",
                failure.message,
                time(*after)
            );
            Some(row(paint.warn("↻"), &spoken(step)?.component, "", &about))
        }
        Event::LockStale => {
            Some(paint.warn("  the lock could not be renewed: no new step starts until it is"))
        }
        Event::LockRenewed => Some("  the lock is renewed".to_owned()),
        Event::Paused => Some(format!("  paused by {}", entry.actor)),
        Event::Resumed => Some(format!("  resumed by {}", entry.actor)),
        _ => None,
    }
}

/// What a run came to.
pub fn outcome(report: &RunReport, environment: &str, command: &str, paint: Paint) -> String {
    let mut text = String::new();
    let counts = &report.counts;
    let took = time(report.took);
    let done = counts.done + counts.skipped;
    let headline = match report.outcome {
        RunOutcome::Done => format!("{} in {took}", paint.good("done")),
        RunOutcome::Failed => format!(
            "finished with {} in {took}",
            paint.bad(&count(counts.failed, "failure"))
        ),
        RunOutcome::Interrupted => format!("{} after {took}", paint.warn("interrupted")),
        RunOutcome::Lost => format!("{} after {took}", paint.bad("stopped")),
        RunOutcome::Broken | RunOutcome::Unknown => {
            format!("{} after {took}", paint.bad("broken off"))
        }
    };
    let _ = write!(
        text,
        "{} · {headline} · {done} done",
        paint.strong(environment)
    );
    for (number, what) in [
        (counts.failed, "failed"),
        (counts.not_tried, "not tried"),
        (counts.undone, "taken back"),
        (report.stopped.len(), "left unfinished"),
        (report.not_started.len(), "not started"),
    ] {
        if number > 0 {
            let _ = write!(text, " · {number} {what}");
        }
    }
    text.push('\n');
    if let Some(reason) = &report.reason {
        let _ = writeln!(text, "  {reason}");
    }
    for failed in &report.failed {
        text.push('\n');
        failure(&mut text, failed, paint);
    }
    for group in &report.not_tried {
        let name = report
            .failed
            .iter()
            .find(|failed| failed.step == group.failed);
        let because = name.map_or_else(
            || format!("`{}`", group.failed),
            |failed| failed.component.clone(),
        );
        let first = group
            .steps
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        let others = match group.steps.len() {
            0 | 1 => format!("`{first}`"),
            more => format!("`{first}` and {} more", more - 1),
        };
        let _ = writeln!(
            text,
            "\nnot tried: {others}, because {because} failed     `mosipctl status --failed` lists them"
        );
    }
    if report.outcome != RunOutcome::Done {
        let _ = writeln!(text, "\n{command}");
    }
    text
}

fn failure(text: &mut String, failed: &FailedStep, paint: Paint) {
    let tries = match failed.attempt {
        0 | 1 => String::new(),
        attempt => format!(" (attempt {attempt} of {})", failed.attempts),
    };
    let _ = writeln!(
        text,
        "{} {}{tries}",
        paint.bad("failed:"),
        failed.failure.message
    );
    for cause in &failed.failure.causes {
        match cause.strip_prefix("last lines:\n") {
            Some(log) => {
                let lines: Vec<&str> = log.lines().collect();
                let _ = writeln!(text, "  {}", paint.faint("last lines:"));
                for line in &lines[lines.len().saturating_sub(LOG_LINES)..] {
                    let _ = writeln!(text, "    {line}");
                }
            }
            None => {
                let _ = writeln!(text, "  {} {cause}", paint.faint("caused by:"));
            }
        }
    }
    if let Some(remedy) = &failed.failure.remedy {
        let _ = writeln!(text, "  {} {remedy}", paint.good("remedy:"));
    }
}
