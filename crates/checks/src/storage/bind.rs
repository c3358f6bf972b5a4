//! Tries whether claims are bound: the one check that makes something, in a namespace of its own, and takes it away again.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use mosipctl_kube::{Created, Delete, KubeError, Kubernetes, events_of};
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

use super::{Claim, SHARED_REMEDY};
use crate::finding::{Check, Finding};

const CHECK: Check = Check::BindTest;
/// Enough for every driver that makes volumes of whole gibibytes.
const SIZE: &str = "1Gi";
const REMEDY: &str =
    "look at the storage driver's pods and their logs, or name another class in `spec.storage`";

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct BindTest<'a> {
    /// Claims that are wanted; one of each class and sort is tried.
    pub claims: &'a [Claim],
    /// Image of the pod that takes the volume. It need not start: drivers that wait for a pod wait until it has a node.
    pub image: &'a str,
    /// How long a claim may wait.
    pub patience: Duration,
}

/// Makes a claim of each sort with a pod that takes it, waits until it is bound, and takes everything away again; also when
/// somebody interrupts it.
pub async fn bind_test(kube: &dyn Kubernetes, test: &BindTest<'_>) -> Vec<Finding> {
    let sorts = sorts(test.claims);
    if sorts.is_empty() {
        return vec![Finding::skipped(
            CHECK,
            "binding of claims",
            "no claim is wanted",
        )];
    }
    let name = format!("mosipctl-preflight-{:08x}", rand::random::<u32>());
    let uid = match make_namespace(kube, &name).await {
        Ok(uid) => uid,
        Err(error) => return vec![not_made(&error)],
    };
    let place = Place {
        kube,
        test,
        namespace: &name,
    };
    let tries = sorts
        .iter()
        .enumerate()
        .map(|(index, sort)| place.try_out(index, sort));
    let mut findings = tokio::select! {
        findings = join_all(tries) => findings,
        _ = tokio::signal::ctrl_c() => vec![Finding::skipped(CHECK, "binding of claims", "it was interrupted")],
    };
    let key = ObjectKey::cluster(Kind::core("Namespace"), &name);
    if let Err(error) = kube.delete(&key, &Delete::of(uid)).await {
        findings.push(Finding::warning(
            CHECK,
            format!("namespace `{name}`"),
            format!("it was made for the test and is left: failed to {error}"),
            format!("delete it with `kubectl delete namespace {name}`"),
        ));
    }
    findings
}

/// A class and whether several nodes write, with the first claim of that sort.
type Sort<'a> = ((Option<&'a str>, bool), &'a str);

fn sorts(claims: &[Claim]) -> Vec<Sort<'_>> {
    let mut sorts: BTreeMap<(Option<&str>, bool), &str> = BTreeMap::new();
    for claim in claims {
        let sort = (claim.class.as_deref(), claim.shared);
        sorts.entry(sort).or_insert(&claim.name);
    }
    sorts.into_iter().collect()
}

async fn make_namespace(kube: &dyn Kubernetes, name: &str) -> Result<String, KubeError> {
    let labels = json!({"app.kubernetes.io/managed-by": "mosipctl"});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    let made = create(kube, namespace).await?;
    Ok(made
        .and_then(|made| made.uid().map(str::to_owned))
        .unwrap_or_default())
}

async fn create(kube: &dyn Kubernetes, value: Value) -> Result<Option<Object>, KubeError> {
    let Ok(object) = Object::try_from(value) else {
        return Ok(None);
    };
    Ok(match kube.create(&object).await? {
        Created::New(object) => Some(object),
        Created::Exists => None,
    })
}

fn not_made(error: &KubeError) -> Finding {
    let remedy = error
        .remedy()
        .unwrap_or("have the right to create namespaces, or leave out `--bind-test`");
    Finding::failed(
        CHECK,
        "binding of claims",
        format!("failed to {error}"),
        remedy,
    )
}

/// Where it is tried.
struct Place<'a> {
    kube: &'a dyn Kubernetes,
    test: &'a BindTest<'a>,
    namespace: &'a str,
}

impl Place<'_> {
    async fn try_out(&self, index: usize, ((class, shared), like): &Sort<'_>) -> Finding {
        let class_name = class.unwrap_or("the default class");
        let sort = if *shared { "shared volume" } else { "volume" };
        let what = format!("a {sort} of {class_name}, as for {like}");
        let name = format!("claim-{index}");
        if let Err(error) = self.make(&name, *class, *shared).await {
            return Finding::failed(
                CHECK,
                what,
                format!("failed to {error}"),
                error.remedy().unwrap_or(REMEDY),
            );
        }
        match tokio::time::timeout(self.test.patience, self.bound(&name)).await {
            Ok(Ok(())) => Finding::passed(CHECK, what, "a claim was bound"),
            Ok(Err(error)) => Finding::failed(CHECK, what, format!("failed to {error}"), REMEDY),
            Err(_) => {
                let seconds = self.test.patience.as_secs();
                let said = self.said(&name).await;
                let remedy = if *shared { SHARED_REMEDY } else { REMEDY };
                Finding::failed(
                    CHECK,
                    what,
                    format!("not bound within {seconds} s{said}"),
                    remedy,
                )
            }
        }
    }

    /// A claim, and a pod that takes it: some drivers make a volume only where a pod is.
    async fn make(&self, name: &str, class: Option<&str>, shared: bool) -> Result<(), KubeError> {
        let metadata = json!({"name": name, "namespace": self.namespace});
        let mode = if shared {
            "ReadWriteMany"
        } else {
            "ReadWriteOnce"
        };
        let mut claim = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata,
            "spec": {"accessModes": [mode], "resources": {"requests": {"storage": SIZE}}},
        });
        if let Some(class) = class {
            claim["spec"]["storageClassName"] = json!(class);
        }
        let security = json!({
            "runAsNonRoot": true, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"},
        });
        let container = json!({
            "name": "test", "image": self.test.image,
            "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
            "volumeMounts": [{"name": "volume", "mountPath": "/volume"}],
        });
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
            "spec": {
                "restartPolicy": "Never", "automountServiceAccountToken": false, "securityContext": security,
                "containers": [container],
                "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": name}}],
            },
        });
        create(self.kube, claim).await?;
        // a namespace has its service account a moment after it is made, and no pod before
        let account = Kind::core("ServiceAccount");
        let accounts = self.kube.watch(&account, Some(self.namespace)).await?;
        let there = accounts.until(Some(self.namespace), "default", None, |account| {
            account.map(|_| ())
        });
        if tokio::time::timeout(self.test.patience, there)
            .await
            .is_ok()
        {
            create(self.kube, pod).await?;
        }
        Ok(())
    }

    async fn bound(&self, name: &str) -> Result<(), KubeError> {
        let claims = Kind::core("PersistentVolumeClaim");
        let store = self.kube.watch(&claims, Some(self.namespace)).await?;
        let bound = store.until(Some(self.namespace), name, None, |claim| {
            let phase = claim?.value().pointer("/status/phase")?.as_str()?;
            (phase == "Bound").then_some(())
        });
        bound.await;
        Ok(())
    }

    /// The last thing that was said about a claim.
    async fn said(&self, name: &str) -> String {
        let key = ObjectKey::namespaced(Kind::core("PersistentVolumeClaim"), self.namespace, name);
        let Ok(Some(claim)) = self.kube.get(&key).await else {
            return String::new();
        };
        let events = events_of(self.kube, &claim).await.unwrap_or_default();
        let message = events
            .last()
            .and_then(|event| event.value()["message"].as_str());
        message
            .map(|message| format!(": {message}"))
            .unwrap_or_default()
    }
}
