//! The cluster on an environment's hosts, for commands about single nodes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_hosts::{HostLock, Hosts};
use mosipctl_onprem::{Eviction, Members};
use mosipctl_report::Trouble;
use mosipctl_report::words::count;

use super::site::Site;
use crate::arguments::Pods;
use crate::confirm::Typed;
use crate::ground::{first, lock, trouble};
use crate::output::Doing;
use crate::settings::Settings;

/// The cluster on an environment's hosts.
pub(crate) struct Cluster {
    pub(crate) members: Members,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) environment: String,
    /// The environment file, as the user named it.
    pub(crate) file: String,
    first: String,
    /// Names of the hosts file.
    pub(crate) names: Vec<String>,
}

impl Cluster {
    /// Asks the hosts of an environment file for their cluster.
    pub(crate) async fn open(file: &Path, settings: &Settings) -> Result<Self, Trouble> {
        let site = Site::of_file(file)?;
        let all = site.hosts_file.hosts();
        let hosts = Arc::new(site.hosts);
        let doing = Doing::new(settings);
        doing.say("hosts", &format!("asking {}", count(all.len(), "host")));
        let members = Members::find(hosts.clone(), &site.hosts_file).await;
        doing.done();
        Ok(Self {
            members: members.map_err(|error| trouble(&error))?,
            hosts,
            environment: site.environment,
            file: site.file,
            first: first(&all),
            names: all.iter().map(|host| host.name.to_string()).collect(),
        })
    }

    /// Takes the environment's lock. Where its host is dead nobody else can have it.
    pub(super) async fn lock(&self) -> Result<Option<HostLock>, Trouble> {
        match self.members.silence(&self.first) {
            Some(_) => Ok(None),
            None => lock(&self.hosts, &self.first).await.map(Some),
        }
    }
}

impl Pods {
    pub(super) fn eviction(&self) -> Eviction {
        Eviction {
            patience: Duration::from_secs(self.within),
            force: self.force,
        }
    }
}

/// Takes a name, typed at the terminal or given on the command line.
pub(super) fn confirm(
    name: &str,
    given: Option<&str>,
    what: &str,
    settings: &Settings,
) -> Result<(), Trouble> {
    let typed = Typed {
        what,
        name,
        called: &format!("`{name}`"),
        first: "when you are sure,",
    };
    typed.confirm(given, settings)
}
