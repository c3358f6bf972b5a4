//! What kubeadm, kubelet and containerd are told.

use std::fmt::Write;
use std::net::IpAddr;

use mosipctl_spec::hosts::Networks;
use serde_json::{Value, json};

use crate::family;
use crate::item::HEAD;
use crate::traits::Traits;

/// Where the runtime listens.
pub(crate) const SOCKET: &str = "unix:///run/containerd/containerd.sock";
/// Port of API servers.
pub const API: u16 = 6443;

/// What all nodes of a cluster have in common.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    /// Version of Kubernetes, without `v`.
    pub(crate) version: String,
    /// Address or name at which the API answers.
    pub(crate) endpoint: String,
    /// Other names and addresses that its certificate is good for.
    pub(crate) names: Vec<String>,
    /// Addresses that the cluster gives.
    pub(crate) networks: Networks,
    /// Prefix of the names of Kubernetes' own images; none is kubeadm's own.
    pub(crate) repository: Option<String>,
    /// What nodes are.
    pub(crate) nodes: Vec<Traits>,
}

impl Cluster {
    fn any(&self, is: impl Fn(&Traits) -> bool) -> bool {
        self.nodes.iter().any(is)
    }

    /// Complaints of kubeadm that do not count: kubelet is told to live with old control groups, swap is off before it runs.
    pub(crate) fn ignored(&self) -> String {
        let old = self.any(|node| node.old_cgroups);
        let complaints = [(old, "SystemVerification")];
        let names = complaints.iter().filter(|(is, _)| *is);
        names.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
    }

    /// How the first control plane is made: documents of YAML, each written as JSON.
    pub(crate) fn found(&self, node: &str, address: IpAddr) -> String {
        let documents = [
            json!({
                "apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "InitConfiguration",
                "nodeRegistration": registration(node),
                "localAPIEndpoint": {"advertiseAddress": address, "bindPort": API},
            }),
            self.configuration(),
            self.kubelet(),
            self.proxy(),
        ];
        let texts = documents.map(|document| format!("---\n{document}\n"));
        texts.concat()
    }

    fn configuration(&self) -> Value {
        let Networks { pods, services, .. } = &self.networks;
        let mut configuration = json!({
            "apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration",
            "kubernetesVersion": format!("v{}", self.version),
            "controlPlaneEndpoint": format!("{}:{API}", bracketed(&self.endpoint)),
            "networking": {"podSubnet": pods.to_string(), "serviceSubnet": services.to_string()},
            "apiServer": {"certSANs": self.names},
        });
        if let Some(repository) = &self.repository {
            configuration["imageRepository"] = json!(repository);
        }
        configuration
    }

    fn kubelet(&self) -> Value {
        let old = self.any(|node| node.old_cgroups);
        json!({
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "cgroupDriver": if old { "cgroupfs" } else { "systemd" },
            "failCgroupV1": !old,
            // kubeadm lets nobody else sign; without it the API cannot check kubelets
            "rotateCertificates": true,
        })
    }

    fn proxy(&self) -> Value {
        let mut proxy = json!({
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
            "mode": "nftables",
        });
        if self.any(|node| !node.sets_conntrack) {
            let zero = "0s";
            proxy["conntrack"] = json!({
                "maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": zero, "tcpCloseWaitTimeout": zero,
            });
        }
        proxy
    }
}

/// How a host joins; the secrets are known only then.
pub(crate) fn join(node: &str, join: &crate::work::Join, secrets: &Secrets) -> String {
    let mut document = json!({
        "apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "JoinConfiguration",
        "nodeRegistration": registration(node),
        "discovery": {"bootstrapToken": {
            "token": secrets.token, "apiServerEndpoint": join.endpoint, "caCertHashes": [secrets.ca],
        }},
    });
    if let (Some(address), Some(key)) = (&join.control_plane, &secrets.certificate_key) {
        document["controlPlane"] = json!({
            "certificateKey": key,
            "localAPIEndpoint": {"advertiseAddress": address, "bindPort": API},
        });
    }
    format!("{document}\n")
}

/// What lets a host join, for a short time.
pub(crate) struct Secrets {
    pub(crate) token: String,
    /// SHA-256 of the authority's key.
    pub(crate) ca: String,
    /// Opens the certificates of the control plane.
    pub(crate) certificate_key: Option<String>,
}

fn registration(node: &str) -> Value {
    json!({"name": node, "criSocket": SOCKET, "imagePullPolicy": "IfNotPresent", "imagePullSerial": false})
}

/// An address of IPv6 stands in brackets, as in a URL.
pub(crate) fn bracketed(address: &str) -> String {
    match address.contains(':') {
        true => format!("[{address}]"),
        false => address.to_owned(),
    }
}

/// The configuration of containerd, in the form that versions 1 and 2 both read.
pub(crate) fn containerd(traits: &Traits, pause: Option<&str>) -> String {
    let cri = "[plugins.\"io.containerd.grpc.v1.cri\"";
    let mut text = format!("{HEAD}version = 2\n{cri}]\n");
    if let Some(pause) = pause {
        let _ = writeln!(text, "  sandbox_image = \"{pause}\"");
    }
    if traits.keeps_oom_score {
        text += "  restrict_oom_score_adj = true\n";
    }
    let plugins = family::places(traits.family).cni;
    let _ = writeln!(
        text,
        "  {cri}.cni]\n    bin_dir = \"{plugins}\"\n    conf_dir = \"/etc/cni/net.d\""
    );
    let _ = writeln!(
        text,
        "  {cri}.containerd.runtimes.runc]\n    runtime_type = \"io.containerd.runc.v2\"\n    {cri}.containerd.runtimes.runc.options]\n      SystemdCgroup = {}",
        !traits.old_cgroups
    );
    // a mirror of images is a folder here, without a restart
    let _ = writeln!(
        text,
        "  {cri}.registry]\n    config_path = \"/etc/containerd/certs.d\""
    );
    text
}

/// The unit of kubelet. kubeadm writes what it is told into the files that it names.
pub(crate) const KUBELET_UNIT: &str = "\
# Written by mosipctl; changes are overwritten.
[Unit]
Description=Kubernetes' agent on this node
Wants=network-online.target containerd.service
After=network-online.target containerd.service
ConditionPathExists=/var/lib/kubelet/config.yaml
StartLimitIntervalSec=0

[Service]
Environment=KUBELET_KUBECONFIG_ARGS=\"--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf\"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
";
