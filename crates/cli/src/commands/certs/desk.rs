//! What every verb needs: whose certificate it is, for which hosts, and what is kept.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use mosipctl_certificates::{
    Certificate, Flaw, Kept, Maker, Pair, Store, StoreError, authority, prove, uncovered,
    wanted_names,
};
use mosipctl_journal::Place;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::Environment;
use mosipctl_spec::environment::certificates::{CertificateKind, Certificates};

use crate::routed::failed;
use crate::session::Session;

/// The folder beside those of clusters in which an environment's certificates are kept.
const PLACE: &str = "certificates";
/// What ends sooner needs a person: renewal by itself would have been long before.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 21);

/// An environment's certificate, for as long as a command is at it.
pub(super) struct Desk {
    /// The environment file, as the user named it.
    pub(super) file: String,
    pub(super) environment: Environment,
    pub(super) certificates: Certificates,
    /// Hosts that are spoken to over TLS.
    pub(super) hosts: Vec<String>,
    /// Names that the certificate is to have.
    pub(super) names: Vec<String>,
    pub(super) store: Store,
    folder: PathBuf,
}

/// What there is.
pub(super) struct Status {
    pub(super) now: Timestamp,
    pub(super) kept: Option<Kept>,
    pub(super) pair: Option<Pair>,
    /// What the certificate says, or what is wrong with it.
    pub(super) judged: Option<Result<Certificate, Flaw>>,
    /// The environment's own authority.
    pub(super) authority: Option<Certificate>,
}

impl Status {
    pub(super) fn is_soon(&self, end: Timestamp) -> bool {
        self.now.duration_until(end) < SOON
    }

    pub(super) fn exit(&self) -> Exit {
        let is_good = matches!(&self.judged, Some(Ok(own)) if !self.is_soon(own.ends));
        let authority = self.authority.as_ref().map(|own| own.ends);
        match is_good && !authority.is_some_and(|end| self.is_soon(end)) {
            true => Exit::Done,
            false => Exit::Attention,
        }
    }
}

impl Desk {
    /// `hosts` are those that are spoken to over TLS.
    pub(super) fn of(session: &Session, hosts: Vec<String>) -> Result<Self, Trouble> {
        let environment = session.environment.clone();
        let name = session.file.clone();
        let certificates = environment.certificates().ok_or_else(|| unsaid(&name))?;
        let names = wanted_names(&certificates, &environment.spec.domain, &hosts);
        let place = Place::of(environment.name().as_str(), PLACE);
        let place = place.map_err(|error| Trouble::of(&error))?;
        let folder = Path::new(&name).parent().unwrap_or(Path::new(""));
        let folder = folder.to_owned();
        let store = Store::open(place.folder()).map_err(|error| unkept(&error))?;
        Ok(Self {
            file: name,
            environment,
            certificates,
            hosts,
            names,
            store,
            folder,
        })
    }

    /// Who makes it, secrets read.
    pub(super) fn maker(&self) -> Result<Maker, Trouble> {
        let maker = Maker::new(&self.certificates, &self.environment, &self.folder);
        maker.map_err(|error| failed(&error, error.remedy()).exit(Exit::Usage))
    }

    /// Names that the file gives must be good for every host.
    pub(super) fn must_cover_all(&self) -> Result<(), Trouble> {
        let lacking = uncovered(&self.names, &self.hosts);
        match lacking.is_empty() {
            true => Ok(()),
            false => Err(Trouble::new(format!(
                "`spec.certificates.names` of {} covers {} of {} hosts",
                self.file,
                self.hosts.len() - lacking.len(),
                self.hosts.len()
            ))
            .because(format!("it is not for {}", lacking.join(", ")))
            .remedy("add them, or leave `names` out: then all hosts are covered")
            .exit(Exit::Usage)),
        }
    }

    pub(super) fn trust(&self) -> Result<Option<String>, Trouble> {
        match self.certificates.kind {
            CertificateKind::OwnCa => self.store.trust().map_err(|error| unkept(&error)),
            _ => Ok(None),
        }
    }

    pub(super) fn status(&self, now: Timestamp) -> Result<Status, Trouble> {
        let kept = self.store.current().map_err(|error| unkept(&error))?;
        // a lost file is a flaw like others
        let pair = kept.as_ref().and_then(|kept| self.store.pair(kept).ok());
        let names = if self.certificates.kind == CertificateKind::Supplied {
            &self.hosts
        } else {
            &self.names
        };
        let judged = kept.as_ref().map(|_| match &pair {
            Some(pair) => prove(pair, names, now),
            None => Err(Flaw::NoCertificate),
        });
        let authority = self.trust()?.as_deref().and_then(authority);
        Ok(Status {
            now,
            kept,
            pair,
            judged,
            authority,
        })
    }
}

fn unsaid(file: &str) -> Trouble {
    Trouble::new(format!("`{file}` does not say who makes the certificate of its hosts"))
        .remedy("put one of these under `spec:` (`mosipctl certs --help` shows them whole):\ncertificates: {kind: acme, acme: {directory: …, challenge: …}}\ncertificates: {kind: supplied, supplied: {chain: …, key: …}}\ncertificates: {kind: ownCa}")
        .exit(Exit::Usage)
}

/// What is wrong with the state folder.
pub(super) fn unkept(error: &StoreError) -> Trouble {
    failed(error, error.remedy())
}
