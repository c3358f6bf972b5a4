//! What a check found.

use std::fmt;

use serde::{Serialize, Serializer};

/// A check. Its text form is an id that stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// A host answers with its pinned key and lets us in.
    HostReach,
    /// We may become root on a host.
    HostSudo,
    /// There is a control plane, and losing one of its hosts does no harm where there are several.
    ControlPlanes,
    /// A host has the cores, the memory and the disk that its roles take.
    HostSize,
    /// A host runs a system that is known here.
    HostSystem,
    /// The kernel of a host and its control groups are of this time.
    HostKernel,
    /// The kernel of a host has the modules that a cluster needs.
    HostModules,
    /// Swap of nodes is off.
    HostSwap,
    /// The clocks of hosts agree with each other and with this machine's.
    HostClock,
    /// No two hosts are taken for one.
    HostIdentity,
    /// The ports that a host's roles need are free.
    HostPorts,
    /// A host lets in what the network model says and nothing else.
    HostFirewall,
    /// Hosts send packets of the same length.
    HostMtu,
    /// No network of a host is in the way of the cluster's.
    HostNetworks,
    /// The cluster's version is one that the charts are made for.
    KubernetesVersion,
    /// The cluster serves every kind that is wanted.
    ApiKinds,
    /// The clocks of the cluster and of this machine agree.
    Clock,
    /// We may do what `up` does.
    Rights,
    /// Claims that name no class have a default one.
    DefaultStorage,
    /// Classes that claims name are there.
    StorageClass,
    /// Claims of several nodes have a class that gives such volumes.
    SharedStorage,
    /// A claim of each sort is bound when it is made.
    BindTest,
    /// No name that is wanted belongs to something else.
    NameClash,
    /// Host names resolve.
    HostName,
    /// Public hosts show a certificate that people's browsers trust.
    Certificate,
    /// PostgreSQL outside the cluster lets us in.
    Postgres,
    /// The object store outside the cluster lets us in.
    ObjectStore,
    /// Keycloak outside the cluster answers.
    Keycloak,
    /// The mail server answers.
    Smtp,
    /// Every image is at its registry, with the digest that is expected.
    ImageDigests,
    /// What is fetched from outside is reached, from this machine.
    Egress,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Area {
    /// The way to hosts.
    Access,
    /// Hosts themselves.
    Hosts,
    /// What hosts are to each other.
    Network,
    /// The cluster itself.
    Cluster,
    /// Volumes.
    Storage,
    /// Objects that are there already.
    Objects,
    /// Names and certificates of hosts.
    Routes,
    /// Servers outside the cluster.
    Outside,
    /// What is fetched.
    Sources,
}

impl Area {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Hosts => "hosts",
            Self::Network => "network",
            Self::Cluster => "cluster",
            Self::Storage => "storage",
            Self::Objects => "objects",
            Self::Routes => "routes",
            Self::Outside => "servers outside",
            Self::Sources => "sources",
        }
    }
}

impl Check {
    /// Its id.
    pub fn id(self) -> &'static str {
        match self {
            Self::HostReach => "host-reach",
            Self::HostSudo => "host-sudo",
            Self::ControlPlanes => "control-planes",
            Self::HostSize => "host-size",
            Self::HostSystem => "host-system",
            Self::HostKernel => "host-kernel",
            Self::HostModules => "host-modules",
            Self::HostSwap => "host-swap",
            Self::HostClock => "host-clock",
            Self::HostIdentity => "host-identity",
            Self::HostPorts => "host-ports",
            Self::HostFirewall => "host-firewall",
            Self::HostMtu => "host-mtu",
            Self::HostNetworks => "host-networks",
            Self::KubernetesVersion => "kubernetes-version",
            Self::ApiKinds => "api-kinds",
            Self::Clock => "clock",
            Self::Rights => "rights",
            Self::DefaultStorage => "default-storage",
            Self::StorageClass => "storage-class",
            Self::SharedStorage => "shared-storage",
            Self::BindTest => "bind-test",
            Self::NameClash => "name-clash",
            Self::HostName => "host-name",
            Self::Certificate => "certificate",
            Self::Postgres => "postgres",
            Self::ObjectStore => "object-store",
            Self::Keycloak => "keycloak",
            Self::Smtp => "smtp",
            Self::ImageDigests => "image-digests",
            Self::Egress => "egress",
        }
    }

    /// What it is about.
    pub fn area(self) -> Area {
        match self {
            Self::HostReach | Self::HostSudo => Area::Access,
            Self::ControlPlanes
            | Self::HostSize
            | Self::HostSystem
            | Self::HostKernel
            | Self::HostModules
            | Self::HostSwap
            | Self::HostClock
            | Self::HostIdentity => Area::Hosts,
            Self::HostPorts | Self::HostFirewall | Self::HostMtu | Self::HostNetworks => {
                Area::Network
            }
            Self::KubernetesVersion | Self::ApiKinds | Self::Clock | Self::Rights => Area::Cluster,
            Self::DefaultStorage | Self::StorageClass | Self::SharedStorage | Self::BindTest => {
                Area::Storage
            }
            Self::NameClash => Area::Objects,
            Self::HostName | Self::Certificate => Area::Routes,
            Self::Postgres | Self::ObjectStore | Self::Keycloak | Self::Smtp => Area::Outside,
            Self::ImageDigests | Self::Egress => Area::Sources,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.id())
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It is as it should be.
    Passed,
    /// `up` can begin, and a person should look at it.
    Warning,
    /// `up` would fail, or do harm.
    Failed,
    /// It was not looked at.
    Skipped,
}

/// What a check found about one thing. Made by [`Finding::passed`] and its siblings, so that nothing fails without a remedy
/// and nothing is skipped without a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// The check.
    pub id: Check,
    /// What was looked at.
    pub what: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was seen; why, when it was skipped.
    pub detail: String,
    /// What a person can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// It is as it should be.
    pub fn passed(id: Check, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(id, what, Outcome::Passed, detail, None)
    }

    /// A person should look at it.
    pub fn warning(
        id: Check,
        what: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(id, what, Outcome::Warning, detail, Some(remedy.into()))
    }

    /// It has to be mended first.
    pub fn failed(
        id: Check,
        what: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(id, what, Outcome::Failed, detail, Some(remedy.into()))
    }

    /// It was not looked at, for a reason.
    pub fn skipped(id: Check, what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(id, what, Outcome::Skipped, reason, None)
    }

    fn new(
        id: Check,
        what: impl Into<String>,
        outcome: Outcome,
        detail: impl Into<String>,
        remedy: Option<String>,
    ) -> Self {
        Self {
            id,
            what: what.into(),
            outcome,
            detail: detail.into(),
            remedy,
        }
    }
}

/// How many findings ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// As they should be.
    pub passed: usize,
    /// To be looked at.
    pub warnings: usize,
    /// To be mended first.
    pub failed: usize,
    /// Not looked at.
    pub skipped: usize,
}

impl Counts {
    /// Counts findings.
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            *match finding.outcome {
                Outcome::Passed => &mut counts.passed,
                Outcome::Warning => &mut counts.warnings,
                Outcome::Failed => &mut counts.failed,
                Outcome::Skipped => &mut counts.skipped,
            } += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_skipped_is_counted_apart_from_what_passed() {
        let findings = [
            Finding::passed(Check::Clock, "clock", "equal"),
            Finding::skipped(Check::Egress, "egress", "nobody asked"),
        ];
        let counts = Counts::of(&findings);
        assert_eq!((counts.passed, counts.skipped), (1, 1));
    }

    #[test]
    fn programs_read_the_id_of_a_check() {
        let finding = Finding::failed(Check::NameClash, "Service a/b", "taken", "rename it");
        let json = serde_json::to_value(finding).unwrap();
        assert_eq!(json["id"], "name-clash");
        assert_eq!(json["outcome"], "failed");
    }
}
