//! A cluster that is still being made.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use jiff::Timestamp;
use mosipctl_object::{Kind, Object, ObjectKey};
use tokio::sync::watch;

use crate::counts::RequestCounts;
use crate::error::KubeError;
use crate::exec::{ExecRequest, Execution};
use crate::kubernetes::{
    Applied, Apply, Created, Delete, Deleted, Duplex, Kubernetes, LogRequest, Manager, Patch,
    Selection, Server,
};
use crate::rights::Rights;
use crate::served::Served;
use crate::store::Store;

/// A cluster that may be there only later. Every request waits until [`Self::arrive`] says that it is.
///
/// Nobody waits for ever: a plan puts whatever asks a cluster behind the step that makes it.
#[derive(Debug)]
pub struct LateCluster {
    /// What is known of it before it is there, and stays so.
    server: Server,
    cluster: OnceLock<Arc<dyn Kubernetes>>,
    is_there: watch::Sender<bool>,
}

impl LateCluster {
    /// A cluster that is not there yet. Its `uid` stands for it in the names of journals, before and after.
    pub fn new(server: Server) -> Self {
        Self {
            server,
            cluster: OnceLock::new(),
            is_there: watch::Sender::new(false),
        }
    }

    /// It is there now. Said twice, the first counts.
    pub fn arrive(&self, cluster: Arc<dyn Kubernetes>) {
        let _ = self.cluster.set(cluster);
        self.is_there.send_replace(true);
    }

    /// The cluster, when it is there.
    pub fn cluster(&self) -> Option<&Arc<dyn Kubernetes>> {
        self.cluster.get()
    }

    async fn there(&self) -> &Arc<dyn Kubernetes> {
        let mut is_there = self.is_there.subscribe();
        loop {
            if let Some(cluster) = self.cluster.get() {
                return cluster;
            }
            // the sender lives as long as this
            let _ = is_there.changed().await;
        }
    }
}

#[async_trait]
impl Kubernetes for LateCluster {
    fn server(&self) -> &Server {
        &self.server
    }

    fn now(&self) -> Timestamp {
        self.cluster
            .get()
            .map_or_else(Timestamp::now, |cluster| cluster.now())
    }

    fn requests(&self) -> RequestCounts {
        let cluster = self.cluster.get();
        cluster.map_or_else(RequestCounts::default, |cluster| cluster.requests())
    }

    async fn user(&self) -> Result<String, KubeError> {
        self.there().await.user().await
    }

    async fn rights(&self, namespace: &str) -> Result<Rights, KubeError> {
        self.there().await.rights(namespace).await
    }

    async fn served(&self) -> Result<Arc<Served>, KubeError> {
        self.there().await.served().await
    }

    async fn rediscover(&self) -> Result<Arc<Served>, KubeError> {
        self.there().await.rediscover().await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Object>, KubeError> {
        self.there().await.get(key).await
    }

    async fn list(&self, kind: &Kind, selection: &Selection) -> Result<Vec<Object>, KubeError> {
        self.there().await.list(kind, selection).await
    }

    async fn list_metadata(
        &self,
        kind: &Kind,
        selection: &Selection,
    ) -> Result<Vec<Object>, KubeError> {
        self.there().await.list_metadata(kind, selection).await
    }

    async fn apply(&self, object: &Object, apply: &Apply) -> Result<Applied, KubeError> {
        self.there().await.apply(object, apply).await
    }

    async fn create(&self, object: &Object) -> Result<Created, KubeError> {
        self.there().await.create(object).await
    }

    async fn patch(
        &self,
        key: &ObjectKey,
        patch: &Patch,
        manager: Manager,
    ) -> Result<Object, KubeError> {
        self.there().await.patch(key, patch, manager).await
    }

    async fn delete(&self, key: &ObjectKey, delete: &Delete) -> Result<Deleted, KubeError> {
        self.there().await.delete(key, delete).await
    }

    async fn watch(&self, kind: &Kind, namespace: Option<&str>) -> Result<Store, KubeError> {
        self.there().await.watch(kind, namespace).await
    }

    async fn logs(&self, request: &LogRequest) -> Result<Vec<String>, KubeError> {
        self.there().await.logs(request).await
    }

    async fn port_forward(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
    ) -> Result<Box<dyn Duplex>, KubeError> {
        self.there().await.port_forward(namespace, pod, port).await
    }

    async fn exec(&self, request: &ExecRequest) -> Result<Execution, KubeError> {
        self.there().await.exec(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeCluster;

    #[tokio::test]
    async fn a_request_waits_until_the_cluster_is_there() {
        let server = Server {
            address: "https://192.0.2.10:6443".to_owned(),
            version: "v1.36.1".to_owned(),
            uid: "hosts-1".to_owned(),
        };
        let late = Arc::new(LateCluster::new(server.clone()));
        let asking = tokio::spawn({
            let late = late.clone();
            async move { late.user().await }
        });
        tokio::task::yield_now().await;
        assert!(!asking.is_finished() && late.cluster().is_none());
        late.arrive(Arc::new(FakeCluster::new()));
        asking.await.unwrap().unwrap();
        assert_eq!(late.server(), &server);
    }
}
