//! From a Service to a port of one of its pods.

use std::fmt;

use mosipctl_kube::{KubeError, Kubernetes, Selection};
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::Value;

use crate::error::ReachError;

/// A port of a Service, by number or name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServicePort {
    /// Its number.
    Number(u16),
    /// Its name, such as `http`.
    Name(String),
}

/// A port of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PodPort {
    pub(crate) pod: String,
    pub(crate) port: u16,
}

/// Where a connection to a Service goes.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) port: ServicePort,
}

impl Service {
    /// A ready pod behind the Service, and the port of it that the Service's port leads to.
    pub(crate) async fn resolve(&self, kube: &dyn Kubernetes) -> Result<PodPort, ReachError> {
        let key = ObjectKey::namespaced(Kind::core("Service"), &self.namespace, &self.name);
        let service = kube.get(&key).await.map_err(|error| self.cluster(error))?;
        let service = service.ok_or_else(|| self.wrong("there is no such Service"))?;
        let target = self.target_port(&service)?;
        let pods = Selection::namespace(&self.namespace).labels(self.selector(&service)?);
        let pods = kube.list(&Kind::core("Pod"), &pods).await;
        let pods = pods.map_err(|error| self.cluster(error))?;
        let ready = pods.iter().find(|pod| is_ready(pod));
        let pod = ready.ok_or_else(|| self.no_pod(&pods))?;
        Ok(PodPort {
            pod: pod.name().to_owned(),
            port: self.number(&target, pod)?,
        })
    }

    /// What the port of the Service leads to: a number, or the name of a port in the pod.
    fn target_port(&self, service: &Object) -> Result<Value, ReachError> {
        let ports = service.value()["spec"]["ports"].as_array();
        let port = ports.into_iter().flatten().find(|port| match &self.port {
            ServicePort::Number(number) => port["port"] == *number,
            ServicePort::Name(name) => port["name"] == *name,
        });
        let port = port.ok_or_else(|| self.wrong("the Service has no such port"))?;
        Ok(match &port["targetPort"] {
            // the API server fills it in; objects in memory may not have it
            Value::Null => port["port"].clone(),
            target => target.clone(),
        })
    }

    fn selector(&self, service: &Object) -> Result<String, ReachError> {
        let selector = service.value()["spec"]["selector"].as_object();
        let terms: Vec<String> = selector
            .into_iter()
            .flatten()
            .map(|(label, value)| format!("{label}={}", value.as_str().unwrap_or_default()))
            .collect();
        match terms.is_empty() {
            true => Err(self.wrong("the Service selects no pods")),
            false => Ok(terms.join(",")),
        }
    }

    fn number(&self, target: &Value, pod: &Object) -> Result<u16, ReachError> {
        let number = match target {
            Value::String(name) => container_port(pod, name),
            number => number.as_u64(),
        };
        let number = number.and_then(|number| u16::try_from(number).ok());
        number.ok_or_else(|| {
            let pod = pod.name();
            self.wrong(format!(
                "it leads to port {target} of pod `{pod}`, which has none"
            ))
        })
    }

    fn no_pod(&self, pods: &[Object]) -> ReachError {
        let reason = match pods {
            [] => "no pod is behind the Service".to_owned(),
            [pod] => format!("pod `{}` is not ready", pod.name()),
            pods => format!("none of {} pods is ready", pods.len()),
        };
        ReachError::NoPod {
            target: self.to_string(),
            reason,
        }
    }

    fn wrong(&self, reason: impl Into<String>) -> ReachError {
        ReachError::NoService {
            target: self.to_string(),
            reason: reason.into(),
        }
    }

    pub(crate) fn cluster(&self, source: KubeError) -> ReachError {
        ReachError::Cluster {
            target: self.to_string(),
            source,
        }
    }
}

/// Containers and the init containers that stay beside them.
fn container_port(pod: &Object, name: &str) -> Option<u64> {
    let spec = &pod.value()["spec"];
    let containers = ["containers", "initContainers"].map(|field| spec[field].as_array());
    let containers = containers.into_iter().flatten().flatten();
    let mut ports =
        containers.flat_map(|container| container["ports"].as_array().into_iter().flatten());
    ports.find(|port| port["name"] == name)?["containerPort"].as_u64()
}

/// Ready, and not on its way out.
fn is_ready(pod: &Object) -> bool {
    let conditions = pod.value()["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    let ready =
        conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
    ready && pod.value()["metadata"]["deletionTimestamp"].is_null()
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.namespace, self.name, self.port)
    }
}

impl fmt::Display for ServicePort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl From<u16> for ServicePort {
    fn from(number: u16) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for ServicePort {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

#[cfg(test)]
mod tests;
