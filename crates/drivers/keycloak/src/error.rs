//! Why Keycloak did not do what was asked.

use http::StatusCode;
use mosipctl_endpoint::{EndpointError, Trouble};

/// What a realm says to those who come unencrypted from outside.
const HTTPS_REQUIRED: &str = "HTTPS required";

/// Why Keycloak did not do what was asked. Reads after "failed to".
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeycloakError {
    /// Its address or the certificates to trust cannot be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No answer came.
    #[error("{what} at {server}: {trouble}")]
    Unreachable {
        /// What was to be done.
        what: String,
        /// The server.
        server: String,
        /// Why not.
        trouble: Trouble,
    },
    /// Something answers there, but not Keycloak.
    #[error("find Keycloak at {server}: {found}")]
    NotKeycloak {
        /// The server.
        server: String,
        /// What answered instead.
        found: String,
    },
    /// The administrator's name or password is wrong.
    #[error("log in to Keycloak at {server} as `{user}`: {words}")]
    Login {
        /// The server.
        server: String,
        /// The administrator.
        user: String,
        /// What Keycloak says.
        words: String,
    },
    /// It understood, and said no.
    #[error("{what}: Keycloak answers {status}: {words}")]
    Refused {
        /// What was to be done.
        what: String,
        /// The number of the answer.
        status: u16,
        /// What it says.
        words: String,
    },
    /// Something that must be there first is not.
    #[error("{what}: there is no {missing}")]
    Missing {
        /// What was to be done.
        what: String,
        /// What is missing, such as "role `AUTH`".
        missing: String,
    },
    /// An answer that is not what this version of the interface gives.
    #[error("{what}: the answer is not understood: {problem}")]
    Unreadable {
        /// What was to be done.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl KeycloakError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { trouble, .. } => trouble.is_transient(),
            Self::Refused { status, .. } => {
                // somebody else made or changed the same thing meanwhile; the next look sees it
                matches!(status, 409 | 429 | 500 | 502..=504)
            }
            _ => false,
        }
    }

    /// Whether we lack the right.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused { status: 403, .. })
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Endpoint(_) => Some("correct the address of Keycloak in the environment file"),
            Self::Unreachable { trouble, .. } => trouble.remedy(),
            Self::NotKeycloak { .. } => Some(
                "check the address of Keycloak in the environment file; it may need the path before `/realms`",
            ),
            Self::Login { .. } => Some(
                "check the administrator's name and password, and that the account is not locked",
            ),
            Self::Refused { words, .. } if words == HTTPS_REQUIRED => {
                Some("use the address of Keycloak that begins with `https`")
            }
            Self::Refused {
                status: 401 | 403, ..
            } => Some("give the administrator the role `admin` in the realm `master`"),
            Self::Refused { status: 400, .. } => Some(
                "see whether this version of Keycloak has the setting that it names; if so, this is a bug of mosipctl",
            ),
            Self::Refused { .. } => Some("see what the log of Keycloak says at this time"),
            Self::Missing { .. } => Some("have it made first, or remove it from what is wanted"),
            Self::Unreadable { .. } => Some(
                "check that the address leads to Keycloak itself; else this is a bug of mosipctl",
            ),
        }
    }
}

/// What an answer that is no success comes to.
pub(crate) fn refused(what: &str, status: StatusCode, body: &[u8]) -> KeycloakError {
    KeycloakError::Refused {
        what: what.to_owned(),
        status: status.as_u16(),
        words: words(status, body),
    }
}

/// Keycloak's own words in the body of an answer; its versions put them into different places.
pub(crate) fn words(status: StatusCode, body: &[u8]) -> String {
    /// What is longer is a page for people, or a stack of calls.
    const LONGEST: usize = 300;
    let text = String::from_utf8_lossy(body);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let fields = ["errorMessage", "error_description", "error"];
    let said = fields.iter().find_map(|field| value[field].as_str());
    let said = said.unwrap_or(&text).trim();
    match said.is_empty() || said.starts_with('<') {
        true => status.canonical_reason().unwrap_or("no reason").to_owned(),
        false => said.chars().take(LONGEST).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keycloaks_own_words_are_found_wherever_they_stand() {
        let status = StatusCode::BAD_REQUEST;
        for (body, wanted) in [
            (
                r#"{"errorMessage":"Client x already exists"}"#,
                "Client x already exists",
            ),
            (
                r#"{"error":"invalid_grant","error_description":"Invalid user credentials"}"#,
                "Invalid user credentials",
            ),
            (
                r#"{"error":"HTTP 401 Unauthorized"}"#,
                "HTTP 401 Unauthorized",
            ),
            ("Unrecognized field \"x\"", "Unrecognized field \"x\""),
            ("<html>a page</html>", "Bad Request"),
            ("", "Bad Request"),
        ] {
            assert_eq!(words(status, body.as_bytes()), wanted);
        }
    }

    #[test]
    fn a_server_in_trouble_is_asked_again_and_a_refusal_is_not() {
        let error = |status: u16| refused("read", StatusCode::from_u16(status).unwrap(), b"no");
        assert!(error(503).is_transient() && error(409).is_transient());
        assert!(!error(400).is_transient() && !error(403).is_transient());
        assert_eq!(error(400).to_string(), "read: Keycloak answers 400: no");
    }
}
