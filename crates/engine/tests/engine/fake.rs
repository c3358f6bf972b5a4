//! Steps, hands and a world to run them in. Time is tokio's, which tests pause.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_engine::{
    Context, Engine, Handle, Hands, Header, OnCancel, Options, Outcome, Proof, RunReport, Settled,
    StepError,
};
use mosipctl_journal::{Actor, Event, Memory, Reason};
use mosipctl_plan::{Action, Ordered, Step, StepId, order};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn fact(name: &str) -> Fact {
    Fact::new(FactKind::Database, name)
}

pub(crate) fn id(name: &str) -> StepId {
    StepId::new("make", name)
}

/// A step that makes the fact of its name and needs those of others; a second long by estimate.
pub(crate) fn step(name: &str, needs: &[&str]) -> Step {
    let action = Action::Prepare { fact: fact(name) };
    Step {
        needs: needs.iter().map(|need| fact(need)).collect(),
        makes: vec![fact(name)],
        estimate: seconds(1),
        ..Step::new(id(name), format!("making {name}"), name, action)
    }
}

pub(crate) fn ordered(steps: impl IntoIterator<Item = Step>) -> Ordered {
    order(steps.into_iter().collect(), &BTreeSet::new()).unwrap()
}

pub(crate) fn ada() -> Actor {
    Actor {
        user: "ada".to_owned(),
        cluster: None,
    }
}

pub(crate) fn header() -> Header {
    Header {
        run: "r1".parse().unwrap(),
        actor: ada(),
        plan: "4f1c".to_owned(),
        environment: "9ab2".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

/// What happens when a step is done.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// How long it acts.
    pub(crate) act: Duration,
    /// How long its gate waits.
    pub(crate) gate: Duration,
    /// How its first acts fail.
    pub(crate) act_errors: Vec<StepError>,
    /// How its first gates fail.
    pub(crate) gate_errors: Vec<StepError>,
    /// How its first settlings fail.
    pub(crate) settle_errors: Vec<StepError>,
    /// How taking it back first fails.
    pub(crate) undo_errors: Vec<StepError>,
    /// What the act returns.
    pub(crate) outcome: Option<Outcome>,
    /// What the gate says it waits for.
    pub(crate) reason: Option<Reason>,
    /// What is found when the gate is late.
    pub(crate) why: Option<Reason>,
    /// Whether it is taken back when the run is cancelled.
    pub(crate) undoable: bool,
    /// What its act waits for.
    pub(crate) until: Option<Arc<Notify>>,
}

impl Script {
    pub(crate) fn lasting(act: u64, gate: u64) -> Self {
        Self {
            act: seconds(act),
            gate: seconds(gate),
            ..Self::default()
        }
    }

    pub(crate) fn failing(errors: impl IntoIterator<Item = StepError>) -> Self {
        Self {
            act_errors: errors.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// What the hands were called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Call {
    Act,
    Acted,
    Gate,
    Passed,
    Settled,
    SettledMissed,
    Undo,
}

/// One call of the hands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moment {
    pub(crate) at: Duration,
    pub(crate) call: Call,
    pub(crate) step: String,
}

type ActHook = Box<dyn Fn(&Step, &Context) + Send + Sync>;

/// Hands that follow a script and remember what they were called for.
pub(crate) struct Fake {
    began: Instant,
    scripts: HashMap<String, Script>,
    moments: Mutex<Vec<Moment>>,
    calls: Mutex<HashMap<(Call, String), usize>>,
    pub(crate) on_act: Option<ActHook>,
}

impl Fake {
    pub(crate) fn new(scripts: impl IntoIterator<Item = (&'static str, Script)>) -> Self {
        let scripts = scripts.into_iter();
        Self::with(scripts.map(|(name, script)| (name.to_owned(), script)))
    }

    pub(crate) fn with(scripts: impl IntoIterator<Item = (String, Script)>) -> Self {
        Self {
            began: Instant::now(),
            scripts: scripts.into_iter().collect(),
            moments: Mutex::default(),
            calls: Mutex::default(),
            on_act: None,
        }
    }

    pub(crate) fn moments(&self) -> Vec<Moment> {
        self.moments.lock().unwrap().clone()
    }

    /// The seconds at which a step was called for something.
    pub(crate) fn times(&self, call: Call, name: &str) -> Vec<u64> {
        let moments = self.moments();
        let moments = moments
            .iter()
            .filter(|m| m.call == call && m.step == name)
            .map(|m| m.at.as_secs());
        moments.collect()
    }

    /// The names of steps in the order in which they were called for something.
    pub(crate) fn order(&self, call: Call) -> Vec<String> {
        let moments = self.moments().into_iter();
        moments.filter(|m| m.call == call).map(|m| m.step).collect()
    }

    fn script(&self, step: &Step) -> Script {
        self.scripts
            .get(&step.component)
            .cloned()
            .unwrap_or_default()
    }

    fn mark(&self, call: Call, step: &Step) {
        let (at, step) = (self.began.elapsed(), step.component.clone());
        self.moments.lock().unwrap().push(Moment { at, call, step });
    }

    /// The error for this call, if the script has one for so many calls.
    fn error(&self, call: Call, step: &Step, errors: &[StepError]) -> Result<(), StepError> {
        let mut calls = self.calls.lock().unwrap();
        let count = calls.entry((call, step.component.clone())).or_default();
        *count += 1;
        errors.get(*count - 1).cloned().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Hands for Fake {
    async fn run(&self, step: &Step, context: &Context) -> Result<Outcome, StepError> {
        self.mark(Call::Act, step);
        if let Some(hook) = &self.on_act {
            hook(step, context);
        }
        let script = self.script(step);
        if let Some(until) = &script.until {
            until.notified().await;
        }
        sleep(script.act).await;
        self.mark(Call::Acted, step);
        self.error(Call::Act, step, &script.act_errors)?;
        Ok(script.outcome.unwrap_or(Outcome::Done))
    }

    async fn gate(&self, step: &Step, context: &Context) -> Result<Proof, StepError> {
        self.mark(Call::Gate, step);
        let script = self.script(step);
        if let Some(reason) = script.reason {
            context.waits(reason);
        }
        sleep(script.gate).await;
        self.error(Call::Gate, step, &script.gate_errors)?;
        self.mark(Call::Passed, step);
        Ok(Proof::new(format!("{} answers", step.component)))
    }

    async fn settle(
        &self,
        step: &Step,
        settled: Settled<'_>,
        _: &Context,
    ) -> Result<(), StepError> {
        let call = match settled {
            Settled::Proven(_) => Call::Settled,
            Settled::Missed(_) => Call::SettledMissed,
        };
        self.mark(call, step);
        self.error(Call::Settled, step, &self.script(step).settle_errors)
    }

    async fn undo(&self, step: &Step, _: &Context) -> Result<(), StepError> {
        self.mark(Call::Undo, step);
        self.error(Call::Undo, step, &self.script(step).undo_errors)
    }

    async fn why(&self, step: &Step, _: &Context) -> Option<Reason> {
        self.script(step).why
    }

    fn on_cancel(&self, step: &Step) -> OnCancel {
        match self.script(step).undoable {
            true => OnCancel::Undo,
            false => OnCancel::Finish,
        }
    }
}

/// A run that is set up and not started.
pub(crate) struct Scene {
    pub(crate) fake: Arc<Fake>,
    pub(crate) memory: Memory,
    pub(crate) engine: Engine,
    pub(crate) handle: Handle,
}

impl Scene {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>, fake: Fake, options: Options) -> Self {
        let (fake, memory) = (Arc::new(fake), Memory::new());
        let (engine, handle) = Engine::new(
            ordered(steps),
            fake.clone(),
            Arc::new(memory.clone()),
            header(),
            options,
        );
        Self {
            fake,
            memory,
            engine,
            handle,
        }
    }

    /// Runs it beside `story`, which gets the handle.
    pub(crate) async fn with<F: Future<Output = ()>>(
        self,
        story: impl FnOnce(Handle) -> F,
    ) -> Told {
        let Self {
            fake,
            memory,
            engine,
            handle,
        } = self;
        let (report, ()) = tokio::join!(engine.run(), story(handle));
        Told {
            fake,
            memory,
            report,
        }
    }

    pub(crate) async fn run(self) -> Told {
        self.with(|_| async {}).await
    }
}

/// A run that has ended.
pub(crate) struct Told {
    pub(crate) fake: Arc<Fake>,
    pub(crate) memory: Memory,
    pub(crate) report: RunReport,
}

impl Told {
    pub(crate) fn events(&self) -> Vec<Event> {
        let entries = self.memory.entries().into_iter();
        entries.map(|entry| entry.event).collect()
    }

    /// Kinds of the events of one step, in order.
    pub(crate) fn kinds(&self, name: &str) -> Vec<&'static str> {
        let events = self.events();
        let events = events
            .iter()
            .filter(|event| event.step() == Some(&id(name)));
        events.map(Event::kind).collect()
    }

    pub(crate) fn done(&self) -> Vec<String> {
        let done = self.report.done.iter();
        done.map(|done| done.step.as_str().replace("make ", ""))
            .collect()
    }

    /// The whole run took so many seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.report.took.as_secs()
    }
}

pub(crate) async fn run(
    steps: impl IntoIterator<Item = Step>,
    scripts: impl IntoIterator<Item = (&'static str, Script)>,
) -> Told {
    Scene::new(steps, Fake::new(scripts), Options::default())
        .run()
        .await
}
