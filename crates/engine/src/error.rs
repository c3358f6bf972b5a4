//! Why a step failed, and whether trying again can help.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use mosipctl_journal::{Failure, FailureKind, Reason};

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// What kind of failure it is; decides what the engine does next.
    pub kind: ErrorKind,
    /// The fact, a lowercase fragment.
    pub message: String,
    /// What is behind it, outermost first; none repeats another.
    pub causes: Vec<String>,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It may pass by itself: the step is tried again, a limited number of times.
    Transient {
        /// How long the other side asked to wait.
        retry_after: Option<Duration>,
    },
    /// The other side said no. Asking again gives the same answer, so the step is not tried again.
    Refused,
    /// A deadline was missed. The time was the budget, so the step is not tried again.
    Missed,
    /// Another run has the lock: the whole run stops at once.
    Lost,
    /// The step stopped because it was told to, at a cursor from which it can go on.
    Stopped,
    /// A fault of this program.
    Bug,
}

impl StepError {
    /// A failure of that kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            remedy: None,
        }
    }

    /// One that may pass by itself.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Transient { retry_after: None }, message)
    }

    /// One that may pass after the time that the other side asked for.
    pub fn transient_for(retry_after: Duration, message: impl Into<String>) -> Self {
        let retry_after = Some(retry_after);
        Self::new(ErrorKind::Transient { retry_after }, message)
    }

    /// A no from the other side.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// A missed deadline.
    pub fn missed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Missed, message)
    }

    /// Another run has the lock.
    pub fn lost(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Lost, message)
    }

    /// The step stopped at a cursor, because [`Context::cancelled`](crate::Context::cancelled) told it to.
    pub fn stopped() -> Self {
        Self::new(ErrorKind::Stopped, "it was told to stop")
    }

    /// A fault of this program.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message)
    }

    /// Adds an error and everything behind it to the causes.
    #[must_use]
    pub fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            // A transparent error says what its source says; once is enough.
            if self.causes.last() != Some(&text) && self.message != text {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Adds a cause in words.
    #[must_use]
    pub fn because_of(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds what a gate was waiting for, and its remedy if there is none yet.
    #[must_use]
    pub fn with_reason(mut self, reason: Reason) -> Self {
        self.causes.push(reason.text);
        self.causes.extend(reason.causes);
        self.remedy = self.remedy.or(reason.remedy);
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Whether it may pass by itself.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Transient { .. })
    }

    /// The same as the journal has it.
    pub fn failure(&self) -> Failure {
        Failure {
            kind: match self.kind {
                ErrorKind::Transient { .. } => FailureKind::Transient,
                ErrorKind::Refused => FailureKind::Refused,
                ErrorKind::Missed => FailureKind::Missed,
                ErrorKind::Lost => FailureKind::Lost,
                // A step that stops without having been told to is at fault.
                ErrorKind::Stopped | ErrorKind::Bug => FailureKind::Bug,
            },
            message: self.message.clone(),
            causes: self.causes.clone(),
            remedy: self.remedy.clone(),
        }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes
            .iter()
            .try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl Error for StepError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("failed to read")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("disk on fire")]
    struct Inner;

    #[test]
    fn the_whole_chain_becomes_causes_and_nothing_is_said_twice() {
        let error = StepError::refused("failed to read").because(&Outer(Inner));
        assert_eq!(error.causes, ["disk on fire"]);
        assert_eq!(error.to_string(), "failed to read: disk on fire");
    }

    #[test]
    fn a_reason_brings_its_remedy_unless_there_is_a_better_one() {
        let reason = Reason {
            remedy: Some("add the key".to_owned()),
            ..Reason::from("key missing")
        };
        let error = StepError::missed("late").with_reason(reason.clone());
        assert_eq!(error.remedy.as_deref(), Some("add the key"));
        let error = StepError::missed("late")
            .remedy("mend line 3")
            .with_reason(reason);
        assert_eq!(error.remedy.as_deref(), Some("mend line 3"));
    }
}
