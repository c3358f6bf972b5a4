//! Where volumes come from.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Environment;
use crate::document::{Complaint, Document};
use crate::hosts::{HostRole, HostsFile};
use crate::name::Label;

/// Where volumes come from: storage classes that are there, or a driver that mosipctl brings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Storage {
    /// The driver that mosipctl brings. Default: none; on bare hosts `nfs` when one of them has role `storage`, else `localPath`,
    /// unless `class` names a class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// Class for volumes that one node writes. Default: the provider's, else the cluster's default class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Label>,
    /// Class for volumes that several nodes write (ReadWriteMany): the registration landing zone. Default: as for `class`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_class: Option<Label>,
    /// `nfs`: the server. Default: the host with role `storage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nfs: Option<Nfs>,
}

/// A driver of volumes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Provider {
    /// Folders on the nodes' own disks: a volume stays on the node where its first pod started.
    LocalPath,
    /// Folders of an NFS server.
    Nfs,
    /// The cluster has its classes already.
    None,
}

impl Provider {
    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LocalPath => "localPath",
            Self::Nfs => "nfs",
            Self::None => "none",
        }
    }
}

/// An NFS server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Nfs {
    /// Name or address as nodes see it.
    pub server: String,
    /// The folder that it exports; volumes are folders in it.
    #[serde(default = "default_path")]
    pub path: PathBuf,
}

// That of the guide (mosip/k8s-infra@v1.2.0.1:mosip/nfs).
fn default_path() -> PathBuf {
    PathBuf::from("/srv/nfs/mosip")
}

impl Nfs {
    /// The server that mosipctl sets up on a host.
    pub fn on(host: impl ToString) -> Self {
        Self {
            server: host.to_string(),
            path: default_path(),
        }
    }
}

impl Storage {
    /// The driver that is brought.
    pub fn provider(&self) -> Provider {
        self.provider.unwrap_or(Provider::None)
    }
}

impl Environment {
    /// Fills in what follows from the hosts: which driver brings volumes, and which host serves them. `document` is the
    /// environment's file, for messages.
    ///
    /// # Errors
    /// Volumes are to come from an NFS server, and there is none.
    pub fn settle_storage(
        &mut self,
        hosts: &HostsFile,
        document: &Document<'_>,
    ) -> Result<(), Box<Complaint>> {
        let storage = &mut self.spec.storage;
        let hosts = hosts.hosts();
        let server = hosts.iter().find(|host| host.has(HostRole::Storage));
        let server = server.map(|host| Nfs::on(&host.address));
        if storage.provider.is_none() && storage.class.is_none() {
            let is_served = server.is_some() || storage.nfs.is_some();
            storage.provider = Some(match is_served {
                true => Provider::Nfs,
                false => Provider::LocalPath,
            });
        }
        if storage.provider() != Provider::Nfs || storage.nfs.is_some() {
            return Ok(());
        }
        storage.nfs = server;
        if storage.nfs.is_none() {
            let message = "no host has role `storage`, so nobody serves NFS".to_owned();
            let complaint = Complaint::at(document, &["spec", "storage"], message);
            let help =
                "give a host that role in the hosts file, or name a server: `nfs: {server: …}`";
            return Err(Box::new(complaint.with_help(help)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(storage: &str, roles: &str) -> Storage {
        let text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: x}}\nspec:\n  domain: x.example.org\n  mosip: 1.2.0.1\n  cluster: {{kind: onprem, hosts: h.yaml}}\n  storage: {storage}\n"
        );
        let name = "x.yaml";
        let document = Document { name, text: &text };
        let mut environment = Environment::read(&document).unwrap();
        let hosts = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  hosts:\n  - {{name: a, address: 192.0.2.1, roles: [control-plane, worker]}}\n  - {{name: b, address: 192.0.2.2, roles: [{roles}]}}\n"
        );
        let hosts = HostsFile::read(&Document { name, text: &hosts }).unwrap();
        environment.settle_storage(&hosts, &document).unwrap();
        environment.spec.storage
    }

    #[test]
    fn bare_hosts_get_nfs_from_a_host_for_storage_and_else_folders_of_their_own() {
        let served = settled("{}", "storage");
        assert_eq!(served.provider(), Provider::Nfs);
        assert_eq!(served.nfs, Some(Nfs::on("192.0.2.2")));
        assert_eq!(settled("{}", "worker").provider(), Provider::LocalPath);
    }

    #[test]
    fn what_the_file_says_stays() {
        let chosen = settled("{provider: localPath}", "storage");
        assert_eq!(chosen.provider(), Provider::LocalPath);
        assert_eq!(chosen.nfs, None);
        let own = settled("{class: ceph}", "storage");
        assert_eq!(own.provider(), Provider::None);
        let outside = settled("{nfs: {server: filer.example.org}}", "worker");
        assert_eq!(outside.provider(), Provider::Nfs);
        assert_eq!(outside.nfs, Some(Nfs::on("filer.example.org")));
    }
}
