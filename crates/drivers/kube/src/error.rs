//! What can go wrong when a cluster is asked, sorted by what to do next.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::conflict::Conflict;

/// A request that did not do what it was to do. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KubeError {
    /// The same request may succeed later.
    #[error("{what}: {cause}")]
    Transient {
        /// What was to be done.
        what: String,
        /// Why it was not.
        cause: TransientCause,
        /// How long the API server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The API server understood and said no. Asking again changes nothing.
    #[error("{what}: {message}")]
    Refused {
        /// What was to be done.
        what: String,
        /// Who said no, and why.
        refusal: Refusal,
        /// The words of the API server.
        message: String,
    },
    /// The object, its namespace or its kind does not exist.
    #[error("{what}: {message}")]
    Missing {
        /// What was to be done.
        what: String,
        /// What is missing.
        message: String,
    },
    /// An answer that should be impossible, or a request that should never have been made.
    #[error("{what}: {message}; this is a bug of mosipctl or of the API server")]
    Bug {
        /// What was to be done.
        what: String,
        /// What was wrong with it.
        message: String,
    },
}

/// Why a request may succeed later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransientCause {
    /// No connection, or it broke.
    #[error("the API server cannot be reached: {0}")]
    Connection(String),
    /// No answer within the time for one request.
    #[error("the API server did not answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The API server is at its limit (429).
    #[error("the API server is busy")]
    Busy,
    /// The API server, or a webhook it calls, is in trouble (500, 502, 503, 504).
    #[error("the API server is in trouble: {0}")]
    Server(String),
    /// Somebody else changed the object meanwhile (409).
    #[error("the object was changed by somebody else meanwhile: {0}")]
    Conflict(String),
    /// The namespace is being deleted and has to be gone first.
    #[error("the namespace is being deleted")]
    NamespaceEnding,
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Who we are is not known (401).
    Unauthorized,
    /// One side does not trust the other's certificate.
    Certificate,
    /// We may not do this (403).
    Forbidden,
    /// An admission webhook or policy said no.
    Admission,
    /// A quota is used up.
    Quota,
    /// The object is not valid; the fields at fault.
    Invalid(Vec<String>),
    /// A field cannot be changed on an object that exists; the fields at fault.
    Immutable(Vec<String>),
    /// Anything else.
    Other,
}

impl KubeError {
    /// Whether to ask again, after the backoff or what [`Self::retry_after`] says.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient { .. })
    }

    /// Whether somebody else changed the object between our read and our write.
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::Transient {
                cause: TransientCause::Conflict(_),
                ..
            }
        )
    }

    /// Whether we lack the right.
    pub fn is_forbidden(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                refusal: Refusal::Forbidden,
                ..
            }
        )
    }

    /// Whether the thing asked for does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// How long the API server asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Transient { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        let Self::Refused { refusal, .. } = self else {
            return None;
        };
        match refusal {
            Refusal::Unauthorized => {
                Some("log in again, or give a kubeconfig whose credentials are still valid")
            }
            Refusal::Forbidden => Some(
                "ask for the right that is named; `mosipctl rights FILE --yaml` prints every right that is needed",
            ),
            Refusal::Admission => Some(
                "the policy of the cluster is named above; mend the object or ask for an exception",
            ),
            Refusal::Quota => Some("raise the quota of the namespace or ask for less"),
            Refusal::Immutable(_) => Some("the object has to be made anew to change this field"),
            Refusal::Certificate => Some(
                "the kubeconfig belongs to another cluster or to one whose certificates were renewed",
            ),
            Refusal::Invalid(_) | Refusal::Other => None,
        }
    }

    pub(crate) fn bug(what: &str, message: impl Into<String>) -> Self {
        Self::Bug {
            what: what.to_owned(),
            message: message.into(),
        }
    }

    pub(crate) fn missing(what: &str, message: impl Into<String>) -> Self {
        Self::Missing {
            what: what.to_owned(),
            message: message.into(),
        }
    }

    pub(crate) fn transient(what: &str, cause: TransientCause) -> Self {
        Self::Transient {
            what: what.to_owned(),
            cause,
            retry_after: None,
        }
    }
}

/// The `Status` that an API server answers with instead of an object.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Status {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) details: Details,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Details {
    pub(crate) causes: Vec<StatusCause>,
    pub(crate) retry_after_seconds: u64,
}

/// One of the reasons of a `Status`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StatusCause {
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) field: String,
}

impl Status {
    /// Reads a body that came with an error code. Proxies answer in plain text: its first line is the message then.
    pub(crate) fn of_body(code: u16, body: &[u8]) -> Self {
        let parsed: Option<Self> = serde_json::from_slice::<Value>(body)
            .ok()
            .filter(|value| value["kind"] == "Status")
            .and_then(|value| serde_json::from_value(value).ok());
        let mut status = parsed.unwrap_or_else(|| Self {
            message: first_line(body),
            ..Self::default()
        });
        status.code = code;
        status
    }

    /// The owners that a server-side apply ran into, when that is what this is.
    pub(crate) fn conflicts(&self) -> Option<Vec<Conflict>> {
        let owners: Vec<Conflict> = self
            .details
            .causes
            .iter()
            .filter(|cause| cause.reason == "FieldManagerConflict")
            .map(|cause| Conflict::of(&cause.field, &cause.message))
            .collect();
        (self.code == 409 && !owners.is_empty()).then_some(owners)
    }

    /// The error for `what`.
    pub(crate) fn into_error(self, what: &str) -> KubeError {
        let retry_after = match self.details.retry_after_seconds {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        };
        let transient = |cause| KubeError::Transient {
            what: what.to_owned(),
            cause,
            retry_after,
        };
        match self.code {
            404 => KubeError::missing(what, self.message),
            409 => transient(TransientCause::Conflict(self.message)),
            429 => transient(TransientCause::Busy),
            500.. => transient(TransientCause::Server(self.message)),
            403 if self.has_cause("NamespaceTerminating") => {
                transient(TransientCause::NamespaceEnding)
            }
            410 => transient(TransientCause::Conflict(self.message)),
            // two writes of a Service at a time, ours and a controller's: the port that was drawn for it is its own
            422 if self.message.contains(PORT_DRAWN) => {
                transient(TransientCause::Conflict(self.message))
            }
            _ => KubeError::Refused {
                what: what.to_owned(),
                refusal: self.refusal(),
                message: self.message,
            },
        }
    }

    fn has_cause(&self, reason: &str) -> bool {
        self.details
            .causes
            .iter()
            .any(|cause| cause.reason == reason)
    }

    fn refusal(&self) -> Refusal {
        let fields = || -> Vec<String> {
            let fields = self.details.causes.iter().map(|cause| cause.field.clone());
            fields.filter(|field| !field.is_empty()).collect()
        };
        let text = &self.message;
        if text.contains("admission webhook") || text.contains("ValidatingAdmissionPolicy") {
            return Refusal::Admission;
        }
        match self.code {
            401 => Refusal::Unauthorized,
            403 if text.contains("exceeded quota") => Refusal::Quota,
            403 => Refusal::Forbidden,
            422 if is_immutable(text) => Refusal::Immutable(fields()),
            422 | 400 => Refusal::Invalid(fields()),
            _ => Refusal::Other,
        }
    }
}

/// What an API server says when it draws a port for a Service twice (`provided port is already allocated` in
/// `kubernetes:pkg/registry/core/service/portallocator`).
const PORT_DRAWN: &str = "provided port is already allocated";

/// How API servers say that a field cannot be changed (`field is immutable` in `apimachinery:pkg/api/validation`, and the
/// sentences of StatefulSets, claims and Services).
fn is_immutable(message: &str) -> bool {
    [
        "field is immutable",
        "is immutable after creation",
        "updates to statefulset spec for fields other than",
        "may not be changed once set",
        "may not change once set",
        "cannot change roleRef",
    ]
    .iter()
    .any(|sentence| message.contains(sentence))
}

fn first_line(body: &[u8]) -> String {
    // an HTML page of a proxy says nothing after this length
    const LIMIT: usize = 200;
    let text = String::from_utf8_lossy(body);
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(LIMIT)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(code: u16, body: Value) -> KubeError {
        Status::of_body(code, body.to_string().as_bytes()).into_error("apply ConfigMap a/b")
    }

    #[test]
    fn the_code_says_what_to_do_next() {
        let status = |message: &str| json!({"kind": "Status", "message": message});
        assert!(error(500, status("etcdserver: leader changed")).is_transient());
        assert!(error(409, status("the object has been modified")).is_conflict());
        assert!(error(404, status("namespaces \"a\" not found")).is_missing());
        assert!(error(403, status("cannot create")).is_forbidden());
        let drawn = status(
            "spec.ports[0].nodePort: Invalid value: 31521: provided port is already allocated",
        );
        assert!(error(422, drawn).is_transient());
        let busy = json!({"kind": "Status", "details": {"retryAfterSeconds": 3}});
        assert_eq!(error(429, busy).retry_after(), Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_namespace_that_is_ending_is_waited_for() {
        let body = json!({"kind": "Status", "message": "forbidden: unable to create new content",
            "details": {"causes": [{"reason": "NamespaceTerminating"}]}});
        assert!(error(403, body).is_transient());
    }

    #[test]
    fn webhooks_quotas_and_immutable_fields_are_told_apart() {
        let refusal = |code, message: &str| {
            let body = json!({"kind": "Status", "message": message, "details": {"causes": [{"field": "spec.selector", "message": message}]}});
            match error(code, body) {
                KubeError::Refused { refusal, .. } => refusal,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(
            refusal(403, "admission webhook \"x\" denied the request: no"),
            Refusal::Admission
        );
        assert_eq!(refusal(403, "exceeded quota: small"), Refusal::Quota);
        assert_eq!(
            refusal(422, "spec.selector: field is immutable"),
            Refusal::Immutable(vec!["spec.selector".to_owned()])
        );
        assert_eq!(
            refusal(422, "spec.x: Required value"),
            Refusal::Invalid(vec!["spec.selector".to_owned()])
        );
    }

    #[test]
    fn a_proxy_that_answers_in_html_is_quoted_by_its_first_line() {
        let status = Status::of_body(502, b"<html>bad gateway</html>\n<p>");
        let error = status.into_error("list Pod");
        assert_eq!(
            error.to_string(),
            "list Pod: the API server is in trouble: <html>bad gateway</html>"
        );
    }
}
