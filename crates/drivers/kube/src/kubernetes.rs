//! What the product asks of a cluster.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::Value;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::conflict::Conflict;
use crate::counts::RequestCounts;
use crate::error::KubeError;
use crate::exec::{ExecRequest, Execution};
use crate::rights::Rights;
use crate::served::Served;
use crate::store::Store;

/// A cluster, real or in memory.
///
/// Nothing is retried here but what the API server did not look at (429): errors say whether trying again makes sense,
/// and the caller decides. Nothing is limited here either: the caller bounds how much it asks at once.
#[async_trait]
pub trait Kubernetes: Send + Sync + fmt::Debug {
    /// Which cluster this is.
    fn server(&self) -> &Server;

    /// The time by the API server's clock. Leases are judged by it, so that a wrong clock here does no harm.
    fn now(&self) -> Timestamp;

    /// Requests made so far.
    fn requests(&self) -> RequestCounts;

    /// Who we are for the cluster (SelfSubjectReview), for the journal.
    async fn user(&self) -> Result<String, KubeError>;

    /// What we may do in a namespace.
    async fn rights(&self, namespace: &str) -> Result<Rights, KubeError>;

    /// What the API server serves. Asked once per process; a CRD that goes through [`Self::apply`] is known at once.
    async fn served(&self) -> Result<Arc<Served>, KubeError>;

    /// Asks again what the API server serves: when somebody else made CRDs.
    async fn rediscover(&self) -> Result<Arc<Served>, KubeError>;

    /// One object; none when it does not exist.
    async fn get(&self, key: &ObjectKey) -> Result<Option<Object>, KubeError>;

    /// Objects of a kind.
    async fn list(&self, kind: &Kind, selection: &Selection) -> Result<Vec<Object>, KubeError>;

    /// Metadata of the objects of a kind, `managedFields` among it: what marks are made from.
    async fn list_metadata(
        &self,
        kind: &Kind,
        selection: &Selection,
    ) -> Result<Vec<Object>, KubeError>;

    /// Server-side apply. Fields of other owners come back as data and nothing was written then.
    async fn apply(&self, object: &Object, apply: &Apply) -> Result<Applied, KubeError>;

    /// Makes an object unless one of that name exists.
    async fn create(&self, object: &Object) -> Result<Created, KubeError>;

    /// Changes an object. With `metadata.resourceVersion` in the patch it is refused as a conflict when somebody else
    /// was faster.
    async fn patch(
        &self,
        key: &ObjectKey,
        patch: &Patch,
        manager: Manager,
    ) -> Result<Object, KubeError>;

    /// Deletes an object. What is not there counts as deleted.
    async fn delete(&self, key: &ObjectKey, delete: &Delete) -> Result<Deleted, KubeError>;

    /// The shared store of a kind, kept up to date by one watch: cluster-wide where that is allowed, else one per
    /// namespace asked for. Returns when the first list is in.
    async fn watch(&self, kind: &Kind, namespace: Option<&str>) -> Result<Store, KubeError>;

    /// The last lines of a container's log.
    async fn logs(&self, request: &LogRequest) -> Result<Vec<String>, KubeError>;

    /// A connection to a port of a pod. It ends when it is dropped.
    async fn port_forward(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
    ) -> Result<Box<dyn Duplex>, KubeError>;

    /// Runs a command in a container of a pod. One that fails is an answer, not an error: see [`Execution::ended`].
    async fn exec(&self, request: &ExecRequest) -> Result<Execution, KubeError>;
}

/// A byte stream in both directions.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Which cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address of the API server.
    pub address: String,
    /// Version as it says it, such as `v1.36.1`.
    pub version: String,
    /// uid of namespace `kube-system`: the cluster's identity, whatever its address.
    pub uid: String,
}

/// Who writes, for the API server's book of owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manager {
    /// Objects of a Helm release, so that the real helm finds its own.
    Helm,
    /// Everything else.
    Mosipctl,
}

impl Manager {
    /// The name that the API server notes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Helm => "helm",
            Self::Mosipctl => "mosipctl",
        }
    }
}

/// What an apply does with fields of other owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyForce {
    /// Leaves everything as it is and names them.
    Never,
    /// Takes them over. Only after a person chose so.
    TakeOver,
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// It is.
    No,
    /// The API server does everything but write.
    Yes,
}

/// How to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apply {
    /// Who writes.
    pub manager: Manager,
    /// What happens to fields of others.
    pub force: ApplyForce,
    /// Whether anything is written.
    pub dry_run: DryRun,
}

impl Apply {
    /// Writes as this manager, and touches nothing of others.
    pub fn new(manager: Manager) -> Self {
        Self {
            manager,
            force: ApplyForce::Never,
            dry_run: DryRun::No,
        }
    }

    /// Writes nothing.
    pub fn dry(self) -> Self {
        Self {
            dry_run: DryRun::Yes,
            ..self
        }
    }

    /// Takes over fields of others.
    pub fn taking_over(self) -> Self {
        Self {
            force: ApplyForce::TakeOver,
            ..self
        }
    }
}

/// What an apply did.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// The object as it is now (or would be).
    Done(Object),
    /// Nothing: these fields belong to others.
    Conflicts(Vec<Conflict>),
}

/// What a create did.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// Made it.
    New(Object),
    /// One of that name is there already; it was left as it is.
    Exists,
}

/// A change of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Patch {
    /// JSON merge patch: what is given replaces, `null` removes.
    Merge(Value),
    /// JSON patch: a list of operations.
    Json(Value),
}

/// How to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// Only the object with this uid.
    pub uid: Option<String>,
    /// What happens to the objects it owns.
    pub propagation: Propagation,
}

impl Delete {
    /// Deletes the object with this uid; what it owns is deleted after it.
    pub fn of(uid: impl Into<String>) -> Self {
        Self {
            uid: Some(uid.into()),
            propagation: Propagation::Background,
        }
    }
}

/// What happens to owned objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted after their owner.
    Background,
    /// They are deleted before their owner.
    Foreground,
    /// They stay.
    Orphan,
}

impl Propagation {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Background => "Background",
            Self::Foreground => "Foreground",
            Self::Orphan => "Orphan",
        }
    }
}

/// What a delete did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// The API server took the order; the object goes when its finalizers are done.
    Accepted,
    /// It was not there.
    Gone,
    /// There is one of that name with another uid: not ours, left alone.
    AnotherObject,
}

/// Which objects of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only this namespace.
    pub namespace: Option<String>,
    /// Label selector, such as `owner=helm,name in (a,b)`.
    pub labels: Option<String>,
    /// Field selector, such as `involvedObject.uid=…`.
    pub fields: Option<String>,
}

impl Selection {
    /// All of them.
    pub fn everywhere() -> Self {
        Self::default()
    }

    /// Those of a namespace.
    pub fn namespace(namespace: impl Into<String>) -> Self {
        Self {
            namespace: Some(namespace.into()),
            ..Self::default()
        }
    }

    /// Only those with these labels.
    pub fn labels(self, selector: impl Into<String>) -> Self {
        Self {
            labels: Some(selector.into()),
            ..self
        }
    }

    /// Only those with these fields.
    pub fn fields(self, selector: impl Into<String>) -> Self {
        Self {
            fields: Some(selector.into()),
            ..self
        }
    }
}

/// Which log lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRequest {
    /// Namespace of the pod.
    pub namespace: String,
    /// Pod.
    pub pod: String,
    /// Container; none when the pod has only one.
    pub container: Option<String>,
    /// At most this many lines, from the end.
    pub lines: u32,
    /// The run before the last restart.
    pub previous: bool,
}
