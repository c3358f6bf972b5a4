//! One step on its way: intent, act, gate, settling, and whatever can go wrong between.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_journal::{Event, Reason, RecordError};
use mosipctl_plan::{Step, Undo};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::board::End;
use crate::context::Context;
use crate::desk::{Permit, Purpose};
use crate::duration::in_words;
use crate::error::{ErrorKind, StepError};
use crate::hands::{OnCancel, Outcome, Proof, Settled};
use crate::live::{Live, Stage};
use crate::run::Run;

/// How long the hands may look for the reason of a missed deadline. They read a few objects and a log.
const WHY: Duration = Duration::from_secs(10);

/// The longest deadline that counts: adding more to the clock could overflow it.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Why a run cannot go on.
#[derive(Debug, Clone)]
pub(crate) enum Halt {
    /// The journal cannot be written.
    Journal(RecordError),
    /// Another run has the lock.
    Lost(Option<String>),
}

/// How a try ends when it does not end well.
enum Stray {
    /// It may pass: the step may be tried again.
    Again(StepError),
    /// It failed for good.
    Failed(StepError),
    /// The run was cancelled and the step is to be taken back.
    Undo,
    /// The run was cancelled and the step stopped where it was.
    Stopped,
    /// The run cannot go on.
    Halt(Halt),
}

impl From<RecordError> for Stray {
    fn from(error: RecordError) -> Self {
        Self::Halt(Halt::Journal(error))
    }
}

/// One step on its way, in a task of its own.
pub(crate) struct Turn {
    pub(crate) run: Arc<Run>,
    pub(crate) number: usize,
    pub(crate) step: Arc<Step>,
    pub(crate) live: Arc<Live>,
}

impl Turn {
    /// Tries the step until it has come to an end.
    pub(crate) async fn take(self, permit: Permit) -> Result<End, Halt> {
        let mut permit = permit;
        for tries in 1.. {
            let stray = match self.attempt(permit).await {
                Ok(end) => return Ok(end),
                Err(stray) => self.retry(stray, tries).await,
            };
            permit = match stray {
                Ok(permit) => permit,
                Err(stray) => return self.end(stray).await,
            };
        }
        Ok(End::Stopped)
    }

    /// One try, from intent to outcome.
    async fn attempt(&self, permit: Permit) -> Result<End, Stray> {
        let attempt = self.live.begin();
        let context = self.context();
        let fence = self.run.guard.fence();
        let step = self.step.id.clone();
        let intent = Event::StepIntent {
            step,
            attempt,
            fence,
        };
        self.run.stream.write(intent).await?;
        let outcome = self.act(&context, attempt).await?;
        drop(permit);
        let at_gate = Instant::now();
        let proof = match self.gate(&context).await {
            Err(Stray::Failed(error)) => {
                let took = at_gate.elapsed();
                return Err(self.settle_missed(error, took, &context).await);
            }
            other => other?,
        };
        self.settle(Settled::Proven(&proof), &context).await?;
        self.done(outcome).await
    }

    async fn act(&self, context: &Context, attempt: u32) -> Result<Outcome, Stray> {
        let began = Instant::now();
        let result = self.watched(self.run.hands.run(&self.step, context)).await;
        if self.is_to_be_undone() {
            return Err(Stray::Undo);
        }
        let outcome = result.map_err(|error| self.stray(error))?;
        let acted = Event::StepActed {
            step: self.step.id.clone(),
            attempt,
            took: began.elapsed(),
        };
        self.run.stream.write(acted).await?;
        Ok(outcome)
    }

    /// Waits at the gate until it passes, its time is up, or the step is to be taken back.
    async fn gate(&self, context: &Context) -> Result<Proof, Stray> {
        let began = Instant::now();
        let deadline = began + self.step.deadline.min(YEAR);
        self.live.enter(Stage::AtGate);
        self.live.sight().deadline = Some(deadline);
        let proof = tokio::select! {
            answer = timeout_at(deadline, self.ask_gate(context)) => match answer {
                Ok(answer) => answer.map_err(|error| self.stray(error))?,
                Err(_) => return Err(Stray::Failed(self.missed(context).await)),
            },
            () = self.undo_wanted() => return Err(Stray::Undo),
        };
        let passed = Event::GatePassed {
            step: self.step.id.clone(),
            took: began.elapsed(),
            proof: proof.0.clone(),
        };
        self.run.stream.write(passed).await?;
        Ok(proof)
    }

    /// Asks the gate again as long as its failures may pass; its deadline bounds that.
    async fn ask_gate(&self, context: &Context) -> Result<Proof, StepError> {
        for tries in 1.. {
            match self.run.hands.gate(&self.step, context).await {
                Err(error) if error.is_transient() => self.breathe(context, error, tries).await,
                answer => return answer,
            }
        }
        Err(StepError::bug("a gate was asked for ever"))
    }

    /// The failure of a gate whose time is up, with the reason a person would find by hand.
    async fn missed(&self, context: &Context) -> StepError {
        let found = timeout(WHY, self.run.hands.why(&self.step, context)).await;
        let reason = found.ok().flatten();
        let reason = reason.or_else(|| self.live.sight().reason.clone());
        let within = in_words(self.step.deadline);
        let whose = match self.step.component.as_str() {
            "" => format!("`{}`", self.step.id),
            component => format!("component `{component}`"),
        };
        let missed = StepError::missed(format!("{whose} was not ready within {within}"));
        match reason {
            Some(reason) => missed.with_reason(reason),
            None => missed.because_of("its gate did not say what it waits for"),
        }
    }

    /// Writes down how the gate ended; failures that may pass are tried again, each time with a new slot.
    async fn settle(&self, settled: Settled<'_>, context: &Context) -> Result<(), Stray> {
        for tries in 1.. {
            self.live.enter(Stage::Settling);
            let permit = self.finishing_slot().await?;
            let settling = self.run.hands.settle(&self.step, settled, context);
            let result = self.watched(settling).await;
            drop(permit);
            match result {
                Err(error) if error.is_transient() && tries < self.run.retry.attempts => {
                    self.breathe(context, error, tries).await;
                }
                // Trying the whole step again would act again, so this is final whatever its kind.
                Err(error) => return Err(self.stray(error).for_good()),
                Ok(()) => return Ok(()),
            }
        }
        Ok(())
    }

    async fn settle_missed(&self, error: StepError, took: Duration, context: &Context) -> Stray {
        let missed = Event::GateMissed {
            step: self.step.id.clone(),
            took,
            failure: error.failure(),
        };
        if let Err(error) = self.run.stream.write(missed).await {
            return error.into();
        }
        match self.settle(Settled::Missed(&error), context).await {
            Ok(()) => Stray::Failed(error),
            Err(Stray::Failed(second) | Stray::Again(second)) => {
                let also = format!("how it ended could not be written down: {second}");
                Stray::Failed(error.because_of(also))
            }
            Err(other) => other,
        }
    }

    async fn done(&self, outcome: Outcome) -> Result<End, Stray> {
        let step = self.step.id.clone();
        let took = self.live.began.elapsed();
        let (event, end) = match outcome {
            Outcome::Skipped(reason) => {
                let reason = self.run.stream.masked(reason);
                let end = End::Skipped {
                    reason: reason.clone(),
                };
                (Event::StepSkipped { step, reason, took }, end)
            }
            Outcome::Done => (
                Event::StepDone {
                    step,
                    took,
                    note: None,
                },
                End::Done { note: None },
            ),
            Outcome::DoneWith(note) => {
                let note = Some(self.run.stream.masked(note));
                let end = End::Done { note: note.clone() };
                (Event::StepDone { step, took, note }, end)
            }
        };
        self.run.stream.write(event).await?;
        Ok(end)
    }

    /// Waits for the next try, if the failure may pass and there are tries left.
    async fn retry(&self, stray: Stray, tries: u32) -> Result<Permit, Stray> {
        let Stray::Again(error) = stray else {
            return Err(stray);
        };
        if tries >= self.run.retry.attempts {
            return Err(Stray::Failed(error));
        }
        let after = self.delay(&error, tries);
        let scheduled = Event::RetryScheduled {
            step: self.step.id.clone(),
            attempt: self.live.sight().attempt,
            after,
            failure: error.failure(),
        };
        self.run.stream.write(scheduled).await?;
        self.live.enter(Stage::Retrying);
        tokio::select! {
            () = tokio::time::sleep(after) => {}
            () = self.live.wake.notified() => {}
            () = self.run.winding_down.cancelled() => return Err(self.stopped()),
        }
        let permit = self.run.desk.slot(self.number, Purpose::Again).await;
        permit.ok_or_else(|| self.stopped())
    }

    /// Brings a step that did not go well to its end.
    async fn end(&self, stray: Stray) -> Result<End, Halt> {
        let ended = match stray {
            Stray::Halt(halt) => return Err(halt),
            Stray::Again(error) | Stray::Failed(error) => self.fail(error).await,
            Stray::Undo => self.undo().await,
            Stray::Stopped => self.stop().await,
        };
        ended.map_err(Halt::Journal)
    }

    async fn fail(&self, error: StepError) -> Result<End, RecordError> {
        let attempt = self.live.sight().attempt;
        let failure = self.run.stream.masked(error.failure());
        let event = Event::StepFailed {
            step: self.step.id.clone(),
            attempt,
            took: self.live.began.elapsed(),
            failure: failure.clone(),
        };
        self.run.stream.write(event).await?;
        Ok(End::Failed { failure, attempt })
    }

    async fn stop(&self) -> Result<End, RecordError> {
        let step = self.step.id.clone();
        self.run.stream.write(Event::StepStopped { step }).await?;
        Ok(End::Stopped)
    }

    async fn undo(&self) -> Result<End, RecordError> {
        let context = self.context();
        let intent = Event::UndoIntent {
            step: self.step.id.clone(),
            fence: self.run.guard.fence(),
        };
        self.run.stream.write(intent).await?;
        for tries in 1.. {
            self.live.enter(Stage::Undoing);
            let Ok(permit) = self.finishing_slot().await else {
                return self.stop().await;
            };
            let result = self
                .watched(self.run.hands.undo(&self.step, &context))
                .await;
            drop(permit);
            match result {
                Ok(()) => break,
                Err(error) if error.is_transient() && tries < self.run.retry.attempts => {
                    self.breathe(&context, error, tries).await;
                }
                Err(error) => {
                    let message = format!("it could not be taken back: {}", error.message);
                    return self.fail(StepError { message, ..error }).await;
                }
            }
        }
        let step = self.step.id.clone();
        self.run.stream.write(Event::StepUndone { step }).await?;
        Ok(End::Undone)
    }

    /// Lets an act go on as long as it gives signs of life.
    async fn watched<T>(
        &self,
        act: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        let silence = self.run.silence.min(YEAR);
        // Waiting for a slot is no silence of the act.
        self.live.sight().sign = Instant::now();
        let mut act = std::pin::pin!(act);
        loop {
            let sign = self.live.sight().sign;
            tokio::select! {
                result = &mut act => return result,
                () = sleep_until(sign + silence) => {}
            }
            if self.live.sight().sign == sign {
                let silence = in_words(silence);
                let message = format!("it gave no sign of life for {silence}");
                return Err(StepError::missed(message));
            }
        }
    }

    /// Waits a moment before asking again within one try, and says why.
    async fn breathe(&self, context: &Context, error: StepError, tries: u32) {
        context.waits(Reason {
            text: error.message.clone(),
            causes: error.causes.clone(),
            remedy: error.remedy.clone(),
        });
        tokio::time::sleep(self.delay(&error, tries)).await;
    }

    fn delay(&self, error: &StepError, tries: u32) -> Duration {
        match error.kind {
            ErrorKind::Transient {
                retry_after: Some(after),
            } => after.min(YEAR),
            _ => self.run.retry.delay(tries, rand::random()),
        }
    }

    async fn finishing_slot(&self) -> Result<Permit, Stray> {
        let permit = self.run.desk.slot(self.number, Purpose::Finish).await;
        permit.ok_or(Stray::Stopped)
    }

    /// What an error means for the step.
    fn stray(&self, error: StepError) -> Stray {
        match error.kind {
            ErrorKind::Transient { .. } => Stray::Again(error),
            ErrorKind::Lost => Stray::Halt(Halt::Lost(Some(error.to_string()))),
            ErrorKind::Stopped if self.run.winding_down.is_cancelled() => Stray::Stopped,
            ErrorKind::Refused | ErrorKind::Missed | ErrorKind::Stopped | ErrorKind::Bug => {
                Stray::Failed(error)
            }
        }
    }

    /// How a step ends that waits for a next try that will not be.
    fn stopped(&self) -> Stray {
        match self.is_to_be_undone() {
            true => Stray::Undo,
            false => Stray::Stopped,
        }
    }

    fn is_to_be_undone(&self) -> bool {
        self.run.winding_down.is_cancelled() && self.can_be_undone()
    }

    fn can_be_undone(&self) -> bool {
        self.step.undo != Undo::None && self.run.hands.on_cancel(&self.step) == OnCancel::Undo
    }

    /// Resolves when the step is to be taken back; never, for one that cannot.
    async fn undo_wanted(&self) {
        match self.can_be_undone() {
            true => self.run.winding_down.cancelled().await,
            false => std::future::pending().await,
        }
    }

    fn context(&self) -> Context {
        Context {
            run: self.run.clone(),
            step: self.step.id.clone(),
            live: self.live.clone(),
        }
    }
}

impl Stray {
    /// The same, without another try.
    fn for_good(self) -> Self {
        match self {
            Self::Again(error) => Self::Failed(error),
            other => other,
        }
    }
}
