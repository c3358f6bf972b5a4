//! Kubernetes' own installer.

use std::time::Duration;

use async_trait::async_trait;
use mosipctl_hosts::Command;
use mosipctl_spec::hosts::{Host, HostRole, Snapshots};

use super::{Distribution, Node};
use crate::cluster::ControlPlanes;
use crate::error::OnpremError;
use crate::work::{Found, Join, Work};
use crate::{etcd, kubeadm, node};

const FOUND: &str = concat!(
    include_str!("kubeadm/kubeadm.sh"),
    include_str!("kubeadm/found.sh")
);
const JOIN: &str = concat!(
    include_str!("kubeadm/kubeadm.sh"),
    include_str!("kubeadm/join.sh")
);
/// What is left of a node that is gone: its member of etcd, and its object.
const FORGET: &str = include_str!("kubeadm/forget.sh");
/// Each control plane asks its own API server, and its own member of etcd.
const FUNCTIONS: &str = "PATH=$PATH:/usr/local/bin; export KUBECONFIG=/etc/kubernetes/admin.conf; \
    kubectl() { command kubectl --server=https://SELF:6443 \"$@\"; }; \
    etcd() { etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt \
    --key /etc/kubernetes/pki/etcd/server.key \"$@\"; }; ";
/// It gives up by itself after four minutes.
const PATIENCE: Duration = Duration::from_secs(290);

/// Kubernetes' own installer.
#[derive(Debug)]
pub(super) struct Kubeadm;

#[async_trait]
impl Distribution for Kubeadm {
    fn functions(&self) -> &'static str {
        FUNCTIONS
    }

    fn packages(&self) -> &'static [&'static str] {
        &node::PACKAGES
    }

    fn prepared(&self, node: &Node<'_>) -> Result<Vec<Work>, OnpremError> {
        node::works(node.host, node.traits, node.files)
    }

    fn found(&self, found: &Found) -> Command {
        let arguments = [found.ignored.as_str(), &found.address];
        let command = Command::script("make the first control plane", FOUND, arguments);
        command.input(found.configuration.clone())
    }

    async fn join(
        &self,
        control_planes: &ControlPlanes,
        host: &str,
        join: &Join,
    ) -> Result<Command, OnpremError> {
        let secrets = control_planes.secrets(join.control_plane.is_some()).await?;
        let command = Command::script("join the cluster", JOIN, [join.ignored.as_str()]);
        Ok(command.input(kubeadm::join(host, join, &secrets)))
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn goes_on(&self) -> bool {
        false
    }

    fn asks_etcd(&self) -> bool {
        true
    }

    fn has_network(&self) -> bool {
        false
    }

    fn forget(&self) -> &'static str {
        FORGET
    }

    fn kept(&self, host: &Host, snapshots: &Snapshots, one_by_one: &str) -> Vec<Work> {
        // kubelets renew their own certificates
        match host.has(HostRole::ControlPlane) {
            true => etcd::works(host.name.as_str(), snapshots, one_by_one).into(),
            false => Vec::new(),
        }
    }

    fn unproven(&self) -> Option<&'static str> {
        None
    }
}
