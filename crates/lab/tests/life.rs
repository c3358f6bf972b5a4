//! What becomes of workloads: how long they take, what goes wrong in drills, volumes, addresses, logs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod workload;

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    ContainerStatus, PersistentVolume, PersistentVolumeClaim, Pod, Service,
};
use kube::ResourceExt;
use kube::api::{Api, LogParams, Patch, PatchParams};
use mosipctl_lab::{Drill, Expectations, Startup, Subject, Work, expect};
use mosipctl_testkit::lab;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use workload::{Place, condition, deployment, is_ready, job, name};

mosipctl_testkit::supervisor!();

/// Real seconds are divided by this.
const SPEED: f64 = 20.0;
/// How long `slow` takes: three seconds of the lab.
const SLOW: f64 = 60.0;
/// How long `work` takes: one second of the lab.
const WORK: f64 = 20.0;
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(5);

/// A namespace in a lab that was told about the releases in it.
async fn place() -> Place {
    static EXPECTED: OnceCell<String> = OnceCell::const_new();
    let lab = lab().await;
    let client = lab.client().await;
    let namespace = EXPECTED
        .get_or_init(async || {
            let namespace = lab.namespace("life").await;
            expect(&client, &expectations(&namespace), SPEED)
                .await
                .unwrap();
            namespace
        })
        .await;
    Place {
        namespace: namespace.clone(),
        client,
    }
}

fn expectations(namespace: &str) -> Expectations {
    let subject = |instance: &str| Subject::new(namespace, instance);
    let startup = |instance, work, seconds| Startup {
        subject: subject(instance),
        work,
        seconds,
    };
    Expectations {
        startups: vec![
            startup("slow", Work::Service, SLOW),
            startup("changed", Work::Service, SLOW),
            startup("work", Work::Job, WORK),
            startup("fails", Work::Job, WORK),
        ],
        drills: vec![
            Drill::JobFails {
                subject: subject("fails"),
                exit_code: 3,
                log: vec!["trying".to_owned(), "connection refused".to_owned()],
            },
            Drill::Crashes {
                subject: subject("crashes"),
                exit_code: 137,
                log: vec!["out of luck".to_owned()],
            },
            Drill::NeverReady {
                subject: subject("unwell"),
                message: "HTTP probe failed with statuscode: 503".to_owned(),
            },
            Drill::ImageMissing {
                image: "registry.example.org/withdrawn:1".to_owned(),
            },
        ],
        ..Expectations::default()
    }
}

/// From admission, as the pod's own condition tells it, until now.
fn since_admission(pod: &Pod) -> Duration {
    let conditions = pod.status.as_ref().unwrap().conditions.as_ref().unwrap();
    let admitted = conditions
        .iter()
        .find(|c| c.type_ == "lab.mosipctl.io/admitted");
    let admitted: Timestamp = admitted
        .unwrap()
        .message
        .as_deref()
        .unwrap()
        .parse()
        .unwrap();
    Timestamp::now().duration_since(admitted).unsigned_abs()
}

fn assert_took(took: Duration, seconds: f64) {
    let expected = Duration::from_secs_f64(seconds / SPEED);
    assert!(
        took >= expected && took < expected + SLACK,
        "{took:?} for {expected:?}"
    );
}

#[tokio::test]
async fn a_service_is_ready_when_its_time_has_come() {
    let place = place().await;
    place.apply(deployment("slow", json!({}))).await;
    let pod = place.pod("slow", is_ready).await;
    assert_took(since_admission(&pod), SLOW);
}

#[tokio::test]
async fn a_change_of_the_pod_does_not_begin_its_time_anew() {
    let place = place().await;
    place.apply(deployment("changed", json!({}))).await;
    let pod = place
        .pod("changed", |pod| condition(pod, "Ready").is_some())
        .await;
    let change = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(200));
        for number in 0.. {
            ticks.tick().await;
            let annotation = json!({"metadata": {"annotations": {"number": number.to_string()}}});
            let pods: Api<Pod> = place.api();
            let params = PatchParams::default();
            pods.patch(&name(&pod), &params, &Patch::Merge(annotation))
                .await
                .unwrap();
        }
    };
    let pod = tokio::select! {
        () = change => unreachable!(),
        pod = place.pod("changed", is_ready) => pod,
    };
    assert!(pod.annotations().contains_key("number"));
    assert_took(since_admission(&pod), SLOW);
}

fn job_condition(job: &Job, kind: &str) -> bool {
    let conditions = job
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|c| c.iter().any(|c| c.type_ == kind && c.status == "True"))
}

#[tokio::test]
async fn a_job_completes_when_its_time_has_come() {
    let place = place().await;
    place.apply(job("work", json!({}))).await;
    let has_ended = |pod: &Pod| {
        let phase = pod
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        phase == Some("Succeeded")
    };
    let pod = place.pod("work", has_ended).await;
    assert_took(since_admission(&pod), WORK);
    place
        .object("work", |job: &Job| job_condition(job, "Complete"))
        .await;
}

async fn log(place: &Place, pod: &str, previous: bool) -> String {
    let params = LogParams {
        previous,
        ..LogParams::default()
    };
    place.api::<Pod>().logs(pod, &params).await.unwrap()
}

#[tokio::test]
async fn a_job_that_is_to_fail_fails_with_its_last_words() {
    let place = place().await;
    place.apply(job("fails", json!({}))).await;
    place
        .object("fails", |job: &Job| job_condition(job, "Failed"))
        .await;
    let pod = place.pod("fails", |_| true).await;
    let status = first_status(&pod).unwrap();
    let end = status.state.unwrap().terminated.unwrap();
    assert_eq!((end.exit_code, end.reason.as_deref()), (3, Some("Error")));
    assert_eq!(
        log(&place, &name(&pod), false).await,
        "trying\nconnection refused\n"
    );
}

fn first_status(pod: &Pod) -> Option<ContainerStatus> {
    pod.status
        .as_ref()?
        .container_statuses
        .as_ref()?
        .first()
        .cloned()
}

#[tokio::test]
async fn a_container_that_is_to_crash_is_restarted_again_and_again() {
    let place = place().await;
    place.apply(deployment("crashes", json!({}))).await;
    let backs_off = |pod: &Pod| {
        first_status(pod).is_some_and(|status| {
            let waiting = status.state.and_then(|state| state.waiting);
            let reason = waiting.and_then(|waiting| waiting.reason);
            status.restart_count >= 2 && reason.as_deref() == Some("CrashLoopBackOff")
        })
    };
    let pod = place.pod("crashes", backs_off).await;
    assert!(!is_ready(&pod));
    let last = first_status(&pod)
        .unwrap()
        .last_state
        .unwrap()
        .terminated
        .unwrap();
    assert_eq!(last.exit_code, 137);
    assert_eq!(log(&place, &name(&pod), true).await, "out of luck\n");
    let event = place.event("BackOff", &name(&pod)).await;
    assert_eq!(event, "Back-off restarting failed container");
}

#[tokio::test]
async fn a_pod_that_is_never_to_be_ready_says_why() {
    let place = place().await;
    place.apply(deployment("unwell", json!({}))).await;
    let pod = place
        .pod("unwell", |pod| {
            first_status(pod).is_some_and(|s| s.state.is_some_and(|s| s.running.is_some()))
        })
        .await;
    assert_eq!(
        place.event("Unhealthy", &name(&pod)).await,
        "Readiness probe failed: HTTP probe failed with statuscode: 503"
    );
    assert!(!is_ready(&pod));
}

#[tokio::test]
async fn an_image_that_is_withdrawn_cannot_be_pulled() {
    let place = place().await;
    let containers = json!([{"name": "main", "image": "registry.example.org/withdrawn:1"}]);
    place
        .apply(deployment("withdrawn", json!({"containers": containers})))
        .await;
    let pod = place
        .pod("withdrawn", |pod| workload::waiting(pod).is_some())
        .await;
    assert_eq!(workload::waiting(&pod).unwrap().0, "ImagePullBackOff");
}

#[tokio::test]
async fn a_container_nobody_told_about_says_that_it_is_simulated() {
    let place = place().await;
    place.apply(deployment("silent", json!({}))).await;
    let pod = place.pod("silent", is_ready).await;
    let log = log(&place, &name(&pod), false).await;
    assert!(log.starts_with("this container is simulated"), "{log}");
}

#[tokio::test]
async fn a_readiness_gate_is_honoured_both_ways() {
    let place = place().await;
    let gate = json!([{"conditionType": "example.org/gate"}]);
    place
        .apply(deployment("gated", json!({"readinessGates": gate})))
        .await;
    let is_gated = |pod: &Pod| {
        condition(pod, "Ready") == Some(("False".to_owned(), "ReadinessGatesNotReady".to_owned()))
    };
    let pod = place.pod("gated", is_gated).await;
    assert!(first_status(&pod).unwrap().ready);
    let set = async |status: &str| {
        let condition = json!({"type": "example.org/gate", "status": status});
        let patch = Patch::Strategic(json!({"status": {"conditions": [condition]}}));
        let pods: Api<Pod> = place.api();
        pods.patch_status(&name(&pod), &PatchParams::default(), &patch)
            .await
            .unwrap();
    };
    set("True").await;
    place.pod("gated", is_ready).await;
    set("False").await;
    place.pod("gated", is_gated).await;
}

#[tokio::test]
async fn a_deleted_pod_goes_and_another_comes() {
    let place = place().await;
    place.apply(deployment("deleted", json!({}))).await;
    let old = place.pod("deleted", is_ready).await;
    let pods: Api<Pod> = place.api();
    pods.delete(&name(&old), &Default::default()).await.unwrap();
    place
        .pod("deleted", |pod| is_ready(pod) && pod.uid() != old.uid())
        .await;
    workload::goes(pods, &old).await;
}

#[tokio::test]
async fn a_deployment_rolls_over() {
    let place = place().await;
    place.apply(deployment("rolls", json!({}))).await;
    let old = place.pod("rolls", is_ready).await;
    place
        .apply(deployment(
            "rolls",
            json!({"terminationGracePeriodSeconds": 7}),
        ))
        .await;
    place
        .object("rolls", |deployment: &Deployment| {
            let status = deployment.status.clone().unwrap_or_default();
            status.observed_generation == deployment.metadata.generation
                && (
                    status.updated_replicas,
                    status.available_replicas,
                    status.replicas,
                ) == (Some(1), Some(1), Some(1))
        })
        .await;
    place
        .pod("rolls", |pod| is_ready(pod) && pod.uid() != old.uid())
        .await;
}

fn claim(name: &str, class: Option<&str>, mode: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {
            "accessModes": [mode],
            "storageClassName": class,
            "resources": {"requests": {"storage": "5Gi"}},
        },
    })
}

fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    let phase = claim
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    phase == Some("Bound")
}

#[tokio::test]
async fn a_claim_is_bound_and_its_volume_goes_with_it() {
    let place = place().await;
    let mut claim = claim("data", None, "ReadWriteOnce");
    claim["spec"]
        .as_object_mut()
        .unwrap()
        .remove("storageClassName");
    place.apply(claim).await;
    let claim = place.object("data", is_bound).await;
    let spec = claim.spec.unwrap();
    assert_eq!(spec.storage_class_name.as_deref(), Some("standard"));
    let volumes: Api<PersistentVolume> = Api::all(place.client.clone());
    let volume = volumes.get(&spec.volume_name.unwrap()).await.unwrap();
    place
        .api::<PersistentVolumeClaim>()
        .delete("data", &Default::default())
        .await
        .unwrap();
    workload::goes(volumes, &volume).await;
}

#[tokio::test]
async fn a_claim_grows() {
    let place = place().await;
    let mut claim = claim("grows", Some("standard"), "ReadWriteOnce");
    place.apply(claim.clone()).await;
    place.object("grows", is_bound).await;
    claim["spec"]["resources"]["requests"]["storage"] = json!("6Gi");
    place.apply(claim).await;
    let has_grown = |claim: &PersistentVolumeClaim| {
        let capacity = claim
            .status
            .as_ref()
            .and_then(|status| status.capacity.as_ref());
        capacity.is_some_and(|capacity| capacity["storage"].0 == "6Gi")
    };
    place.object("grows", has_grown).await;
}

#[tokio::test]
async fn only_a_class_for_many_nodes_gives_volumes_for_many() {
    let place = place().await;
    place
        .apply(claim("many", Some("shared"), "ReadWriteMany"))
        .await;
    place.object("many", is_bound).await;
    place
        .apply(claim("few", Some("standard"), "ReadWriteMany"))
        .await;
    assert_eq!(
        place.event("ProvisioningFailed", "few").await,
        "failed to provision volume with StorageClass \"standard\": it cannot be mounted as ReadWriteMany"
    );
}

#[tokio::test]
async fn each_load_balancer_gets_an_address_of_its_own() {
    let place = place().await;
    let mut addresses = Vec::new();
    for name in ["public", "internal"] {
        let ports = json!([{"port": 443}]);
        let spec = json!({"type": "LoadBalancer", "ports": ports, "selector": {"gateway": name}});
        let metadata = json!({"name": name});
        let service =
            json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec});
        place.apply(service).await;
        let address = |service: &Service| -> Option<String> {
            let balancer = service.status.as_ref()?.load_balancer.as_ref()?;
            balancer.ingress.as_ref()?.first()?.ip.clone()
        };
        let service = place
            .object(name, |service| address(service).is_some())
            .await;
        addresses.push(address(&service).unwrap());
    }
    assert_ne!(addresses[0], addresses[1]);
}

#[tokio::test]
async fn a_forwarded_port_reaches_a_real_server() {
    let place = place().await;
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = server.accept().await.unwrap();
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"ping");
        stream.write_all(b"pong").await.unwrap();
    });
    place.apply(deployment("database", json!({}))).await;
    let pod = place.pod("database", is_ready).await;
    place
        .apply(json!({
            "apiVersion": "kwok.x-k8s.io/v1alpha1",
            "kind": "PortForward",
            "metadata": {"name": name(&pod)},
            "spec": {"forwards": [{"ports": [5432], "target": {"address": "127.0.0.1", "port": port}}]},
        }))
        .await;
    // kwok takes notice of the rule in its own time, and until then refuses the connection
    let ask = async {
        loop {
            let pods: Api<Pod> = place.api();
            let mut forward = pods.portforward(&name(&pod), &[5432]).await.unwrap();
            let mut stream = forward.take_stream(5432).unwrap();
            let mut answer = [0; 4];
            let asked = async {
                stream.write_all(b"ping").await?;
                stream.read_exact(&mut answer).await
            };
            if asked.await.is_ok() {
                return answer;
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(30), ask)
        .await
        .unwrap();
    assert_eq!(&answer, b"pong");
}
