//! Whom to trust as the server.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
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
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|error| wrong(&name, &error))?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|error| wrong(&name, &error))?;
        }
        Self::with(name, roots, pem.into())
    }

    /// Trusts a server whose certificate holds this name and comes from an authority that this machine trusts.
    ///
    /// # Errors
    /// It trusts none.
    pub fn trusting_as_this_machine(name: impl Into<String>) -> Result<Self, PostgresError> {
        let found = rustls_native_certs::load_native_certs();
        let pem: String = found.certs.iter().map(|one| as_pem(one)).collect();
        let mut roots = RootCertStore::empty();
        // some machines keep certificates that nobody can read
        roots.add_parsable_certificates(found.certs);
        Self::with(name.into(), roots, pem.into_bytes().into())
    }

    fn with(name: String, roots: RootCertStore, pem: Arc<[u8]>) -> Result<Self, PostgresError> {
        if roots.is_empty() {
            return Err(wrong(&name, &"there are none"));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&name, &error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
            roots: pem,
            name,
        })
    }
}

fn wrong(name: &str, problem: &dyn fmt::Display) -> PostgresError {
    PostgresError::Certificates {
        name: name.to_owned(),
        problem: problem.to_string(),
    }
}

/// For programs that take their authorities from a file.
fn as_pem(certificate: &[u8]) -> String {
    let text = BASE64.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls({})", self.name)
    }
}
