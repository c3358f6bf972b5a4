//! Faults that no real API server makes on demand: a scripted peer that answers from a list.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mosipctl_kube::{Access, Cluster, Freshness, Kubernetes, ResourceVersion, Selection, Verb};
use mosipctl_object::{Kind, Object, StatusSubresource};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::support::in_time;

/// What the peer answers to the next request whose address begins with a text.
struct Line {
    address: &'static str,
    answer: Answer,
}

enum Answer {
    /// A whole answer.
    Json(u16, Value),
    /// Text, as a proxy gives it.
    Text(u16, &'static str),
    /// Events of a watch, after which it is closed or held open.
    Events(Vec<Value>, After),
}

#[derive(Clone, Copy)]
enum After {
    Close,
    Hold,
}

/// An API server that says only what it was told.
struct Peer {
    script: Arc<Mutex<VecDeque<Line>>>,
    asked: Arc<Mutex<Vec<String>>>,
    cluster: Cluster,
}

impl Peer {
    async fn new(script: Vec<Line>) -> Self {
        let mut lines = VecDeque::from(script);
        lines.push_front(line(
            "/api/v1/namespaces/kube-system",
            json!({"metadata": {"uid": "u"}}),
        ));
        lines.push_front(line("/version", json!({"gitVersion": "v1.36.1"})));
        let script = Arc::new(Mutex::new(lines));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, Arc::clone(&script), Arc::clone(&asked)));
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": address}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        });
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), config.to_string()).unwrap();
        let access = Access {
            kubeconfig: Some(file.path().to_owned()),
            context: None,
        };
        let cluster = Cluster::connect(&access).await.unwrap();
        Self {
            script,
            asked,
            cluster,
        }
    }

    fn say(&self, line: Line) {
        self.script.lock().unwrap().push_back(line);
    }

    fn asked(&self, part: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|address| address.contains(part))
            .count()
    }
}

async fn serve(
    listener: TcpListener,
    script: Arc<Mutex<VecDeque<Line>>>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(talk(stream, Arc::clone(&script), Arc::clone(&asked)));
    }
}

async fn talk(
    stream: TcpStream,
    script: Arc<Mutex<VecDeque<Line>>>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    loop {
        let mut head = String::new();
        if lines.read_line(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
        let address = head.split(' ').nth(1).unwrap().to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            lines.read_line(&mut header).await.unwrap();
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if header.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).await.unwrap();
        asked.lock().unwrap().push(address.clone());
        let answer = next(&script, &address);
        write_answer(&mut write, answer).await;
    }
}

/// What is not in the script is not found.
fn next(script: &Mutex<VecDeque<Line>>, address: &str) -> Answer {
    let mut script = script.lock().unwrap();
    let index = script
        .iter()
        .position(|line| address.starts_with(line.address));
    match index.and_then(|index| script.remove(index)) {
        Some(line) => line.answer,
        None => Answer::Json(
            404,
            json!({"kind": "Status", "code": 404, "message": "not in the script"}),
        ),
    }
}

async fn write_answer(write: &mut (impl AsyncWriteExt + Unpin), answer: Answer) {
    let whole = |code: u16, text: String| {
        format!(
            "HTTP/1.1 {code} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        )
    };
    let text = match answer {
        Answer::Json(code, value) => whole(code, value.to_string()),
        Answer::Text(code, text) => whole(code, text.to_owned()),
        Answer::Events(events, after) => {
            let mut text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
            for event in events {
                let event = format!("{event}\n");
                text.push_str(&format!("{:x}\r\n{event}\r\n", event.len()));
            }
            if let After::Hold = after {
                write.write_all(text.as_bytes()).await.unwrap();
                Notify::new().notified().await;
            }
            text.push_str("0\r\n\r\n");
            text
        }
    };
    // a client that went away in the middle is part of the play
    let _ = write.write_all(text.as_bytes()).await;
}

fn line(address: &'static str, value: Value) -> Line {
    Line {
        address,
        answer: Answer::Json(200, value),
    }
}

/// Discovery in the way of before Kubernetes 1.26: plain lists.
fn plain_discovery() -> Vec<Line> {
    vec![
        line("/api", json!({"kind": "APIVersions", "versions": ["v1"]})),
        line(
            "/api/v1",
            json!({"groupVersion": "v1", "resources": [
                {"name": "configmaps", "kind": "ConfigMap", "namespaced": true},
                {"name": "pods", "kind": "Pod", "namespaced": true},
                {"name": "pods/status", "kind": "Pod", "namespaced": true},
            ]}),
        ),
        line(
            "/apis",
            json!({"kind": "APIGroupList", "groups": [
                {"name": "apps", "versions": [{"groupVersion": "apps/v1"}, {"groupVersion": "apps/v1beta2"}]},
                {"name": "broken.example.org", "versions": [{"groupVersion": "broken.example.org/v1"}]},
            ]}),
        ),
        line(
            "/apis/apps/v1",
            json!({"groupVersion": "apps/v1", "resources": [
                {"name": "deployments", "kind": "Deployment", "namespaced": true},
                {"name": "deployments/status", "kind": "Deployment", "namespaced": true},
            ]}),
        ),
        line(
            "/apis/apps/v1beta2",
            json!({"groupVersion": "apps/v1beta2", "resources": [
                {"name": "deployments", "kind": "Deployment", "namespaced": true},
            ]}),
        ),
        Line {
            address: "/apis/broken.example.org/v1",
            answer: Answer::Text(503, "service unavailable"),
        },
    ]
}

fn map(name: &str, version: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "n", "resourceVersion": version}})
}

fn event(kind: &str, object: Value) -> Value {
    json!({"type": kind, "object": object})
}

fn list(version: &str, items: Value) -> Line {
    line(
        "/api/v1/configmaps?limit",
        json!({"metadata": {"resourceVersion": version}, "items": items}),
    )
}

fn watch(events: Vec<Value>, after: After) -> Line {
    Line {
        address: "/api/v1/configmaps?watch",
        answer: Answer::Events(events, after),
    }
}

fn maps() -> Kind {
    Kind::core("ConfigMap")
}

fn seen(version: &'static str) -> impl FnMut(Option<&Object>) -> Option<()> {
    move |object| (object?.value()["metadata"]["resourceVersion"] == version).then_some(())
}

#[tokio::test]
async fn an_old_api_server_is_understood_and_a_broken_group_hides_no_other() {
    let peer = Peer::new(plain_discovery()).await;
    let served = peer.cluster.served().await.unwrap();
    let deployment = served.kind(&Kind::new("apps", "Deployment")).unwrap();
    assert_eq!(deployment.versions, ["v1", "v1beta2"]);
    assert_eq!(deployment.status, StatusSubresource::Present);
    assert_eq!(served.status(&maps()), StatusSubresource::Absent);
    assert_eq!(peer.asked("broken.example.org"), 1);
}

#[tokio::test]
async fn a_history_that_is_forgotten_is_listed_again() {
    let mut script = plain_discovery();
    script.push(list("5", json!([map("a", "3"), map("b", "4")])));
    let gone = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"});
    script.push(watch(vec![event("ERROR", gone)], After::Close));
    script.push(list("9", json!([map("a", "8")])));
    script.push(watch(vec![], After::Hold));
    let peer = Peer::new(script).await;
    let store = peer.cluster.watch(&maps(), None).await.unwrap();
    in_time(store.until(Some("n"), "a", None, seen("8"))).await;
    assert!(
        store.get(Some("n"), "b").is_none(),
        "what went meanwhile is gone"
    );
    assert_eq!(peer.cluster.requests().of(Verb::List), 2);
}

#[tokio::test]
async fn a_watch_goes_on_from_where_it_was_and_never_shows_an_older_state() {
    let mut script = plain_discovery();
    script.push(list("5", json!([map("a", "3")])));
    let bookmark =
        json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"resourceVersion": "12"}});
    let trouble = json!({"kind": "Status", "code": 500, "message": "etcdserver: leader changed"});
    script.push(watch(
        vec![
            event("MODIFIED", map("a", "7")),
            event("BOOKMARK", bookmark),
            event("ERROR", trouble),
        ],
        After::Close,
    ));
    script.push(watch(vec![event("DELETED", map("a", "14"))], After::Hold));
    let peer = Peer::new(script).await;
    let store = peer.cluster.watch(&maps(), None).await.unwrap();
    let mut versions = Vec::new();
    in_time(store.until(Some("n"), "a", None, |object| {
        versions.extend(object.map(ResourceVersion::of));
        object.is_none().then_some(())
    }))
    .await;
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!(peer.asked("resourceVersion=5&"), 1);
    assert_eq!(
        peer.asked("resourceVersion=12&"),
        1,
        "from the bookmark, not from the last event"
    );
}

#[tokio::test]
async fn trouble_is_told_until_it_is_over() {
    let mut script = plain_discovery();
    script.push(list("5", json!([])));
    script.push(Line {
        address: "/api/v1/configmaps?watch",
        answer: Answer::Text(503, "<html>upstream is down</html>"),
    });
    let peer = Peer::new(script).await;
    let store = peer.cluster.watch(&maps(), None).await.unwrap();
    let mut freshness = store.freshness();
    let behind =
        in_time(freshness.wait_for(|freshness| matches!(freshness, Freshness::Behind { .. })))
            .await;
    let Freshness::Behind { problem, .. } = behind.unwrap().clone() else {
        panic!("it is fresh");
    };
    assert!(problem.starts_with("watch ConfigMap: "), "{problem}");
    peer.say(watch(vec![event("ADDED", map("a", "6"))], After::Hold));
    in_time(store.until(Some("n"), "a", None, seen("6"))).await;
    in_time(freshness.wait_for(|freshness| *freshness == Freshness::Fresh))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_wants_to_be() {
    let mut script = plain_discovery();
    let busy = json!({"kind": "Status", "code": 429, "details": {"retryAfterSeconds": 1}});
    script.push(Line {
        address: "/api/v1/configmaps",
        answer: Answer::Json(429, busy),
    });
    script.push(list("5", json!([map("a", "3")])));
    let peer = Peer::new(script).await;
    let started = std::time::Instant::now();
    let listed = peer
        .cluster
        .list(&maps(), &Selection::everywhere())
        .await
        .unwrap();
    assert_eq!(listed[0].key().to_string(), "ConfigMap n/a");
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_page_that_expired_means_starting_over() {
    let mut script = plain_discovery();
    let first = |version: &str| {
        let metadata = json!({"resourceVersion": version, "continue": "token"});
        line(
            "/api/v1/configmaps?limit",
            json!({"metadata": metadata, "items": [map("a", "1")]}),
        )
    };
    let expired = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "the provided continue parameter is too old"});
    script.push(first("5"));
    script.push(Line {
        address: "/api/v1/configmaps?limit=500&continue=token",
        answer: Answer::Json(410, expired),
    });
    script.push(first("6"));
    script.push(line(
        "/api/v1/configmaps?limit=500&continue=token",
        json!({"metadata": {"resourceVersion": "6"}, "items": [map("b", "2")]}),
    ));
    let peer = Peer::new(script).await;
    let listed = peer
        .cluster
        .list(&maps(), &Selection::everywhere())
        .await
        .unwrap();
    assert_eq!(listed.len(), 2);
}
