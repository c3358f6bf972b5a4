//! Why a server did not do it.

use mosipctl_broker::BrokerError;
use mosipctl_endpoint::EndpointError;
use mosipctl_keycloak::KeycloakError;
use mosipctl_kube::KubeError;
use mosipctl_objectstore::StoreError;
use mosipctl_reach::ReachError;

/// Why a server did not do it. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The edition does not say where the server is.
    #[error("find {server}: the edition does not say where it is")]
    Unknown {
        /// The server, by its name under `rehearsal`.
        server: &'static str,
    },
    /// A Secret that is logged in with cannot be read, or lacks the key.
    #[error("log in to {server}: {reason}")]
    Login {
        /// The server.
        server: &'static str,
        /// What is missing.
        reason: String,
    },
    /// The cluster does not show a Secret or Service.
    #[error("look at the cluster")]
    Kubernetes(#[from] KubeError),
    /// There is no way to the server.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// Its address cannot be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// Keycloak did not do it.
    #[error(transparent)]
    Keycloak(#[from] KeycloakError),
    /// The object store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker did not do it.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// PostgreSQL did not do it.
    #[error(transparent)]
    Postgres(#[from] mosipctl_postgres::PostgresError),
    /// A token cannot be read, or its backup is not what is in the cluster.
    #[error(transparent)]
    Token(#[from] crate::token::TokenError),
    /// A backup cannot be kept.
    #[error("write the backup `{}`", file.display())]
    Backup {
        /// The file.
        file: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What is wanted cannot be.
    #[error("{0}")]
    Refused(String),
}

impl PrepareError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Kubernetes(error) => error.is_transient(),
            Self::Reach(error) => error.is_transient(),
            Self::Keycloak(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            Self::Broker(error) => error.is_transient(),
            Self::Postgres(error) => error.is_transient(),
            Self::Token(error) => error.is_transient(),
            Self::Unknown { .. }
            | Self::Login { .. }
            | Self::Endpoint(_)
            | Self::Backup { .. }
            | Self::Refused(_) => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Login { .. } => {
                Some("run `mosipctl up`: it makes Secrets that are missing".to_owned())
            }
            Self::Kubernetes(error) => error.remedy().map(str::to_owned),
            Self::Reach(error) => error.remedy().map(str::to_owned),
            Self::Keycloak(error) => error.remedy().map(Into::into),
            Self::Store(error) => error.remedy().map(Into::into),
            Self::Broker(error) => error.remedy().map(Into::into),
            Self::Postgres(error) => error.remedy().map(Into::into),
            Self::Token(error) => error.remedy(),
            Self::Backup { .. } => Some("give a folder that can be written to".to_owned()),
            Self::Unknown { .. } | Self::Endpoint(_) | Self::Refused(_) => None,
        }
    }
}
