//! The plan as the engine runs it: steps by number, and who comes after whom.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_journal::PlannedStep;
use mosipctl_plan::{Ordered, Step, StepId};

/// Steps by number, with the edges between them both ways.
pub(crate) struct Course {
    pub(crate) steps: Vec<Arc<Step>>,
    /// For each step, those it waits for.
    pub(crate) after: Vec<Vec<usize>>,
    /// For each step, those that wait for it.
    pub(crate) before: Vec<Vec<usize>>,
    /// For each step, the longest way from its start to the end of the plan.
    pub(crate) remaining: Vec<Duration>,
    numbers: HashMap<StepId, usize>,
}

impl Course {
    pub(crate) fn new(ordered: Ordered) -> Self {
        let remaining = ordered.remaining();
        let Ordered { steps, after } = ordered;
        let mut before = vec![Vec::new(); steps.len()];
        for (step, waits) in after.iter().enumerate() {
            for earlier in waits {
                before[*earlier].push(step);
            }
        }
        let numbers = steps.iter().enumerate();
        let numbers = numbers.map(|(n, step)| (step.id.clone(), n)).collect();
        Self {
            steps: steps.into_iter().map(Arc::new).collect(),
            after,
            before,
            remaining,
            numbers,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn id(&self, step: usize) -> &StepId {
        &self.steps[step].id
    }

    pub(crate) fn number(&self, id: &StepId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// The time the plan takes at least.
    pub(crate) fn shortest(&self) -> Duration {
        self.remaining.iter().copied().max().unwrap_or_default()
    }

    /// What the journal keeps of the plan.
    pub(crate) fn planned(&self) -> Vec<PlannedStep> {
        let steps = self.steps.iter().zip(&self.after);
        steps
            .map(|(step, after)| PlannedStep {
                id: step.id.clone(),
                title: step.title.clone(),
                component: step.component.clone(),
                estimate: step.estimate,
                risk: step.risk,
                after: after.clone(),
            })
            .collect()
    }

    pub(crate) fn simulated(&self) -> Vec<StepId> {
        let simulated = self.steps.iter().filter(|step| step.simulated);
        simulated.map(|step| step.id.clone()).collect()
    }
}
