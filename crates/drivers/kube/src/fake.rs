//! A cluster in memory, for tests of everything that is written against [`Kubernetes`].
//!
//! It keeps the API server's promises that the product leans on: owners of fields and their conflicts, dry runs,
//! resource versions, generations, uids, finalizers, deletion by uid and through owners, namespaces that must exist.
//! The same contract tests run over it and over a real API server. What it does not do: defaults, validation of schemas,
//! admission.

mod controllers;
mod fields;
mod kinds;
mod patches;
mod select;
mod stored;
mod writes;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::counts::{Counter, RequestCounts, Verb};
use crate::error::{KubeError, Refusal, TransientCause};
use crate::exec::{ExecRequest, Execution, Exit};
use crate::kubernetes::{
    Applied, Apply, ApplyForce, Created, Delete, Deleted, DryRun, Duplex, Kubernetes, LogRequest,
    Manager, Patch, Selection, Server,
};
use crate::rights::{Rights, Rule};
use crate::served::{Served, ServedKind};
use crate::store::{ResourceVersion, Store, trimmed};
use stored::{Stored, Writer};

pub use controllers::Controllers;

/// A cluster in memory. Clones are one cluster.
#[derive(Clone)]
pub struct FakeCluster {
    inner: Arc<Inner>,
}

struct Inner {
    server: Server,
    counter: Counter,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    objects: BTreeMap<ObjectKey, Stored>,
    stores: HashMap<Kind, Store>,
    served: Arc<Served>,
    version: u64,
    made: u64,
    faults: VecDeque<(Option<Verb>, Fault)>,
    logs: HashMap<(String, String), Vec<String>>,
    programs: HashMap<(String, String), Program>,
    controllers: Controllers,
}

/// What commands in a container write, and how they end.
type Program = Arc<dyn Fn(&[String]) -> (Vec<u8>, Exit) + Send + Sync>;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Somebody else changed the object meanwhile (409).
    Conflict,
    /// The API server is in trouble (500).
    Trouble,
    /// It is busy (429), and asks to wait.
    Busy(Duration),
    /// It does not answer.
    Timeout,
    /// It cannot be reached.
    Unreachable,
    /// It does the work and its answer is lost: the worst of all faults.
    LostAnswer,
    /// A right is missing (403).
    Forbidden,
}

impl std::fmt::Debug for FakeCluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FakeCluster({} objects)", self.state().objects.len())
    }
}

impl Default for FakeCluster {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeCluster {
    /// A cluster with the namespaces that every cluster has.
    pub fn new() -> Self {
        let state = State {
            objects: BTreeMap::new(),
            stores: HashMap::new(),
            served: Arc::new(kinds::built_in()),
            version: 0,
            made: 0,
            faults: VecDeque::new(),
            logs: HashMap::new(),
            programs: HashMap::new(),
            controllers: Controllers::Idle,
        };
        let fake = Self {
            inner: Arc::new(Inner {
                server: Server {
                    address: "fake".to_owned(),
                    version: "v1.36.1".to_owned(),
                    uid: "00000000-0000-0000-0000-000000000001".to_owned(),
                },
                counter: Counter::default(),
                started: Instant::now(),
                state: Mutex::new(state),
            }),
        };
        for name in ["kube-system", "default"] {
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            if let Ok(namespace) = Object::try_from(namespace) {
                let _ = fake.write(Verb::Create, &namespace, &Writer::update("kube-apiserver"));
            }
        }
        fake
    }

    /// Lets controllers work, or rest.
    pub fn set_controllers(&self, controllers: Controllers) {
        self.state().controllers = controllers;
    }

    /// Makes the next requests of a verb (or any) go wrong, one fault per request.
    pub fn fail_next(&self, verb: Option<Verb>, times: usize, fault: Fault) {
        let faults = std::iter::repeat_n((verb, fault), times);
        self.state().faults.extend(faults);
    }

    /// Lets everything go right again.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Changes an object as somebody else would: a person, a controller. JSON merge patch.
    ///
    /// # Errors
    /// There is no such object.
    pub fn edit_as(
        &self,
        manager: &str,
        key: &ObjectKey,
        patch: &Value,
    ) -> Result<Object, KubeError> {
        self.state()
            .edit(key, patch, &Writer::update(manager), self.now())
    }

    /// Writes the status of an object as its controller would.
    ///
    /// # Errors
    /// There is no such object.
    pub fn set_status(&self, key: &ObjectKey, status: &Value) -> Result<Object, KubeError> {
        let patch = json!({"status": status});
        let writer = Writer::status("controller");
        self.state().edit(key, &patch, &writer, self.now())
    }

    /// Takes an object away as somebody else would, finalizers or not.
    pub fn vanish(&self, key: &ObjectKey) {
        self.state().vanish(key);
    }

    /// Sets what a container logged.
    pub fn set_log(&self, pod: &str, container: &str, lines: Vec<String>) {
        let key = (pod.to_owned(), container.to_owned());
        self.state().logs.insert(key, lines);
    }

    /// Sets what commands in a container write and how they end.
    pub fn set_program(
        &self,
        pod: &str,
        container: &str,
        program: impl Fn(&[String]) -> (Vec<u8>, Exit) + Send + Sync + 'static,
    ) {
        let key = (pod.to_owned(), container.to_owned());
        self.state().programs.insert(key, Arc::new(program));
    }

    /// Every object there is.
    pub fn objects(&self) -> Vec<Object> {
        let state = self.state();
        state.objects.values().map(Stored::object).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, and returns the fault it runs into.
    fn begin(&self, verb: Verb, resource: &str, what: &str) -> Result<Option<Fault>, KubeError> {
        self.inner.counter.count(verb, resource);
        let mut state = self.state();
        let hit = state
            .faults
            .iter()
            .position(|(of, _)| of.is_none_or(|of| of == verb));
        let fault = hit.and_then(|index| state.faults.remove(index));
        match fault {
            None => Ok(None),
            Some((_, Fault::LostAnswer)) => Ok(Some(Fault::LostAnswer)),
            Some((_, fault)) => Err(fault.error(what)),
        }
    }

    fn kind(&self, kind: &Kind, what: &str) -> Result<ServedKind, KubeError> {
        let served = Arc::clone(&self.state().served);
        let missing = || KubeError::missing(what, format!("kind `{kind}` is not served here"));
        served.kind(kind).cloned().ok_or_else(missing)
    }

    fn write(&self, verb: Verb, object: &Object, writer: &Writer) -> Result<Applied, KubeError> {
        let what = format!("{verb} {}", object.key());
        let served = self.kind(&object.kind(), &what)?;
        let lost = self.begin(verb, &served.plural, &what)?;
        let written = self
            .state()
            .apply(object, &served, writer, self.now(), &what);
        match lost {
            Some(fault) => Err(fault.error(&what)),
            None => written,
        }
    }

    fn listed(&self, kind: &Kind, selection: &Selection) -> Result<Vec<Object>, KubeError> {
        let what = format!("list {kind}");
        let served = self.kind(kind, &what)?;
        self.begin(Verb::List, &served.plural, &what)?;
        let state = self.state();
        let of_kind = state.objects.iter().filter(|(key, _)| key.kind == *kind);
        let all = of_kind.map(|(_, stored)| stored.object());
        Ok(all
            .filter(|object| select::picks(selection, object))
            .collect())
    }
}

impl Fault {
    fn error(self, what: &str) -> KubeError {
        let trouble = "fault injected by a test".to_owned();
        match self {
            Self::Conflict => KubeError::transient(what, TransientCause::Conflict(trouble)),
            Self::Trouble => KubeError::transient(what, TransientCause::Server(trouble)),
            Self::Timeout | Self::LostAnswer => {
                KubeError::transient(what, TransientCause::Timeout(Duration::from_secs(60)))
            }
            Self::Unreachable => KubeError::transient(what, TransientCause::Connection(trouble)),
            Self::Busy(wait) => KubeError::Transient {
                what: what.to_owned(),
                cause: TransientCause::Busy,
                retry_after: Some(wait),
            },
            Self::Forbidden => KubeError::Refused {
                what: what.to_owned(),
                refusal: Refusal::Forbidden,
                message: trouble,
            },
        }
    }
}

#[async_trait]
impl Kubernetes for FakeCluster {
    fn server(&self) -> &Server {
        &self.inner.server
    }

    /// Follows tokio's clock, so that a test that advances it advances the cluster too.
    fn now(&self) -> Timestamp {
        let start = SignedDuration::from_secs(1_767_225_600);
        let elapsed = SignedDuration::try_from(self.inner.started.elapsed()).unwrap_or_default();
        Timestamp::UNIX_EPOCH
            .checked_add(start.saturating_add(elapsed))
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn requests(&self) -> RequestCounts {
        self.inner.counter.read()
    }

    async fn user(&self) -> Result<String, KubeError> {
        self.begin(Verb::Review, "selfsubjectreviews", "ask who we are")?;
        Ok("fake-admin".to_owned())
    }

    async fn rights(&self, namespace: &str) -> Result<Rights, KubeError> {
        let what = format!("ask what we may do in namespace {namespace}");
        self.begin(Verb::Review, "selfsubjectrulesreviews", &what)?;
        let all = || vec!["*".to_owned()];
        let rule = Rule {
            verbs: all(),
            api_groups: all(),
            resources: all(),
            resource_names: Vec::new(),
        };
        Ok(Rights {
            rules: vec![rule],
            incomplete: false,
        })
    }

    async fn served(&self) -> Result<Arc<Served>, KubeError> {
        Ok(Arc::clone(&self.state().served))
    }

    async fn rediscover(&self) -> Result<Arc<Served>, KubeError> {
        self.begin(Verb::Discover, "/apis", "ask what the API server serves")?;
        self.served().await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Object>, KubeError> {
        let what = format!("read {key}");
        let served = self.kind(&key.kind, &what)?;
        self.begin(Verb::Get, &served.plural, &what)?;
        Ok(self.state().objects.get(key).map(Stored::object))
    }

    async fn list(&self, kind: &Kind, selection: &Selection) -> Result<Vec<Object>, KubeError> {
        self.listed(kind, selection)
    }

    async fn list_metadata(
        &self,
        kind: &Kind,
        selection: &Selection,
    ) -> Result<Vec<Object>, KubeError> {
        let mut listed = self.listed(kind, selection)?;
        for object in &mut listed {
            if let Some(map) = object.value_mut().as_object_mut() {
                map.retain(|field, _| matches!(field.as_str(), "apiVersion" | "kind" | "metadata"));
            }
        }
        Ok(listed)
    }

    async fn apply(&self, object: &Object, apply: &Apply) -> Result<Applied, KubeError> {
        let verb = match apply.dry_run {
            DryRun::No => Verb::Apply,
            DryRun::Yes => Verb::DryRun,
        };
        let writer = Writer::apply(
            apply.manager.as_str(),
            apply.force == ApplyForce::TakeOver,
            apply.dry_run,
        );
        self.write(verb, object, &writer)
    }

    async fn create(&self, object: &Object) -> Result<Created, KubeError> {
        let exists = self.state().objects.contains_key(&object.key());
        if exists {
            let what = format!("create {}", object.key());
            let served = self.kind(&object.kind(), &what)?;
            self.begin(Verb::Create, &served.plural, &what)?;
            return Ok(Created::Exists);
        }
        let writer = Writer::update(Manager::Mosipctl.as_str());
        match self.write(Verb::Create, object, &writer)? {
            Applied::Done(object) => Ok(Created::New(object)),
            Applied::Conflicts(_) => Ok(Created::Exists),
        }
    }

    async fn patch(
        &self,
        key: &ObjectKey,
        patch: &Patch,
        manager: Manager,
    ) -> Result<Object, KubeError> {
        let what = format!("change {key}");
        let served = self.kind(&key.kind, &what)?;
        let lost = self.begin(Verb::Patch, &served.plural, &what)?;
        let writer = Writer::update(manager.as_str());
        let patched = match patch {
            Patch::Merge(patch) => self.state().edit(key, patch, &writer, self.now()),
            Patch::Json(operations) => self.state().edit_json(key, operations, &writer, self.now()),
        };
        match lost {
            Some(fault) => Err(fault.error(&what)),
            None => patched,
        }
    }

    async fn delete(&self, key: &ObjectKey, delete: &Delete) -> Result<Deleted, KubeError> {
        let what = format!("delete {key}");
        let served = self.kind(&key.kind, &what)?;
        let lost = self.begin(Verb::Delete, &served.plural, &what)?;
        let deleted = self.state().delete(key, delete, self.now());
        match lost {
            Some(fault) => Err(fault.error(&what)),
            None => Ok(deleted),
        }
    }

    async fn watch(&self, kind: &Kind, _namespace: Option<&str>) -> Result<Store, KubeError> {
        let served = self.kind(kind, &format!("watch {kind}"))?;
        let mut state = self.state();
        if let Some(store) = state.stores.get(kind) {
            return Ok(store.clone());
        }
        self.inner.counter.count(Verb::List, &served.plural);
        self.inner.counter.count(Verb::Watch, &served.plural);
        let store = Store::new(kind.clone());
        let of_kind = state.objects.iter().filter(|(key, _)| key.kind == *kind);
        let objects = of_kind
            .map(|(_, stored)| trimmed(stored.object()))
            .collect();
        let version = ResourceVersion::parse(&state.version.to_string());
        store.replace(&None, objects, version);
        state.stores.insert(kind.clone(), store.clone());
        Ok(store)
    }

    async fn logs(&self, request: &LogRequest) -> Result<Vec<String>, KubeError> {
        let what = format!("read the log of pod {}/{}", request.namespace, request.pod);
        self.begin(Verb::Logs, "pods", &what)?;
        let container = request.container.clone().unwrap_or_default();
        let state = self.state();
        let lines = state.logs.get(&(request.pod.clone(), container));
        let lines = lines.ok_or_else(|| KubeError::missing(&what, "no log"))?;
        let keep = usize::try_from(request.lines).unwrap_or(usize::MAX);
        Ok(lines[lines.len().saturating_sub(keep)..].to_vec())
    }

    async fn port_forward(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
    ) -> Result<Box<dyn Duplex>, KubeError> {
        let what = format!("connect to port {port} of pod {namespace}/{pod}");
        Err(KubeError::missing(
            &what,
            "pods in memory listen on no port",
        ))
    }

    async fn exec(&self, request: &ExecRequest) -> Result<Execution, KubeError> {
        let what = request.what();
        self.begin(Verb::Exec, "pods", &what)?;
        let container = request.container.clone().unwrap_or_default();
        let key = (request.pod.clone(), container);
        let program = self.state().programs.get(&key).cloned();
        let program = program
            .ok_or_else(|| KubeError::missing(&what, "nothing runs in this pod in memory"))?;
        let (output, exit) = program(&request.command);
        let output = std::io::Cursor::new(output);
        let ended = futures::future::ready(Ok(exit));
        Ok(Execution::new(Box::new(output), Box::pin(ended)))
    }
}
