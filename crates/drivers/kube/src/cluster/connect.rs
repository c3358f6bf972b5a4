//! From a kubeconfig to a cluster that answered.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use serde_json::Value;

use super::requests::Request;
use super::transport::{Transport, root};
use crate::counts::Verb;
use crate::error::{KubeError, Refusal, TransientCause};
use crate::kubernetes::Server;

/// How to reach a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Kubeconfig file. By default `$KUBECONFIG`, then `~/.kube/config`, then the pod's own service account.
    pub kubeconfig: Option<PathBuf>,
    /// Context in it. By default its current one.
    pub context: Option<String>,
}

/// A cluster that cannot be used. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The kubeconfig cannot be read, or lacks something.
    #[error("read kubeconfig {}: {problem}", .path.display())]
    Kubeconfig {
        /// The file, or where it was looked for.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The kubeconfig has no such context.
    #[error("find context `{context}` in kubeconfig {}", .path.display())]
    Context {
        /// The context asked for; empty when none was and none is current.
        context: String,
        /// The file.
        path: PathBuf,
        /// Contexts it has.
        known: Vec<String>,
    },
    /// Nobody answers.
    #[error("reach the API server at {address}: {problem}")]
    Unreachable {
        /// Its address.
        address: String,
        /// What happened.
        problem: String,
    },
    /// It is not who it claims to be, or does not believe us.
    #[error("trust the API server at {address}: {problem}")]
    Certificate {
        /// Its address.
        address: String,
        /// What happened.
        problem: String,
    },
    /// It answers, and not as hoped.
    #[error("use the API server at {address}")]
    Rejected {
        /// Its address.
        address: String,
        /// Its answer.
        source: KubeError,
    },
}

impl ConnectError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Kubeconfig { .. } => {
                "name a kubeconfig that exists and is valid: `spec.cluster.kubeconfig`, `--kubeconfig` or $KUBECONFIG".to_owned()
            }
            Self::Context { known, .. } if known.is_empty() => {
                "the file has no context at all: get a kubeconfig from whoever runs the cluster".to_owned()
            }
            Self::Context { known, .. } => format!("the file has: {}", known.join(", ")),
            Self::Unreachable { address, .. } => format!(
                "check that the cluster runs and that this machine reaches {address} (VPN, firewall, address in the kubeconfig)"
            ),
            Self::Certificate { .. } => {
                "the kubeconfig belongs to another cluster or to one whose certificates were renewed: get a new one".to_owned()
            }
            Self::Rejected { source, .. } => match source.remedy() {
                Some(remedy) => remedy.to_owned(),
                None => "look at the API server's log, or try again later".to_owned(),
            },
        }
    }
}

/// Time to open a connection: a cluster on the other side of the world answers in well under a second.
const CONNECT: Duration = Duration::from_secs(10);

pub(super) async fn transport(access: &Access) -> Result<Arc<Transport>, ConnectError> {
    let mut config = config(access).await?;
    config.connect_timeout = Some(CONNECT);
    // the engine retries, with its own backoff and by the kind of error
    config.default_retry = false;
    if is_here(&config.cluster_url) {
        config.proxy_url = None;
    }
    let address = config.cluster_url.to_string();
    let address = address.trim_end_matches('/').to_owned();
    let client = Client::try_from(config).map_err(|error| ConnectError::Certificate {
        address: address.clone(),
        problem: root(&error),
    })?;
    Ok(Arc::new(Transport::new(client, address)))
}

/// Whether an API server runs on this machine, as those of labs do. No proxy reaches it, whatever the surroundings say.
fn is_here(url: &http::Uri) -> bool {
    let host = url.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<IpAddr, _> = host.parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

async fn config(access: &Access) -> Result<Config, ConnectError> {
    let path = access.kubeconfig.clone().unwrap_or_else(default_path);
    let read = match &access.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = match read {
        Ok(kubeconfig) => kubeconfig,
        Err(error) => return in_cluster(access).ok_or_else(|| unreadable(&path, &error)),
    };
    let known: Vec<String> = kubeconfig
        .contexts
        .iter()
        .map(|context| context.name.clone())
        .collect();
    let options = KubeConfigOptions {
        context: access.context.clone(),
        ..KubeConfigOptions::default()
    };
    let loaded = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    loaded.map_err(|error| match error {
        KubeconfigError::LoadContext(context) => ConnectError::Context {
            context,
            path,
            known,
        },
        KubeconfigError::CurrentContextNotSet => ConnectError::Context {
            context: String::new(),
            path,
            known,
        },
        other => unreadable(&path, &other),
    })
}

/// Inside a pod, when no file and no context was asked for.
fn in_cluster(access: &Access) -> Option<Config> {
    match access {
        Access {
            kubeconfig: None,
            context: None,
        } => Config::incluster().ok(),
        _ => None,
    }
}

fn default_path() -> PathBuf {
    match std::env::var_os("KUBECONFIG") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from("~/.kube/config"),
    }
}

fn unreadable(path: &Path, error: &KubeconfigError) -> ConnectError {
    ConnectError::Kubeconfig {
        path: path.to_owned(),
        problem: match error {
            KubeconfigError::ReadConfig(source, _) => source.to_string(),
            other => root(other),
        },
    }
}

/// Version and identity: the first words with an API server, which show whether it can be used at all.
pub(super) async fn introduce(transport: &Transport) -> Result<Server, ConnectError> {
    let address = transport.address();
    let ask = async |path: &str| {
        let request = Request::get(Verb::Get, path, path);
        let answer = transport.json(&request, "ask which cluster this is").await;
        answer.map_err(|error| connect_error(address, error))
    };
    let version = ask("/version").await?;
    let namespace = ask("/api/v1/namespaces/kube-system").await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Server {
        address: address.to_owned(),
        version: text(&version["gitVersion"]),
        uid: text(&namespace["metadata"]["uid"]),
    })
}

fn connect_error(address: &str, error: KubeError) -> ConnectError {
    let address = address.to_owned();
    match error {
        KubeError::Transient {
            cause: cause @ (TransientCause::Connection(_) | TransientCause::Timeout(_)),
            ..
        } => ConnectError::Unreachable {
            address,
            problem: match cause {
                TransientCause::Connection(problem) => problem,
                other => other.to_string(),
            },
        },
        KubeError::Refused {
            refusal: Refusal::Certificate,
            message,
            ..
        } => ConnectError::Certificate {
            address,
            problem: message,
        },
        source => ConnectError::Rejected { address, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_on_this_machine_is_asked_without_a_proxy() {
        let here = [
            "https://127.0.0.1:6443",
            "https://[::1]:6443",
            "https://localhost",
        ];
        assert!(here.iter().all(|url| is_here(&url.parse().unwrap())));
        assert!(!is_here(&"https://10.0.0.4:6443".parse().unwrap()));
    }
}
