//! One finding for all hosts of which the same is to be said.

use crate::finding::{Check, Finding, Outcome};

/// What is to be said of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) detail: String,
    pub(super) remedy: String,
}

impl Verdict {
    /// It is as it should be.
    pub(super) fn well(detail: impl Into<String>) -> Self {
        Self::new(Outcome::Passed, detail, "")
    }

    /// A person should look at it.
    pub(super) fn warning(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Outcome::Warning, detail, remedy)
    }

    /// It has to be mended first.
    pub(super) fn failed(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Outcome::Failed, detail, remedy)
    }

    /// It cannot be told.
    pub(super) fn untold(reason: impl Into<String>) -> Self {
        Self::new(Outcome::Skipped, reason, "")
    }

    fn new(outcome: Outcome, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            outcome,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }

    fn finding(self, check: Check, what: String) -> Finding {
        let Self {
            outcome,
            detail,
            remedy,
        } = self;
        match outcome {
            Outcome::Passed => Finding::passed(check, what, detail),
            Outcome::Warning => Finding::warning(check, what, detail, remedy),
            Outcome::Failed => Finding::failed(check, what, detail, remedy),
            Outcome::Skipped => Finding::skipped(check, what, detail),
        }
    }
}

/// Groups hosts by what is said of them. Hosts that are well are counted, all others named.
pub(super) fn gather(
    check: Check,
    verdicts: impl IntoIterator<Item = (String, Verdict)>,
) -> Vec<Finding> {
    let mut groups: Vec<(Verdict, Vec<String>)> = Vec::new();
    for (host, verdict) in verdicts {
        match groups.iter_mut().find(|(said, _)| *said == verdict) {
            Some((_, hosts)) => hosts.push(host),
            None => groups.push((verdict, vec![host])),
        }
    }
    let findings = groups.into_iter().map(|(verdict, hosts)| {
        let what = match (verdict.outcome, hosts.as_slice()) {
            (Outcome::Passed, [_, _, ..]) => format!("{} hosts", hosts.len()),
            _ => hosts.join(", "),
        };
        verdict.finding(check, what)
    });
    findings.collect()
}
