//! A cluster behind an API server.

mod connect;
mod discovery;
mod exec;
mod requests;
mod transport;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

use crate::conflict::Conflict;
use crate::counts::{RequestCounts, Verb};
use crate::error::{KubeError, Refusal, Status};
use crate::exec::{ExecRequest, Execution};
use crate::kubernetes::{
    Applied, Apply, ApplyForce, Created, Delete, Deleted, DryRun, Duplex, Kubernetes, LogRequest,
    Manager, Patch, Selection, Server,
};
use crate::rights::Rights;
use crate::served::{Served, ServedKind};
use crate::store::Store;
use discovery::Discovery;
use requests::{Listing, Query, Request};
use transport::Transport;
use watches::Watches;

pub use connect::{Access, ConnectError};

/// A cluster behind an API server.
///
/// Cheap to clone; clones share connections, discovery, watches and counts.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

struct Inner {
    server: Server,
    transport: Arc<Transport>,
    discovery: Discovery,
    watches: Watches,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Server {
            address, version, ..
        } = &self.inner.server;
        write!(f, "Cluster({address}, {version})")
    }
}

impl Cluster {
    /// Connects, and asks which cluster it is: two requests.
    ///
    /// # Errors
    /// The kubeconfig cannot be read or names no such context, the API server cannot be reached or trusted, or does not
    /// let us in. Each has a remedy.
    pub async fn connect(access: &Access) -> Result<Self, ConnectError> {
        let transport = connect::transport(access).await?;
        let server = connect::introduce(&transport).await?;
        let inner = Inner {
            server,
            transport,
            discovery: Discovery::default(),
            watches: Watches::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The kind behind a key, and what a request on it is called in messages.
    async fn kind(&self, kind: &Kind, what: &str) -> Result<ServedKind, KubeError> {
        let Inner {
            discovery,
            transport,
            ..
        } = &*self.inner;
        discovery.kind(transport, kind, what).await
    }

    /// The kind of an object as its own version, which must be served.
    async fn kind_of(&self, object: &Object, what: &str) -> Result<ServedKind, KubeError> {
        let served = self.kind(&object.kind(), what).await?;
        let api_version = object.api_version();
        let version = api_version.rsplit('/').next().unwrap_or(api_version);
        if !served.versions.iter().any(|known| known == version) {
            let known = served.versions.join(", ");
            let message = format!("version `{version}` is not served, only {known}");
            return Err(KubeError::missing(what, message));
        }
        if served.namespaced && object.namespace().is_none() {
            return Err(KubeError::bug(what, "the object has no namespace"));
        }
        Ok(served)
    }

    async fn pages(
        &self,
        kind: &Kind,
        selection: &Selection,
        accept: &'static str,
    ) -> Result<Vec<Object>, KubeError> {
        let what = format!("list {kind}");
        let served = self.kind(kind, &what).await?;
        let namespace = selection.namespace.as_deref();
        let path = served.path(&served.api_version(), namespace, None);
        let query = requests::selectors(selection.labels.as_deref(), selection.fields.as_deref());
        let request = Request::get(Verb::List, &served.plural, &path)
            .accept(accept)
            .query(query);
        let listing = Listing {
            request,
            served: &served,
            what: &what,
            keep: std::convert::identity,
        };
        let listed = requests::list_all(&self.inner.transport, &listing).await?;
        Ok(listed.objects)
    }
}

#[async_trait]
impl Kubernetes for Cluster {
    fn server(&self) -> &Server {
        &self.inner.server
    }

    fn now(&self) -> Timestamp {
        self.inner.transport.now()
    }

    fn requests(&self) -> RequestCounts {
        self.inner.transport.counter().read()
    }

    async fn user(&self) -> Result<String, KubeError> {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let request = Request::post(Verb::Review, "selfsubjectreviews", path, &review);
        let answer = self
            .inner
            .transport
            .json(&request, "ask who we are")
            .await?;
        answer
            .pointer("/status/userInfo/username")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| KubeError::bug("ask who we are", "the answer names nobody"))
    }

    async fn rights(&self, namespace: &str) -> Result<Rights, KubeError> {
        let what = format!("ask what we may do in namespace {namespace}");
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        let request = Request::post(Verb::Review, "selfsubjectrulesreviews", path, &review);
        let mut answer = self.inner.transport.json(&request, &what).await?;
        let rules = serde_json::from_value(answer["status"]["resourceRules"].take())
            .map_err(|error| KubeError::bug(&what, error.to_string()))?;
        Ok(Rights {
            rules,
            incomplete: answer["status"]["incomplete"] == true,
        })
    }

    async fn served(&self) -> Result<Arc<Served>, KubeError> {
        self.inner.discovery.served(&self.inner.transport).await
    }

    async fn rediscover(&self) -> Result<Arc<Served>, KubeError> {
        self.inner.discovery.ask_again(&self.inner.transport).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Object>, KubeError> {
        let what = format!("read {key}");
        let served = self.kind(&key.kind, &what).await?;
        let path = served.path(
            &served.api_version(),
            key.namespace.as_deref(),
            Some(&key.name),
        );
        let request = Request::get(Verb::Get, &served.plural, &path);
        match self.inner.transport.json(&request, &what).await {
            Ok(value) => requests::object(value, &what).map(Some),
            Err(KubeError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list(&self, kind: &Kind, selection: &Selection) -> Result<Vec<Object>, KubeError> {
        self.pages(kind, selection, requests::JSON).await
    }

    async fn list_metadata(
        &self,
        kind: &Kind,
        selection: &Selection,
    ) -> Result<Vec<Object>, KubeError> {
        self.pages(kind, selection, requests::METADATA_LIST).await
    }

    async fn apply(&self, object: &Object, apply: &Apply) -> Result<Applied, KubeError> {
        let verb = match apply.dry_run {
            DryRun::No => Verb::Apply,
            DryRun::Yes => Verb::DryRun,
        };
        let what = match apply.dry_run {
            DryRun::No => format!("apply {}", object.key()),
            DryRun::Yes => format!("try out {}", object.key()),
        };
        let served = self.kind_of(object, &what).await?;
        let path = served.path(
            object.api_version(),
            object.namespace(),
            Some(object.name()),
        );
        let force = apply.force == ApplyForce::TakeOver;
        let query = Query::default()
            .with("fieldManager", apply.manager.as_str())
            .with("fieldValidation", "Strict")
            .with("force", if force { "true" } else { "false" })
            .dry_run(apply.dry_run);
        let request = Request::patch(verb, &served.plural, &path, object.value(), requests::APPLY)
            .query(query);
        let applied = match self.inner.transport.answer(&request, &what).await? {
            Ok(value) => requests::object(value, &what)?,
            Err(status) => return conflicts_or_error(status, &what).map(Applied::Conflicts),
        };
        if apply.dry_run == DryRun::No {
            self.inner.discovery.learn(&applied);
        }
        Ok(Applied::Done(applied))
    }

    async fn create(&self, object: &Object) -> Result<Created, KubeError> {
        let what = format!("create {}", object.key());
        let served = self.kind_of(object, &what).await?;
        let path = served.path(object.api_version(), object.namespace(), None);
        let query = Query::default()
            .with("fieldManager", Manager::Mosipctl.as_str())
            .with("fieldValidation", "Strict");
        let request =
            Request::post(Verb::Create, &served.plural, &path, object.value()).query(query);
        match self.inner.transport.answer(&request, &what).await? {
            Ok(value) => {
                let created = requests::object(value, &what)?;
                self.inner.discovery.learn(&created);
                Ok(Created::New(created))
            }
            Err(status) if status.reason == "AlreadyExists" => Ok(Created::Exists),
            Err(status) => Err(status.into_error(&what)),
        }
    }

    async fn patch(
        &self,
        key: &ObjectKey,
        patch: &Patch,
        manager: Manager,
    ) -> Result<Object, KubeError> {
        let what = format!("change {key}");
        let served = self.kind(&key.kind, &what).await?;
        let path = served.path(
            &served.api_version(),
            key.namespace.as_deref(),
            Some(&key.name),
        );
        let (body, kind) = match patch {
            Patch::Merge(value) => (value, requests::MERGE_PATCH),
            Patch::Json(value) => (value, requests::JSON_PATCH),
        };
        let query = Query::default().with("fieldManager", manager.as_str());
        let request = Request::patch(Verb::Patch, &served.plural, &path, body, kind).query(query);
        let value = self.inner.transport.json(&request, &what).await?;
        requests::object(value, &what)
    }

    async fn delete(&self, key: &ObjectKey, delete: &Delete) -> Result<Deleted, KubeError> {
        let what = format!("delete {key}");
        let served = self.kind(&key.kind, &what).await?;
        let path = served.path(
            &served.api_version(),
            key.namespace.as_deref(),
            Some(&key.name),
        );
        let mut options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "propagationPolicy": delete.propagation.as_str(),
        });
        if let Some(uid) = &delete.uid {
            options["preconditions"] = json!({"uid": uid});
        }
        let request = Request::delete(&served.plural, &path, &options);
        match self.inner.transport.answer(&request, &what).await? {
            Ok(_) => Ok(Deleted::Accepted),
            Err(status) if status.code == 404 => Ok(Deleted::Gone),
            Err(status) if is_of_another_uid(&status) => Ok(Deleted::AnotherObject),
            Err(status) => Err(status.into_error(&what)),
        }
    }

    async fn watch(&self, kind: &Kind, namespace: Option<&str>) -> Result<Store, KubeError> {
        let served = self.kind(kind, &format!("watch {kind}")).await?;
        let Inner {
            watches, transport, ..
        } = &*self.inner;
        watches.store(transport, &served, namespace).await
    }

    async fn logs(&self, request: &LogRequest) -> Result<Vec<String>, KubeError> {
        let LogRequest { namespace, pod, .. } = request;
        let what = format!("read the log of pod {namespace}/{pod}");
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log");
        let mut query = Query::default()
            .with("tailLines", &request.lines.to_string())
            .with("previous", if request.previous { "true" } else { "false" });
        if let Some(container) = &request.container {
            query = query.with("container", container);
        }
        let request = Request::get(Verb::Logs, "pods", &path)
            .accept("*/*")
            .query(query);
        let text = self.inner.transport.text(&request, &what).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    async fn port_forward(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
    ) -> Result<Box<dyn Duplex>, KubeError> {
        let what = format!("connect to port {port} of pod {namespace}/{pod}");
        self.inner
            .transport
            .counter()
            .count(Verb::PortForward, "pods");
        let pods: Api<Pod> = Api::namespaced(self.inner.transport.client(), namespace);
        let ports = [port];
        let opening = pods.portforward(pod, &ports);
        // the time to open it; the connection itself may stay open as long as it is used
        let mut forward = tokio::time::timeout(Duration::from_secs(30), opening)
            .await
            .map_err(|_| transport::timed_out(&what, Duration::from_secs(30)))?
            .map_err(|error| transport::error(error, &what))?;
        match forward.take_stream(port) {
            Some(stream) => Ok(Box::new(stream)),
            None => Err(KubeError::bug(&what, "the connection has no stream")),
        }
    }

    async fn exec(&self, request: &ExecRequest) -> Result<Execution, KubeError> {
        exec::start(&self.inner.transport, request).await
    }
}

/// The API server and its storage say it in two ways.
fn is_of_another_uid(status: &Status) -> bool {
    let text = &status.message;
    status.code == 409 && text.contains("UID in") && text.contains("precondition")
}

/// A 409 of an apply names owners; every other error is one.
fn conflicts_or_error(status: Status, what: &str) -> Result<Vec<Conflict>, KubeError> {
    match status.conflicts() {
        Some(conflicts) => Ok(conflicts),
        None => Err(status.into_error(what)),
    }
}

/// Whether a list may be tried in one namespace instead of all.
fn is_forbidden(error: &KubeError) -> bool {
    matches!(
        error,
        KubeError::Refused {
            refusal: Refusal::Forbidden,
            ..
        }
    )
}
