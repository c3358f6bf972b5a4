//! Work on hosts, as the planner sees it: what it needs and makes, not how it is done.

use std::collections::BTreeSet;
use std::time::Duration;

use mosipctl_catalogue::Fact;

use crate::compare::{Differences, Why};
use crate::desired::Desired;
use crate::observed::{Observed, Standing};
use crate::planner::Draft;
use crate::step::{Action, Class, Risk, Step, StepId, Undo};

/// What is to be true of one host, brought about by one step.
#[derive(Debug, Clone, PartialEq)]
pub struct HostWork {
    /// The host.
    pub host: String,
    /// What it does, in words a person understands.
    pub title: String,
    /// What must be true before.
    pub needs: BTreeSet<Fact>,
    /// What is true afterwards.
    pub makes: BTreeSet<Fact>,
    /// Names of locks; two steps with a common one never run at the same time.
    pub excludes: Vec<String>,
    /// SHA-256 of everything that decides what will be done there.
    pub digest: String,
    /// How long it will probably take.
    pub estimate: Duration,
    /// How long its gate may take.
    pub deadline: Duration,
    /// What it puts at risk when the host is in use already.
    pub risk: Risk,
}

/// What differs on hosts. A host that was not asked counts as empty: planning works before it answers.
pub(crate) fn differences(desired: &Desired, observed: &Observed, found: &mut Differences) {
    for id in desired.hosts.keys() {
        let why = match observed.hosts.get(id) {
            Some(Standing::Holds) => continue,
            Some(Standing::Differs(reasons)) => Why::NotReady(reasons.join(", ")),
            Some(Standing::Absent) | None => Why::Absent,
        };
        found.hosts.insert(id.clone(), why);
    }
}

/// A step for each work that differs.
pub(crate) fn draft(desired: &Desired, differences: &Differences, draft: &mut Draft) {
    for (id, work) in &desired.hosts {
        let Some(why) = differences.hosts.get(id) else {
            draft.holds.extend(work.makes.iter().cloned());
            continue;
        };
        draft.add(step(id, work, why), why);
    }
}

fn step(id: &str, work: &HostWork, why: &Why) -> Step {
    let action = Action::OnHost {
        host: work.host.clone(),
        work: id.to_owned(),
        digest: work.digest.clone(),
    };
    let mut step = Step::new(StepId::new("on", id), &work.title, &work.host, action);
    step.needs = work.needs.iter().cloned().collect();
    step.makes = work.makes.iter().cloned().collect();
    step.excludes = work.excludes.clone();
    step.class = Class::Host(work.host.clone());
    step.estimate = work.estimate;
    step.deadline = work.deadline;
    // what is not there yet disturbs nobody
    step.risk = match why {
        Why::Absent => Risk::Safe,
        _ => work.risk,
    };
    step.undo = Undo::None;
    step
}
