//! Why a database is not as it is wanted.

use std::path::PathBuf;

use mosipctl_reach::ReachError;
use tokio_postgres::error::SqlState;

use crate::script::{Place, ScriptError};

/// Why a database is not as it is wanted. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// There is no way to the server.
    #[error("reach the database server")]
    Way(#[from] ReachError),
    /// The connection broke, or what answers does not speak as PostgreSQL does.
    #[error("speak with {target}")]
    Connection {
        /// The server.
        target: String,
        /// What happened.
        #[source]
        source: tokio_postgres::Error,
    },
    /// No answer in time.
    #[error("speak with {target}: no answer within {seconds} s")]
    Silent {
        /// The server.
        target: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The certificates to trust cannot be used.
    #[error("read the certificates for {name}: {problem}")]
    Certificates {
        /// The server's name.
        name: String,
        /// What is wrong with them.
        problem: String,
    },
    /// The server does not let this user in.
    #[error("log in to {target} as `{user}`: {message}")]
    Login {
        /// The server.
        target: String,
        /// The user.
        user: String,
        /// The server's words.
        message: String,
    },
    /// There is no such database.
    #[error("open database `{database}`: it is not there")]
    NoDatabase {
        /// Its name.
        database: String,
    },
    /// A script cannot be read. Nothing was asked of the server yet.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// A statement of a script was refused. What its scripts did in the database is undone.
    #[error("run {place}: {message} (SQLSTATE {code})")]
    Statement {
        /// The line.
        place: Place,
        /// The server's words.
        message: String,
        /// The server's code.
        code: String,
    },
    /// The server lacks the locale that a database is to have. Nothing was made.
    #[error("make database `{database}`: the server has no locale `{locale}`")]
    Locale {
        /// The database.
        database: String,
        /// The locale.
        locale: String,
    },
    /// Something else was refused.
    #[error("{what}: {message} (SQLSTATE {code})")]
    Refused {
        /// What was to be done.
        what: String,
        /// The server's words.
        message: String,
        /// The server's code.
        code: String,
    },
    /// Somebody else works at the database.
    #[error("lock database `{database}`: somebody else has worked at it for more than {seconds} s")]
    Locked {
        /// The database.
        database: String,
        /// How long was waited.
        seconds: u64,
    },
    /// A later run has written to the bookkeeping.
    #[error("go on with database `{database}`: run {theirs} has taken over from run {ours}")]
    TakenOver {
        /// The database.
        database: String,
        /// The number of this run.
        ours: u64,
        /// The number of the later one.
        theirs: u64,
    },
    /// What is there is not what the scripts make. Nothing was touched.
    #[error("take database `{database}` as it is: {difference}")]
    Unknown {
        /// The database.
        database: String,
        /// How it differs.
        difference: String,
    },
    /// The date to move other dates to lies in the past.
    #[error("move dates to `{until}`: that day has passed")]
    Passed {
        /// The date.
        until: String,
    },
    /// The name that was typed is not the database's.
    #[error("drop database `{database}`: the name typed is `{typed}`")]
    Mistyped {
        /// The database.
        database: String,
        /// What was typed.
        typed: String,
    },
    /// A file cannot be used.
    #[error("use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Nothing dumps databases here.
    #[error("find pg_dump and pg_restore: this machine has none")]
    NoTools,
    /// A backup is not worth its name.
    #[error("back up database `{database}`: {problem}")]
    Backup {
        /// The database.
        database: String,
        /// What is wrong.
        problem: String,
    },
}

const TRUST: &str = "name a file with the certificate authority of the server in `externals.postgres.tls.ca`, and the name in its certificate in `serverName` beside it";
const NO_TLS: &str =
    "let the server speak TLS (`ssl = on`), or say `externals.postgres.tls: {enabled: false}`";

impl PostgresError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Way(error) => error.is_transient(),
            // an error in TLS or in what was sent would come again
            Self::Connection { source, .. } => source.is_closed() || has_io(source),
            Self::Silent { .. } | Self::Locked { .. } => true,
            Self::Statement { code, .. } | Self::Refused { code, .. } => passes(code),
            _ => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Way(error) => error.remedy(),
            Self::Connection { source, .. } if speaks_no_tls(source) => Some(NO_TLS),
            Self::Connection { .. } if !self.is_transient() => Some(TRUST),
            Self::Certificates { .. } => Some(TRUST),
            Self::Connection { .. } | Self::Silent { .. } => {
                Some("check that the server runs, and look into its log")
            }
            Self::Login { .. } => Some(
                "check user and password in the environment file, and that `pg_hba.conf` lets this user in",
            ),
            Self::NoDatabase { .. } => Some("make it with `mosipctl up`"),
            Self::Script(_) | Self::Statement { .. } => {
                Some("mend the script, or take the scripts of another tag, and run again")
            }
            Self::Locale { .. } => Some(
                "make the locale on the machine or in the image of the server, as with `locale-gen en_US.UTF-8`, and start the server anew",
            ),
            Self::Locked { .. } => Some("wait for the other run, or end its session on the server"),
            Self::TakenOver { .. } => Some("let the later run finish"),
            Self::Unknown { .. } => Some(
                "bring the database to a known version with MOSIP's own upgrade scripts, or back it up and drop it",
            ),
            Self::Passed { .. } => Some("name a later day"),
            Self::Mistyped { .. } => Some("type the name of the database to drop it"),
            Self::Backup { .. } | Self::NoTools => {
                Some("install the client programs of the server's release or newer")
            }
            Self::Refused { .. } | Self::File { .. } => None,
        }
    }

    /// The server's code; none when the server did not refuse.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Statement { code, .. } | Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// What the server says about itself passes: it starts, ends, is full or busy, or two got in each other's way.
fn passes(code: &str) -> bool {
    let busy = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::OBJECT_IN_USE,
        SqlState::LOCK_NOT_AVAILABLE,
    ];
    let classes = ["08", "53", "57P"];
    classes.iter().any(|class| code.starts_with(class)) || busy.iter().any(|it| it.code() == code)
}

/// Whether the network is at fault. What TLS refuses comes as such an error too, and would be refused again.
fn has_io(error: &tokio_postgres::Error) -> bool {
    let source = std::error::Error::source(error);
    let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| {
        !io.get_ref()
            .is_some_and(|inner| inner.is::<rustls::Error>())
    })
}

/// The library has no code for it, only these words.
fn speaks_no_tls(error: &tokio_postgres::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.to_string() == "server does not support TLS")
}
