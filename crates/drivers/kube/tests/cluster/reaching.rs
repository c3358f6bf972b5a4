//! Into pods: their logs and their ports, as kwok serves them.

use mosipctl_kube::{Access, Cluster, ExecRequest, Exit, Kubernetes, LogRequest};
use mosipctl_object::{Kind, Object, StatusSubresource, readiness};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{self, apply, in_time, object};

/// The lab is used here for its simulated logs and ports; its kubelet is as good as any.
async fn lab() -> Cluster {
    let lab = mosipctl_testkit::lab().await;
    let access = Access {
        kubeconfig: Some(lab.kubeconfig()),
        context: None,
    };
    Cluster::connect(&access).await.unwrap()
}

async fn running_pod(kube: &Cluster, namespace: &str) -> Object {
    let spec = json!({"spec": {"containers": [{"name": "main", "image": "i", "ports": [{"containerPort": 5432}]}]}});
    let store = kube
        .watch(&Kind::core("Pod"), Some(namespace))
        .await
        .unwrap();
    let pod = apply(kube, &object("v1", "Pod", Some(namespace), "a", spec)).await;
    let ready = |pod: Option<&Object>| {
        readiness(pod?, StatusSubresource::Present)
            .is_ready()
            .then_some(())
    };
    in_time(store.until(Some(namespace), "a", None, ready)).await;
    pod
}

#[tokio::test]
async fn the_last_lines_of_a_container_are_read() {
    let kube = lab().await;
    let namespace = support::namespace(&kube).await;
    running_pod(&kube, &namespace).await;
    let request = LogRequest {
        namespace: namespace.clone(),
        pod: "a".to_owned(),
        container: Some("main".to_owned()),
        lines: 5,
        previous: false,
    };
    let lines = kube.logs(&request).await.unwrap();
    assert!(
        lines.concat().contains("this container is simulated"),
        "{lines:?}"
    );
    let absent = LogRequest {
        pod: "b".to_owned(),
        ..request
    };
    assert!(kube.logs(&absent).await.unwrap_err().is_missing());
}

/// Sends every byte back.
async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await
            });
        }
    });
    port
}

#[tokio::test]
async fn a_port_of_a_pod_carries_bytes_both_ways() {
    let kube = lab().await;
    let namespace = support::namespace(&kube).await;
    let forward = object(
        "kwok.x-k8s.io/v1alpha1",
        "ClusterPortForward",
        None,
        &namespace,
        json!({"spec": {
            "selector": {"matchNamespaces": [namespace]},
            "forwards": [{"ports": [5432], "target": {"address": "127.0.0.1", "port": echo().await}}],
        }}),
    );
    apply(&kube, &forward).await;
    running_pod(&kube, &namespace).await;
    // kwok takes a moment to learn of a forward, and says so by closing
    let stream = in_time(async {
        loop {
            let mut stream = kube.port_forward(&namespace, "a", 5432).await.unwrap();
            let mut hello = [0; 5];
            let said = async {
                stream.write_all(b"hello").await?;
                stream.read_exact(&mut hello).await
            };
            if said.await.is_ok() && &hello == b"hello" {
                return stream;
            }
        }
    })
    .await;

    // ten megabytes, written and read at the same time: nothing is lost, nothing is held back
    let sent: Vec<u8> = (0..10_000_000u32)
        .map(|number| number.to_le_bytes()[number as usize % 3])
        .collect();
    let (mut read, mut write) = tokio::io::split(stream);
    let writing = tokio::spawn({
        let sent = sent.clone();
        async move {
            write.write_all(&sent).await.unwrap();
            write.flush().await.unwrap();
            write
        }
    });
    let mut received = vec![0; sent.len()];
    in_time(read.read_exact(&mut received)).await.unwrap();
    assert!(received == sent);
    writing.await.unwrap();
}

#[tokio::test]
async fn a_pod_that_is_not_there_has_no_port() {
    let kube = lab().await;
    let error = kube
        .port_forward("default", "absent", 80)
        .await
        .err()
        .unwrap();
    assert!(error.is_missing(), "{error}");
}

/// Has kwok run commands of a pod here, in a folder.
async fn let_commands_in(kube: &Cluster, namespace: &str, folder: &str) {
    let exec = object(
        "kwok.x-k8s.io/v1alpha1",
        "ClusterExec",
        None,
        namespace,
        json!({"spec": {
            "selector": {"matchNamespaces": [namespace], "matchNames": ["a"]},
            "execs": [{"local": {"workDir": folder, "envs": [{"name": "WORD", "value": "seen"}]}}],
        }}),
    );
    apply(kube, &exec).await;
}

fn shell(namespace: &str, script: &str) -> ExecRequest {
    ExecRequest {
        namespace: namespace.to_owned(),
        pod: "a".to_owned(),
        container: Some("main".to_owned()),
        command: ["sh", "-c", script].map(str::to_owned).to_vec(),
    }
}

async fn run(kube: &Cluster, request: &ExecRequest) -> (Vec<u8>, Exit) {
    let mut execution = kube.exec(request).await.unwrap();
    let mut output = Vec::new();
    execution.output.read_to_end(&mut output).await.unwrap();
    (output, execution.ended().await.unwrap())
}

#[tokio::test]
async fn a_command_in_a_pod_gives_all_its_output_and_tells_how_it_ended() {
    let kube = lab().await;
    let namespace = support::namespace(&kube).await;
    running_pod(&kube, &namespace).await;
    let refused = run(&kube, &shell(&namespace, "echo")).await;
    assert!(
        matches!(&refused.1, Exit::Failed { message, .. } if message.contains("no exec found")),
        "a simulated container runs nothing: {refused:?}"
    );
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().display().to_string();
    let_commands_in(&kube, &namespace, &folder).await;
    let hello = shell(&namespace, "printf '%s %s' \"$WORD\" \"$PWD\"");
    // kwok takes a moment to learn of it
    let said = in_time(async {
        loop {
            if let (said, Exit::Done) = run(&kube, &hello).await {
                return said;
            }
        }
    });
    let said = String::from_utf8(said.await).unwrap();
    assert_eq!(said, format!("seen {folder}"));

    // far more than any buffer on the way, both streams at once
    let much = "head -c 20000000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2";
    let (output, exit) = in_time(run(&kube, &shell(&namespace, much))).await;
    assert_eq!((output.len(), exit), (20_000_000, Exit::Done));
    assert!(output.iter().all(|byte| *byte == b'x'));

    let failing = shell(&namespace, "echo half; echo no such key >&2; exit 3");
    let (output, exit) = run(&kube, &failing).await;
    assert_eq!(output, b"half\n");
    let Exit::Failed { message, .. } = exit else {
        panic!("it did not fail");
    };
    assert!(
        message.contains("3") && message.ends_with("no such key"),
        "{message}"
    );
}

#[tokio::test]
async fn a_pod_that_is_not_there_runs_nothing() {
    let kube = lab().await;
    let error = kube.exec(&shell("default", "echo")).await.unwrap_err();
    assert!(error.is_missing(), "{error}");
}
