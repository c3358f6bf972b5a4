//! Who may act next.
//!
//! Among those who want a slot of one class: first who finishes what it began, then who has the longest way to the end
//! of the plan. A step whose lock is busy steps aside until it is free, and takes all its locks at once, so no two can
//! wait for each other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use mosipctl_plan::Class;
use tokio::sync::oneshot;

use crate::course::Course;
use crate::desk::{Permit, Purpose, Wanted};
use crate::options::Limits;

/// Who got a slot.
pub(crate) enum Grant {
    /// A step that starts.
    Start(usize),
    /// A step under way that waits for an answer.
    Answer(usize, oneshot::Sender<Permit>),
}

/// What may be granted at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    /// Everything.
    All,
    /// Only slots to finish what has begun.
    Finishing,
    /// Nothing.
    Nothing,
}

/// Why a ready step does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// All slots of its class are taken.
    Slot(Class),
    /// Another step holds one of its locks.
    Lock {
        /// The lock.
        name: String,
        /// Who holds it.
        holder: usize,
    },
}

pub(crate) struct Queue {
    course: Arc<Course>,
    limits: Limits,
    lanes: BTreeMap<Class, Lane>,
    locks: BTreeMap<String, Lock>,
}

/// Those who want a slot of one class.
#[derive(Default)]
struct Lane {
    used: usize,
    starts: BinaryHeap<Wish>,
    finishes: BinaryHeap<Wish>,
}

/// A lock that is held, and who stepped aside for it.
struct Lock {
    holder: usize,
    aside: Vec<usize>,
}

struct Wish {
    rank: (Duration, Reverse<usize>),
    answer: Option<oneshot::Sender<Permit>>,
}

impl Wish {
    fn step(&self) -> usize {
        self.rank.1.0
    }
}

impl PartialEq for Wish {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Wish {}

impl PartialOrd for Wish {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Wish {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl Queue {
    pub(crate) fn new(course: Arc<Course>, limits: Limits) -> Self {
        Self {
            course,
            limits,
            lanes: BTreeMap::new(),
            locks: BTreeMap::new(),
        }
    }

    /// A step is ready to start.
    pub(crate) fn push(&mut self, step: usize) {
        let wish = self.wish(step, None);
        self.lane(step).starts.push(wish);
    }

    /// A step under way wants a slot.
    pub(crate) fn want(&mut self, wanted: Wanted) {
        let wish = self.wish(wanted.step, Some(wanted.answer));
        let lane = self.lane(wanted.step);
        match wanted.purpose {
            Purpose::Again => lane.starts.push(wish),
            Purpose::Finish => lane.finishes.push(wish),
        }
    }

    /// The next one to act, with its slot counted and its locks taken.
    pub(crate) fn next(&mut self, open: Open) -> Option<Grant> {
        while let Some(class) = self.best(open) {
            let lane = self.lanes.get_mut(&class)?;
            let wish = match lane.finishes.pop() {
                Some(wish) => wish,
                None => lane.starts.pop()?,
            };
            let step = wish.step();
            let grant = match wish.answer {
                Some(answer) => Grant::Answer(step, answer),
                None if self.lock(step) => Grant::Start(step),
                None => continue,
            };
            self.lane(step).used += 1;
            return Some(grant);
        }
        None
    }

    /// A slot is free again.
    pub(crate) fn free(&mut self, class: &Class) {
        if let Some(lane) = self.lanes.get_mut(class) {
            lane.used = lane.used.saturating_sub(1);
        }
    }

    /// A step has ended: its locks are free, and who stepped aside for them comes back.
    pub(crate) fn unlock(&mut self, step: usize) {
        let course = self.course.clone();
        for name in &course.steps[step].excludes {
            if self.locks.get(name).is_some_and(|lock| lock.holder == step)
                && let Some(lock) = self.locks.remove(name)
            {
                lock.aside.into_iter().for_each(|step| self.push(step));
            }
        }
    }

    /// Nothing will start any more: who waits to try again is told no.
    pub(crate) fn close(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.starts.clear();
        }
        for lock in self.locks.values_mut() {
            lock.aside.clear();
        }
    }

    /// Whether nobody wants anything.
    pub(crate) fn is_empty(&self) -> bool {
        let idle = |lane: &Lane| lane.starts.is_empty() && lane.finishes.is_empty();
        self.lanes.values().all(idle) && self.locks.values().all(|lock| lock.aside.is_empty())
    }

    /// What a ready step waits for.
    pub(crate) fn obstacle(&self, step: usize) -> Obstacle {
        let names = self.course.steps[step].excludes.iter();
        let mut busy = names.filter_map(|name| Some((name, self.locks.get(name)?.holder)));
        match busy.next() {
            Some((name, holder)) => Obstacle::Lock {
                name: name.clone(),
                holder,
            },
            None => Obstacle::Slot(self.course.steps[step].class.clone()),
        }
    }

    /// The class whose first one, of all that have a slot free, is to act first.
    fn best(&self, open: Open) -> Option<Class> {
        let lanes = self.lanes.iter();
        let free = lanes.filter(|(class, lane)| lane.used < self.limits.of(class));
        let first = free.filter_map(|(class, lane)| Some((lane.first(open)?, class)));
        let best = first.max_by(|(a, _), (b, _)| a.cmp(b))?;
        Some(best.1.clone())
    }

    /// Takes all locks of a step, or puts it aside for the first busy one.
    fn lock(&mut self, step: usize) -> bool {
        let course = self.course.clone();
        let names = &course.steps[step].excludes;
        let busy = names.iter().find(|name| self.locks.contains_key(*name));
        if let Some(lock) = busy.and_then(|name| self.locks.get_mut(name)) {
            lock.aside.push(step);
            return false;
        }
        for name in names {
            let lock = Lock {
                holder: step,
                aside: Vec::new(),
            };
            self.locks.insert(name.clone(), lock);
        }
        true
    }

    fn wish(&self, step: usize, answer: Option<oneshot::Sender<Permit>>) -> Wish {
        Wish {
            rank: (self.course.remaining[step], Reverse(step)),
            answer,
        }
    }

    fn lane(&mut self, step: usize) -> &mut Lane {
        let class = &self.course.steps[step].class;
        self.lanes.entry(class.clone()).or_default()
    }
}

impl Lane {
    /// Whether it is a finishing one, and the rank, of the first who may have a slot.
    fn first(&self, open: Open) -> Option<(bool, (Duration, Reverse<usize>))> {
        if open == Open::Nothing {
            return None;
        }
        let finish = self.finishes.peek().map(|wish| (true, wish.rank));
        let start = || self.starts.peek().map(|wish| (false, wish.rank));
        finish.or_else(|| start().filter(|_| open == Open::All))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mosipctl_catalogue::{Fact, FactKind};
    use mosipctl_plan::{Action, Step, StepId, order};

    use super::*;

    /// A queue of steps that depend on nothing, with so many seconds to the end of the plan, and one slot.
    fn queue(seconds: &[u64]) -> Queue {
        let steps = seconds.iter().enumerate().map(|(number, seconds)| {
            let fact = Fact::new(FactKind::Database, format!("d{number}"));
            let id = StepId::new("make", number);
            Step {
                estimate: Duration::from_secs(*seconds),
                ..Step::new(id, "", "", Action::Prepare { fact })
            }
        });
        let ordered = order(steps.collect(), &BTreeSet::new()).unwrap();
        let limits = Limits {
            api: 1,
            ..Limits::default()
        };
        Queue::new(Arc::new(Course::new(ordered)), limits)
    }

    fn want(queue: &mut Queue, step: usize, purpose: Purpose) -> oneshot::Receiver<Permit> {
        let (answer, permit) = oneshot::channel();
        queue.want(Wanted {
            step,
            purpose,
            answer,
        });
        permit
    }

    fn granted(queue: &mut Queue, open: Open) -> Option<usize> {
        queue.next(open).map(|grant| match grant {
            Grant::Start(step) | Grant::Answer(step, _) => step,
        })
    }

    #[test]
    fn who_finishes_goes_before_who_starts_however_long_its_way() {
        let mut queue = queue(&[1, 100]);
        queue.push(1);
        let _permit = want(&mut queue, 0, Purpose::Finish);
        assert_eq!(granted(&mut queue, Open::All), Some(0));
        assert_eq!(granted(&mut queue, Open::All), None, "the slot is taken");
        queue.free(&Class::Api);
        assert_eq!(granted(&mut queue, Open::All), Some(1));
    }

    #[test]
    fn who_tries_again_waits_like_who_starts() {
        let mut queue = queue(&[1, 100]);
        queue.push(1);
        let _permit = want(&mut queue, 0, Purpose::Again);
        assert_eq!(granted(&mut queue, Open::Finishing), None);
        assert_eq!(granted(&mut queue, Open::All), Some(1));
    }

    #[test]
    fn nobody_gets_anything_while_nothing_is_open() {
        let mut queue = queue(&[1]);
        let _permit = want(&mut queue, 0, Purpose::Finish);
        assert_eq!(granted(&mut queue, Open::Nothing), None);
        assert_eq!(granted(&mut queue, Open::Finishing), Some(0));
    }

    #[test]
    fn closing_tells_no_to_who_wants_to_try_again_and_not_to_who_finishes() {
        let mut queue = queue(&[1, 1]);
        let mut again = want(&mut queue, 0, Purpose::Again);
        let mut finish = want(&mut queue, 1, Purpose::Finish);
        queue.close();
        assert!(
            again
                .try_recv()
                .is_err_and(|error| error == oneshot::error::TryRecvError::Closed)
        );
        assert!(
            finish
                .try_recv()
                .is_err_and(|error| error == oneshot::error::TryRecvError::Empty)
        );
        assert_eq!(granted(&mut queue, Open::Finishing), Some(1));
        assert!(queue.is_empty());
    }
}
