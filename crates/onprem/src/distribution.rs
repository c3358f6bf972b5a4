//! Who puts Kubernetes on hosts, and what differs between them.
//!
//! All else is one: packages, kernel, firewall, load balancers, order of joins, labels, draining.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use mosipctl_hosts::Command;
use mosipctl_spec::hosts::{self, Host, Snapshots};

use crate::cluster::ControlPlanes;
use crate::error::OnpremError;
use crate::files::Files;
use crate::kubeadm::Cluster;
use crate::traits::Traits;
use crate::work::{Found, Join, Work};

mod kubeadm;
mod rke2;

use kubeadm::Kubeadm;
use rke2::Rke2;

/// Who puts Kubernetes on hosts.
#[async_trait]
pub(crate) trait Distribution: fmt::Debug + Send + Sync {
    /// Functions `kubectl` and, where it is asked itself, `etcd` for the shell of a control plane. `SELF` is its address.
    fn functions(&self) -> &'static str;

    /// Packages of a node, by Debian's names.
    fn packages(&self) -> &'static [&'static str];

    /// What is on a host before it becomes a node.
    fn prepared(&self, node: &Node<'_>) -> Result<Vec<Work>, OnpremError>;

    /// Makes the first control plane.
    fn found(&self, found: &Found) -> Command;

    /// Makes a host join, with secrets that it asks control planes for.
    async fn join(
        &self,
        control_planes: &ControlPlanes,
        host: &str,
        join: &Join,
    ) -> Result<Command, OnpremError>;

    /// How long either may take.
    fn patience(&self) -> Duration;

    /// Whether it goes on with a host that has half joined. Else that is taken back, and the host begins anew.
    fn goes_on(&self) -> bool;

    /// Whether control planes have a program that asks etcd for its members. Else nodes say which of them they are.
    fn asks_etcd(&self) -> bool;

    /// Whether it brings the network of pods itself.
    fn has_network(&self) -> bool;

    /// Makes a cluster forget `NODE`, whose etcd its peers find at `PEER`.
    fn forget(&self) -> &'static str;

    /// What a node does for its own certificates, and a control plane for what is in etcd, without anybody asking. Control planes renew
    /// certificates one at a time.
    fn kept(&self, host: &Host, snapshots: &Snapshots, one_by_one: &str) -> Vec<Work>;

    /// Why nobody should rely on it yet.
    fn unproven(&self) -> Option<&'static str>;
}

/// A host that is to become a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) host: &'a Host,
    /// The address that other hosts reach it at.
    pub(crate) address: std::net::IpAddr,
    pub(crate) traits: &'a Traits,
    pub(crate) files: &'a Files,
    pub(crate) cluster: &'a Cluster,
    /// Names of all control planes.
    pub(crate) servers: &'a [String],
    /// The lock of control planes that must not stand still at once.
    pub(crate) one_by_one: &'static str,
}

/// That of a hosts file.
pub(crate) fn of(distribution: hosts::Distribution) -> &'static dyn Distribution {
    match distribution {
        hosts::Distribution::Kubeadm => &Kubeadm,
        hosts::Distribution::Rke2 => &Rke2,
    }
}

/// Why nobody should rely on a distribution yet; none where it was seen at work.
pub fn unproven(distribution: hosts::Distribution) -> Option<&'static str> {
    of(distribution).unproven()
}
