//! The engine: starts steps, hears how they end, and decides when the run is over.
//!
//! One task owns all state and waits for whatever comes next: a message, the end of a step, news of the lock. Nothing is
//! polled. Steps run in tasks of their own and ask for slots.

mod closing;
mod commands;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_journal::{Actor, Command, Event, Process, Record, RecordError, failpoint};
use mosipctl_plan::Ordered;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::attempt::{Halt, Turn};
use crate::board::{Board, End, Stand};
use crate::course::Course;
use crate::desk::{Desk, Message};
use crate::error::StepError;
use crate::fence::{Guard, Hold};
use crate::handle::{Handle, Request};
use crate::hands::Hands;
use crate::live::Live;
use crate::options::{Header, Options, Waiver};
use crate::progress::{Phase, View};
use crate::queue::{Grant, Open, Queue};
use crate::report::RunReport;
use crate::run::Run;
use crate::stream::Stream;

/// One run of one plan.
pub struct Engine {
    header: Header,
    course: Arc<Course>,
    run: Arc<Run>,
    options: Options,
    board: Board,
    queue: Queue,
    inbox: UnboundedReceiver<Message>,
    guard: Guard,
    tasks: JoinSet<Result<End, Halt>>,
    numbers: HashMap<Id, usize>,
    /// What steps that failed in this run are given when somebody has them tried again.
    earlier: HashMap<usize, Earlier>,
    paused: bool,
    stale: bool,
    ending: Option<Ending>,
}

/// Why the run ends before its steps do.
#[derive(Debug, Clone)]
enum Ending {
    /// Somebody cancelled it: what runs may finish.
    Cancelled(Actor),
    /// Somebody stopped it: nothing may.
    Stopped(Actor),
    /// It cannot go on.
    Halted(Halt),
}

/// What is left of a step's tries in this run.
struct Earlier {
    attempts: u32,
    cursor: Option<Value>,
}

type Joined = Result<(Id, Result<End, Halt>), JoinError>;

impl Engine {
    /// A run of these steps by these hands, told to this record; and the handle to tell and ask it.
    pub fn new(
        ordered: Ordered,
        hands: Arc<dyn Hands>,
        record: Arc<dyn Record>,
        header: Header,
        options: Options,
    ) -> (Self, Handle) {
        let course = Arc::new(Course::new(ordered));
        let (desk, inbox) = Desk::open();
        let guard = Guard::new(options.fence.as_deref());
        let stream = Arc::new(Stream::new(
            (header.run.clone(), header.actor.clone()),
            options.clock.clone(),
            record,
            options.redactor.clone(),
        ));
        let handle = Handle::new(desk.clone(), &stream);
        let run = Arc::new(Run {
            hands,
            stream,
            desk,
            guard: guard.clone(),
            retry: options.retry,
            silence: options.silence,
            winding_down: CancellationToken::new(),
        });
        let engine = Self {
            board: Board::new(course.clone()),
            queue: Queue::new(course.clone(), options.limits.clone()),
            header,
            course,
            run,
            options,
            inbox,
            guard,
            tasks: JoinSet::new(),
            numbers: HashMap::new(),
            earlier: HashMap::new(),
            paused: false,
            stale: false,
            ending: None,
        };
        (engine, handle)
    }

    /// Runs the steps and returns when all have come to an end, or the run has.
    ///
    /// Every step starts once what it needs holds; one that fails stops only those that come after it. The report says
    /// what was done, what failed and why, and what was not tried.
    pub async fn run(mut self) -> RunReport {
        match self.begin().await {
            Ok(()) => self.work().await,
            Err(error) => self.ending = Some(Ending::Halted(Halt::Journal(error))),
        }
        if !matches!(self.ending, None | Some(Ending::Cancelled(_))) {
            self.part().await;
        }
        self.finish().await
    }

    async fn begin(&mut self) -> Result<(), RecordError> {
        failpoint::check().map_err(|error| RecordError::Write(error.to_string()))?;
        let stream = self.run.stream.clone();
        stream
            .write(Event::RunStarted {
                plan: self.header.plan.clone(),
                environment: self.header.environment.clone(),
                version: self.header.version.clone(),
                steps: self.course.len(),
                shortest: self.course.shortest(),
                process: Process::current(),
                simulated: self.course.simulated(),
            })
            .await?;
        if let Some(fence) = self.guard.fence() {
            stream.announce(Event::LockTaken { fence });
        }
        for waiver in self.options.waivers.drain(..) {
            let Waiver {
                what,
                typed,
                reason,
            } = waiver;
            stream.announce(Event::Waived {
                what,
                typed,
                reason,
            });
        }
        let steps = self.course.planned();
        stream.write(Event::Planned { steps }).await?;
        let ready: Vec<usize> = self.board.ready().collect();
        ready.into_iter().for_each(|step| self.queue.push(step));
        Ok(())
    }

    /// Starts what can start and hears what happens, until nothing is left to wait for.
    async fn work(&mut self) {
        self.look_at_lock();
        loop {
            self.start_what_can();
            if self.is_over() {
                return;
            }
            tokio::select! {
                Some(message) = self.inbox.recv() => self.hear(message),
                Some(joined) = self.tasks.join_next_with_id() => self.ended(joined),
                () = self.guard.news() => {}
            }
            // Whatever else has happened by now is heard before the next start, so that the longest way goes first.
            while let Some(joined) = self.tasks.try_join_next_with_id() {
                self.ended(joined);
            }
            while let Ok(message) = self.inbox.try_recv() {
                self.hear(message);
            }
            self.look_at_lock();
        }
    }

    fn is_over(&self) -> bool {
        match self.ending {
            Some(Ending::Stopped(_) | Ending::Halted(_)) => true,
            Some(Ending::Cancelled(_)) => self.tasks.is_empty(),
            None => self.tasks.is_empty() && self.queue.is_empty(),
        }
    }

    fn open(&self) -> Open {
        match self.phase() {
            Phase::Running => Open::All,
            Phase::LockStale => Open::Nothing,
            Phase::Paused | Phase::Stopping if self.stale => Open::Nothing,
            Phase::Paused | Phase::Stopping => Open::Finishing,
        }
    }

    fn phase(&self) -> Phase {
        match self.ending {
            Some(_) => Phase::Stopping,
            None if self.paused => Phase::Paused,
            None if self.stale => Phase::LockStale,
            None => Phase::Running,
        }
    }

    fn start_what_can(&mut self) {
        while let Some(grant) = self.queue.next(self.open()) {
            match grant {
                Grant::Start(step) => self.start(step),
                Grant::Answer(step, answer) => {
                    let class = self.course.steps[step].class.clone();
                    // A step that was stopped meanwhile drops the permit, which frees the slot.
                    let _ = answer.send(self.run.desk.permit(class));
                }
            }
        }
    }

    fn start(&mut self, number: usize) {
        let step = self.course.steps[number].clone();
        let live = Arc::new(match self.earlier.remove(&number) {
            Some(earlier) => Live::new(earlier.attempts, earlier.cursor),
            None => {
                let cursor = self.options.cursors.get(&step.id);
                Live::new(0, cursor.map(|cursor| cursor.value.clone()))
            }
        });
        self.board.start(number, live.clone());
        let permit = self.run.desk.permit(step.class.clone());
        let turn = Turn {
            run: self.run.clone(),
            number,
            step,
            live,
        };
        let task = self.tasks.spawn(turn.take(permit));
        self.numbers.insert(task.id(), number);
    }

    /// A step's task has ended.
    fn ended(&mut self, joined: Joined) {
        let (id, result) = match joined {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), self.panicked(error)),
        };
        let Some(step) = self.numbers.remove(&id) else {
            return;
        };
        match result {
            Ok(end) => self.end(step, end),
            Err(halt) => {
                self.end(step, End::Stopped);
                self.halt(halt);
            }
        }
    }

    fn end(&mut self, step: usize, end: End) {
        let mut took = Duration::ZERO;
        if let Stand::Running(live) = self.board.stand(step) {
            took = live.began.elapsed();
            let sight = live.sight();
            let (attempts, cursor) = (sight.attempt, sight.cursor.clone());
            self.earlier.insert(step, Earlier { attempts, cursor });
        }
        self.queue.unlock(step);
        for ready in self.board.end(step, end, took) {
            self.queue.push(ready);
        }
        if self.ending.is_some() {
            self.queue.close();
        }
    }

    /// What became of a step whose task did not come to its own end.
    fn panicked(&mut self, error: JoinError) -> Result<End, Halt> {
        let Some(step) = self.numbers.get(&error.id()).copied() else {
            return Ok(End::Stopped);
        };
        let id = self.course.id(step).clone();
        let Ok(panic) = error.try_into_panic() else {
            self.run.stream.announce(Event::StepStopped { step: id });
            return Ok(End::Stopped);
        };
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let text = text.unwrap_or_else(|| "no message".to_owned());
        let failure = StepError::bug("it panicked").because_of(text);
        let failure = failure
            .remedy("this is a fault of mosipctl: please report it")
            .failure();
        let failure = self.run.stream.masked(failure);
        let (attempt, took) = match self.board.stand(step) {
            Stand::Running(live) => (live.sight().attempt, live.began.elapsed()),
            _ => (0, Duration::ZERO),
        };
        self.run.stream.announce(Event::StepFailed {
            step: id,
            attempt,
            took,
            failure: failure.clone(),
        });
        Ok(End::Failed { failure, attempt })
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Freed(class) => self.queue.free(&class),
            Message::Wanted(wanted) => {
                self.queue.want(wanted);
                if self.ending.is_some() {
                    self.queue.close();
                }
            }
            Message::Broken(error) => self.halt(Halt::Journal(error)),
            Message::Asked(Request::Progress(answer)) => {
                let _ = answer.send(self.view().progress());
            }
            Message::Asked(Request::Tell(command, actor, answer)) => {
                let result = self.command(command, actor);
                let _ = answer.send(result);
            }
            Message::Asked(Request::Interrupt(actor)) => {
                let command = match self.ending {
                    None => Command::Cancel,
                    Some(_) => Command::Stop,
                };
                let _ = self.command(command, actor);
            }
        }
    }

    fn wind_down(&mut self, ending: Ending) {
        // A stop outdoes a cancel; nothing outdoes what ended the run first otherwise.
        if matches!(self.ending, None | Some(Ending::Cancelled(_))) {
            self.ending = Some(ending);
        }
        self.run.winding_down.cancel();
        self.queue.close();
    }

    fn halt(&mut self, halt: Halt) {
        self.wind_down(Ending::Halted(halt));
    }

    fn look_at_lock(&mut self) {
        if let Some(Hold::Lost { holder }) = self.guard.hold() {
            self.halt(Halt::Lost(holder));
            return;
        }
        let stale = !self.guard.is_trusted();
        if stale && self.guard.is_abandoned() {
            self.halt(Halt::Lost(None));
            return;
        }
        if stale != self.stale {
            self.stale = stale;
            let event = match stale {
                true => Event::LockStale,
                false => Event::LockRenewed,
            };
            self.run.stream.announce(event);
        }
    }

    fn view(&self) -> View<'_> {
        View {
            run: &self.header.run,
            phase: self.phase(),
            began: self.run.stream.began,
            course: &self.course,
            board: &self.board,
            queue: &self.queue,
        }
    }
}
