//! Showing an authority that names are ours, and taking the proof away again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use instant_acme::ChallengeType;
use mosipctl_dns::{DnsError, Updater, texts};
use mosipctl_spec::environment::dns::Server;

use crate::listener::{Listener, PLACE};

mod error;
mod hook;

pub use error::ProverError;

/// How an authority is shown that names are ours.
#[derive(Debug)]
pub enum Prover {
    /// By records that a name server takes as updates.
    Update {
        /// The zone.
        updater: Updater,
        /// Servers that must show a record before the authority looks.
        servers: Vec<Server>,
    },
    /// By records that a program sets.
    Hook {
        /// The program and its arguments.
        program: Vec<String>,
        /// Servers that must show a record before the authority looks.
        servers: Vec<Server>,
    },
    /// By answers of our own over HTTP.
    Listener(SocketAddr),
    /// By files that a web server serves.
    Folder(PathBuf),
}

/// What is to be shown of one name.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    /// The name, without a `*`.
    pub(crate) name: String,
    /// What the authority calls its question.
    pub(crate) token: String,
    /// The answer over HTTP.
    pub(crate) answer: String,
    /// The answer in DNS.
    pub(crate) text: String,
}

/// Proofs that are shown; whoever has it takes them away with [`Prover::clear`].
#[derive(Debug)]
pub(crate) struct Shown {
    _listener: Option<Listener>,
}

/// How long records may take to come to other servers of the zone.
const PATIENCE: Duration = Duration::from_secs(120);
/// A name server does not tell when it has changed.
const KNOCK: Duration = Duration::from_millis(500);

impl Prover {
    /// What the authority calls it.
    pub(crate) fn kind(&self) -> ChallengeType {
        match self {
            Self::Update { .. } | Self::Hook { .. } => ChallengeType::Dns01,
            Self::Listener(_) | Self::Folder(_) => ChallengeType::Http01,
        }
    }

    /// Shows proofs, and waits until they can be seen where that can be told.
    pub(crate) async fn show(&self, proofs: &[Proof]) -> Result<Shown, ProverError> {
        let mut listener = None;
        match self {
            Self::Update { updater, servers } => {
                let records = records(proofs);
                updater.set_texts(&records).await?;
                let own = [updater.server().into()];
                let servers = if servers.is_empty() {
                    &own
                } else {
                    servers.as_slice()
                };
                shown_at(servers, &records).await?;
            }
            Self::Hook { program, servers } => {
                for proof in proofs {
                    hook::run(program, "set", proof).await?;
                }
                shown_at(servers, &records(proofs)).await?;
            }
            Self::Listener(address) => listener = Some(listen(*address, proofs).await?),
            Self::Folder(folder) => {
                for proof in proofs {
                    put_into(folder, proof)?;
                }
            }
        }
        Ok(Shown {
            _listener: listener,
        })
    }

    /// Takes proofs away, all that can be.
    pub(crate) async fn clear(&self, proofs: &[Proof]) -> Result<(), ProverError> {
        let mut result = Ok(());
        match self {
            Self::Update { updater, .. } => {
                let records = records(proofs);
                let names: Vec<&str> = records.iter().map(|(name, _)| name.as_str()).collect();
                updater.clear_texts(&names).await?;
            }
            Self::Hook { program, .. } => {
                for proof in proofs {
                    result = result.and(hook::run(program, "clear", proof).await);
                }
            }
            Self::Listener(_) => {}
            Self::Folder(folder) => {
                for proof in proofs {
                    let path = answer_file(folder, proof)?;
                    let removed = std::fs::remove_file(&path);
                    let removed = removed.map_err(|source| ProverError::Folder { path, source });
                    result = result.and(removed);
                }
            }
        }
        result
    }
}

/// Where the record of a proof stands.
pub(crate) fn record_name(proof: &Proof) -> String {
    format!("_acme-challenge.{}", proof.name)
}

/// Texts by the name of their record: a name and its `*` share one.
fn records(proofs: &[Proof]) -> Vec<(String, Vec<String>)> {
    let mut records: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for proof in proofs {
        let texts = records.entry(record_name(proof)).or_default();
        texts.push(proof.text.clone());
    }
    records.into_iter().collect()
}

async fn listen(address: SocketAddr, proofs: &[Proof]) -> Result<Listener, ProverError> {
    let answers = proofs.iter();
    let answers = answers.map(|proof| (proof.token.clone(), proof.answer.clone()));
    let started = Listener::start(address, answers.collect()).await;
    started.map_err(|source| ProverError::Listen { address, source })
}

fn put_into(folder: &Path, proof: &Proof) -> Result<(), ProverError> {
    let path = answer_file(folder, proof)?;
    let put = || {
        // the folder itself must be there: one of another name would be served by nobody
        std::fs::metadata(folder)?;
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(&path, &proof.answer)
    };
    put().map_err(|source| ProverError::Folder {
        path: path.clone(),
        source,
    })
}

/// Waits until each server shows each record.
async fn shown_at(
    servers: &[Server],
    records: &[(String, Vec<String>)],
) -> Result<(), ProverError> {
    let started = Instant::now();
    for server in servers.iter().map(|server| server.address()) {
        for (name, wanted) in records {
            loop {
                let found = texts(server, name).await;
                let is_there =
                    matches!(&found, Ok(found) if wanted.iter().all(|text| found.contains(text)));
                if is_there {
                    break;
                }
                if started.elapsed() > PATIENCE {
                    found?;
                    let what = format!("the proof at {name}");
                    let seconds = PATIENCE.as_secs();
                    return Err(DnsError::NotShown {
                        what,
                        server,
                        seconds,
                    }
                    .into());
                }
                tokio::time::sleep(KNOCK).await;
            }
        }
    }
    Ok(())
}

/// The token is the authority's word: it becomes part of a path only when it is one.
fn answer_file(folder: &Path, proof: &Proof) -> Result<PathBuf, ProverError> {
    let is_of_a_token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if proof.token.is_empty() || !proof.token.bytes().all(is_of_a_token) {
        return Err(ProverError::Token(proof.token.clone()));
    }
    Ok(folder.join(PLACE.trim_matches('/')).join(&proof.token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(token: &str, name: &str) -> Proof {
        Proof {
            name: name.to_owned(),
            token: token.to_owned(),
            answer: format!("{token}.key"),
            text: format!("text of {token}"),
        }
    }

    #[tokio::test]
    async fn an_answer_lies_in_the_folder_while_it_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let prover = Prover::Folder(folder.path().to_owned());
        let proofs = [proof("abc-_1", "a.example.org")];
        let _shown = prover.show(&proofs).await.unwrap();
        let file = folder.path().join(".well-known/acme-challenge/abc-_1");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "abc-_1.key");
        prover.clear(&proofs).await.unwrap();
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn a_token_that_is_a_path_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let prover = Prover::Folder(folder.path().join("www"));
        let proofs = [proof("../../evil", "a.example.org")];
        let error = prover.show(&proofs).await.unwrap_err();
        assert!(matches!(error, ProverError::Token(_)), "{error}");
    }

    #[test]
    fn a_name_and_its_star_share_a_record() {
        let proofs = [proof("one", "example.org"), proof("two", "example.org")];
        let records = records(&proofs);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].1, ["text of one", "text of two"]);
    }
}
