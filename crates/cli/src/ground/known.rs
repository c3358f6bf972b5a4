//! What is known of hosts before anything is rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_hosts::Hosts;
use mosipctl_onprem::{Edge, Files, NfsServer, Site, Traits};
use mosipctl_report::Trouble;
use mosipctl_spec::hosts::HostsFile;

use super::trouble;

/// What hosts told, and what is brought to them.
pub(super) struct Known {
    pub(super) environment: String,
    pub(super) hosts: Arc<Hosts>,
    pub(super) hosts_file: HostsFile,
    pub(super) traits: BTreeMap<String, Traits>,
    pub(super) files: Files,
    /// The edge without gateways: only the desired state of the cluster tells them.
    pub(super) edge: Edge,
    pub(super) nfs: Option<NfsServer>,
}

impl Known {
    /// The hosts with all work on them.
    pub(super) fn site(&self, edge: &Edge) -> Result<Arc<Site>, Trouble> {
        let site = Site::new(
            &self.environment,
            self.hosts.clone(),
            &self.hosts_file,
            &self.traits,
            &self.files,
            edge,
            self.nfs.as_ref(),
        );
        site.map(Arc::new).map_err(|error| trouble(&error))
    }
}
