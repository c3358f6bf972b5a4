//! Whom to trust as the server.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::PostgresError;

/// Whom to trust as the server.
#[derive(Clone)]
pub struct Tls {
    pub(crate) name: String,
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) roots: Arc<[u8]>,
}

impl Tls {
    /// Trusts a server whose certificate holds this name and comes from one of these authorities, in PEM.
    ///
    /// # Errors
    /// They cannot be read, or there are none.
    pub fn trusting(name: impl Into<String>, pem: &[u8]) -> Result<Self, PostgresError> {
        let name = name.into();
        let wrong = |problem: String| PostgresError::Certificates {
            name: name.clone(),
            problem,
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("there are none".to_owned()));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
            roots: pem.into(),
            name,
        })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls({})", self.name)
    }
}
