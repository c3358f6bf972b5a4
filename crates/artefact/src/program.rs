//! The programs that are used, each at one pinned version.

use std::fmt;

use crate::artefact::{Artefact, Kind, Source};

/// Kubernetes of labs and of clusters that are made on hosts. 1.36.1 is what kwok 0.8.0 and helm 4.2.4 are built against.
const KUBERNETES: &str = "1.36.1";

/// A program that is run as a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Program {
    /// The store of the lab's control plane.
    Etcd,
    /// Asks etcd and takes snapshots of it.
    Etcdctl,
    /// Makes a store of etcd from a snapshot.
    Etcdutl,
    /// Kubernetes' API server.
    KubeApiserver,
    /// Kubernetes' controllers.
    KubeControllerManager,
    /// Kubernetes' scheduler.
    KubeScheduler,
    /// Runs the pods of a node.
    Kubelet,
    /// Makes a machine a node of a cluster.
    Kubeadm,
    /// Kubernetes' command line.
    Kubectl,
    /// Leads a cluster's inner addresses to pods; users have it in an image.
    KubeProxy,
    /// Answers for a cluster's names; users have it in an image.
    Coredns,
    /// Makes volumes in a folder of a node; users have it in an image.
    LocalPathProvisioner,
    /// Simulates nodes and the life of pods.
    Kwok,
    /// Renders charts.
    Helm,
    /// An S3 store, for labs and tests.
    Seaweedfs,
    /// WireGuard for machines whose kernel has none.
    WireguardGo,
    /// A registry of images, for tests alone.
    Registry,
}

/// How a program is built from Go modules: a folder with `go.mod` and `go.sum`, and a package that they pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Folder under `programs/`.
    pub module: &'static str,
    /// The package of the program.
    pub package: &'static str,
    /// Variables that the linker sets, `PATH=VALUE`; without them most programs do not know their version.
    pub variables: Vec<String>,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Etcd,
        Self::Etcdctl,
        Self::Etcdutl,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Kubelet,
        Self::Kubeadm,
        Self::Kubectl,
        Self::KubeProxy,
        Self::Coredns,
        Self::LocalPathProvisioner,
        Self::Kwok,
        Self::Helm,
        Self::Seaweedfs,
        Self::WireguardGo,
        Self::Registry,
    ];

    /// Its name, as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Etcdctl => "etcdctl",
            Self::Etcdutl => "etcdutl",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::Kubelet => "kubelet",
            Self::Kubeadm => "kubeadm",
            Self::Kubectl => "kubectl",
            Self::KubeProxy => "kube-proxy",
            Self::Coredns => "coredns",
            Self::LocalPathProvisioner => "local-path-provisioner",
            Self::Kwok => "kwok",
            Self::Helm => "helm",
            Self::Seaweedfs => "weed",
            Self::WireguardGo => "wireguard-go",
            Self::Registry => "registry",
        }
    }

    /// The version that is used, without `v`.
    pub fn version(self) -> &'static str {
        match self {
            Self::Etcd | Self::Etcdctl | Self::Etcdutl => "3.6.14",
            Self::KubeApiserver
            | Self::KubeControllerManager
            | Self::KubeScheduler
            | Self::Kubelet
            | Self::Kubeadm
            | Self::Kubectl
            | Self::KubeProxy => KUBERNETES,
            // what kubeadm of that version asks for
            Self::Coredns => "1.14.2",
            // the newest whose `go.mod` Go can follow
            Self::LocalPathProvisioner => "0.0.30",
            Self::Kwok => "0.8.0",
            Self::Helm => "4.2.4",
            // these two are states of their sources that call themselves so: their releases are no versions that Go knows
            Self::Seaweedfs => "4.53",
            Self::WireguardGo => "0.0.20250522",
            Self::Registry => "3.1.2",
        }
    }

    /// How it is asked for its version.
    pub fn version_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Helm => &["version", "--short"],
            Self::Kubeadm => &["version", "--output=short"],
            Self::Kubectl => &["version", "--client"],
            Self::Coredns => &["-version"],
            Self::Seaweedfs | Self::Etcdctl | Self::Etcdutl => &["version"],
            _ => &["--version"],
        }
    }

    /// Whether no user ever runs it.
    pub fn is_for_tests(self) -> bool {
        matches!(
            self,
            Self::Registry | Self::KubeProxy | Self::Coredns | Self::LocalPathProvisioner
        )
    }

    /// The artefact. No vendor's digest has been read yet, so the build is the only source.
    pub fn artefact(self) -> Artefact {
        Artefact {
            kind: Kind::Program,
            name: self.name().to_owned(),
            version: self.version().to_owned(),
            sources: vec![Source::GoModule(self.recipe())],
        }
    }

    fn recipe(self) -> Recipe {
        let (module, package) = match self {
            Self::Etcd => ("etcd", "go.etcd.io/etcd/server/v3"),
            Self::Etcdctl => ("etcd-tools", "go.etcd.io/etcd/etcdctl/v3"),
            Self::Etcdutl => ("etcd-tools", "go.etcd.io/etcd/etcdutl/v3"),
            Self::KubeApiserver => ("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver"),
            Self::KubeControllerManager => (
                "kubernetes",
                "k8s.io/kubernetes/cmd/kube-controller-manager",
            ),
            Self::KubeScheduler => ("kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler"),
            Self::Kubelet => ("kubernetes", "k8s.io/kubernetes/cmd/kubelet"),
            Self::Kubeadm => ("kubernetes", "k8s.io/kubernetes/cmd/kubeadm"),
            Self::Kubectl => ("kubernetes", "k8s.io/kubernetes/cmd/kubectl"),
            Self::KubeProxy => ("kubernetes", "k8s.io/kubernetes/cmd/kube-proxy"),
            Self::LocalPathProvisioner => (
                "local-path-provisioner",
                "github.com/rancher/local-path-provisioner",
            ),
            Self::Kwok => ("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
            Self::Helm => ("helm", "helm.sh/helm/v4/cmd/helm"),
            Self::Seaweedfs => ("seaweedfs", "github.com/seaweedfs/seaweedfs/weed"),
            Self::WireguardGo => ("wireguard-go", "golang.zx2c4.com/wireguard"),
            // mains of our own: theirs have a driver for every cloud's names or store, which is minutes of compiling
            Self::Coredns => ("coredns", "."),
            Self::Registry => ("registry", "."),
        };
        Recipe {
            module,
            package,
            variables: self.variables(),
        }
    }

    /// Those that are told nothing carry their version in their source.
    fn variables(self) -> Vec<String> {
        let version = self.version();
        match self {
            Self::Etcd
            | Self::Etcdctl
            | Self::Etcdutl
            | Self::Coredns
            | Self::Kwok
            | Self::Seaweedfs
            | Self::WireguardGo => Vec::new(),
            Self::LocalPathProvisioner => vec![format!("main.VERSION=v{version}")],
            Self::Helm => vec![format!(
                "helm.sh/helm/v4/internal/version.version=v{version}"
            )],
            Self::Registry => vec![format!(
                "github.com/distribution/distribution/v3/version.version=v{version}"
            )],
            Self::KubeApiserver
            | Self::KubeControllerManager
            | Self::KubeScheduler
            | Self::Kubelet
            | Self::Kubeadm
            | Self::Kubectl
            | Self::KubeProxy => {
                let mut numbers = version.split('.');
                let [major, minor] = [(); 2].map(|()| numbers.next().unwrap_or_default());
                let package = "k8s.io/component-base/version";
                vec![
                    format!("{package}.gitVersion=v{version}"),
                    format!("{package}.gitMajor={major}"),
                    format!("{package}.gitMinor={minor}"),
                ]
            }
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::PROGRAMS;

    #[test]
    fn every_program_is_pinned_by_its_module() {
        for program in Program::ALL {
            let recipe = program.recipe();
            let module = PROGRAMS.get_dir(recipe.module).unwrap();
            let text = |name: &str| {
                let file = module.get_file(module.path().join(name)).unwrap();
                file.contents_utf8().unwrap()
            };
            let pinned = match program {
                Program::Seaweedfs => "0.0.0-20261109003541-7506e5f91cd6",
                Program::WireguardGo => "0.0.0-20260522210424-ecfc5a8d5446",
                program => program.version(),
            };
            assert!(
                text("go.mod").contains(&format!(" v{pinned}\n")),
                "{program}"
            );
            assert!(text("pin.go").contains(recipe.package), "{program}");
            assert!(text("go.sum").len() > 1000, "{program}");
        }
    }

    #[test]
    fn kubernetes_is_told_its_version() {
        let variables = Program::KubeApiserver.recipe().variables;
        assert_eq!(
            variables[1],
            "k8s.io/component-base/version.gitMajor=1".to_owned()
        );
        assert!(variables[2].ends_with(".gitMinor=36"));
    }
}
