//! The loop: changes in, reports out.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{BoxStream, select_all};
use k8s_openapi::api::core::v1::Secret;
use kube::api::Api;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::answers::unanswered;
use super::pod::Pod;
use super::report::Report;
use super::table::Key;
use super::verdict::{Verdict, verdict};
use super::world::{Change, Touched, World};
use crate::container_logs::ContainerLogs;
use crate::expect::acknowledge;
use crate::real::{Asked, Real};

/// How many reports are written at one time.
const AT_ONCE: usize = 32;
/// How many changes are taken in before pods are judged: a hundred that come together cost one judgement.
const CHANGES: usize = 256;

/// Pause before something that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Minds the pods of a cluster until the API server is gone for good.
pub(crate) async fn run(client: Client, logs: ContainerLogs, real: Real) {
    let mut judge = Judge {
        real,
        changes: Arc::new(Semaphore::new(AT_ONCE)),
        client: client.clone(),
        logs,
        world: World::default(),
        told: HashMap::new(),
        writing: HashSet::new(),
        writers: JoinSet::new(),
    };
    let mut changes = changes(&client).ready_chunks(CHANGES);
    loop {
        let mut touched = Touched::default();
        tokio::select! {
            Some(changes) = changes.next() => {
                changes.into_iter().for_each(|change| judge.world.take(change, &mut touched));
            }
            Some(written) = judge.writers.join_next() => judge.written(written.ok(), &mut touched),
            Ok(()) = judge.real.standings.changed() => judge.see_servers(&mut touched),
            else => return,
        }
        if judge.world.is_complete() {
            judge.judge(&touched);
        }
    }
}

/// Everything that is watched. Errors are tried again for ever: the supervisor ends this with the API server.
fn changes(client: &Client) -> BoxStream<'static, Change> {
    fn watch<K>(
        client: &Client,
        config: watcher::Config,
        change: fn(watcher::Event<K>) -> Change,
    ) -> BoxStream<'static, Change>
    where
        K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static,
    {
        let events = watcher(Api::<K>::all(client.clone()), config).default_backoff();
        events
            .filter_map(async |event| event.ok())
            .map(change)
            .boxed()
    }
    let all = watcher::Config::default;
    // Helm keeps whole manifests in Secrets, and no pod names one
    let secrets = all().fields("type!=helm.sh/release.v1");
    select_all([
        watch(client, all(), |event| Change::Pod(Box::new(event))),
        watch(client, all(), Change::ConfigMap),
        watch::<Secret>(client, secrets, Change::Secret),
        watch(client, all(), Change::Claim),
        watch(client, all(), Change::Account),
        watch(client, all(), Change::Service),
    ])
    .boxed()
}

struct Judge {
    real: Real,
    changes: Arc<Semaphore>,
    client: Client,
    logs: ContainerLogs,
    world: World,
    /// What was last said about each pod, by uid.
    told: HashMap<String, Report>,
    /// Pods about which something is being written, by uid.
    writing: HashSet<String>,
    writers: JoinSet<Written>,
}

/// A report that was written, or not.
struct Written {
    pod: Key,
    uid: String,
    report: Report,
    is_done: bool,
}

impl Judge {
    /// Judges the pods that a change concerns, and writes what is new.
    fn judge(&mut self, touched: &Touched) {
        if let Some(id) = self.world.unseen.take() {
            self.logs.expect(&self.world.expectations);
            tokio::spawn(acknowledge(self.client.clone(), id));
        }
        let news: Vec<(Pod, Report)> = self
            .world
            .concerned(touched)
            .filter(|pod| !self.writing.contains(&pod.uid))
            .map(|pod| self.as_told(pod))
            .map(|pod| (self.report(&pod), pod))
            .filter(|(report, pod)| {
                !report.is_written(pod) && self.told.get(&pod.uid) != Some(report)
            })
            .map(|(report, pod)| (pod, report))
            .collect();
        news.into_iter()
            .for_each(|(pod, report)| self.write(pod, report));
        self.forget();
    }

    /// The pod with what was said about it, though the watch may not have told yet: nobody is admitted twice.
    fn as_told(&self, pod: &Pod) -> Pod {
        let mut pod = pod.clone();
        let told = self.told.get(&pod.uid);
        pod.standing.is_admitted |= matches!(told, Some(Report::Runs { .. }));
        pod
    }

    /// Servers stand differently: their pods are looked at again.
    fn see_servers(&mut self, touched: &mut Touched) {
        let now = self.real.standings.borrow_and_update().clone();
        let concerned = self.world.real.keys().chain(now.keys());
        touched
            .namespaces
            .extend(concerned.map(|asked| asked.subject.namespace.clone()));
        self.world.real = now;
    }

    fn report(&self, pod: &Pod) -> Report {
        let report = self.judged(pod);
        if matches!(report, Report::Runs { .. })
            && let Some(server) = self.world.expectations.real(&pod.subject)
        {
            let asked = Asked::of(server, &pod.uid);
            if !self.world.real.contains_key(&asked) {
                self.real.ask(asked, server, pod.claims());
            }
        }
        report
    }

    fn judged(&self, pod: &Pod) -> Report {
        match pod.standing.is_admitted {
            true => Report::Runs {
                unanswered: unanswered(pod, &self.world),
            },
            false => match verdict(pod, &self.world) {
                Verdict::Wait(wait) => Report::Waits(wait),
                Verdict::Admit => Report::Runs {
                    unanswered: unanswered(pod, &self.world),
                },
            },
        }
    }

    fn write(&mut self, pod: Pod, report: Report) {
        self.writing.insert(pod.uid.clone());
        let (client, turns, logs) = (self.client.clone(), self.changes.clone(), self.logs.clone());
        self.writers.spawn(async move {
            let _turn = turns.acquire_owned().await;
            let is_admission = matches!(report, Report::Runs { .. }) && !pod.standing.is_admitted;
            if is_admission {
                logs.of_pod(&client, &pod.subject, &pod.name, &pod.uid)
                    .await;
            }
            let written = report.write(&client, &pod).await;
            if let Err(error) = &written {
                eprintln!(
                    "failed to write about pod {}/{}: {error}",
                    pod.namespace, pod.name
                );
                tokio::time::sleep(PAUSE).await;
            }
            Written {
                pod: (pod.namespace, pod.name),
                uid: pod.uid,
                report,
                is_done: written.is_ok(),
            }
        });
    }

    /// What was written need not be said again; the pod may have changed meanwhile, so it is judged once more.
    fn written(&mut self, written: Option<Written>, touched: &mut Touched) {
        if let Some(Written {
            pod,
            uid,
            report,
            is_done,
        }) = written
        {
            self.writing.remove(&uid);
            if is_done {
                self.told.insert(uid, report);
            }
            touched.pods.insert(pod);
        }
    }

    /// Drops what was said about pods that are gone, now and then.
    fn forget(&mut self) {
        let living = self.world.pods.iter().count();
        if self.told.len() > 2 * living + CHANGES {
            let uids: HashSet<&String> = self.world.pods.iter().map(|(_, pod)| &pod.uid).collect();
            self.told.retain(|uid, _| uids.contains(uid));
        }
    }
}
