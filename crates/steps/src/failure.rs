//! Why a step did not do what it was to do.

use mosipctl_helm::{AdoptError, ReleaseError};
use mosipctl_kube::KubeError;
use mosipctl_object::Reason;
use mosipctl_observe::late::LateError;
use mosipctl_observe::secret::SupplyError;

/// Why a step did not do what it was to do. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The cluster did not do it.
    #[error("change the cluster")]
    Kubernetes(#[from] KubeError),
    /// The API server does not take the inventory, without which the next run would not know what this one did.
    #[error("write the inventory")]
    Inventory(#[source] KubeError),
    /// A late value cannot be resolved.
    #[error("fill in what is known only now")]
    Late(#[source] Box<LateError>),
    /// A chart cannot be read.
    #[error("read a chart")]
    Chart(#[from] mosipctl_helm::ChartError),
    /// Helm did not do it.
    #[error("run helm")]
    Helm(#[from] mosipctl_helm::HelmError),
    /// A record of a release cannot be kept.
    #[error("keep a release")]
    Release(#[from] mosipctl_helm::ReleaseError),
    /// A release of somebody else cannot be taken over.
    #[error("adopt a release")]
    Adopt(#[from] AdoptError),
    /// A server did not do it.
    #[error(transparent)]
    Prepare(#[from] mosipctl_prepare::PrepareError),
    /// A host did not do it.
    #[error(transparent)]
    Host(#[from] mosipctl_onprem::OnpremError),
    /// The cluster is made and does not answer us yet.
    #[error("reach the cluster that was made: {reason}")]
    NotArrived {
        /// What came of trying.
        reason: String,
    },
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

impl From<LateError> for Failure {
    fn from(error: LateError) -> Self {
        Self::Late(Box::new(error))
    }
}

impl From<SupplyError> for Failure {
    fn from(error: SupplyError) -> Self {
        match error {
            SupplyError::Lacking { message, remedy } => Self::refused(message, remedy),
            SupplyError::Kubernetes(error) => Self::Kubernetes(error),
        }
    }
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
        let raced = matches!(self, Self::Release(ReleaseError::Raced { .. }));
        let by_server = matches!(self, Self::Prepare(error) if error.is_transient());
        let by_host = match self {
            Self::Host(error) => error.is_transient(),
            other => matches!(other, Self::NotArrived { .. }),
        };
        raced || by_server || by_host || self.of_cluster().is_some_and(KubeError::is_transient)
    }

    /// What the cluster said, when it is behind the failure.
    pub fn of_cluster(&self) -> Option<&KubeError> {
        match self {
            Self::Kubernetes(error) | Self::Inventory(error) => Some(error),
            Self::Late(late) => match late.as_ref() {
                LateError::Kubernetes { source, .. } => Some(source),
                _ => None,
            },
            Self::Release(ReleaseError::Kubernetes { source, .. }) => Some(source),
            Self::Adopt(AdoptError::Object { source, .. }) => Some(source),
            _ => None,
        }
    }

    /// What a person can do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Refused { remedy, .. } => remedy.clone(),
            Self::Prepare(error) => error.remedy(),
            Self::Host(error) => error.remedy(),
            Self::NotArrived { .. } => {
                Some("look whether its control planes run: `mosipctl hosts status`".to_owned())
            }
            other => other
                .of_cluster()
                .and_then(KubeError::remedy)
                .map(str::to_owned),
        }
    }
}
