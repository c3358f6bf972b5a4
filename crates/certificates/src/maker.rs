//! Who makes the certificate, with everything that they need: what the environment file says, secrets read.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use mosipctl_dns::{DnsError, Key, SecretError, Updater, read_secret};
use mosipctl_spec::Environment;
use mosipctl_spec::environment::certificates::{
    Acme as Wanted, CertificateKind, Certificates, Challenge, Dns01, Http01,
};

use crate::acme::Acme;
use crate::certificate::Pair;
use crate::prover::Prover;

/// Who makes the certificate.
#[derive(Debug)]
pub enum Maker {
    /// An ACME authority.
    Acme(Box<Acme>),
    /// An authority of the environment's own.
    Own {
        /// The environment.
        environment: String,
        /// How long a certificate holds.
        days: u32,
    },
    /// People: this is what they bring.
    Supplied(Pair),
}

/// Why what the environment file says cannot be used. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum MakerError {
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The key for updates of DNS is none.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// The file of certificates to trust cannot be read.
    #[error("read `{path}`, which `spec.certificates.acme.trust` names")]
    Trust {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file lacks what its check asks for.
    #[error("read `{0}`, which is not there")]
    Lacking(&'static str),
}

impl MakerError {
    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Secret(error) => error.remedy(),
            Self::Dns(error) => error.remedy(),
            Self::Trust { .. } => "put the PEM file there, or name another one".to_owned(),
            Self::Lacking(field) => format!("write `{field}` into the environment file"),
        }
    }
}

impl Maker {
    /// What the environment file says. Paths in it start at its folder.
    ///
    /// # Errors
    /// See [`MakerError`].
    pub fn new(
        certificates: &Certificates,
        environment: &Environment,
        folder: &Path,
    ) -> Result<Self, MakerError> {
        match certificates.kind {
            CertificateKind::OwnCa => Ok(Self::Own {
                environment: environment.name().to_string(),
                days: certificates.own_ca.clone().unwrap_or_default().days,
            }),
            CertificateKind::Supplied => {
                let lacking = MakerError::Lacking("spec.certificates.supplied");
                let supplied = certificates.supplied.as_ref().ok_or(lacking)?;
                Ok(Self::Supplied(Pair {
                    chain: read_secret("the chain of the certificate", &supplied.chain, folder)?
                        .to_string(),
                    key: read_secret("the key of the certificate", &supplied.key, folder)?,
                }))
            }
            CertificateKind::Acme => {
                let lacking = MakerError::Lacking("spec.certificates.acme");
                let wanted = certificates.acme.as_ref().ok_or(lacking)?;
                Ok(Self::Acme(Box::new(acme(wanted, environment, folder)?)))
            }
        }
    }

    /// Which kind it is.
    pub(crate) fn kind(&self) -> CertificateKind {
        match self {
            Self::Acme(_) => CertificateKind::Acme,
            Self::Own { .. } => CertificateKind::OwnCa,
            Self::Supplied(_) => CertificateKind::Supplied,
        }
    }

    /// Which of its kind: a certificate of another authority is another one.
    pub(crate) fn authority(&self) -> &str {
        match self {
            Self::Acme(acme) => &acme.directory,
            Self::Own { .. } | Self::Supplied(_) => "",
        }
    }
}

fn acme(wanted: &Wanted, environment: &Environment, folder: &Path) -> Result<Acme, MakerError> {
    let trust = wanted.trust.as_ref().map(|path| {
        let path = folder.join(path);
        std::fs::read(&path).map_err(|source| MakerError::Trust { path, source })
    });
    let external = wanted.external_account.as_ref().map(|account| {
        let key = read_secret("the key of the external account", &account.key, folder)?;
        Ok::<_, SecretError>((account.id.clone(), key))
    });
    Ok(Acme {
        directory: wanted.directory.clone(),
        contact: wanted.contact.clone(),
        trust: trust.transpose()?,
        external: external.transpose()?,
        prover: match &wanted.challenge {
            Challenge::Http01(http) => by_http(http, folder),
            Challenge::Dns01(dns) => by_dns(dns, environment, folder)?,
        },
    })
}

fn by_http(http: &Http01, folder: &Path) -> Prover {
    let usual = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 80));
    match &http.folder {
        Some(served) => Prover::Folder(folder.join(served)),
        None => Prover::Listener(http.listen.unwrap_or(usual)),
    }
}

fn by_dns(dns: &Dns01, environment: &Environment, folder: &Path) -> Result<Prover, MakerError> {
    let servers = dns.servers.clone();
    if !dns.hook.is_empty() {
        let program = dns.hook.clone();
        return Ok(Prover::Hook { program, servers });
    }
    let spec = &environment.spec;
    let lacking = MakerError::Lacking("spec.dns.update");
    let names = spec.dns.as_ref().ok_or(MakerError::Lacking("spec.dns"))?;
    let update = names.update.as_ref().ok_or(lacking)?;
    let zone = names.zone.as_ref().unwrap_or(&spec.domain);
    let secret = read_secret("the secret of the TSIG key", &update.key.secret, folder)?;
    let key = Key::new(&update.key, &secret)?;
    let updater = Updater::new(update.server, zone, key)?;
    Ok(Prover::Update { updater, servers })
}
