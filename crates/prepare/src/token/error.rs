//! Why there is no backup of a token.

use mosipctl_kube::KubeError;
use mosipctl_servers::ServerError;

/// Why there is no backup of a token. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No pod of its release runs.
    #[error("find the pod of the token {release}: none of its pods is ready")]
    NoPod {
        /// The release.
        release: String,
    },
    /// A command in the pod failed.
    #[error("read the token in pod {pod}: {message}")]
    Command {
        /// The pod.
        pod: String,
        /// What it said.
        message: String,
    },
    /// The pod cannot be reached.
    #[error("read the token in pod {pod}")]
    Connection {
        /// The pod.
        pod: String,
        /// Why.
        source: KubeError,
    },
    /// The copy is not what is in the pod.
    #[error("copy the token of pod {pod}: its files changed meanwhile, or there are none")]
    Changed {
        /// The pod.
        pod: String,
    },
    /// The copy cannot be written.
    #[error("write a copy of the token of pod {pod}")]
    Copy {
        /// The pod.
        pod: String,
        /// Why.
        source: std::io::Error,
    },
    /// The copy is no token, or does not open.
    #[error(transparent)]
    SoftHsm(#[from] ServerError),
}

impl TokenError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoPod { .. } | Self::Changed { .. } => true,
            Self::Connection { source, .. } => source.is_transient(),
            Self::Command { .. } | Self::Copy { .. } | Self::SoftHsm(_) => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::NoPod { .. } => Some("look why with `mosipctl status`; its data stays".to_owned()),
            Self::Changed { .. } => {
                Some("stop whoever still works with the token; its data stays".to_owned())
            }
            Self::Command { .. } => Some(
                "the container must have a shell, `tar` and `sha256sum`, and name the settings of SoftHSM in `SOFTHSM2_CONF`"
                    .to_owned(),
            ),
            Self::Copy { .. } => Some("give a folder that can be written to".to_owned()),
            Self::Connection { source, .. } => source.remedy().map(str::to_owned),
            Self::SoftHsm(error) => error.help().map(str::to_owned),
        }
    }
}
