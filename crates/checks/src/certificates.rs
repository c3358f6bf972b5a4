//! The certificates of public hosts: chain, name and end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::finding::{Check, Finding};

/// Where browsers go.
const PORT: u16 = 443;
/// A firewall that drops packets says nothing; after this time it is taken for one.
const PATIENCE: Duration = Duration::from_secs(10);
/// Authorities that renew by themselves do so thirty days before the end.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Whom to trust.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

/// What a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing listens, or nobody gets there.
    Silent(String),
    /// A certificate of a trusted authority for this name.
    Trusted {
        /// When it ends.
        ends: Option<Timestamp>,
    },
    /// A certificate that is not to be trusted.
    Refused(Refusal),
    /// Something that is no TLS.
    Other(String),
}

/// Why a certificate is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has ended.
    Ended,
    /// It has not begun.
    NotBegun,
    /// It is for other names.
    Name,
    /// No trusted authority made it, or certificates between are missing.
    Issuer,
    /// Something else.
    Other(String),
}

impl Trust {
    /// The authorities that this machine trusts; none when it trusts nobody.
    pub fn of_this_machine() -> Option<Self> {
        Self::in_certificates(rustls_native_certs::load_native_certs().certs)
    }

    /// These authorities; none when they cannot be used.
    pub fn in_certificates(certificates: Vec<CertificateDer<'static>>) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        // some machines keep certificates that nobody can read
        roots.add_parsable_certificates(certificates);
        if roots.is_empty() {
            return None;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Some(Self(Arc::new(config)))
    }
}

/// Asks a host, at one of its addresses, for its certificate.
pub async fn look(host: &str, address: IpAddr, trust: &Trust) -> Shown {
    look_at(host, SocketAddr::new(address, PORT), trust).await
}

async fn look_at(host: &str, address: SocketAddr, trust: &Trust) -> Shown {
    let connecting = tokio::time::timeout(PATIENCE, TcpStream::connect(address));
    let stream = match connecting
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    {
        Ok(stream) => stream,
        Err(error) => return Shown::Silent(format!("{address}: {error}")),
    };
    let Ok(name) = ServerName::try_from(host.to_owned()) else {
        return Shown::Other("its name cannot stand in a certificate".to_owned());
    };
    let connector = TlsConnector::from(trust.0.clone());
    let greeting = tokio::time::timeout(PATIENCE, connector.connect(name, stream));
    match greeting
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    {
        Ok(stream) => {
            let own = stream.get_ref().1.peer_certificates();
            let own = own.and_then(|chain| chain.first());
            Shown::Trusted {
                ends: own.and_then(|own| end(own)),
            }
        }
        Err(error) => refused(&error),
    }
}

/// The end of a certificate.
fn end(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    Timestamp::from_second(read.validity().not_after.timestamp()).ok()
}

fn refused(error: &io::Error) -> Shown {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    let Some(rustls::Error::InvalidCertificate(wrong)) = inner else {
        return Shown::Other(error.to_string());
    };
    Shown::Refused(match wrong {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Refusal::Ended,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Refusal::NotBegun
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Refusal::Name
        }
        // an authority of the same name and another key is another one
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Refusal::Issuer,
        other => Refusal::Other(other.to_string()),
    })
}

/// Judges what a host showed.
pub fn judge(host: &str, shown: &Shown, now: Timestamp) -> Finding {
    let what = format!("certificate of {host}");
    let check = Check::Certificate;
    match shown {
        Shown::Silent(why) => {
            Finding::skipped(check, what, format!("nothing listens there yet: {why}"))
        }
        Shown::Trusted { ends: None } => Finding::passed(
            check,
            what,
            "chain and name are right; its end cannot be read",
        ),
        Shown::Trusted { ends: Some(ends) } => lasting(what, *ends, now),
        Shown::Refused(refusal) => untrusted(what, host, refusal),
        Shown::Other(why) => Finding::failed(
            check,
            what,
            format!("what listens at port {PORT} speaks no TLS that browsers take: {why}"),
            "let the load balancer or proxy before the gateway end TLS there",
        ),
    }
}

fn lasting(what: String, ends: Timestamp, now: Timestamp) -> Finding {
    let left = ends.duration_since(now);
    let days = left.as_hours() / 24;
    let detail = format!("chain and name are right; it ends in {days} days");
    match left < SOON {
        true => Finding::warning(
            Check::Certificate,
            what,
            detail,
            "renew it, and see why it was not renewed by itself",
        ),
        false => Finding::passed(Check::Certificate, what, detail),
    }
}

fn untrusted(what: String, host: &str, refusal: &Refusal) -> Finding {
    let (detail, remedy) = match refusal {
        Refusal::Ended => ("it has ended".to_owned(), "renew it".to_owned()),
        Refusal::NotBegun => (
            "it is not valid yet".to_owned(),
            "look at the clocks of this machine and of the one that made it".to_owned(),
        ),
        Refusal::Name => (
            "it is for other names".to_owned(),
            format!("have one made that holds `{host}`"),
        ),
        Refusal::Issuer => (
            "no authority that this machine trusts made it".to_owned(),
            "have the server send the certificates between too, or trust its authority on the machines of all users".to_owned(),
        ),
        Refusal::Other(why) => (why.clone(), "have a new one made".to_owned()),
    };
    Finding::failed(Check::Certificate, what, detail, remedy)
}

#[cfg(test)]
mod tests;
