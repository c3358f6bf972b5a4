//! How the programs of a control plane are started.
//!
//! Everything listens on the loopback interface and asks for a certificate, kwok's log and port-forward server excepted: that
//! one knows no clients. The API server keeps its usual limits; its administrators are exempt from them, as everywhere.

use std::path::PathBuf;

use mosipctl_artefact::Program;
use serde_json::{Value, json};

use crate::folder::LabFolder;
use crate::ports::Ports;

/// Range of Service addresses. The API server's own default holds 256, which a whole MOSIP fills.
const SERVICES: &str = "10.96.0.0/12";
/// Kinds that kwok reads from the API. `ClusterExec` runs commands on this machine, as the lab's owner: the lab makes one for the
/// pods of a real token and for no others. Whoever may make one more is an administrator of the lab, which is its owner.
pub(crate) const KWOK_KINDS: [&str; 6] = [
    "Stage",
    "ClusterLogs",
    "Logs",
    "ClusterPortForward",
    "PortForward",
    "ClusterExec",
];
/// How long changes of endpoints are collected before they are written. A pod changes thrice while it starts, and nobody in a lab
/// sends it anything.
const ENDPOINTS_TOGETHER: &str = "500ms";
/// Pods whose status kwok changes at one time. Its default is 4, and a cold start of a hundred services waits for it.
const PODS_AT_ONCE: u32 = 16;
/// Seconds after which a node without a heartbeat is lost; kwok renews four times as often.
const NODE_LEASE_SECONDS: u32 = 40;

/// The programs of a control plane, in the order of their start.
pub(crate) const PROGRAMS: [Program; 5] = [
    Program::Etcd,
    Program::KubeApiserver,
    Program::KubeControllerManager,
    Program::KubeScheduler,
    Program::Kwok,
];

/// One lab's command lines.
pub(crate) struct ControlPlane<'a> {
    pub(crate) folder: &'a LabFolder,
    pub(crate) ports: Ports,
}

impl ControlPlane<'_> {
    /// The API server's address.
    pub(crate) fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.api_server)
    }

    /// The arguments of a program.
    pub(crate) fn arguments(&self, program: Program) -> Vec<String> {
        match program {
            Program::Etcd => self.etcd(),
            Program::KubeApiserver => self.api_server(),
            Program::KubeControllerManager => self.controller_manager(),
            Program::KubeScheduler => self.scheduler(),
            Program::Kwok => self.kwok(),
            // no part of a lab
            _ => Vec::new(),
        }
    }

    /// Where kwok's settings that have no flag are written.
    pub(crate) fn kwok_settings_file(&self) -> PathBuf {
        self.folder.path().join("kwok.json")
    }

    /// kwok's settings that have no flag. With a file it takes nothing for granted, so its defaults are repeated here.
    pub(crate) fn kwok_settings(&self) -> Value {
        json!({
            "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
            "kind": "KwokConfiguration",
            "options": {
                "cidr": "10.0.0.0/24",
                "podPlayStageParallelism": PODS_AT_ONCE,
                "nodePlayStageParallelism": 4,
                "nodeLeaseParallelism": 4,
                "podsOnNodeSyncParallelism": 4,
                "enableDebuggingHandlers": true,
                "enablePodsOnNodeSyncListPager": false,
                "enablePodsOnNodeSyncStreamWatch": true,
            },
        })
    }

    fn etcd(&self) -> Vec<String> {
        let client = format!("https://127.0.0.1:{}", self.ports.etcd);
        let peer = format!("https://127.0.0.1:{}", self.ports.etcd_peer);
        let (authority, certificate, key) = self.server_pki();
        flags([
            ("name", "lab".to_owned()),
            ("data-dir", text(self.folder.data())),
            ("listen-client-urls", client.clone()),
            ("advertise-client-urls", client),
            ("listen-peer-urls", peer.clone()),
            ("initial-advertise-peer-urls", peer.clone()),
            ("initial-cluster", format!("lab={peer}")),
            ("client-cert-auth", "true".to_owned()),
            ("trusted-ca-file", authority.clone()),
            ("cert-file", certificate.clone()),
            ("key-file", key.clone()),
            ("peer-client-cert-auth", "true".to_owned()),
            ("peer-trusted-ca-file", authority),
            ("peer-cert-file", certificate),
            ("peer-key-file", key),
            // a lab's data need not outlive the machine
            ("unsafe-no-fsync", "true".to_owned()),
            ("auto-compaction-retention", "1".to_owned()),
            ("quota-backend-bytes", (4u64 << 30).to_string()),
            ("logger", "zap".to_owned()),
            ("log-level", "warn".to_owned()),
        ])
    }

    fn api_server(&self) -> Vec<String> {
        let (authority, certificate, key) = self.server_pki();
        let accounts = |file| text(self.folder.pki(file));
        let admin_certificate = text(self.folder.pki("admin.crt"));
        let admin_key = text(self.folder.pki("admin.key"));
        flags([
            (
                "etcd-servers",
                format!("https://127.0.0.1:{}", self.ports.etcd),
            ),
            ("etcd-cafile", authority.clone()),
            ("etcd-certfile", certificate.clone()),
            ("etcd-keyfile", key.clone()),
            ("bind-address", "127.0.0.1".to_owned()),
            ("advertise-address", "127.0.0.1".to_owned()),
            ("secure-port", self.ports.api_server.to_string()),
            // the endpoint of the `kubernetes` Service may not be a loopback address
            ("endpoint-reconciler-type", "none".to_owned()),
            ("tls-cert-file", certificate),
            ("tls-private-key-file", key),
            ("client-ca-file", authority.clone()),
            ("anonymous-auth", "false".to_owned()),
            ("authorization-mode", "Node,RBAC".to_owned()),
            ("allow-privileged", "true".to_owned()),
            ("service-account-key-file", accounts("accounts.pub")),
            ("service-account-signing-key-file", accounts("accounts.key")),
            (
                "service-account-issuer",
                "https://kubernetes.default.svc.cluster.local".to_owned(),
            ),
            ("service-cluster-ip-range", SERVICES.to_owned()),
            ("kubelet-certificate-authority", authority),
            ("kubelet-client-certificate", admin_certificate),
            ("kubelet-client-key", admin_key),
            ("kubelet-preferred-address-types", "InternalIP".to_owned()),
        ])
    }

    fn controller_manager(&self) -> Vec<String> {
        let (authority, certificate, key) = self.server_pki();
        let mut arguments = self.client_flags();
        arguments.extend(flags([
            ("bind-address", "127.0.0.1".to_owned()),
            ("secure-port", self.ports.controller_manager.to_string()),
            ("tls-cert-file", certificate),
            ("tls-private-key-file", key),
            ("root-ca-file", authority),
            (
                "service-account-private-key-file",
                text(self.folder.pki("accounts.key")),
            ),
            ("service-cluster-ip-range", SERVICES.to_owned()),
            (
                "endpointslice-updates-batch-period",
                ENDPOINTS_TOGETHER.to_owned(),
            ),
            (
                "endpoint-updates-batch-period",
                ENDPOINTS_TOGETHER.to_owned(),
            ),
        ]));
        arguments
    }

    fn scheduler(&self) -> Vec<String> {
        let (_, certificate, key) = self.server_pki();
        let mut arguments = self.client_flags();
        arguments.extend(flags([
            ("bind-address", "127.0.0.1".to_owned()),
            ("secure-port", self.ports.scheduler.to_string()),
            ("tls-cert-file", certificate),
            ("tls-private-key-file", key),
        ]));
        arguments
    }

    fn kwok(&self) -> Vec<String> {
        let (_, certificate, key) = self.server_pki();
        let port = self.ports.kwok;
        flags([
            ("kubeconfig", text(self.folder.kubeconfig())),
            ("config", text(self.kwok_settings_file())),
            // others may bring nodes of their own
            (
                "manage-nodes-with-annotation-selector",
                "kwok.x-k8s.io/node=fake".to_owned(),
            ),
            ("node-ip", "127.0.0.1".to_owned()),
            ("node-port", port.to_string()),
            ("server-address", format!("127.0.0.1:{port}")),
            ("tls-cert-file", certificate),
            ("tls-private-key-file", key),
            (
                "node-lease-duration-seconds",
                NODE_LEASE_SECONDS.to_string(),
            ),
            ("enable-crds", KWOK_KINDS.join(",")),
        ])
    }

    /// There is one of each, so nobody is elected; and nobody is asked to be slow.
    fn client_flags(&self) -> Vec<String> {
        flags([
            ("kubeconfig", text(self.folder.kubeconfig())),
            ("leader-elect", "false".to_owned()),
            ("kube-api-qps", "5000".to_owned()),
            ("kube-api-burst", "10000".to_owned()),
        ])
    }

    fn server_pki(&self) -> (String, String, String) {
        let [authority, certificate, key] =
            ["ca.crt", "server.crt", "server.key"].map(|file| text(self.folder.pki(file)));
        (authority, certificate, key)
    }
}

fn flags<const N: usize>(flags: [(&str, String); N]) -> Vec<String> {
    flags
        .into_iter()
        .map(|(name, value)| format!("--{name}={value}"))
        .collect()
}

fn text(path: PathBuf) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_listens_beyond_this_machine() {
        let folder = LabFolder::new("/state", "a".parse().unwrap());
        let control_plane = ControlPlane {
            folder: &folder,
            ports: Ports {
                etcd: 1,
                etcd_peer: 2,
                api_server: 3,
                controller_manager: 4,
                scheduler: 5,
                kwok: 6,
            },
        };
        for program in PROGRAMS {
            let arguments = control_plane.arguments(program);
            let listens = |argument: &&String| {
                ["address", "listen"]
                    .iter()
                    .any(|word| argument.contains(word))
            };
            let mut listening = arguments.iter().filter(listens).peekable();
            assert!(listening.peek().is_some(), "{program}");
            assert!(
                listening
                    .all(|argument| argument.contains("127.0.0.1")
                        || argument.contains("address-types")),
                "{program}"
            );
            assert!(
                arguments.iter().all(|argument| !argument.contains(",Exec")),
                "{program}"
            );
        }
    }
}
