//! Whether an object is what it was asked to be, in words.
//!
//! One explicit rule per kind, after kstatus (`kubernetes-sigs/cli-utils:pkg/kstatus/status`), with these differences: a
//! Job must complete, a Service of type LoadBalancer must have an address, and a missed `progressDeadlineSeconds` is no
//! failure, because a gate has its own deadline. An object that is silent is not ready, unless its kind has nothing to
//! say. Why something is not ready is told by [`why`](crate::why()).

mod conditions;
mod rules;
mod workloads;

use std::fmt;

use serde_json::Value;

use crate::object::Object;

pub use conditions::Condition;

/// How far an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It is what was asked for.
    Ready,
    /// Not yet; what is missing.
    Waiting(String),
    /// It will not become ready by waiting; what went wrong.
    Failed(String),
}

impl Readiness {
    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }

    /// What is missing or went wrong; nothing when ready.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Ready => None,
            Self::Waiting(reason) | Self::Failed(reason) => Some(reason),
        }
    }

    /// Waiting with a reason.
    pub(crate) fn waiting(reason: impl Into<String>) -> Self {
        Self::Waiting(reason.into())
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Waiting(reason) => write!(f, "waiting: {reason}"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// Whether a kind has a `status` subresource, as the API server's discovery says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusSubresource {
    /// Status is written apart from the rest.
    Present,
    /// There is none: every write is a write of the whole object.
    Absent,
}

/// When a claim is bound: the `volumeBindingMode` of its storage class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimBinding {
    /// As soon as it exists.
    Immediate,
    /// When the first pod that names it is scheduled; until then it waits by design.
    FirstConsumer,
}

/// Readiness of an object of any kind. `status` decides only for kinds without a rule of their own.
pub fn readiness(object: &Object, status: StatusSubresource) -> Readiness {
    if let Some(ending) = ending(object) {
        return ending;
    }
    if let Some(unseen) = unseen(object) {
        return unseen;
    }
    match rules::rule(&object.kind()) {
        Some(rule) => rule(object),
        None => conditions::generic(object, status),
    }
}

/// Readiness of a PersistentVolumeClaim. With [`ClaimBinding::FirstConsumer`] an unbound claim is ready: its pod binds it.
pub fn claim_readiness(claim: &Object, binding: ClaimBinding) -> Readiness {
    match (readiness(claim, StatusSubresource::Present), binding) {
        (Readiness::Waiting(_), ClaimBinding::FirstConsumer) if phase(claim) == "Pending" => {
            Readiness::Ready
        }
        (other, _) => other,
    }
}

/// An object that is being deleted is on its way out, whatever its status says.
fn ending(object: &Object) -> Option<Readiness> {
    object.value().pointer("/metadata/deletionTimestamp")?;
    let finalizers: Vec<&str> = object
        .value()
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    Some(Readiness::Waiting(match finalizers.as_slice() {
        [] => "is being deleted".to_owned(),
        some => format!("is being deleted, waiting for {}", some.join(", ")),
    }))
}

/// A status of an older generation tells nothing of this one.
fn unseen(object: &Object) -> Option<Readiness> {
    let generation = object.value().pointer("/metadata/generation")?.as_i64()?;
    let observed = object
        .value()
        .pointer("/status/observedGeneration")?
        .as_i64()?;
    (observed < generation)
        .then(|| Readiness::waiting("its controller has not seen the last change yet"))
}

fn phase(object: &Object) -> &str {
    object
        .value()
        .pointer("/status/phase")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
