//! Why a step did not do what it was to do.

use mosipctl_kube::KubeError;
use mosipctl_object::Reason;
use mosipctl_observe::late::LateError;

/// Why a step did not do what it was to do. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The cluster did not do it.
    #[error("change the cluster")]
    Kubernetes(#[from] KubeError),
    /// A late value cannot be resolved.
    #[error("fill in what is known only now")]
    Late(#[from] LateError),
    /// It cannot be done as things are; a person has to change something.
    #[error("{message}")]
    Refused {
        /// What is in the way.
        message: String,
        /// What to do.
        remedy: Option<String>,
    },
    /// The state it waited for did not come, or something broke for good.
    #[error("{reason}")]
    NotReached {
        /// What its object says.
        reason: String,
        /// What a person would find by hand, the most telling first.
        behind: Vec<Reason>,
    },
}

impl Failure {
    /// Something is in the way, and this is what to do.
    pub(crate) fn refused(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
            remedy: Some(remedy.into()),
        }
    }

    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Kubernetes(error) => error.is_transient(),
            Self::Late(LateError::Kubernetes { source, .. }) => source.is_transient(),
            _ => false,
        }
    }

    /// What a person can do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Kubernetes(error) | Self::Late(LateError::Kubernetes { source: error, .. }) => {
                error.remedy().map(str::to_owned)
            }
            Self::Late(_) => None,
            Self::Refused { remedy, .. } => remedy.clone(),
            Self::NotReached { .. } => None,
        }
    }
}
