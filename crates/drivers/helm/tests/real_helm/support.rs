//! A cluster, the real helm beside our driver, and what tests ask of both.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mosipctl_artefact::{Artefacts, Program, Settings};
use mosipctl_helm::Helm;
use mosipctl_kube::{
    Access, Applied, Apply, Cluster, Kubernetes, Manager, ResourceVersion, Selection,
};
use mosipctl_object::{Kind, Object, ReleaseName, StatusSubresource, readiness};
use serde_json::Value;
use tokio::process::Command;

/// Longer than anything here takes, short enough for a test that hangs to fail.
const PATIENCE: Duration = Duration::from_secs(60);

/// Label by which the tests' releases are ours.
pub(crate) const OWNER: (&str, &str) = ("mosipctl.io/environment", "sandbox");

/// What a test runs in.
pub(crate) struct World {
    pub(crate) kube: Arc<dyn Kubernetes>,
    pub(crate) helm: Helm,
    pub(crate) release: ReleaseName,
    pub(crate) access: Access,
    binary: PathBuf,
}

impl World {
    /// A namespace of its own in the shared cluster; the release is called `demo`.
    pub(crate) async fn new() -> Self {
        let shared = mosipctl_testkit::bare_control_plane().await;
        let access = Access {
            kubeconfig: Some(shared.kubeconfig()),
            context: None,
        };
        let cluster = Cluster::connect(&access).await.unwrap();
        let binary = helm_binary().await;
        Self {
            kube: Arc::new(cluster),
            helm: Helm::new(&binary).await.unwrap(),
            release: ReleaseName::new(shared.namespace("helm").await, "demo"),
            access,
            binary,
        }
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.release.namespace
    }

    /// Runs the real helm in the test's namespace, as a person would. It must succeed.
    pub(crate) async fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.binary)
            .args(arguments)
            .args(["--namespace", self.namespace(), "--kubeconfig"])
            .arg(self.access.kubeconfig.as_ref().unwrap())
            .output()
            .await
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "helm {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, read as JSON.
    pub(crate) async fn cli_json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--output", "json"]].concat();
        serde_json::from_str(&self.cli(&arguments).await).unwrap()
    }

    /// Renders a chart, with Helm's marks and in its namespace.
    pub(crate) async fn rendered(&self, chart: &Path, values: &Value) -> String {
        let request = mosipctl_helm::TemplateRequest {
            chart,
            release: &self.release,
            values,
            kube_version: "1.36.1",
            api_versions: &[],
            tests: mosipctl_helm::Tests::Include,
        };
        self.helm.template(&request).await.unwrap()
    }

    /// The objects of a manifest as they are applied: in the release's namespace, marked as Helm's.
    pub(crate) fn objects(&self, manifest: &str) -> Vec<Object> {
        let mut objects = mosipctl_object::manifest::objects(manifest).unwrap();
        for object in &mut objects {
            object.set_namespace(self.namespace());
        }
        let marked = |object| mosipctl_helm::owned(object, &self.release);
        objects.into_iter().map(marked).collect()
    }

    /// Applies as Helm does. Conflicts fail the test.
    pub(crate) async fn apply(&self, object: &Object) -> Object {
        match self
            .kube
            .apply(object, &Apply::new(Manager::Helm))
            .await
            .unwrap()
        {
            Applied::Done(object) => object,
            Applied::Conflicts(conflicts) => panic!("{}: {conflicts:?}", object.key()),
        }
    }

    /// Waits until the Deployment of the release is ready, at least as of a write.
    pub(crate) async fn ready(&self, after: Option<ResourceVersion>) {
        let kind = Kind::new("apps", "Deployment");
        let store = self
            .kube
            .watch(&kind, Some(self.namespace()))
            .await
            .unwrap();
        let ready = |object: Option<&Object>| {
            readiness(object?, StatusSubresource::Present)
                .is_ready()
                .then_some(())
        };
        in_time(store.until(Some(self.namespace()), "demo", after, ready)).await;
    }

    /// uids of the pods of the release, by which one sees that they are the same ones.
    pub(crate) async fn pods(&self) -> Vec<String> {
        let selection = Selection::namespace(self.namespace()).labels("app=demo");
        let pods = self
            .kube
            .list(&Kind::core("Pod"), &selection)
            .await
            .unwrap();
        let alive = pods
            .iter()
            .filter(|pod| pod.value()["metadata"]["deletionTimestamp"].is_null());
        let mut uids: Vec<String> = alive.map(|pod| pod.uid().unwrap().to_owned()).collect();
        uids.sort();
        uids
    }

    pub(crate) fn owner() -> (String, String) {
        (OWNER.0.to_owned(), OWNER.1.to_owned())
    }

    pub(crate) fn labels() -> BTreeMap<String, String> {
        [Self::owner()].into()
    }
}

/// The pinned helm: from PATH, the cache, or built.
async fn helm_binary() -> PathBuf {
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    artefacts.program(Program::Helm).await.unwrap()
}

/// What comes in time, or the test fails.
pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("nothing happened in time")
}
