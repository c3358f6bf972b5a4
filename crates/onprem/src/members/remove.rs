//! Taking a node out of the cluster.

use super::etcd::objection;
use super::{Drained, Eviction, Members};
use crate::cluster::Node;
use crate::error::OnpremError;

/// What taking a node out means, looked at before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The node.
    pub node: String,
    /// Whether the cluster knows it. One that it does not know may be half gone.
    pub is_known: bool,
    /// Whether its pods run; those of a node that is dead cannot be let go.
    pub is_ready: bool,
    /// Whether it is a member of etcd.
    pub is_control_plane: bool,
    /// Members of etcd that are left.
    pub left: usize,
}

impl Members {
    /// Looks whether a node may go.
    ///
    /// # Errors
    /// No control plane answers, the cluster does not know it, or it must not go: see [`OnpremError::Refused`].
    pub async fn removal(&self, node: &str) -> Result<Removal, OnpremError> {
        let nodes = self.control_planes.nodes().await?;
        let members = self.etcd().await?;
        let is_control_plane = members.iter().any(|member| member.name == node);
        let known = nodes.get(node);
        if known.is_none() && !is_control_plane {
            return Err(OnpremError::NoNode {
                node: node.to_owned(),
                known: nodes.into_keys().collect(),
            });
        }
        let refused = |why| OnpremError::Refused {
            what: format!("take `{node}` out of the cluster"),
            why,
        };
        if let Some(why) = objection(&members, node) {
            return Err(refused(why));
        }
        let takes_pods = nodes.values().filter(|node| node.takes_pods());
        let others = takes_pods.filter(|other| other.name != node).count();
        if known.is_some_and(Node::is_worker) && others == 0 {
            let why = "it is the last node that takes pods".to_owned();
            return Err(refused(why));
        }
        Ok(Removal {
            node: node.to_owned(),
            is_known: known.is_some(),
            is_ready: known.is_some_and(|node| node.is_ready),
            left: members.len() - usize::from(is_control_plane),
            is_control_plane,
        })
    }

    /// Lets the pods go, unless the node is dead, and makes etcd and the cluster forget it.
    ///
    /// # Errors
    /// Pods do not go in time, or no control plane answers.
    pub async fn take_out(
        &self,
        removal: &Removal,
        eviction: Eviction,
    ) -> Result<Option<Drained>, OnpremError> {
        let node = &removal.node;
        let drained = match removal.is_ready {
            true => Some(self.drain(node, eviction).await?),
            false => None,
        };
        self.control_planes.forget(node, None).await?;
        Ok(drained)
    }
}
