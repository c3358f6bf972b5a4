//! How a run ends: what is left is stopped, noted and reported.

use std::time::Duration;

use mosipctl_journal::{Event, RecordError, RunOutcome};
use mosipctl_plan::StepId;
use tokio::time::timeout;

use super::{Ending, Engine};
use crate::attempt::Halt;
use crate::board::{End, Stand};
use crate::report::{FailedStep, NotTried, RunReport, StepReport};

/// How long to wait for steps that were stopped at once. They stop at their next await; one that computes or blocks
/// without end is left behind.
const PARTING: Duration = Duration::from_secs(5);

impl Engine {
    /// Stops everything at once and notes what was left unfinished.
    pub(super) async fn part(&mut self) {
        self.tasks.abort_all();
        let parting = async {
            while let Some(joined) = self.tasks.join_next_with_id().await {
                self.ended(joined);
            }
        };
        if timeout(PARTING, parting).await.is_err() {
            self.tasks.detach_all();
        }
        let left: Vec<usize> = self.board.running().map(|(step, _)| step).collect();
        for step in left {
            let id = self.course.id(step).clone();
            self.run.stream.announce(Event::StepStopped { step: id });
            self.end(step, End::Stopped);
        }
    }

    /// Notes how the run ended and reports it.
    pub(super) async fn finish(mut self) -> RunReport {
        let mut report = self.report();
        let told = self.tell_end(&report).await;
        if let (Err(error), RunOutcome::Done | RunOutcome::Failed) = (&told, report.outcome) {
            self.ending = Some(Ending::Halted(Halt::Journal(error.clone())));
            report = self.report();
        }
        report
    }

    async fn tell_end(&self, report: &RunReport) -> Result<(), RecordError> {
        let stream = &self.run.stream;
        if let Some(Ending::Halted(Halt::Lost(holder))) = &self.ending {
            let holder = holder.clone();
            stream.announce(Event::LockLost { holder });
        }
        for not_tried in &report.not_tried {
            let NotTried { failed, steps } = not_tried.clone();
            stream.write(Event::StepsNotTried { failed, steps }).await?;
        }
        let (outcome, counts) = (report.outcome, report.counts);
        let end = match report.reason.clone() {
            None => Event::RunFinished { outcome, counts },
            Some(reason) => Event::RunInterrupted {
                outcome,
                reason,
                counts,
            },
        };
        stream.write(end).await?;
        stream.flush().await.map(|_| ())
    }

    fn report(&self) -> RunReport {
        let counts = self.board.counts();
        let (outcome, reason) = self.outcome(counts.failed > 0);
        let mut report = RunReport {
            run: self.header.run.clone(),
            outcome,
            reason,
            took: self.run.stream.began.elapsed(),
            counts,
            failed: Vec::new(),
            not_tried: self.not_tried(),
            stopped: Vec::new(),
            undone: Vec::new(),
            not_started: self.not_started(),
            done: Vec::new(),
        };
        for (step, end) in self.board.ended() {
            self.enter(&mut report, step, end.clone());
        }
        report
    }

    /// Enters a step that has ended in the report.
    fn enter(&self, report: &mut RunReport, number: usize, end: End) {
        let step = &self.course.steps[number];
        let id = step.id.clone();
        let took = self.board.took(number);
        let well = |note, skipped| StepReport {
            step: id.clone(),
            took,
            note,
            skipped,
        };
        match end {
            End::Done { note } => report.done.push(well(note, None)),
            End::Skipped { reason } => report.done.push(well(None, Some(reason))),
            End::Undone => report.undone.push(id),
            End::Stopped => report.stopped.push(id),
            End::Failed { failure, attempt } => report.failed.push(FailedStep {
                step: id,
                title: step.title.clone(),
                component: step.component.clone(),
                attempt,
                attempts: self.options.retry.attempts.max(attempt),
                took,
                failure,
            }),
        }
    }

    fn outcome(&self, failed: bool) -> (RunOutcome, Option<String>) {
        let unfinished = self.is_unfinished();
        match &self.ending {
            Some(Ending::Halted(Halt::Journal(error))) => {
                (RunOutcome::Broken, Some(error.to_string()))
            }
            Some(Ending::Halted(Halt::Lost(holder))) => {
                let reason = "another run has taken the lock of the environment";
                let reason = match holder {
                    Some(holder) => format!("{reason}: {holder}"),
                    None => reason.to_owned(),
                };
                (RunOutcome::Lost, Some(reason))
            }
            Some(Ending::Stopped(actor)) if unfinished => {
                let reason = format!("{actor} stopped it at once");
                (RunOutcome::Interrupted, Some(reason))
            }
            Some(Ending::Cancelled(actor)) if unfinished => {
                (RunOutcome::Interrupted, Some(format!("{actor} stopped it")))
            }
            _ if failed => (RunOutcome::Failed, None),
            _ => (RunOutcome::Done, None),
        }
    }

    /// Whether anything that could have been done was not.
    fn is_unfinished(&self) -> bool {
        let cut = |end: &End| matches!(end, End::Undone | End::Stopped);
        !self.not_started().is_empty() || self.board.ended().any(|(_, end)| cut(end))
    }

    fn not_started(&self) -> Vec<StepId> {
        let blocked = self.board.blocked();
        let steps = (0..self.course.len()).filter(|step| match self.board.stand(*step) {
            Stand::Ready => true,
            Stand::Waiting(_) => blocked[*step].is_none(),
            Stand::Running(_) | Stand::Ended(_) => false,
        });
        steps.map(|step| self.course.id(step).clone()).collect()
    }

    fn not_tried(&self) -> Vec<NotTried> {
        let mut groups: Vec<(usize, Vec<StepId>)> = Vec::new();
        for (step, failed) in self.board.blocked().into_iter().enumerate() {
            let Some(failed) = failed else { continue };
            let id = self.course.id(step).clone();
            match groups.iter_mut().find(|(other, _)| *other == failed) {
                Some((_, steps)) => steps.push(id),
                None => groups.push((failed, vec![id])),
            }
        }
        let groups = groups.into_iter().map(|(failed, steps)| NotTried {
            failed: self.course.id(failed).clone(),
            steps,
        });
        groups.collect()
    }
}
