//! Why something could not be done on a host.

use std::io;
use std::path::PathBuf;

use crate::key::HostKey;

mod advice;

/// Why something could not be done on a host. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// Nobody answers there.
    #[error("reach host `{host}` at {place}: {}", in_words(.error))]
    Unreachable {
        /// The host.
        host: String,
        /// Address and port.
        place: String,
        /// What the system says; it stands in the text, so it is no source.
        error: io::Error,
    },
    /// The host that lies before it cannot be used.
    #[error("reach host `{host}` through `{jump}`: {why}")]
    Jump {
        /// The host.
        host: String,
        /// The one before it.
        jump: String,
        /// Why not, when that is not an error of that host itself.
        why: String,
        /// The error of the host before it.
        #[source]
        source: Option<Box<HostError>>,
    },
    /// What answers there is no SSH, or none that we can speak to.
    #[error("speak SSH with host `{host}` at {place}: {reason}")]
    NoSsh {
        /// The host.
        host: String,
        /// Address and port.
        place: String,
        /// Why not.
        reason: String,
    },
    /// No key is pinned for it.
    #[error("trust host `{host}`: its key is not known: {} {}", .key.algorithm(), .key.fingerprint())]
    UnknownKey {
        /// The host.
        host: String,
        /// The key that it shows.
        key: Box<HostKey>,
    },
    /// Another key is pinned for it.
    #[error(
        "trust host `{host}`: ITS KEY HAS CHANGED. It shows {} {}, pinned is {} {} in `{}`; nothing was sent to it",
        .key.algorithm(), .key.fingerprint(), .pinned.algorithm(), .pinned.fingerprint(), .file.display()
    )]
    ChangedKey {
        /// The host.
        host: String,
        /// The key that it shows.
        key: Box<HostKey>,
        /// The key that is pinned.
        pinned: Box<HostKey>,
        /// Where.
        file: PathBuf,
    },
    /// The file of a key cannot be used.
    #[error("read the key `{}` for host `{host}`: {reason}", .path.display())]
    KeyFile {
        /// The host.
        host: String,
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The host takes none of our keys.
    #[error("log in to host `{host}` as `{user}`: it takes none of our keys ({})", listed(.tried))]
    Login {
        /// The host.
        host: String,
        /// The user.
        user: String,
        /// The keys, as people know them.
        tried: Vec<String>,
    },
    /// The user may not become root.
    #[error("use sudo on host `{host}` as `{user}`: {reason}")]
    Sudo {
        /// The host.
        host: String,
        /// The user.
        user: String,
        /// What sudo says.
        reason: String,
    },
    /// Somebody else is at work.
    #[error("take the lock on host `{host}`: {holder} has it")]
    Locked {
        /// The host.
        host: String,
        /// Who has it.
        holder: String,
    },
    /// The connection broke off.
    #[error("{what} on host `{host}`: the connection broke off ({reason})")]
    Cut {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// Why, as far as known.
        reason: String,
    },
    /// It took too long.
    #[error("{what} on host `{host}`: not done within {seconds} s")]
    Deadline {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// How long was waited.
        seconds: u64,
    },
    /// It wrote more than is taken.
    #[error("{what} on host `{host}`: it wrote more than {limit} bytes")]
    TooMuch {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// How much is taken.
        limit: usize,
    },
    /// The disk is full.
    #[error("{what} on host `{host}`: no space left: {said}")]
    FullDisk {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// What the host says.
        said: String,
    },
    /// No source of the host has a package.
    #[error("{what} on host `{host}`: none of its sources has it{}", after(.said))]
    NoSource {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// What the host says.
        said: String,
        /// Where such packages come from, as whoever asked for them knows.
        hints: Vec<String>,
    },
    /// It was done and failed.
    #[error("{what} on host `{host}`: it ended with {ended}{}", after(.said))]
    Failed {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// How it ended.
        ended: String,
        /// The last lines of what it wrote.
        said: String,
    },
    /// It answers what nobody expects.
    #[error("{what} on host `{host}`: {problem}")]
    Unexpected {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// What is not as it should be.
        problem: String,
    },
    /// A change does not work or would have cut us off, and what was before is back.
    #[error("{what} on host `{host}`: it could not be confirmed, so what was before is back")]
    PutBack {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// What a person can do about it.
        remedy: String,
        /// Why it could not be confirmed; none when the host was faster than we.
        #[source]
        source: Option<Box<HostError>>,
    },
    /// A host does not answer after a change, though it should have put back what was before.
    #[error(
        "{what} on host `{host}`: it does not answer since, not even after the time in which it puts back what was before"
    )]
    Lost {
        /// The host.
        host: String,
        /// What was being done.
        what: String,
        /// Name of the change.
        name: String,
        /// Why it could not be confirmed.
        #[source]
        source: Box<HostError>,
    },
    /// A file of this machine cannot be used.
    #[error("use `{}`", .path.display())]
    Here {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The hosts file has none of that name.
    #[error("find host `{host}`: there is none of that name")]
    NoHost {
        /// The name.
        host: String,
    },
}

/// The system's words for what is usual; they are meant for people, its own are not always.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "the connection is refused".to_owned(),
        io::ErrorKind::TimedOut => "no answer in time".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "no way leads there".to_owned()
        }
        _ => error.to_string(),
    }
}

fn listed(tried: &[String]) -> String {
    match tried {
        [] => "there was none to try".to_owned(),
        tried => format!("tried {}", tried.join(", ")),
    }
}

fn after(said: &str) -> String {
    match said {
        "" => String::new(),
        said => format!("; it says:\n{said}"),
    }
}
