//! Databases are reached through the API server's port-forward: many connections at a time, and one with much to carry.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its world has failed"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::SinkExt;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::runtime::{conditions, wait};
use mosipctl_kube::{Access, Cluster};
use mosipctl_reach::{PortForward, Reach};
use mosipctl_servers::{Postgres, PostgresOptions};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio_postgres::{Client, Config, NoTls};

mosipctl_testkit::supervisor!();

/// As many as MOSIP has databases.
const CONNECTIONS: usize = 17;
/// Rows of a thousand bytes.
const ROWS: usize = 100_000;

/// A pod behind a Service whose port 5432 leads to a local port, as a lab does for real servers.
async fn pod_before(port: u16) -> (Arc<dyn Reach>, String) {
    let lab = mosipctl_testkit::lab().await;
    let (client, namespace) = (lab.client().await, lab.namespace("forward").await);
    let pod = json!({
        "metadata": {"name": "postgres", "labels": {"app": "postgres"}},
        "spec": {"containers": [{"name": "main", "image": "i", "ports": [{"containerPort": 5432}]}]},
    });
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let pod: Pod = serde_json::from_value(pod).unwrap();
    pods.create(&PostParams::default(), &pod).await.unwrap();
    let service = json!({
        "metadata": {"name": "postgres"},
        "spec": {"selector": {"app": "postgres"}, "ports": [{"port": 5432}]},
    });
    let services: Api<Service> = Api::namespaced(client.clone(), &namespace);
    let service: Service = serde_json::from_value(service).unwrap();
    services
        .create(&PostParams::default(), &service)
        .await
        .unwrap();
    let kind = GroupVersionKind::gvk("kwok.x-k8s.io", "v1alpha1", "ClusterPortForward");
    let forwards: Api<DynamicObject> = Api::all_with(client, &ApiResource::from_gvk(&kind));
    let forward = json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterPortForward",
        "metadata": {"name": namespace},
        "spec": {
            "selector": {"matchNamespaces": [namespace]},
            "forwards": [{"ports": [5432], "target": {"address": "127.0.0.1", "port": port}}],
        },
    });
    let forward: DynamicObject = serde_json::from_value(forward).unwrap();
    forwards
        .create(&PostParams::default(), &forward)
        .await
        .unwrap();
    let running = wait::await_condition(pods, "postgres", conditions::is_pod_running());
    tokio::time::timeout(Duration::from_secs(60), running)
        .await
        .unwrap()
        .unwrap();
    let access = Access {
        kubeconfig: Some(lab.kubeconfig()),
        context: None,
    };
    let kube = Cluster::connect(&access).await.unwrap();
    let way = PortForward::new(Arc::new(kube), namespace.clone(), "postgres", 5432);
    (Arc::new(way), namespace)
}

async fn connect(way: &Arc<dyn Reach>, password: &SecretString) -> Client {
    let mut config = Config::new();
    config
        .user("postgres")
        .dbname("postgres")
        .password(password.expose_secret());
    // kwok hears of a new forward a moment after the API server
    let patience = Instant::now() + Duration::from_secs(30);
    let (client, connection) = loop {
        let stream = way.connect().await;
        let connected = match stream {
            Ok(stream) => config
                .connect_raw(stream, NoTls)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match connected {
            Ok(connected) => break connected,
            Err(error) => assert!(Instant::now() < patience, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_and_seventeen_connections_go_through_the_api_server() {
    let folder = tempfile::tempdir().unwrap();
    let password = SecretString::from("for a test".to_owned());
    let options = PostgresOptions {
        password: password.clone(),
        fsync: false,
        settings: Vec::new(),
    };
    let postgres = match Postgres::start(&folder.path().join("postgres"), &options).await {
        Err(error) if error.is_missing() => return eprintln!("skipped: failed to {error}"),
        started => started.unwrap(),
    };
    let (way, _) = pod_before(postgres.port()).await;
    let client = connect(&way, &password).await;
    client
        .batch_execute("CREATE TABLE much (id integer, text text)")
        .await
        .unwrap();
    let started = Instant::now();
    let sink = client.copy_in("COPY much FROM STDIN").await.unwrap();
    let mut sink = std::pin::pin!(sink);
    for chunk in 0..ROWS / 1000 {
        let rows = (0..1000).map(|row| format!("{}\t{}\n", chunk * 1000 + row, "x".repeat(992)));
        sink.send(Bytes::from(rows.collect::<String>()))
            .await
            .unwrap();
    }
    let rows = sink.finish().await.unwrap();
    eprintln!(
        "100 MB by COPY through the API server: {:.1} s",
        started.elapsed().as_secs_f64()
    );
    assert_eq!(rows, ROWS as u64);
    let started = Instant::now();
    let asking = (0..CONNECTIONS).map(|number| {
        let (way, password) = (way.clone(), password.clone());
        tokio::spawn(async move {
            let client = connect(&way, &password).await;
            // every connection is open while the others are: each waits for all to be counted
            let sum = "SELECT sum(length(text))::bigint + $1 FROM much";
            let row = client.query_one(sum, &[&(number as i64)]).await.unwrap();
            (client, row.get::<_, i64>(0))
        })
    });
    let mut open = Vec::new();
    for (number, asked) in asking.collect::<Vec<_>>().into_iter().enumerate() {
        let (client, sum) = asked.await.unwrap();
        assert_eq!(sum, (ROWS * 992 + number) as i64);
        open.push(client);
    }
    eprintln!(
        "{CONNECTIONS} connections: {:.1} s",
        started.elapsed().as_secs_f64()
    );
    assert!(open.iter().all(|client| !client.is_closed()));
    postgres.stop().await;
}
