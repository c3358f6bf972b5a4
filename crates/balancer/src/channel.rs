//! From where something can be reached.

/// From where something can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// From everywhere.
    Public,
    /// From inside the VPN.
    Internal,
}

impl Channel {
    /// In words, before "gateway".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
        }
    }

    /// The channel of what an Istio ingress of this name offers: the names that charts/mosip-service and charts/gateways select by.
    pub(crate) fn of_ingress(name: &str) -> Self {
        match name.ends_with("-internal") {
            true => Self::Internal,
            false => Self::Public,
        }
    }
}
