//! A server, and how to log in to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_reach::Reach;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::PostgresError;
use crate::session::Session;
use crate::tls::Tls;
use crate::wire::Wire;

/// A statement of a script that builds an index over much, or a COPY, may take long; a server that is stopped takes for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// A table may have the name of a type, and stand before it in the path of its database. And a machine that is gone is noticed
/// after a minute, so that its locks end.
const OPTIONS: &str = "-c search_path=pg_catalog \
    -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3";

/// A server, and who logs in to it.
#[derive(Clone)]
pub struct Server {
    pub(crate) reach: Arc<dyn Reach>,
    pub(crate) user: String,
    pub(crate) password: SecretString,
    pub(crate) tls: Option<Tls>,
    pub(crate) maintenance: String,
    pub(crate) patience: Duration,
}

impl Server {
    /// The server at the end of a way, with a user who may make databases and roles.
    pub fn new(reach: Arc<dyn Reach>, user: impl Into<String>, password: SecretString) -> Self {
        Self {
            reach,
            user: user.into(),
            password,
            tls: None,
            maintenance: "postgres".to_owned(),
            patience: PATIENCE,
        }
    }

    /// The same, encrypted: a server that does not want to is refused.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The same, by another database than `postgres` when none else is known to be there.
    #[must_use]
    pub fn with_maintenance(mut self, database: impl Into<String>) -> Self {
        self.maintenance = database.into();
        self
    }

    /// The same, waiting this long for each answer instead of two minutes.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// A session in a database.
    pub(crate) async fn session(&self, database: &str) -> Result<Session, PostgresError> {
        self.session_as(database, &self.user, &self.password).await
    }

    /// A session of somebody.
    pub(crate) async fn session_as(
        &self,
        database: &str,
        user: &str,
        password: &SecretString,
    ) -> Result<Session, PostgresError> {
        let mut config = Config::new();
        config.user(user).password(password.expose_secret());
        config.dbname(database).application_name("mosipctl");
        config.options(OPTIONS);
        let connecting = self.connect(&config);
        let connected = tokio::time::timeout(self.patience, connecting).await;
        let silent = |_| PostgresError::Silent {
            target: self.reach.target(),
            seconds: self.patience.as_secs(),
        };
        match connected.map_err(silent)? {
            Ok((client, pump)) => Ok(Session {
                client,
                _pump: pump,
                target: self.reach.target(),
                patience: self.patience,
            }),
            Err(Trouble::Way(error)) => Err(error),
            Err(Trouble::Login(error)) => Err(self.refusal(error, database, user)),
        }
    }

    async fn connect(&self, config: &Config) -> Result<(Client, Pump), Trouble> {
        let stream = self.reach.connect().await;
        let wire = Wire(stream.map_err(|error| Trouble::Way(error.into()))?);
        let mut config = config.clone();
        let Some(tls) = &self.tls else {
            config.ssl_mode(SslMode::Disable);
            let (client, connection) = config.connect_raw(wire, NoTls).await?;
            return Ok((client, Pump(tokio::spawn(carry(connection)))));
        };
        config.ssl_mode(SslMode::Require);
        let mut rustls = MakeRustlsConnect::new((*tls.config).clone());
        let made = MakeTlsConnect::<Wire>::make_tls_connect(&mut rustls, &tls.name);
        let connector = made.map_err(|error| {
            Trouble::Way(PostgresError::Certificates {
                name: tls.name.clone(),
                problem: error.to_string(),
            })
        })?;
        let (client, connection) = config.connect_raw(wire, connector).await?;
        Ok((client, Pump(tokio::spawn(carry(connection)))))
    }

    fn refusal(&self, error: tokio_postgres::Error, database: &str, user: &str) -> PostgresError {
        let target = self.reach.target();
        let wrong = [
            &SqlState::INVALID_PASSWORD,
            &SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        ];
        match error.code() {
            Some(code) if wrong.contains(&code) => PostgresError::Login {
                target,
                user: user.to_owned(),
                message: crate::session::words_of(&error),
            },
            Some(code) if *code == SqlState::INVALID_CATALOG_NAME => PostgresError::NoDatabase {
                database: database.to_owned(),
            },
            _ => crate::session::refused(&target, &format!("open database `{database}`"), error),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} as {})", self.reach.target(), self.user)
    }
}

/// Why there is no session.
enum Trouble {
    Way(PostgresError),
    Login(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Login(error)
    }
}

/// How long a session may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// What carries the bytes of a session. When the session is dropped it tells the server, and ends: a way through the API server may
/// keep a connection whose end nobody told for ever, and the server has only so many.
#[derive(Debug)]
pub(crate) struct Pump(tokio::task::JoinHandle<()>);

impl Drop for Pump {
    fn drop(&mut self) {
        let carrier = self.0.abort_handle();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep(GOODBYE).await;
                carrier.abort();
            });
        }
    }
}

async fn carry<F: Future<Output = Result<(), tokio_postgres::Error>>>(connection: F) {
    // whoever asks something over it hears that it broke
    if let Err(error) = connection.await {
        tracing::debug!("a connection to a database ended: {error}");
    }
}
