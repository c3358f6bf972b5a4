//! Conditions, and the rule for kinds that nobody here knows: what they say of themselves counts.

use serde_json::Value;

use super::{Readiness, StatusSubresource};
use crate::object::Object;

/// One entry of `status.conditions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition<'a> {
    /// Whether it holds: `True`, `False` or `Unknown`.
    pub status: &'a str,
    /// Reason, one word.
    pub reason: &'a str,
    /// Message for people.
    pub message: &'a str,
}

impl<'a> Condition<'a> {
    /// The condition of a type, if the object has it.
    pub fn of(object: &'a Object, kind: &str) -> Option<Self> {
        let conditions = object.value().pointer("/status/conditions")?.as_array()?;
        let condition = conditions
            .iter()
            .find(|condition| condition["type"] == kind)?;
        Some(Self {
            status: text(&condition["status"]),
            reason: text(&condition["reason"]),
            message: text(&condition["message"]),
        })
    }

    /// Whether it holds.
    pub fn is_true(&self) -> bool {
        self.status == "True"
    }

    /// Message, or reason where there is no message.
    pub fn words(&self) -> &'a str {
        match (self.message, self.reason) {
            ("", "") => "no reason given",
            ("", reason) => reason,
            (message, _) => message,
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A kind without a rule of its own.
pub(super) fn generic(object: &Object, status: StatusSubresource) -> Readiness {
    let says_nothing = object
        .value()
        .get("status")
        .and_then(Value::as_object)
        .is_none_or(serde_json::Map::is_empty);
    if says_nothing {
        return match status {
            StatusSubresource::Absent => Readiness::Ready,
            StatusSubresource::Present => Readiness::waiting("has no status yet"),
        };
    }
    if let Some(stalled) = Condition::of(object, "Stalled").filter(Condition::is_true) {
        return Readiness::Failed(format!("is stalled: {}", stalled.words()));
    }
    if let Some(busy) = Condition::of(object, "Reconciling").filter(Condition::is_true) {
        return Readiness::Waiting(format!("is being reconciled: {}", busy.words()));
    }
    ["Ready", "Available"]
        .into_iter()
        .find_map(|kind| Some(must_hold(kind, Condition::of(object, kind)?)))
        .unwrap_or(Readiness::Ready)
}

/// Ready when the condition of this type holds.
pub(super) fn needs(object: &Object, kind: &str) -> Readiness {
    match Condition::of(object, kind) {
        Some(condition) => must_hold(kind, condition),
        None => Readiness::Waiting(format!("has no condition {kind} yet")),
    }
}

fn must_hold(kind: &str, condition: Condition<'_>) -> Readiness {
    match condition.is_true() {
        true => Readiness::Ready,
        false => Readiness::Waiting(format!("is not {kind}: {}", condition.words())),
    }
}
