//! A complete MOSIP in a lab, and what people do with it afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use k8s_openapi::api::core::v1::{Pod, PodSpec, Secret};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use mosipctl_testkit::bare_control_plane;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::support::{Story, client, helm, pods};

/// Start-up times are divided by this: the lab's own work is what takes the time then.
const SPEED: &str = "200";

#[tokio::test]
async fn a_whole_mosip_gets_ready_and_stays_usable_by_helm_and_people() {
    let story = Story::sandbox("");
    up(&story);
    story
        .run(&["status"])
        .ended_with(&[0])
        .says("92 components");
    story.run(&["up"]).done().says("nothing to do");
    let client = client(&story.kubeconfig()).await;
    helm_works_on_what_was_installed(&story).await;
    a_changed_key_restarts_its_readers_alone(&story, &client).await;
    without_a_secret_key_exactly_its_readers_stop(&story, &client).await;
    story.run(&["up", "--speed", SPEED]).done();
    story.run(&["down", "--yes"]).done();
    let left = pods(&client).await;
    assert!(left.is_empty(), "{:?}", left.keys());
}

#[tokio::test]
async fn the_same_environment_gets_ready_on_a_cluster_that_is_no_lab() {
    let cluster = bare_control_plane().await;
    let story = Story::sandbox("");
    let text = fs::read_to_string(story.file()).unwrap();
    let kubeconfig = cluster.kubeconfig();
    let kind = format!(
        "cluster: {{kind: existing, kubeconfig: {}}}",
        kubeconfig.display()
    );
    let rehearsal = "rehearsal: {standIns: true, simulate: [postgres, keycloak, objectStore, activemq, kafka, softhsm]}";
    let text = text.replace(
        "cluster: {kind: lab}",
        &format!("{kind}\n  {rehearsal}\n  storage: {{sharedClass: shared}}"),
    );
    fs::write(story.file(), text).unwrap();
    story.up();
    story.run(&["up"]).done().says("nothing to do");
}

fn up(story: &Story) {
    story.run(&["up", "--speed", SPEED]).done();
}

async fn helm_works_on_what_was_installed(story: &Story) {
    let list: Value =
        serde_json::from_str(&helm(story, &["list", "-A", "-o", "json", "--max", "0"]).await)
            .unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 92);
    assert!(list.iter().all(|release| release["status"] == "deployed"));
    let of = ["-n", "kernel", "authmanager", "-o", "json"];
    let values = helm(story, &[&["get", "values"][..], &of].concat()).await;
    assert!(values.contains("kernel-auth-service"), "{values}");
    change(story, "components: {authmanager: {replicas: 2}}");
    let history: Value =
        serde_json::from_str(&helm(story, &[&["history"][..], &of].concat()).await).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 2);
    helm(story, &["rollback", "-n", "kernel", "authmanager", "1"]).await;
    let plan = story
        .run(&["plan", "--exit-code", "--steps"])
        .ended_with(&[3]);
    plan.says("authmanager");
    helm(story, &["uninstall", "-n", "print", "print-service"]).await;
    up(story);
    let list = helm(story, &["list", "-A", "--short", "--max", "0"]).await;
    assert_eq!(list.lines().count(), 92);
    story.run(&["up"]).done().says("nothing to do");
}

/// Adds a line under `spec` and makes the file true.
fn change(story: &Story, line: &str) {
    let text = fs::read_to_string(story.file()).unwrap();
    fs::write(story.file(), format!("{text}\n  {line}\n")).unwrap();
    up(story);
}

async fn a_changed_key_restarts_its_readers_alone(story: &Story, client: &Client) {
    const KEY: &str = "mosip-compliance-host";
    let before = pods(client).await;
    let reads = |pod: &Pod| {
        reading(pod.spec.as_ref().unwrap()).iter().any(|read| {
            read.kind == "config map"
                && read.name == "global"
                && read.key.as_deref().is_none_or(|key| key == KEY)
        })
    };
    let running = before.iter().filter(|(_, pod)| is_running(pod));
    let (readers, others): (Vec<_>, Vec<_>) = running.partition(|(_, pod)| reads(pod));
    assert!(
        readers.len() > 20 && others.len() > 5,
        "{} and {}",
        readers.len(),
        others.len()
    );
    change(story, &format!("hosts: {{{KEY}: other.example.org}}"));
    let after = pods(client).await;
    let still =
        |(name, pod): &(&String, &Pod)| after.get(*name).is_some_and(|now| now.uid() == pod.uid());
    let not_restarted: Vec<_> = readers
        .iter()
        .filter(|reader| still(reader))
        .map(|(name, _)| name)
        .collect();
    assert!(
        not_restarted.is_empty(),
        "still the same: {not_restarted:?}"
    );
    let restarted: Vec<_> = others
        .iter()
        .filter(|other| !still(other))
        .map(|(name, _)| name)
        .collect();
    assert!(restarted.is_empty(), "restarted for nothing: {restarted:?}");
}

/// What a pod cannot start without.
struct Read {
    kind: &'static str,
    name: String,
    /// None for all keys.
    key: Option<String>,
}

/// What a pod reads, told from its spec alone.
fn reading(spec: &PodSpec) -> Vec<Read> {
    let mut reads = Vec::new();
    let mut add = |kind, name: &str, key: Option<&String>, optional: Option<bool>| {
        if optional != Some(true) {
            reads.push(Read {
                kind,
                name: name.to_owned(),
                key: key.cloned(),
            });
        }
    };
    for container in spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten())
    {
        for source in container
            .env
            .iter()
            .flatten()
            .filter_map(|env| env.value_from.as_ref())
        {
            if let Some(secret) = &source.secret_key_ref {
                add("secret", &secret.name, Some(&secret.key), secret.optional);
            }
            if let Some(map) = &source.config_map_key_ref {
                add("config map", &map.name, Some(&map.key), map.optional);
            }
        }
        for source in container.env_from.iter().flatten() {
            if let Some(secret) = &source.secret_ref {
                add("secret", &secret.name, None, secret.optional);
            }
            if let Some(map) = &source.config_map_ref {
                add("config map", &map.name, None, map.optional);
            }
        }
    }
    for volume in spec.volumes.iter().flatten() {
        if let Some(secret) = &volume.secret {
            for item in secret.items.iter().flatten() {
                add(
                    "secret",
                    secret.secret_name.as_deref().unwrap_or_default(),
                    Some(&item.key),
                    secret.optional,
                );
            }
        }
    }
    reads
}

fn is_running(pod: &Pod) -> bool {
    pod.status
        .as_ref()
        .and_then(|status| status.phase.as_deref())
        == Some("Running")
}

/// Every key in turn, one in each namespace at the same time: the pods there are made anew without it.
async fn without_a_secret_key_exactly_its_readers_stop(story: &Story, client: &Client) {
    let mut left = keys(client).await;
    let (mut tried, mut rounds) = (0, 0);
    while !left.is_empty() {
        let namespaces: Vec<String> = left.keys().cloned().collect();
        let mut round = Vec::new();
        for namespace in namespaces {
            let keys = left.get_mut(&namespace).unwrap();
            if let Some((secret, key)) = keys.pop() {
                round.push(Removed::begin(client, &namespace, &secret, &key).await);
            }
            if keys.is_empty() {
                left.remove(&namespace);
            }
        }
        tried += round.len();
        rounds += 1;
        for removed in &round {
            removed.exactly_its_readers_stopped(client).await;
        }
        if let Some(removed) = round.iter().find(|removed| !removed.readers.is_empty()) {
            removed.is_explained(story);
        }
        for removed in round {
            removed.end(client).await;
        }
    }
    eprintln!("{tried} keys of secrets removed in turn, in {rounds} rounds");
    assert!(tried > 100, "{tried}");
}

/// The keys of our Secrets, by namespace: those where pods run.
async fn keys(client: &Client) -> BTreeMap<String, Vec<(String, String)>> {
    let running: BTreeSet<String> = pods(client)
        .await
        .values()
        .filter(|pod| is_running(pod))
        .filter_map(Pod::namespace)
        .collect();
    let secrets: Api<Secret> = Api::all(client.clone());
    let ours = ListParams::default().labels("mosipctl.io/environment");
    let mut keys: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for secret in secrets.list(&ours).await.unwrap() {
        let namespace = secret.namespace().unwrap();
        if secret.type_.as_deref() == Some("helm.sh/release.v1") || !running.contains(&namespace) {
            continue;
        }
        let of = keys.entry(namespace).or_default();
        of.extend(
            secret
                .data
                .iter()
                .flatten()
                .map(|(key, _)| (secret.name_any(), key.clone())),
        );
    }
    keys
}

/// A key that was taken out of its Secret.
struct Removed {
    namespace: String,
    secret: String,
    key: String,
    value: Vec<u8>,
    /// Releases whose pods read the key.
    readers: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Removed {
    async fn begin(client: &Client, namespace: &str, secret: &str, key: &str) -> Self {
        let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
        let data = secrets.get(secret).await.unwrap().data.unwrap_or_default();
        let value = data[key].0.clone();
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        let all = pods.list(&ListParams::default()).await.unwrap();
        let (mut readers, mut others) = (BTreeSet::new(), BTreeSet::new());
        for pod in all.iter().filter(|pod| is_running(pod)) {
            // a Secret that is read as a whole may lack a key; only what is read by name has to be there
            let reads = reading(pod.spec.as_ref().unwrap());
            let reads = reads.iter().any(|read| {
                read.kind == "secret" && read.name == secret && read.key.as_deref() == Some(key)
            });
            let instance = pod
                .labels()
                .get("app.kubernetes.io/instance")
                .cloned()
                .unwrap_or_default();
            match reads {
                true => readers.insert(instance),
                false => others.insert(instance),
            };
        }
        others.retain(|other| !readers.contains(other));
        let patch = json!({"data": {key: null}});
        secrets
            .patch(secret, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
        let delete = DeleteParams::default().grace_period(0);
        pods.delete_collection(
            &delete,
            &ListParams::default().fields("status.phase=Running"),
        )
        .await
        .unwrap();
        Self {
            namespace: namespace.to_owned(),
            secret: secret.to_owned(),
            key: key.to_owned(),
            value,
            readers,
            others,
        }
    }

    /// Waits until every other pod is ready and every reader says that the key is missing.
    async fn exactly_its_readers_stopped(&self, client: &Client) {
        use futures::StreamExt;
        let pods: Api<Pod> = Api::namespaced(client.clone(), &self.namespace);
        let mut events = watcher(pods, watcher::Config::default())
            .default_backoff()
            .boxed();
        let mut seen: BTreeMap<String, (String, Shown)> = BTreeMap::new();
        let watching = async {
            loop {
                match events.next().await.unwrap().unwrap() {
                    watcher::Event::Apply(pod) | watcher::Event::InitApply(pod) => {
                        let instance = pod
                            .labels()
                            .get("app.kubernetes.io/instance")
                            .cloned()
                            .unwrap_or_default();
                        seen.insert(pod.name_any(), (instance, Shown::of(&pod)));
                    }
                    watcher::Event::Delete(pod) => drop(seen.remove(&pod.name_any())),
                    watcher::Event::Init | watcher::Event::InitDone => {}
                }
                let all = |instances: &BTreeSet<String>, wanted: Shown| {
                    instances.iter().all(|instance| {
                        let mut of = seen.values().filter(|(of, _)| of == instance).peekable();
                        of.peek().is_some() && of.all(|(_, shown)| *shown == wanted)
                    })
                };
                if all(&self.others, Shown::Ready) && all(&self.readers, Shown::LacksKey) {
                    return;
                }
            }
        };
        if tokio::time::timeout(std::time::Duration::from_secs(60), watching)
            .await
            .is_err()
        {
            panic!(
                "without {}/{}#{}: readers {:?}, others {:?}, but {seen:?}",
                self.namespace, self.secret, self.key, self.readers, self.others
            );
        }
    }

    /// `explain` names the missing key.
    fn is_explained(&self, story: &Story) {
        let reader = self.readers.first().unwrap();
        let said = story.run(&["explain", reader]);
        // a release need not have the name of its component
        if said.code == Some(0) {
            said.says(&format!("`{}`", self.key)).says(&self.secret);
        }
    }

    async fn end(self, client: &Client) {
        let secrets: Api<Secret> = Api::namespaced(client.clone(), &self.namespace);
        let value = k8s_openapi::ByteString(self.value);
        let patch = json!({"data": {&self.key: value}});
        secrets
            .patch(&self.secret, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
    }
}

/// What a pod shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Ready,
    LacksKey,
    SomethingElse,
}

impl Shown {
    fn of(pod: &Pod) -> Self {
        let Some(status) = &pod.status else {
            return Self::SomethingElse;
        };
        let conditions = status.conditions.iter().flatten();
        if conditions
            .into_iter()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True")
        {
            return Self::Ready;
        }
        let containers = status
            .container_statuses
            .iter()
            .chain(&status.init_container_statuses)
            .flatten();
        let mut waiting = containers
            .filter_map(|container| container.state.as_ref()?.waiting.as_ref()?.reason.clone());
        match waiting.any(|reason| reason == "CreateContainerConfigError") {
            true => Self::LacksKey,
            false => Self::SomethingElse,
        }
    }
}

/// The API server keeps still until the run no longer trusts its lock, and comes back.
#[tokio::test]
async fn an_api_server_that_is_gone_for_a_while_costs_time_and_nothing_else() {
    let story = Story::sandbox("");
    story.run(&["lab", "start"]).done();
    let status = story.run(&["lab", "status", "--json"]).done().out;
    let status: Value = serde_json::from_str(&status).unwrap();
    let programs = status["programs"].as_array().unwrap().iter();
    let mut server = programs.filter(|program| program["program"] == "kube-apiserver");
    let pid = server.next().unwrap()["pid"].as_i64().unwrap();
    let pid = Pid::from_raw(i32::try_from(pid).unwrap());
    let mut up = story.command(&["up", "--speed", "20"]);
    let mut up = up
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(up.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    let mut until = |wanted: &str| {
        for line in lines.by_ref() {
            let line = line.unwrap();
            let found = line.contains(wanted);
            said.push(line);
            if found {
                return;
            }
        }
        panic!("never said `{wanted}`:\n{}", said.join("\n"));
    };
    until("istiod ready");
    kill(pid, Signal::SIGSTOP).unwrap();
    until("the lock could not be renewed");
    kill(pid, Signal::SIGCONT).unwrap();
    until("380 done");
    assert!(up.wait().unwrap().success());
    story.run(&["up"]).done().says("nothing to do");
}
