//! Which rule a kind has.

use serde_json::Value;

use super::conditions::{Condition, needs};
use super::{Readiness, phase, workloads};
use crate::key::Kind;
use crate::object::Object;

type Rule = fn(&Object) -> Readiness;

/// The rule of a kind; none for kinds that nobody here knows.
pub(super) fn rule(kind: &Kind) -> Option<Rule> {
    Some(match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps", "Deployment") => workloads::deployment,
        ("apps", "StatefulSet") => workloads::stateful_set,
        ("apps", "DaemonSet") => workloads::daemon_set,
        ("apps", "ReplicaSet") => workloads::replica_set,
        ("batch", "Job") => workloads::job,
        ("", "Pod") => workloads::pod,
        ("", "PersistentVolumeClaim") => claim,
        ("", "PersistentVolume") => volume,
        ("", "Service") => service,
        ("", "Namespace") => namespace,
        ("", "Node") => |object| needs(object, "Ready"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition,
        ("apiregistration.k8s.io", "APIService") => |object| needs(object, "Available"),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler,
        ("policy", "PodDisruptionBudget") => disruption_budget,
        ("logging.banzaicloud.io" | "logging-extensions.banzaicloud.io", _) => log_flow,
        (group, name) if is_silent(group, name) => |_| Readiness::Ready,
        _ => return None,
    })
}

/// Kinds that are ready by existing: they have no status, or one that nobody has to write.
fn is_silent(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(
            kind,
            "ConfigMap"
                | "Secret"
                | "ServiceAccount"
                | "Endpoints"
                | "LimitRange"
                | "ResourceQuota"
                | "PodTemplate"
                | "Event"
        ),
        "apps" => kind == "ControllerRevision",
        "batch" => kind == "CronJob",
        "monitoring.coreos.com" => matches!(
            kind,
            "ServiceMonitor"
                | "PodMonitor"
                | "Probe"
                | "ScrapeConfig"
                | "PrometheusRule"
                | "AlertmanagerConfig"
        ),
        "rbac.authorization.k8s.io"
        | "networking.k8s.io"
        | "storage.k8s.io"
        | "scheduling.k8s.io"
        | "node.k8s.io"
        | "coordination.k8s.io"
        | "discovery.k8s.io"
        | "events.k8s.io"
        | "admissionregistration.k8s.io" => true,
        // istiod writes a status only when it is told to (PILOT_ENABLE_STATUS)
        "networking.istio.io"
        | "security.istio.io"
        | "telemetry.istio.io"
        | "extensions.istio.io" => true,
        _ => false,
    }
}

fn claim(object: &Object) -> Readiness {
    match phase(object) {
        "Bound" => Readiness::Ready,
        "Lost" => Readiness::Failed("has lost its volume".to_owned()),
        _ => Readiness::waiting("is not bound to a volume yet"),
    }
}

fn volume(object: &Object) -> Readiness {
    match phase(object) {
        "Available" | "Bound" | "Released" => Readiness::Ready,
        "Failed" => Readiness::Failed(format!(
            "volume failed: {}",
            object.value()["status"]["message"]
                .as_str()
                .unwrap_or("no reason given")
        )),
        _ => Readiness::waiting("is not available yet"),
    }
}

fn service(object: &Object) -> Readiness {
    let spec = &object.value()["spec"];
    let has = |list: &Value| list.as_array().is_some_and(|items| !items.is_empty());
    match spec["type"].as_str() {
        Some("LoadBalancer")
            if !has(&object.value()["status"]["loadBalancer"]["ingress"])
                && !has(&spec["externalIPs"]) =>
        {
            Readiness::waiting("has no load balancer address yet")
        }
        _ => Readiness::Ready,
    }
}

fn namespace(object: &Object) -> Readiness {
    match phase(object) {
        "Active" => Readiness::Ready,
        "Terminating" => Readiness::waiting("is being deleted"),
        _ => Readiness::waiting("is not active yet"),
    }
}

fn definition(object: &Object) -> Readiness {
    if let Some(names) =
        Condition::of(object, "NamesAccepted").filter(|names| names.status == "False")
    {
        return Readiness::Failed(format!("its names are taken: {}", names.words()));
    }
    needs(object, "Established")
}

fn autoscaler(object: &Object) -> Readiness {
    match Condition::of(object, "ScalingActive") {
        // zero replicas are asked for: nothing to scale
        Some(active) if active.reason == "ScalingDisabled" => Readiness::Ready,
        Some(active) if !active.is_true() => {
            Readiness::Waiting(format!("cannot scale: {}", active.words()))
        }
        Some(_) => needs(object, "AbleToScale"),
        None => Readiness::waiting("its controller has not looked at it yet"),
    }
}

fn disruption_budget(object: &Object) -> Readiness {
    let status = &object.value()["status"];
    if status["observedGeneration"].is_null() {
        return Readiness::waiting("its controller has not looked at it yet");
    }
    let count = |name: &str| status[name].as_i64().unwrap_or_default();
    match (count("currentHealthy"), count("desiredHealthy")) {
        (healthy, desired) if healthy < desired => {
            Readiness::Waiting(format!("{healthy} of {desired} pods are healthy"))
        }
        _ => Readiness::Ready,
    }
}

/// Flows and outputs of the logging operator say `active: false` with their problems, and nothing before it looked.
fn log_flow(object: &Object) -> Readiness {
    let status = &object.value()["status"];
    if status["active"] != false {
        return Readiness::Ready;
    }
    let problems: Vec<&str> = status["problems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    Readiness::Waiting(match problems.as_slice() {
        [] => "is not active".to_owned(),
        some => format!("is not active: {}", some.join("; ")),
    })
}
