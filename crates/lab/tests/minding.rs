//! Labs from outside: they start, end, are killed, and leave nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod workload;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use kube::api::{Api, PostParams};
use kube::runtime::wait::await_condition;
use kube::{Client, ResourceExt};
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_lab::{
    Cluster, Drill, ExpectError, Expectations, Kubelet, Lab, LabError, LabFolder, LabReport,
    LabSettings, Lifetime, Phase, Status, expect,
};
use mosipctl_testkit::launcher;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard, Notify};
use workload::{Place, deployment, is_ready};

mosipctl_testkit::supervisor!();

/// A lab takes two cores while it starts; more than one test at a time would only make all slow.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

fn settings(state: &Path, name: &str) -> LabSettings {
    LabSettings {
        folder: LabFolder::new(state, name.parse().unwrap()),
        cluster: Cluster::default(),
        artefacts: Artefacts::new(Settings::from_environment().unwrap()),
        supervisor: launcher(),
        lifetime: Lifetime::WithCaller,
    }
}

fn silent() -> Arc<dyn Fn(&LabReport) + Send + Sync> {
    Arc::new(|_| {})
}

async fn start(settings: &LabSettings) -> Lab {
    Lab::start(settings.clone(), silent()).await.unwrap()
}

/// The processes of a lab that are alive.
fn alive(status: &Status) -> Vec<&str> {
    let programs = status.programs.iter();
    let alive = programs.filter(|program| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", program.pid));
        // an ended child of this process stays as a zombie until it is asked for
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    });
    alive.map(|program| program.program.as_str()).collect()
}

/// Waits until no process of a lab is alive. Its locks are gone a moment before it is.
async fn gone(status: &Status) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    for _ in 0..500 {
        if alive(status).is_empty() {
            return;
        }
        ticks.tick().await;
    }
    panic!("still alive: {:?}", alive(status));
}

fn pid_of(status: &Status, program: &str) -> Pid {
    let found = status
        .programs
        .iter()
        .find(|status| status.program == program);
    Pid::from_raw(found.unwrap().pid)
}

fn port_of(status: &Status) -> u16 {
    let server = status.server.as_deref().unwrap();
    server.rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_lab_is_found_again_and_leaves_nothing_when_stopped() {
    let _alone = alone().await;
    let state = TempDir::new().unwrap();
    let settings = LabSettings {
        lifetime: Lifetime::UntilStopped,
        ..settings(state.path(), "a")
    };
    assert!(Lab::find(&settings.folder).unwrap().is_none());
    drop(start(&settings).await);
    let again = Lab::start(settings.clone(), silent()).await.unwrap_err();
    assert!(matches!(again, LabError::Running(name) if name == "a"));
    let lab = Lab::find(&settings.folder).unwrap().unwrap();
    let status = lab.status().unwrap();
    assert_eq!(alive(&status).len(), 6);
    assert!(
        status
            .programs
            .iter()
            .all(|program| program.memory > Some(1 << 20))
    );
    let kubeconfig = lab.kubeconfig();
    assert_eq!(
        kubeconfig.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
    lab.client()
        .await
        .unwrap()
        .apiserver_version()
        .await
        .unwrap();
    lab.stop().await.unwrap();
    gone(&status).await;
    TcpListener::bind(("127.0.0.1", port_of(&status))).unwrap();
    assert!(!kubeconfig.exists());
    assert!(settings.folder.log("etcd").exists());
    assert_eq!(Status::of(&settings.folder).unwrap().phase, Phase::Stopped);
}

#[tokio::test]
async fn a_killed_supervisor_takes_all_with_it_and_the_lab_starts_anew() {
    let _alone = alone().await;
    let state = TempDir::new().unwrap();
    let settings = settings(state.path(), "killed");
    let lab = start(&settings).await;
    let before = lab.status().unwrap();
    kill(pid_of(&before, "supervisor"), Signal::SIGKILL).unwrap();
    let ended = Lab::ended(&settings.folder).await.unwrap();
    assert_eq!(ended.phase, Phase::Killed);
    assert!(Lab::find(&settings.folder).unwrap().is_none());
    // what is left, if the system is slow to end it, is waited for
    let lab = start(&settings).await;
    gone(&before).await;
    assert_eq!(lab.status().unwrap().phase, Phase::Running);
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn when_a_program_dies_the_lab_says_which_and_why() {
    let _alone = alone().await;
    let state = TempDir::new().unwrap();
    let settings = settings(state.path(), "broken");
    let lab = start(&settings).await;
    let before = lab.status().unwrap();
    kill(pid_of(&before, "kube-scheduler"), Signal::SIGKILL).unwrap();
    let status = Lab::ended(&settings.folder).await.unwrap();
    assert_eq!(status.phase, Phase::Failed);
    let failure = status.failure.unwrap();
    assert_eq!(failure.program.as_deref(), Some("kube-scheduler"));
    assert!(failure.what.contains("signal: 9"), "{failure}");
    assert!(!failure.last_lines.is_empty());
    gone(&before).await;
}

#[tokio::test]
async fn two_labs_do_not_know_of_each_other() {
    let _alone = alone().await;
    let state = TempDir::new().unwrap();
    let (one, two) = (settings(state.path(), "one"), settings(state.path(), "two"));
    let (one, two) = tokio::join!(start(&one), start(&two));
    let names: Vec<String> = one
        .folder()
        .all()
        .unwrap()
        .iter()
        .map(|lab| lab.name().to_string())
        .collect();
    assert_eq!(names, ["one", "two"]);
    let namespaces = async |lab: &Lab| -> Api<Namespace> { Api::all(lab.client().await.unwrap()) };
    let only = serde_json::from_value(json!({"metadata": {"name": "only"}})).unwrap();
    namespaces(&one)
        .await
        .create(&PostParams::default(), &only)
        .await
        .unwrap();
    assert!(
        namespaces(&two)
            .await
            .get_opt("only")
            .await
            .unwrap()
            .is_none()
    );
    one.stop().await.unwrap();
    assert_eq!(two.status().unwrap().phase, Phase::Running);
    namespaces(&two)
        .await
        .list(&Default::default())
        .await
        .unwrap();
    two.stop().await.unwrap();
}

#[tokio::test]
async fn a_cancelled_start_leaves_no_process() {
    let _alone = alone().await;
    let state = TempDir::new().unwrap();
    let settings = settings(state.path(), "cancelled");
    let begun = Arc::new(Notify::new());
    let tell = begun.clone();
    let progress = move |report: &LabReport| {
        if matches!(report, LabReport::Step { what, .. } if what.starts_with("etcd")) {
            tell.notify_one();
        }
    };
    tokio::select! {
        () = begun.notified() => {}
        started = Lab::start(settings.clone(), Arc::new(progress)) => panic!("{started:?}"),
    }
    let status = Lab::ended(&settings.folder).await.unwrap();
    assert_eq!(status.phase, Phase::Stopped);
    gone(&status).await;
}

#[tokio::test]
async fn a_program_that_does_not_start_is_shown_with_its_last_words() {
    let _alone = alone().await;
    let (state, tools) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let etcd = tools.path().join("etcd");
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo etcd Version: 3.6.14 && exit\necho disk is full >&2\nexit 1\n";
    std::fs::write(&etcd, script).unwrap();
    std::fs::set_permissions(&etcd, PermissionsExt::from_mode(0o755)).unwrap();
    let mut artefacts = Settings::from_environment().unwrap();
    let path = artefacts.search_path.unwrap_or_default();
    let folders = std::iter::once(tools.path().to_owned()).chain(std::env::split_paths(&path));
    artefacts.search_path = Some(std::env::join_paths(folders).unwrap());
    let settings = LabSettings {
        artefacts: Artefacts::new(artefacts),
        ..settings(state.path(), "full")
    };
    let error = Lab::start(settings.clone(), silent()).await.unwrap_err();
    let LabError::Failed { failure, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(failure.program.as_deref(), Some("etcd"));
    assert!(error.to_string().ends_with("disk is full"), "{error}");
    let status = Lab::ended(&settings.folder).await.unwrap();
    assert_eq!(
        (status.phase, status.failure.as_ref()),
        (Phase::Failed, Some(failure))
    );
}

/// Names the folder of the lab that [`starts_when_asked`] is to start.
const ASKED: &str = "LAB_TEST_START";

/// Run once more by the test below, as a caller that is killed.
#[tokio::test]
async fn starts_when_asked() {
    if let Some(state) = std::env::var_os(ASKED) {
        let _lab = start(&settings(Path::new(&state), "orphan")).await;
        println!("started");
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_lab_ends_with_its_caller() {
    let _alone = alone().await;
    let state = TempDir::new().unwrap();
    let mut caller = Command::new(std::env::current_exe().unwrap())
        .args(["starts_when_asked", "--exact", "--nocapture"])
        .env(ASKED, state.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = caller.stdout.take().unwrap();
    let has_started = move || {
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(output));
        lines.any(|line| line.unwrap().contains("started"))
    };
    assert!(tokio::task::spawn_blocking(has_started).await.unwrap());
    let folder = LabFolder::new(state.path(), "orphan".parse().unwrap());
    let before = Status::of(&folder).unwrap();
    assert_eq!(alive(&before).len(), 6);
    caller.kill().unwrap();
    caller.wait().unwrap();
    Lab::ended(&folder).await.unwrap();
    let programs = alive(&before)
        .into_iter()
        .filter(|program| *program != "supervisor");
    assert_eq!(programs.collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test]
async fn a_careless_cluster_checks_nothing_and_knows_no_expectations() {
    let _alone = alone().await;
    let state = TempDir::new().unwrap();
    let settings = LabSettings {
        cluster: Cluster {
            kubelet: Kubelet::Careless,
            ..Cluster::default()
        },
        ..settings(state.path(), "careless")
    };
    let lab = start(&settings).await;
    let client = lab.client().await.unwrap();
    let error = expect(&client, &Expectations::default(), 1.0)
        .await
        .unwrap_err();
    assert!(matches!(error, ExpectError::NoLab), "{error}");
    let place = Place {
        client,
        namespace: "default".to_owned(),
    };
    let env = json!([{"name": "X", "valueFrom": {"secretKeyRef": {"name": "none", "key": "k"}}}]);
    let containers = json!([workload::container(json!({"env": env}))]);
    place
        .apply(deployment("a", json!({"containers": containers})))
        .await;
    place.pod("a", is_ready).await;
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_happens_on_a_node_that_is_lost() {
    let _alone = alone().await;
    let state = TempDir::new().unwrap();
    let mut settings = settings(state.path(), "lost");
    settings.cluster.nodes.truncate(2);
    let lab = start(&settings).await;
    let client = lab.client().await.unwrap();
    let place = Place {
        client: client.clone(),
        namespace: "default".to_owned(),
    };
    let pinned = json!({"nodeSelector": {"kubernetes.io/hostname": "node-2"}});
    place.apply(deployment("a", pinned)).await;
    place.pod("a", is_ready).await;
    let lost = Expectations {
        drills: vec![Drill::NodeLost {
            node: "node-2".to_owned(),
        }],
        ..Expectations::default()
    };
    expect(&client, &lost, 1.0).await.unwrap();
    node_is(&client, "Unknown").await;
    // the node controller marks its pods
    let pod = place.pod("a", |pod| !is_ready(pod)).await;
    // no kubelet ends it
    let pods: Api<Pod> = place.api();
    pods.delete(&pod.name_any(), &Default::default())
        .await
        .unwrap();
    place
        .pod("a", |pod| pod.metadata.deletion_timestamp.is_some())
        .await;
    expect(&client, &Expectations::default(), 1.0)
        .await
        .unwrap();
    node_is(&client, "True").await;
    workload::goes(pods, &pod).await;
    place.pod("a", is_ready).await;
    lab.stop().await.unwrap();
}

/// Waits until `node-2` says this of being ready.
async fn node_is(client: &Client, ready: &'static str) {
    let nodes: Api<Node> = Api::all(client.clone());
    let is_so = await_condition(nodes, "node-2", ready_is(ready));
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, is_so)
        .await
        .unwrap()
        .unwrap();
}

fn ready_is(wanted: &'static str) -> impl kube::runtime::wait::Condition<Node> {
    move |node: Option<&Node>| {
        let status = node.and_then(|node| node.status.as_ref());
        let conditions = status.and_then(|status| status.conditions.as_ref());
        conditions.is_some_and(|c| c.iter().any(|c| c.type_ == "Ready" && c.status == wanted))
    }
}
