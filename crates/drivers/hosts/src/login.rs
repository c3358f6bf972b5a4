//! Logging in: keys of files and of ssh-agent.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::ssh_key::{HashAlg, PrivateKey, PublicKey};
use russh::keys::{PrivateKeyWithHashAlg, decode_secret_key};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::door::{Door, Seen};
use crate::error::HostError;
use crate::target::{Keys, Target};

/// What `ssh` takes by itself.
const USUAL: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];
/// sshd ends a connection after six keys that it does not know (`MaxAuthTries`); some are left for those of files.
const OF_AGENT: usize = 4;

/// Logs in with one of the keys.
///
/// # Errors
/// The file of a key cannot be used, or the host takes none of them.
pub(crate) async fn log_in(
    handle: &mut Handle<Door>,
    target: &Target,
    agent: Option<&Path>,
    seen: &Seen,
) -> Result<(), HostError> {
    let candidates = candidates(target, agent).await?;
    let mut tried = Vec::new();
    for candidate in candidates {
        tried.push(candidate.name());
        let result = candidate.offer(handle, target, agent).await;
        match result {
            Ok(AuthResult::Success) => return Ok(()),
            Ok(AuthResult::Failure {
                partial_success: true,
                ..
            }) => {
                tried.push("which is not enough: it asks for more".to_owned());
                break;
            }
            Ok(AuthResult::Failure { .. }) if handle.is_closed() => break,
            Ok(AuthResult::Failure { .. }) | Err(Offer::Key) => {}
            Err(Offer::Connection(reason)) => {
                let reason = seen.end().unwrap_or(reason);
                if reason.contains("Too many authentication failures") {
                    break;
                }
                return Err(HostError::Cut {
                    host: target.name.clone(),
                    what: "log in".to_owned(),
                    reason,
                });
            }
        }
    }
    Err(HostError::Login {
        host: target.name.clone(),
        user: target.user.clone(),
        tried,
    })
}

/// A key that may open the host.
enum Candidate {
    File(PathBuf, Box<PrivateKey>),
    Agent(String, Box<PublicKey>),
}

/// Why a key could not be offered.
enum Offer {
    /// The agent does not sign with it; the next may do.
    Key,
    /// The connection is gone.
    Connection(String),
}

async fn candidates(target: &Target, agent: Option<&Path>) -> Result<Vec<Candidate>, HostError> {
    match &target.keys {
        Keys::File { path, passphrase } => {
            let candidate = named(target, path, passphrase.as_ref(), agent).await?;
            Ok(vec![candidate])
        }
        Keys::Usual(folder) => {
            let mut all: Vec<Candidate> = of_agent(agent).await;
            all.truncate(OF_AGENT);
            for path in USUAL.iter().map(|name| folder.join(name)) {
                // one that has a passphrase is the agent's business
                if let Ok(Some(key)) = read(&path, None) {
                    all.push(Candidate::File(path, Box::new(key)));
                }
            }
            Ok(all)
        }
    }
}

/// The key of a file that the hosts file names; what is wrong with it is told.
async fn named(
    target: &Target,
    path: &Path,
    passphrase: Option<&SecretString>,
    agent: Option<&Path>,
) -> Result<Candidate, HostError> {
    let fail = |reason: String| HostError::KeyFile {
        host: target.name.clone(),
        path: path.to_owned(),
        reason,
    };
    if let Some(key) = read(path, passphrase).map_err(fail)? {
        return Ok(Candidate::File(path.to_owned(), Box::new(key)));
    }
    let public = public(path);
    let held = of_agent(agent).await.into_iter().find(|candidate| {
        matches!(candidate, Candidate::Agent(_, key) if Some(key.key_data()) == public.as_ref().map(PublicKey::key_data))
    });
    held.ok_or_else(|| {
        fail(
            "it has a passphrase, which is not given, and ssh-agent does not have the key"
                .to_owned(),
        )
    })
}

/// The key of a file; none when it has a passphrase and that is not given.
fn read(path: &Path, passphrase: Option<&SecretString>) -> Result<Option<PrivateKey>, String> {
    use russh::keys::Error;
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })?;
    let text = Zeroizing::new(text);
    let secret = passphrase.map(|secret| secret.expose_secret());
    match decode_secret_key(&text, secret) {
        Ok(key) => Ok(Some(key)),
        Err(Error::KeyIsEncrypted) => Ok(None),
        Err(_) if secret.is_some() => Err("the passphrase does not open it".to_owned()),
        Err(_) => Err("it is no private key that can be read".to_owned()),
    }
}

/// The public half, from the file beside or from the file itself, where it is not encrypted.
fn public(path: &Path) -> Option<PublicKey> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".pub");
    let beside = fs::read_to_string(beside).ok();
    let beside = beside.and_then(|text| PublicKey::from_openssh(text.trim()).ok());
    let own = || {
        let text = Zeroizing::new(fs::read_to_string(path).ok()?);
        let key = PrivateKey::from_openssh(text.as_bytes()).ok()?;
        Some(key.public_key().clone())
    };
    beside.or_else(own)
}

/// The keys of the agent. One that cannot be asked has none.
async fn of_agent(socket: Option<&Path>) -> Vec<Candidate> {
    let Some(socket) = socket else {
        return Vec::new();
    };
    let Ok(mut agent) = AgentClient::connect_uds(socket).await else {
        return Vec::new();
    };
    let identities = agent.request_identities().await.unwrap_or_default();
    let plain = identities
        .into_iter()
        .filter_map(|identity| match identity {
            AgentIdentity::PublicKey { key, comment } => {
                Some(Candidate::Agent(comment, Box::new(key)))
            }
            AgentIdentity::Certificate { .. } => None,
        });
    plain.collect()
}

impl Candidate {
    /// The key as people know it.
    fn name(&self) -> String {
        match self {
            Self::File(path, key) => {
                let print = key.public_key().fingerprint(HashAlg::Sha256);
                format!("{} {print}", path.display())
            }
            Self::Agent(comment, key) => {
                let print = key.fingerprint(HashAlg::Sha256);
                format!("ssh-agent's {comment} {print}")
            }
        }
    }

    async fn offer(
        self,
        handle: &mut Handle<Door>,
        target: &Target,
        agent: Option<&Path>,
    ) -> Result<AuthResult, Offer> {
        let gone = |error: russh::Error| Offer::Connection(error.to_string());
        let is_rsa = match &self {
            Self::File(_, key) => key.algorithm().is_rsa(),
            Self::Agent(_, key) => key.algorithm().is_rsa(),
        };
        // the host tells which of them it takes; asking costs a moment, so only where it matters
        let hash = match is_rsa {
            true => handle.best_supported_rsa_hash().await.map_err(gone)?,
            false => None,
        };
        let hash = hash.flatten().or(is_rsa.then_some(HashAlg::Sha256));
        match self {
            Self::File(_, key) => {
                let key = PrivateKeyWithHashAlg::new(Arc::from(key), hash);
                let user = target.user.clone();
                handle.authenticate_publickey(user, key).await.map_err(gone)
            }
            Self::Agent(_, key) => {
                let socket = agent.ok_or(Offer::Key)?;
                let client = AgentClient::connect_uds(socket).await;
                let mut client = client.map_err(|_| Offer::Key)?;
                let user = target.user.clone();
                let result = handle
                    .authenticate_publickey_with(user, *key, hash, &mut client)
                    .await;
                result.map_err(|_| Offer::Key)
            }
        }
    }
}
