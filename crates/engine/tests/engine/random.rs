//! Any plan, any failures, any limits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use mosipctl_engine::{Limits, Options, Retry, StepError};
use mosipctl_journal::{Event, RunOutcome};
use mosipctl_plan::{Class, Ordered, Step};
use proptest::prelude::*;
use tokio::time::sleep;

use crate::fake::{Call, Fake, Scene, Script, Told, ada, ordered, seconds, step};

/// Tries before a step has failed for good.
const ATTEMPTS: u32 = 3;
const DEADLINE: Duration = Duration::from_secs(100);

/// How a step goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Not,
    RefusedActing,
    RefusedAtGate,
    MissesItsDeadline,
    /// May pass, so many times.
    Busy(u32),
    Panics,
}

impl Wrong {
    fn is_final(self) -> bool {
        match self {
            Self::Not => false,
            Self::Busy(times) => times >= ATTEMPTS,
            _ => true,
        }
    }
}

#[derive(Debug, Clone)]
struct Row {
    name: String,
    needs: Vec<String>,
    act: u64,
    gate: u64,
    wrong: Wrong,
    class: Class,
    locks: Vec<String>,
}

impl Row {
    fn step(&self) -> Step {
        let needs: Vec<&str> = self.needs.iter().map(String::as_str).collect();
        Step {
            class: self.class.clone(),
            excludes: self.locks.clone(),
            estimate: seconds(self.act + self.gate),
            deadline: DEADLINE,
            ..step(&self.name, &needs)
        }
    }

    fn script(&self) -> (String, Script) {
        let refused = StepError::refused("no");
        let mut script = Script::lasting(self.act, self.gate);
        match self.wrong {
            Wrong::Not | Wrong::Panics => {}
            Wrong::RefusedActing => script.act_errors = vec![refused],
            Wrong::RefusedAtGate => script.gate_errors = vec![refused],
            Wrong::MissesItsDeadline => script.gate = 2 * DEADLINE,
            Wrong::Busy(times) => {
                script.act_errors = vec![StepError::transient("busy"); times as usize];
            }
        }
        (self.name.clone(), script)
    }

    /// How long it is under way, but for waiting for slots.
    fn lasts(&self) -> u64 {
        let tries = u64::from(self.tries());
        let waits: u64 = (1..tries).map(|n| 1 << (n - 1)).sum();
        let gate = match self.wrong {
            Wrong::RefusedActing => 0,
            Wrong::Busy(times) if times >= ATTEMPTS => 0,
            Wrong::MissesItsDeadline => DEADLINE.as_secs(),
            _ => self.gate,
        };
        self.acts() + waits + gate
    }

    /// How long it holds a slot.
    fn acts(&self) -> u64 {
        self.act * u64::from(self.tries())
    }

    fn tries(&self) -> u32 {
        match self.wrong {
            Wrong::Busy(times) => (times + 1).min(ATTEMPTS),
            _ => 1,
        }
    }
}

fn any_wrong() -> impl Strategy<Value = Wrong> {
    prop_oneof![
        20 => Just(Wrong::Not),
        1 => Just(Wrong::RefusedActing),
        1 => Just(Wrong::RefusedAtGate),
        1 => Just(Wrong::MissesItsDeadline),
        3 => (1..=ATTEMPTS).prop_map(Wrong::Busy),
        1 => Just(Wrong::Panics),
    ]
}

fn any_class() -> impl Strategy<Value = Class> {
    prop_oneof![
        4 => Just(Class::Api),
        1 => Just(Class::Free),
        1 => Just(Class::Server("s1".to_owned())),
        1 => Just(Class::Server("s2".to_owned())),
        1 => Just(Class::Host("h1".to_owned())),
    ]
}

/// Any acyclic set of steps: one may need those with a smaller number; then shuffled.
fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let locks = prop::sample::subsequence(vec!["x".to_owned(), "y".to_owned()], 0..=2);
    let locks = prop_oneof![4 => Just(Vec::new()), 1 => locks];
    let row = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        0u64..20,
        0u64..60,
        any_wrong(),
        any_class(),
        locks,
    );
    prop::collection::vec(row, 1..50)
        .prop_map(|rows| {
            let rows = rows.into_iter().enumerate();
            let rows = rows.map(|(number, (needs, act, gate, wrong, class, locks))| {
                let needs = needs.iter().filter(|_| number > 0);
                let needs: BTreeSet<usize> = needs.map(|index| index.index(number)).collect();
                Row {
                    name: number.to_string(),
                    needs: needs.iter().map(ToString::to_string).collect(),
                    act,
                    gate,
                    wrong,
                    class,
                    locks,
                }
            });
            rows.collect::<Vec<_>>()
        })
        .prop_shuffle()
}

fn any_limits() -> impl Strategy<Value = Limits> {
    (1usize..6, 1usize..3, 1usize..3).prop_map(|(api, server, host)| Limits {
        api,
        server,
        host,
        own: BTreeMap::new(),
    })
}

fn options(limits: Limits) -> Options {
    Options {
        limits,
        retry: Retry {
            attempts: ATTEMPTS,
            first: seconds(1),
            cap: seconds(60),
            jitter: 0.0,
        },
        ..Options::default()
    }
}

fn scene(rows: &[Row], limits: Limits) -> Scene {
    let mut fake = Fake::with(rows.iter().map(Row::script));
    let panics: BTreeSet<String> = rows
        .iter()
        .filter(|row| row.wrong == Wrong::Panics)
        .map(|row| row.name.clone())
        .collect();
    fake.on_act = Some(Box::new(move |step, _| {
        // Without a message on the terminal, for there are many of them.
        if panics.contains(&step.component) {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    }));
    Scene::new(rows.iter().map(Row::step), fake, options(limits))
}

fn paused<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(story)
}

/// What each step of the plan should come to.
fn expected(rows: &[Row]) -> (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>) {
    let by_name: HashMap<&str, &Row> = rows.iter().map(|row| (row.name.as_str(), row)).collect();
    let plan: Ordered = ordered(rows.iter().map(Row::step));
    let (mut done, mut failed, mut not_tried) =
        <(BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)>::default();
    for step in &plan.steps {
        let row = by_name[step.component.as_str()];
        let set = match row {
            row if !row.needs.iter().all(|need| done.contains(need)) => &mut not_tried,
            row if row.wrong.is_final() => &mut failed,
            _ => &mut done,
        };
        set.insert(row.name.clone());
    }
    (done, failed, not_tried)
}

fn names<'a>(ids: impl IntoIterator<Item = &'a mosipctl_plan::StepId>) -> BTreeSet<String> {
    let ids = ids.into_iter();
    ids.map(|id| id.as_str().replace("make ", "")).collect()
}

/// When each step ended, by the journal.
fn ends(told: &Told) -> HashMap<String, Duration> {
    let entries = told.memory.entries().into_iter();
    let ends = entries.filter_map(|entry| match &entry.event {
        Event::StepDone { step, .. } | Event::StepFailed { step, .. } => {
            Some((step.as_str().replace("make ", ""), entry.elapsed))
        }
        _ => None,
    });
    ends.collect()
}

fn starts(told: &Told) -> HashMap<String, Duration> {
    let mut starts = HashMap::new();
    for moment in told.fake.moments() {
        if moment.call == Call::Act {
            starts.entry(moment.step).or_insert(moment.at);
        }
    }
    starts
}

/// The most that were ever inside at once, of intervals that may touch.
fn most_at_once(intervals: &[(Duration, Duration)]) -> usize {
    let inside = |at: Duration| {
        let inside = intervals
            .iter()
            .filter(|(from, to)| *from <= at && at < *to);
        inside.count()
    };
    let most = intervals.iter().map(|(from, _)| inside(*from));
    most.max().unwrap_or(0)
}

/// The times during which each class had acting steps.
fn acting(rows: &[Row], told: &Told) -> BTreeMap<Class, Vec<(Duration, Duration)>> {
    let class: HashMap<&str, &Class> = rows.iter().map(|r| (r.name.as_str(), &r.class)).collect();
    let mut open: HashMap<String, Duration> = HashMap::new();
    let mut acting: BTreeMap<Class, Vec<_>> = BTreeMap::new();
    for moment in told.fake.moments() {
        if moment.call == Call::Act {
            open.insert(moment.step.clone(), moment.at);
        } else if moment.call == Call::Acted
            && let Some(from) = open.remove(&moment.step)
        {
            let class = class[moment.step.as_str()].clone();
            acting.entry(class).or_default().push((from, moment.at));
        }
    }
    acting
}

/// The longest chain of steps that were tried, by how long each was under way.
fn longest_chain(rows: &[Row], tried: &BTreeSet<String>) -> u64 {
    let by_name: HashMap<&str, &Row> = rows.iter().map(|row| (row.name.as_str(), row)).collect();
    let plan = ordered(rows.iter().map(Row::step));
    let mut until: Vec<u64> = Vec::new();
    for (step, after) in plan.steps.iter().zip(&plan.after) {
        let before = after.iter().map(|before| until[*before]).max().unwrap_or(0);
        let row = by_name[step.component.as_str()];
        let lasts = match tried.contains(&row.name) && row.wrong != Wrong::Panics {
            true => row.lasts(),
            false => 0,
        };
        until.push(before + lasts);
    }
    until.into_iter().max().unwrap_or(0)
}

/// What a list schedule takes at most: at every moment either the longest chain goes on, or the slots of some class are
/// all taken, or some lock is held.
fn bound(rows: &[Row], tried: &BTreeSet<String>, limits: &Limits) -> u64 {
    let tried_rows = || {
        rows.iter()
            .filter(|row| tried.contains(&row.name) && row.wrong != Wrong::Panics)
    };
    let mut work: BTreeMap<&Class, u64> = BTreeMap::new();
    for row in tried_rows().filter(|row| row.class != Class::Free) {
        *work.entry(&row.class).or_default() += row.acts();
    }
    let slots = work
        .iter()
        .map(|(class, work)| work.div_ceil(limits.of(class) as u64));
    let locks: BTreeSet<&String> = rows.iter().flat_map(|row| &row.locks).collect();
    let held = locks.iter().map(|lock| {
        let holders = tried_rows().filter(|row| row.locks.contains(lock));
        // A lock is held through the wait for slots too, which is counted with the classes.
        holders.map(Row::lasts).sum::<u64>()
    });
    longest_chain(rows, tried) + slots.sum::<u64>() + held.sum::<u64>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_step_ends_as_it_must_and_none_is_done_twice(rows in any_rows(), limits in any_limits()) {
        let told = paused(async { scene(&rows, limits).run().await });
        let (done, failed, not_tried) = expected(&rows);
        let report = &told.report;
        prop_assert_eq!(names(report.done.iter().map(|done| &done.step)), done.clone());
        prop_assert_eq!(names(report.failed.iter().map(|failed| &failed.step)), failed.clone());
        prop_assert_eq!(names(report.not_tried.iter().flat_map(|group| &group.steps)), not_tried.clone());
        let outcome = if failed.is_empty() { RunOutcome::Done } else { RunOutcome::Failed };
        prop_assert_eq!(report.outcome, outcome);
        for row in &rows {
            let acts = told.fake.times(Call::Act, &row.name).len();
            let tries = if not_tried.contains(&row.name) { 0 } else { row.tries() };
            prop_assert_eq!(acts, tries as usize, "{} acted {} times", row.name, acts);
            let ended = told.kinds(&row.name).iter().filter(|kind| **kind == "stepDone").count();
            prop_assert_eq!(ended, usize::from(done.contains(&row.name)));
        }
    }

    #[test]
    fn no_step_starts_before_its_needs_hold(rows in any_rows(), limits in any_limits()) {
        let told = paused(async { scene(&rows, limits).run().await });
        let (starts, ends) = (starts(&told), ends(&told));
        for row in rows.iter().filter(|row| starts.contains_key(&row.name)) {
            for need in &row.needs {
                prop_assert!(ends[need] <= starts[&row.name], "{} before {}", row.name, need);
            }
        }
    }

    #[test]
    fn limits_and_locks_are_kept(rows in any_rows(), limits in any_limits()) {
        let told = paused(async { scene(&rows, limits.clone()).run().await });
        for (class, intervals) in acting(&rows, &told) {
            prop_assert!(most_at_once(&intervals) <= limits.of(&class), "{class:?}");
        }
        let (starts, ends) = (starts(&told), ends(&told));
        for lock in ["x", "y"] {
            let holders = rows.iter().filter(|row| row.locks.iter().any(|name| name == lock));
            let held = holders.filter_map(|row| Some((*starts.get(&row.name)?, ends[&row.name])));
            let held: Vec<_> = held.filter(|(from, to)| from < to).collect();
            prop_assert!(most_at_once(&held) <= 1, "lock {lock}");
        }
    }

    #[test]
    fn no_run_takes_longer_than_a_list_schedule_may(rows in any_rows(), limits in any_limits()) {
        let told = paused(async { scene(&rows, limits.clone()).run().await });
        let (done, failed, _) = expected(&rows);
        let bound = bound(&rows, &(&done | &failed), &limits);
        prop_assert!(told.seconds() <= bound, "{} s, and at most {} s", told.seconds(), bound);
    }

    #[test]
    fn without_limits_a_run_takes_as_long_as_its_longest_chain(rows in any_rows()) {
        let mut rows = rows;
        for row in &mut rows {
            row.class = Class::Free;
            row.locks.clear();
        }
        let told = paused(async { scene(&rows, Limits::default()).run().await });
        let (done, failed, _) = expected(&rows);
        prop_assert_eq!(told.seconds(), longest_chain(&rows, &(&done | &failed)));
    }

    #[test]
    fn a_run_interrupted_anywhere_and_begun_again_ends_as_one_that_was_not(
        rows in any_rows(),
        limits in any_limits(),
        stops in prop::collection::vec((0u64..300, any::<bool>()), 1..4),
    ) {
        let mut rows = rows;
        for row in &mut rows {
            row.wrong = match row.wrong {
                Wrong::Busy(_) => Wrong::Busy(1),
                _ => Wrong::Not,
            };
        }
        let mut done: BTreeSet<String> = BTreeSet::new();
        let mut stops = stops.into_iter();
        while done.len() < rows.len() {
            // The next plan holds what is not there yet; what is there is a need that holds.
            let left: Vec<Row> = rows.iter().filter(|row| !done.contains(&row.name)).cloned().collect();
            let left: Vec<Row> = left.into_iter().map(|mut row| {
                row.needs.retain(|need| !done.contains(need));
                row
            }).collect();
            let stop = stops.next();
            let told = paused(async {
                scene(&left, limits.clone()).with(|handle| async move {
                    let Some((at, twice)) = stop else { return };
                    sleep(seconds(at)).await;
                    handle.interrupt(ada());
                    if twice {
                        handle.interrupt(ada());
                    }
                }).await
            });
            let now = names(told.report.done.iter().map(|done| &done.step));
            prop_assert!(now.is_disjoint(&done), "a step was done twice");
            let interrupted = told.report.outcome == RunOutcome::Interrupted;
            prop_assert!(interrupted || now.len() == left.len());
            if let (true, Some((at, _))) = (interrupted, stop) {
                let late = starts(&told).into_values().filter(|start| *start > seconds(at));
                prop_assert_eq!(late.count(), 0, "a step started after the interrupt");
            }
            done.extend(now);
        }
    }
}
