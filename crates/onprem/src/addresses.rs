//! Where hosts and the API are reached, by the hosts file and by what the hosts told.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mosipctl_spec::hosts::{Host, HostRole, HostsFile};

use crate::error::OnpremError;
use crate::kubeadm::{API, bracketed};
use crate::traits::Traits;

/// Where hosts and the API are reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses<'a> {
    pub(crate) hosts_file: &'a HostsFile,
    /// What hosts told; one that was not asked has none.
    pub(crate) traits: &'a BTreeMap<String, Traits>,
}

impl Addresses<'_> {
    /// The address that other hosts reach a host at.
    pub(crate) fn ip(&self, host: &Host) -> Result<IpAddr, OnpremError> {
        let told = self.traits.get(host.name.as_str());
        let told = told.and_then(|traits| traits.ip).or(host.address.ip());
        told.ok_or_else(|| OnpremError::Unexpected {
            what: format!("find the IP address of host `{}`", host.name),
            problem: "it did not tell one; give `address` as an IP address".to_owned(),
        })
    }

    /// Names of hosts, each with its address.
    pub(crate) fn named<'a>(
        &self,
        hosts: impl IntoIterator<Item = &'a Host>,
    ) -> Result<Vec<(String, String)>, OnpremError> {
        let hosts = hosts.into_iter();
        hosts
            .map(|host| Ok((host.name.to_string(), self.ip(host)?.to_string())))
            .collect()
    }

    /// Whether a host said that it is a member of the cluster.
    pub(crate) fn is_member(&self, host: &str) -> bool {
        let traits = self.traits.get(host);
        traits.is_some_and(|traits| traits.is_member)
    }

    /// Address or name at which the API answers.
    pub(crate) fn endpoint(&self) -> Result<String, OnpremError> {
        let kubernetes = &self.hosts_file.spec.kubernetes;
        if let Some(endpoint) = &kubernetes.endpoint {
            return Ok(endpoint.to_string());
        }
        if let Some(shared) = &self.hosts_file.spec.virtual_addresses {
            return Ok(shared.internal.to_string());
        }
        let hosts = self.hosts_file.hosts();
        let by_role = |role| hosts.iter().find(|host| host.has(role));
        let host = by_role(HostRole::LoadBalancer).or(by_role(HostRole::ControlPlane));
        match host {
            Some(host) => Ok(self.ip(host)?.to_string()),
            // the hosts file was checked to have one
            None => Ok(String::new()),
        }
    }

    /// The same as the start of a URL.
    pub(crate) fn api(&self) -> Result<String, OnpremError> {
        Ok(format!("https://{}:{API}", bracketed(&self.endpoint()?)))
    }
}
