//! A cluster that tests share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_lab::{Cluster, Kubelet, Lab, LabFolder, LabSettings, Lifetime};
use serde_json::json;

use crate::launch::launcher;

/// A cluster that tests share.
#[derive(Debug)]
pub struct TestCluster {
    lab: Lab,
    namespaces: AtomicU32,
}

impl TestCluster {
    pub(crate) async fn start(name: &str, kubelet: Kubelet) -> Self {
        let state =
            std::env::temp_dir().join(format!("mosipctl-test-{}-{name}", std::process::id()));
        let name = name.parse().expect("the name is a label");
        let settings = Settings::from_environment().expect("there is a place for a cache");
        let settings = LabSettings {
            folder: LabFolder::new(state, name),
            cluster: Cluster {
                kubelet,
                ..Cluster::default()
            },
            artefacts: Artefacts::new(settings),
            supervisor: launcher(),
            lifetime: Lifetime::WithCaller,
        };
        let tell = |report: &_| eprintln!("{report:?}");
        let started = Lab::start(settings, Arc::new(tell)).await;
        Self {
            lab: started.expect("the cluster starts"),
            namespaces: AtomicU32::new(0),
        }
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.lab.kubeconfig()
    }

    /// The lab behind it.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// A client for the calling test. Clients belong to the runtime that made them, and each test has its own.
    ///
    /// # Panics
    /// The kubeconfig cannot be read.
    pub async fn client(&self) -> Client {
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).expect("the kubeconfig is there");
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
        Client::try_from(config.expect("the kubeconfig is whole")).expect("a client can be made")
    }

    /// Makes a namespace that no other test has: `PREFIX-NUMBER`.
    ///
    /// # Panics
    /// The API server refuses.
    pub async fn namespace(&self, prefix: &str) -> String {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed);
        let name = format!("{prefix}-{number}");
        let namespace = json!({"metadata": {"name": name}});
        let namespace: Namespace = serde_json::from_value(namespace).expect("it is a namespace");
        let api: Api<Namespace> = Api::all(self.client().await);
        let made = api.create(&PostParams::default(), &namespace).await;
        made.expect("a namespace can be made");
        name
    }
}
