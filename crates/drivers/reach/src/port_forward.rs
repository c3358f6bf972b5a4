//! Through the API server into a pod.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mosipctl_kube::Kubernetes;
use tokio::sync::Mutex;

use crate::error::ReachError;
use crate::service::{PodPort, Service, ServicePort};
use crate::stream::{Reach, Stream};

/// How long a pod that was found is used without asking again. Several connections at a time then cost one question; a pod
/// that ends meanwhile is noticed when a connection to it fails.
const FRESH: Duration = Duration::from_secs(5);

/// Through the API server into a ready pod behind a Service (`pods/portforward`): from outside the cluster, with the rights
/// of the kubeconfig, and without a route of any kind.
pub struct PortForward {
    kube: Arc<dyn Kubernetes>,
    service: Service,
    found: Mutex<Option<(Instant, PodPort)>>,
}

impl PortForward {
    /// The way to a port of a Service, by its number or its name.
    pub fn new(
        kube: Arc<dyn Kubernetes>,
        namespace: impl Into<String>,
        service: impl Into<String>,
        port: impl Into<ServicePort>,
    ) -> Self {
        Self {
            kube,
            service: Service {
                namespace: namespace.into(),
                name: service.into(),
                port: port.into(),
            },
            found: Mutex::new(None),
        }
    }

    /// The pod to go to. Who comes while another asks waits for that answer.
    async fn pod(&self) -> Result<PodPort, ReachError> {
        let mut found = self.found.lock().await;
        if let Some((at, pod)) = found.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(pod.clone());
        }
        let pod = self.service.resolve(self.kube.as_ref()).await?;
        *found = Some((Instant::now(), pod.clone()));
        Ok(pod)
    }

    /// Looks anew next time, unless somebody did already.
    async fn forget(&self, pod: &PodPort) {
        let mut found = self.found.lock().await;
        if found.as_ref().is_some_and(|(_, known)| known == pod) {
            *found = None;
        }
    }
}

#[async_trait]
impl Reach for PortForward {
    async fn connect(&self) -> Result<Stream, ReachError> {
        let pod = self.pod().await?;
        let forward = self
            .kube
            .port_forward(&self.service.namespace, &pod.pod, pod.port);
        match forward.await {
            Ok(stream) => Ok(stream),
            Err(error) => {
                self.forget(&pod).await;
                Err(self.service.cluster(error))
            }
        }
    }

    fn target(&self) -> String {
        self.service.to_string()
    }
}

impl fmt::Debug for PortForward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PortForward({})", self.service)
    }
}
