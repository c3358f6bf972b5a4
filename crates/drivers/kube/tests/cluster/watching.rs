//! Watches through every kind of break. The API server itself stays up: a relay in front of it fails instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mosipctl_kube::{Access, Cluster, Freshness, Kubernetes, Selection, Verb};
use mosipctl_object::{Kind, Object};
use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::{self, apply, config_map, in_time, object};

/// Passes bytes on to the API server, or refuses to.
struct Relay {
    address: String,
    open: Arc<AtomicBool>,
    cut: tokio::sync::watch::Sender<()>,
    _task: JoinSet<()>,
}

impl Relay {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let open = Arc::new(AtomicBool::new(true));
        let cut = tokio::sync::watch::Sender::new(());
        let mut task = JoinSet::new();
        task.spawn(relay(listener, server, Arc::clone(&open), cut.clone()));
        Self {
            address,
            open,
            cut,
            _task: task,
        }
    }

    /// Ends every connection.
    fn cut(&self) {
        self.cut.send_replace(());
    }

    /// Ends every connection and takes no new ones.
    fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.cut();
    }

    fn reopen(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

async fn relay(
    listener: TcpListener,
    server: String,
    open: Arc<AtomicBool>,
    cut: tokio::sync::watch::Sender<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        if !open.load(Ordering::SeqCst) {
            continue;
        }
        let mut far = TcpStream::connect(&server).await.unwrap();
        let mut cut = cut.subscribe();
        connections.spawn(async move {
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = cut.changed() => {}
            }
        });
    }
}

async fn config() -> Value {
    let text = std::fs::read_to_string(support::kubeconfig().await).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

async fn connect(config: &Value) -> Cluster {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), config.to_string()).unwrap();
    let access = Access {
        kubeconfig: Some(file.path().to_owned()),
        context: None,
    };
    Cluster::connect(&access).await.unwrap()
}

async fn through_relay() -> (Relay, Cluster) {
    let mut config = config().await;
    let server = config["clusters"][0]["cluster"]["server"]
        .as_str()
        .unwrap()
        .to_owned();
    let relay = Relay::to(server.trim_start_matches("https://").to_owned()).await;
    config["clusters"][0]["cluster"]["server"] = json!(relay.address);
    let cluster = connect(&config).await;
    (relay, cluster)
}

fn value_is(wanted: &'static str) -> impl FnMut(Option<&Object>) -> Option<()> {
    move |object| (object?.labels().get("v") == Some(&wanted)).then_some(())
}

fn labelled(namespace: &str, name: &str, value: &str) -> Object {
    let mut map = config_map(namespace, name, json!({}));
    map.set_label("v", value);
    map
}

#[tokio::test]
async fn a_cut_connection_costs_one_watch_request_and_no_event() {
    let (relay, cluster) = through_relay().await;
    let direct = support::cluster().await;
    let namespace = support::namespace(&direct).await;
    let store = cluster
        .watch(&Kind::core("ConfigMap"), Some(&namespace))
        .await
        .unwrap();
    apply(&direct, &labelled(&namespace, "a", "1")).await;
    in_time(store.until(Some(&namespace), "a", None, value_is("1"))).await;
    let before = cluster.requests();

    relay.cut();
    apply(&direct, &labelled(&namespace, "a", "2")).await;
    in_time(store.until(Some(&namespace), "a", None, value_is("2"))).await;
    let since = cluster.requests().since(&before);
    assert_eq!(since.of(Verb::List), 0, "{since:?}");
    assert!(since.of(Verb::Watch) >= 1, "{since:?}");
}

#[tokio::test]
async fn a_server_that_is_gone_for_a_while_is_told_and_caught_up_with() {
    let (relay, cluster) = through_relay().await;
    let direct = support::cluster().await;
    let namespace = support::namespace(&direct).await;
    let store = cluster
        .watch(&Kind::core("ConfigMap"), Some(&namespace))
        .await
        .unwrap();
    let mut freshness = store.freshness();

    relay.close();
    let behind = freshness.wait_for(|freshness| matches!(freshness, Freshness::Behind { .. }));
    in_time(behind).await.unwrap();
    let doomed = apply(&direct, &labelled(&namespace, "b", "1")).await;
    apply(&direct, &labelled(&namespace, "a", "1")).await;
    let gone = mosipctl_kube::Delete::of(doomed.uid().unwrap());
    direct.delete(&doomed.key(), &gone).await.unwrap();
    let error = cluster.get(&doomed.key()).await.unwrap_err();
    assert!(error.is_transient(), "{error}");

    relay.reopen();
    in_time(store.until(Some(&namespace), "a", None, value_is("1"))).await;
    in_time(freshness.wait_for(|freshness| *freshness == Freshness::Fresh))
        .await
        .unwrap();
    assert!(store.get(Some(&namespace), "b").is_none());
}

#[tokio::test]
async fn without_the_right_to_see_all_namespaces_each_is_watched_by_itself() {
    let direct = support::cluster().await;
    let (one, two) = (
        support::namespace(&direct).await,
        support::namespace(&direct).await,
    );
    let token = limited_user(&direct, &[&one, &two]).await;
    let mut config = config().await;
    config["users"][0]["user"] = json!({"token": token});
    let limited = connect(&config).await;

    let kind = Kind::core("ConfigMap");
    let store = limited.watch(&kind, Some(&one)).await.unwrap();
    apply(&direct, &labelled(&one, "a", "1")).await;
    in_time(store.until(Some(&one), "a", None, value_is("1"))).await;
    apply(&direct, &labelled(&two, "b", "1")).await;
    assert!(
        store.get(Some(&two), "b").is_none(),
        "nobody asked for this namespace yet"
    );
    let same = limited.watch(&kind, Some(&two)).await.unwrap();
    in_time(store.until(Some(&two), "b", None, value_is("1"))).await;
    assert!(
        same.get(Some(&one), "a").is_some(),
        "two namespaces, one store"
    );

    let error = limited.watch(&kind, Some("default")).await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    assert!(error.to_string().contains("cannot list"), "{error}");
    let rights = limited.rights(&one).await.unwrap();
    assert!(rights.allow("watch", "", "configmaps"));
    assert!(!rights.allow("delete", "", "configmaps"));
}

/// A service account that may read config maps of these namespaces, and who is asked for by name: kube-system.
async fn limited_user(kube: &dyn Kubernetes, namespaces: &[&str]) -> String {
    let home = namespaces[0];
    let account = object("v1", "ServiceAccount", Some(home), "limited", json!({}));
    apply(kube, &account).await;
    let subject = json!([{"kind": "ServiceAccount", "name": "limited", "namespace": home}]);
    let group = "rbac.authorization.k8s.io";
    let api = format!("{group}/v1");
    let reader = format!("see-kube-system-{home}");
    let rule = json!({"rules": [{"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]}]});
    apply(kube, &object(&api, "ClusterRole", None, &reader, rule)).await;
    let binding = json!({"roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": reader}, "subjects": subject});
    apply(
        kube,
        &object(&api, "ClusterRoleBinding", None, &reader, binding),
    )
    .await;
    for namespace in namespaces {
        let rule = json!({"rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}]});
        apply(kube, &object(&api, "Role", Some(namespace), "maps", rule)).await;
        let binding = json!({"roleRef": {"apiGroup": group, "kind": "Role", "name": "maps"}, "subjects": subject});
        apply(
            kube,
            &object(&api, "RoleBinding", Some(namespace), "maps", binding),
        )
        .await;
    }
    support::token(home, "limited").await
}

#[tokio::test]
async fn lists_longer_than_a_page_come_whole() {
    let kube = support::cluster().await;
    let namespace = support::namespace(&kube).await;
    let mut writes = JoinSet::new();
    for number in 0..620 {
        let (kube, map) = (
            kube.clone(),
            config_map(&namespace, &format!("m{number}"), json!({"n": "1"})),
        );
        writes.spawn(async move { apply(&kube, &map).await });
        if writes.len() >= 32 {
            writes.join_next().await.unwrap().unwrap();
        }
    }
    writes.join_all().await;
    let before = kube.requests();
    let selection = Selection::namespace(&namespace).labels("!no-such-label");
    let listed = kube
        .list(&Kind::core("ConfigMap"), &selection)
        .await
        .unwrap();
    // one more is every namespace's own: the root certificate
    let ours = listed
        .iter()
        .filter(|map| map.name().starts_with('m'))
        .count();
    assert_eq!(ours, 620);
    assert_eq!(kube.requests().since(&before).of(Verb::List), 2);
}
