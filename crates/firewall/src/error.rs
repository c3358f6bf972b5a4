//! Why there can be no wall.

/// Why there can be no wall. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WallError {
    /// Rules are about IP addresses, and none is known of this host.
    #[error("find an IP address of host `{host}`")]
    NoAddress {
        /// The host.
        host: String,
    },
    /// The model that is a part of the program cannot be read: a mistake of ours.
    #[error("read the network model: {0}")]
    Model(String),
}

impl WallError {
    /// Whether the same may succeed later, with nobody's help.
    pub fn is_transient(&self) -> bool {
        false
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::NoAddress { host } => Some(format!(
                "write the IP address of {host} into the hosts file, or see that this machine can resolve its name"
            )),
            Self::Model(_) => None,
        }
    }
}
