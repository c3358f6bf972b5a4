//! Events of the journal as lines that people read.

use mosipctl_journal::{Entry, Event, Failure};

use crate::words::{count, time};

/// One event in one line: when, what happened, to which step, and what there is to say about it.
pub fn event(entry: &Entry) -> String {
    let when = entry.time.strftime("%H:%M:%S%.3f");
    let what = what(&entry.event);
    let step = entry
        .event
        .step()
        .map(ToString::to_string)
        .unwrap_or_default();
    let about = about(entry);
    let line = match (step.as_str(), about.as_str()) {
        ("", about) => format!("{when}  {what:<12}  {about}"),
        (step, "") => format!("{when}  {what:<12}  {step}"),
        (step, about) => format!("{when}  {what:<12}  {step} · {about}"),
    };
    line.trim_end().to_owned()
}

fn what(event: &Event) -> &'static str {
    match event {
        Event::RunStarted { .. } => "run",
        Event::Planned { .. } => "planned",
        Event::LockTaken { .. }
        | Event::LockStale
        | Event::LockRenewed
        | Event::LockLost { .. } => "lock",
        Event::StepIntent { .. } => "begins",
        Event::StepActed { .. } => "acted",
        Event::StepNote { .. } => "says",
        Event::StepWaits { .. } => "waits",
        Event::CursorSaved { .. } => "saved",
        Event::GatePassed { .. } => "proven",
        Event::GateMissed { .. } => "not proven",
        Event::StepDone { .. } => "done",
        Event::StepSkipped { .. } => "skipped",
        Event::StepFailed { .. } => "failed",
        Event::RetryScheduled { .. } => "again",
        Event::UndoIntent { .. } => "takes back",
        Event::StepUndone { .. } => "taken back",
        Event::StepStopped { .. } => "stopped",
        Event::StepsNotTried { .. } => "not tried",
        Event::CommandReceived { .. } => "command",
        Event::Paused => "paused",
        Event::Resumed => "resumed",
        Event::Waived { .. } => "waived",
        Event::RunFinished { .. } => "finished",
        Event::RunInterrupted { .. } => "interrupted",
        Event::Unknown => "unknown",
    }
}

fn about(entry: &Entry) -> String {
    match &entry.event {
        Event::RunStarted {
            steps,
            shortest,
            simulated,
            ..
        } => {
            let simulated = match simulated.len() {
                0 => String::new(),
                number => format!(", {number} of them simulated"),
            };
            format!(
                "{} by {}: {}{simulated}, at least {}",
                entry.run,
                entry.actor,
                count(*steps, "step"),
                time(*shortest)
            )
        }
        Event::Planned { steps } => count(steps.len(), "step"),
        Event::LockTaken { fence } => format!("taken, number {fence}"),
        Event::LockStale => "not renewed in time: no new step starts".to_owned(),
        Event::LockRenewed => "renewed".to_owned(),
        Event::LockLost { holder } => {
            format!("lost to {}", holder.as_deref().unwrap_or("somebody"))
        }
        Event::StepIntent { attempt, .. } if *attempt > 1 => format!("try {attempt}"),
        Event::StepActed { took, .. } => time(*took),
        Event::StepNote { text, .. } => text.clone(),
        Event::StepWaits { reason, .. } => reason.to_string(),
        Event::GatePassed { proof, .. } => proof.clone(),
        Event::StepDone { took, note, .. } => with(&time(*took), note.as_deref()),
        Event::StepSkipped { reason, .. } => reason.clone(),
        Event::GateMissed { failure, .. } | Event::StepFailed { failure, .. } => told(failure),
        Event::RetryScheduled { after, failure, .. } => {
            format!("in {}: {}", time(*after), told(failure))
        }
        Event::StepsNotTried { failed, steps } => {
            format!("{}, because `{failed}` failed", count(steps.len(), "step"))
        }
        Event::CommandReceived { command, refused } => {
            with(&format!("{command} by {}", entry.actor), refused.as_deref())
        }
        Event::Paused | Event::Resumed => format!("by {}", entry.actor),
        Event::Waived {
            what,
            typed,
            reason,
        } => with(
            &format!("{what}, confirmed by `{typed}`"),
            reason.as_deref(),
        ),
        Event::RunFinished { outcome, counts } => format!(
            "{}: {} done, {} failed",
            word(outcome),
            counts.done + counts.skipped,
            counts.failed
        ),
        Event::RunInterrupted {
            outcome, reason, ..
        } => format!("{}: {reason}", word(outcome)),
        _ => String::new(),
    }
}

fn word(outcome: &mosipctl_journal::RunOutcome) -> String {
    format!("{outcome:?}").to_lowercase()
}

fn with(text: &str, more: Option<&str>) -> String {
    match more {
        Some(more) => format!("{text}: {more}"),
        None => text.to_owned(),
    }
}

/// The failure and what lies deepest behind it, on one line.
fn told(failure: &Failure) -> String {
    let cause = failure.causes.last().and_then(|cause| cause.lines().next());
    with(&failure.message, cause)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mosipctl_journal::{Actor, RunId};

    use super::*;

    fn line(event: Event) -> String {
        let time: jiff::Timestamp = "2026-11-27T06:26:53.182Z".parse().unwrap();
        super::event(&Entry {
            time,
            elapsed: Duration::ZERO,
            run: RunId::new(time),
            actor: Actor {
                user: "ana".to_owned(),
                cluster: None,
            },
            event,
        })
    }

    #[test]
    fn an_event_is_one_line() {
        let step = "await release kernel/web".to_owned().into();
        let took = Duration::from_secs(48);
        let done = Event::StepDone {
            step,
            took,
            note: Some("left to others: /spec/replicas".to_owned()),
        };
        assert_eq!(
            line(done),
            "06:26:53.182  done          await release kernel/web · 48 s: left to others: /spec/replicas"
        );
        assert_eq!(
            line(Event::LockTaken { fence: 7 }),
            "06:26:53.182  lock          taken, number 7"
        );
    }

    #[test]
    fn a_failure_shows_what_is_behind_it() {
        let failure = Failure {
            kind: mosipctl_journal::FailureKind::Refused,
            message: "failed to get ready".to_owned(),
            causes: vec![
                "0 of 1 pods".to_owned(),
                "key `a` is missing\nand more".to_owned(),
            ],
            remedy: None,
        };
        let failed = Event::StepFailed {
            step: "x".to_owned().into(),
            attempt: 1,
            took: Duration::ZERO,
            failure,
        };
        assert_eq!(
            line(failed),
            "06:26:53.182  failed        x · failed to get ready: key `a` is missing"
        );
    }
}
