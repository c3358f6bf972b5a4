//! Why hosts did not become a cluster.

use std::path::PathBuf;

use mosipctl_hosts::HostError;

use crate::files::FilesError;

/// Why something could not be done with hosts. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum OnpremError {
    /// A host did not do it.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The folder with programs and images cannot be used.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// There can be no firewall.
    #[error(transparent)]
    Wall(#[from] mosipctl_firewall::WallError),
    /// A folder of the system is to be served.
    #[error("serve `{}` by NFS: it is a folder of the system", .folder.display())]
    OfSystem {
        /// The folder.
        folder: PathBuf,
    },
    /// Something that is put on hosts is not here.
    #[error("find {what} to put on hosts")]
    Lacking {
        /// What.
        what: String,
    },
    /// There is nobody to ask about the cluster.
    #[error("{what}: no control plane answers ({tried})")]
    NoControlPlane {
        /// What was to be done.
        what: String,
        /// Each with what came of it.
        tried: String,
    },
    /// No host that answers is a control plane.
    #[error("find the cluster of these hosts: {tried}")]
    NoCluster {
        /// Why hosts did not answer.
        tried: String,
    },
    /// The cluster knows no such node.
    #[error("find node `{node}` in the cluster, which knows {}", .known.join(", "))]
    NoNode {
        /// The node.
        node: String,
        /// Those that it knows.
        known: Vec<String>,
    },
    /// It would do harm.
    #[error("{what}: {why}")]
    Refused {
        /// What was to be done.
        what: String,
        /// What would come of it.
        why: String,
    },
    /// Pods do not go from a node.
    #[error("drain node `{node}` within {seconds} s: {}", stay(.pods, .said))]
    Stays {
        /// The node. No new pod comes to it.
        node: String,
        /// How long was waited.
        seconds: u64,
        /// The pods.
        pods: Vec<Stays>,
        /// What was said last.
        said: String,
    },
    /// A host or the cluster answers what cannot be.
    #[error("{what}: {problem}")]
    Unexpected {
        /// What was being done.
        what: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// A work is in the plan and not among what is wanted.
    #[error("do `{work}`, which nobody wants: this is a fault of mosipctl")]
    Unknown {
        /// The work.
        work: String,
    },
}

/// A pod that does not go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stays {
    /// Its namespace and name.
    pub pod: String,
    /// What keeps it.
    pub reason: String,
}

fn stay(pods: &[Stays], said: &str) -> String {
    let lines = pods
        .iter()
        .map(|Stays { pod, reason }| format!("{pod}: {reason}"));
    match pods {
        [] => said.to_owned(),
        pods => lines.take(pods.len().min(8)).collect::<Vec<_>>().join("; "),
    }
}

impl OnpremError {
    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Host(error) => error.is_transient(),
            Self::NoControlPlane { .. } => true,
            _ => false,
        }
    }

    /// What a person can do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Host(error) => error.remedy(),
            Self::Files(error) => Some(error.remedy()),
            Self::Wall(error) => error.remedy(),
            Self::Lacking { what } => Some(format!(
                "put {what} into the folder that `kubernetes.files` of the hosts file names"
            )),
            Self::OfSystem { .. } => {
                Some("name one below it: `storage: {nfs: {path: /srv/nfs/mosip}}`".to_owned())
            }
            Self::NoControlPlane { .. } => Some(
                "look there with `mosipctl hosts run --role control-plane --sudo -- 'journalctl -u kubelet -u rke2-server | tail'`"
                    .to_owned(),
            ),
            Self::NoCluster { .. } => Some("look with `mosipctl hosts status`; `mosipctl up` makes a cluster".to_owned()),
            Self::NoNode { .. } => Some("nodes bear the names of the hosts file".to_owned()),
            Self::Stays { node, .. } => Some(format!(
                "give it more replicas, room elsewhere or more time (`--within`), and drain again; `mosipctl hosts drain {node} --undo` lets pods come back"
            )),
            Self::Refused { .. } | Self::Unexpected { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// The first line of what a host's error says.
pub(crate) fn first_line(error: &HostError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
