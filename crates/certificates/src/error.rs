//! Why there is no new certificate.

use crate::acme::AcmeError;
use crate::flaw::Flaw;
use crate::own::OwnError;
use crate::store::StoreError;

/// Why there is no new certificate; the one before counts still. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The authority gives none.
    #[error(transparent)]
    Acme(#[from] AcmeError),
    /// Our own authority cannot make one.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// What people bring is not good.
    #[error("use the certificate that `spec.certificates.supplied` names")]
    Supplied(#[source] Flaw),
    /// What an authority made is not good.
    #[error("use the certificate that the authority made")]
    Unproven(#[source] Flaw),
    /// It cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RenewError {
    /// Whether the same may go well a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Acme(error) if error.is_transient())
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Acme(error) => error.remedy(),
            Self::Supplied(flaw) => flaw.remedy(),
            Self::Own(OwnError::Store(error)) | Self::Store(error) => error.remedy(),
            Self::Own(OwnError::Ends { .. }) => {
                "remove `trust.pem` in the folder of certificates to begin with a new authority, and tell everybody to trust it".to_owned()
            }
            Self::Own(OwnError::Make(_)) => "see that the names in `spec.certificates.names` are plain ASCII".to_owned(),
            Self::Unproven(_) => {
                "see whether the clock of this machine is right; if it is, ask the authority".to_owned()
            }
        }
    }
}
