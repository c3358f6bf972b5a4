//! Why a broker does not do what is asked.

use std::sync::Arc;

use mosipctl_reach::ReachError;

/// Why a broker does not do what is asked. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The broker cannot be reached.
    #[error(transparent)]
    Reach(Arc<ReachError>),
    /// The broker does not take user and password.
    #[error("log in to {target}: {message}")]
    LogIn {
        /// The broker.
        target: String,
        /// What it says.
        message: String,
    },
    /// The connection broke.
    #[error("{what}: the connection to {target} broke")]
    Broken {
        /// What was tried.
        what: String,
        /// The broker.
        target: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// There was no answer in time.
    #[error("{what}: {target} does not answer within {seconds} s")]
    Silent {
        /// What was tried.
        what: String,
        /// The broker.
        target: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The broker cannot do it just now.
    #[error("{what}: the broker cannot do it just now: {message}")]
    NotNow {
        /// What was tried.
        what: String,
        /// What it says.
        message: String,
    },
    /// The broker does not do it.
    #[error("{what}: {message}")]
    Refused {
        /// What was tried.
        what: String,
        /// What it says.
        message: String,
    },
    /// The answer is none of a broker of this kind.
    #[error("{what}: {problem}")]
    Strange {
        /// What was tried.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There is a queue or topic of that name, and it is made otherwise.
    #[error("use {name}: {problem}")]
    Otherwise {
        /// The queue or topic.
        name: String,
        /// How it is.
        problem: String,
    },
    /// A message did not come through as it was sent.
    #[error("verify {name}: {problem}")]
    Unproven {
        /// The queue or topic.
        name: String,
        /// What is not as it should be.
        problem: String,
    },
}

impl From<ReachError> for BrokerError {
    fn from(error: ReachError) -> Self {
        Self::Reach(Arc::new(error))
    }
}

impl BrokerError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Reach(error) => error.is_transient(),
            Self::Broken { .. } | Self::Silent { .. } | Self::NotNow { .. } => true,
            _ => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Reach(error) => error.remedy(),
            Self::LogIn { .. } => Some(
                "check the password in Secret `activemq/activemq-activemq-artemis`; the broker takes a new one only when it starts",
            ),
            Self::Broken { .. } | Self::NotNow { .. } => {
                Some("see whether the broker runs, and try again")
            }
            Self::Silent { .. } => {
                Some("see whether the volume of the broker is full: then it takes no messages")
            }
            Self::Strange { .. } => {
                Some("check whether the address is the broker's, and not a proxy's or another's")
            }
            Self::Otherwise { .. } => Some(
                "have those who use it stop, remove it when it is empty, and let `mosipctl up` make it",
            ),
            Self::Refused { .. } | Self::Unproven { .. } => None,
        }
    }
}
