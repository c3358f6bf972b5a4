//! What an environment says of its PostgreSQL, beside where it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mosipctl_postgres::{PostgresError, Server, Tls};
use mosipctl_spec::environment::externals::{Mode, Postgres};

/// What an environment says of its PostgreSQL, beside where it is.
#[derive(Debug, Clone, Default)]
pub struct PostgresSettings {
    /// Whom to trust as a server outside the cluster; none when nothing is encrypted there. The way to one in the cluster goes
    /// through the API server, which encrypts it.
    pub(crate) tls: Option<Tls>,
    /// The day to which dates of seeds are moved that have passed; none when they are left.
    pub(crate) extend_to: Option<String>,
}

/// Why they cannot be used. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum PostgresSettingsError {
    /// The file with certificate authorities cannot be read.
    #[error("read `{}`, which `spec.externals.postgres.tls.ca` names", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// There are no certificates in it.
    #[error("use `{}`, which `spec.externals.postgres.tls.ca` names", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<PostgresError>,
    },
    /// This machine trusts nobody.
    #[error("trust the server of `spec.externals.postgres`")]
    NoAuthorities(#[source] Box<PostgresError>),
}

impl PostgresSettingsError {
    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::File { .. } => {
                "name a file that is there; a relative path begins at the folder of the environment file"
            }
            Self::Certificates { .. } => {
                "name a file with certificates in PEM, which begin with `-----BEGIN CERTIFICATE-----`"
            }
            Self::NoAuthorities(_) => {
                "name a file with the certificate authority of the server in `tls: {ca: FILE}`"
            }
        }
    }
}

impl PostgresSettings {
    /// Reads them; `folder` is that of the environment file.
    ///
    /// # Errors
    /// The file with certificate authorities cannot be used.
    pub fn read(postgres: &Postgres, folder: &Path) -> Result<Self, PostgresSettingsError> {
        let tls = match postgres.mode {
            Mode::Existing => tls(postgres, folder)?,
            Mode::InCluster | Mode::Environment => None,
        };
        let extend_to = postgres.extend_seed_dates.clone();
        Ok(Self { tls, extend_to })
    }

    /// A server outside the cluster, spoken to as they say.
    pub fn encrypt(&self, server: Server) -> Server {
        match &self.tls {
            Some(tls) => server.with_tls(tls.clone()),
            None => server,
        }
    }
}

fn tls(postgres: &Postgres, folder: &Path) -> Result<Option<Tls>, PostgresSettingsError> {
    let settings = postgres.tls.clone().unwrap_or_default();
    if !settings.enabled {
        return Ok(None);
    }
    let host = postgres.host.clone().unwrap_or_default();
    let name = settings.server_name.unwrap_or(host);
    let Some(ca) = settings.ca else {
        let tls = Tls::trusting_as_this_machine(name);
        let nobody = |error| PostgresSettingsError::NoAuthorities(Box::new(error));
        return tls.map(Some).map_err(nobody);
    };
    let path = folder.join(ca);
    let pem = match fs::read(&path) {
        Ok(pem) => pem,
        Err(source) => return Err(PostgresSettingsError::File { path, source }),
    };
    match Tls::trusting(name, &pem) {
        Ok(tls) => Ok(Some(tls)),
        Err(source) => Err(PostgresSettingsError::Certificates {
            path,
            source: Box::new(source),
        }),
    }
}
