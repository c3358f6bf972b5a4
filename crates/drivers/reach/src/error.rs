//! Why a server cannot be reached.

use mosipctl_kube::KubeError;

/// Why a server cannot be reached. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// No connection: refused, no such host, no way to it, or no answer in time.
    #[error("connect to {target}")]
    Connection {
        /// The server.
        target: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No pod of the Service can take a connection now.
    #[error("connect to {target}: {reason}")]
    NoPod {
        /// The Service and its port.
        target: String,
        /// What is there instead.
        reason: String,
    },
    /// The Service is not there, or not as it should be.
    #[error("connect to {target}: {reason}")]
    NoService {
        /// The Service and its port.
        target: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The cluster did not answer, or did not let us through.
    #[error("connect to {target}")]
    Cluster {
        /// The Service and its port.
        target: String,
        /// What the driver of the cluster says.
        #[source]
        source: KubeError,
    },
}

impl ReachError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection { .. } | Self::NoPod { .. } => true,
            Self::NoService { .. } => false,
            // a pod that is gone since it was chosen has a successor
            Self::Cluster { source, .. } => source.is_transient() || source.is_missing(),
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Connection { .. } => Some(
                "check host and port in the environment file, and that this machine may reach them",
            ),
            Self::NoPod { .. } => {
                Some("see what it waits for with `mosipctl explain` and the name of the component")
            }
            Self::NoService { .. } => {
                Some("check the name of the Service and of its port, and that it is installed")
            }
            Self::Cluster { source, .. } => source.remedy(),
        }
    }
}
