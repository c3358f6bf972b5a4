//! Asking an API server what it serves: once, unless something new is asked for.

use std::sync::{Arc, PoisonError, RwLock};

use mosipctl_object::{Kind, Object};
use serde_json::Value;
use tokio::sync::Mutex;

use super::requests::Request;
use super::transport::Transport;
use crate::counts::Verb;
use crate::error::KubeError;
use crate::served::{Served, ServedKind};

/// Aggregated discovery in both its versions, else the plain lists of before Kubernetes 1.26.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
     application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// What an API server serves, as far as it was asked.
#[derive(Default)]
pub(super) struct Discovery {
    known: RwLock<Option<Arc<Served>>>,
    /// One question at a time, however many ask.
    asking: Mutex<()>,
}

impl Discovery {
    /// What is served; asks when nobody asked yet.
    pub(super) async fn served(&self, transport: &Transport) -> Result<Arc<Served>, KubeError> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        self.ask_unless_changed(transport, None).await
    }

    /// Asks again.
    pub(super) async fn ask_again(&self, transport: &Transport) -> Result<Arc<Served>, KubeError> {
        self.ask_unless_changed(transport, self.known()).await
    }

    /// A kind. One that is not known may be new: the API server is asked again before it is called missing.
    pub(super) async fn kind(
        &self,
        transport: &Transport,
        kind: &Kind,
        what: &str,
    ) -> Result<ServedKind, KubeError> {
        let served = self.served(transport).await?;
        if let Some(found) = served.kind(kind) {
            return Ok(found.clone());
        }
        let served = self.ask_unless_changed(transport, Some(served)).await?;
        let missing = || KubeError::missing(what, format!("kind `{kind}` is not served here"));
        served.kind(kind).cloned().ok_or_else(missing)
    }

    /// A definition that was just written says what will be served, so nobody has to ask.
    pub(super) fn learn(&self, written: &Object) {
        if written.kind() != Kind::new("apiextensions.k8s.io", "CustomResourceDefinition") {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let (Some(served), Some(new)) = (known.as_ref(), Served::defined_by(written)) {
            let mut served = Served::clone(served);
            served.add(new);
            *known = Some(Arc::new(served));
        }
    }

    /// Asks, unless somebody else got an answer since `seen`.
    async fn ask_unless_changed(
        &self,
        transport: &Transport,
        seen: Option<Arc<Served>>,
    ) -> Result<Arc<Served>, KubeError> {
        let _one_at_a_time = self.asking.lock().await;
        if let Some(known) = self.known()
            && seen.is_none_or(|seen| !Arc::ptr_eq(&seen, &known))
        {
            return Ok(known);
        }
        let served = Arc::new(ask(transport).await?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&served));
        Ok(served)
    }

    fn known(&self) -> Option<Arc<Served>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn ask(transport: &Transport) -> Result<Served, KubeError> {
    const WHAT: &str = "ask what the API server serves";
    let mut served = Served::default();
    for path in ["/api", "/apis"] {
        let answer = read(transport, path, AGGREGATED, WHAT).await?;
        match answer["kind"].as_str() {
            Some("APIGroupDiscoveryList") => served.read_aggregated(&answer),
            _ => read_plain(transport, path, &answer, &mut served, WHAT).await?,
        }
    }
    Ok(served)
}

/// One request per group and version.
async fn read_plain(
    transport: &Transport,
    path: &str,
    answer: &Value,
    served: &mut Served,
    what: &str,
) -> Result<(), KubeError> {
    let core = answer["versions"].as_array().into_iter().flatten();
    let core = core.filter_map(Value::as_str).map(str::to_owned);
    let groups = answer["groups"].as_array().into_iter().flatten();
    let groups = groups
        .flat_map(|group| group["versions"].as_array().into_iter().flatten())
        .filter_map(|version| version["groupVersion"].as_str())
        .map(str::to_owned);
    let versions: Vec<String> = core.chain(groups).collect();
    for version in versions {
        let list = read(
            transport,
            &format!("{path}/{version}"),
            "application/json",
            what,
        )
        .await;
        match list {
            Ok(list) => served.read_resources(&list),
            // an aggregated API whose server is down must not hide all the others
            Err(error) if error.is_transient() || error.is_missing() => {
                tracing::warn!(version, %error, "one API group does not answer");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn read(
    transport: &Transport,
    path: &str,
    accept: &'static str,
    what: &str,
) -> Result<Value, KubeError> {
    let request = Request::get(Verb::Discover, path, path).accept(accept);
    transport.json(&request, what).await
}
