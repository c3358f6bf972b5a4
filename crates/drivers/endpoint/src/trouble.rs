//! Why a request got no answer.

use std::error::Error;
use std::sync::Arc;

use mosipctl_reach::ReachError;

/// Why a request got no answer. Reads after a colon.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Trouble {
    /// No connection, or it broke.
    #[error("no connection: {0}")]
    Connection(String),
    /// The way to the server is at fault.
    #[error("no way to the server: {}", chain(.0.as_ref()))]
    Way(Arc<ReachError>),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// One side does not trust the other's certificate.
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    /// What came is no HTTP.
    #[error("the answer cannot be read: {0}")]
    Garbled(String),
}

impl Trouble {
    /// What the error of a request comes to.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        let last = last(error);
        if certificate(error) {
            return Self::Certificate(last);
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        match garbled(error, &last) {
            true => Self::Garbled(last),
            false => Self::Connection(last),
        }
    }

    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Timeout => true,
            Self::Way(error) => error.is_transient(),
            Self::Certificate(_) | Self::Garbled(_) => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Connection(_) | Self::Timeout => {
                Some("check that the server runs, and the address in the environment file")
            }
            Self::Way(error) => error.remedy(),
            Self::Certificate(_) => Some(
                "name the certificate authority of the server in the environment file, or mend the server's certificate",
            ),
            Self::Garbled(_) => {
                Some("check whether the address is the server's, and not a proxy's or another's")
            }
        }
    }
}

/// Whether rustls is among the causes.
fn certificate(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        matches!(
            innermost(cause).downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_))
        )
    })
}

/// An input or output error shows its inside in its own text, not as its source; and there may be another within.
fn innermost<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(inner) = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref)
    {
        error = inner;
    }
    error
}

/// Whether what came is no HTTP. hyper tells these apart by their texts alone.
fn garbled(error: &reqwest::Error, last: &str) -> bool {
    let texts = ["received unexpected message", "invalid HTTP"];
    error.is_decode() || error.is_builder() || texts.iter().any(|text| last.starts_with(text))
}

/// The cause at the end of the chain: "Connection refused" says more than "error sending request".
fn last(error: &(dyn Error + 'static)) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<String> = causes(error).map(ToString::to_string).collect();
    texts.join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    })
}
