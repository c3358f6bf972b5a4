//! Why a proof cannot be shown.

use std::net::SocketAddr;
use std::path::PathBuf;

use mosipctl_dns::DnsError;

/// Why a proof cannot be shown. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ProverError {
    /// A name server is no help.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// The program failed.
    #[error("run `{program} {verb} {name}`: {how}")]
    Hook {
        /// The program.
        program: String,
        /// `set` or `clear`.
        verb: &'static str,
        /// The name of the record.
        name: String,
        /// What became of it, with its last words.
        how: String,
    },
    /// The port cannot be had.
    #[error("answer the authority at {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The folder cannot be written.
    #[error("put the answer for the authority into `{path}`")]
    Folder {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The authority's question could be a path to somewhere else.
    #[error("answer the authority: its token `{0}` is none")]
    Token(String),
}

impl ProverError {
    /// Whether the same may go well a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Dns(error) if error.is_transient())
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Dns(error) => error.remedy(),
            Self::Hook { .. } => "run it by hand with a value on its standard input; it must end with 0 when the record is there".to_owned(),
            Self::Listen { address, source } if source.kind() == std::io::ErrorKind::PermissionDenied => format!(
                "port {} belongs to root: run this as root, or let port 80 lead to another one and name that in `listen`",
                address.port()
            ),
            Self::Listen { .. } => "end what listens there, or let it serve a folder and name that in `folder`".to_owned(),
            Self::Folder { .. } => "name a folder that exists and that you may write, in `challenge.http01.folder`".to_owned(),
            Self::Token(_) => "see that `spec.certificates.acme.directory` is that of an ACME authority".to_owned(),
        }
    }
}
