//! How long data is kept: as long as the claims that pods keep it in, as on real storage.

use std::time::Duration;

use futures::FutureExt;
use futures::future::select_all;
use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim};
use kube::api::Api;
use kube::runtime::conditions::is_deleted;
use kube::runtime::wait::await_condition;
use kube::{Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use crate::expectations::Subject;

/// Pause before an API server that did not answer is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits until one of the claims of a release is gone, or its namespace is: what has no claim keeps its data elsewhere in there.
pub(super) async fn gone(client: Client, subject: Subject, claims: Vec<String>) -> Subject {
    let own: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), &subject.namespace);
    let namespaces: Api<Namespace> = Api::all(client);
    let of_claims = claims
        .into_iter()
        .map(|claim| end(own.clone(), claim).boxed());
    let of_namespace = end(namespaces, subject.namespace.clone()).boxed();
    select_all(of_claims.chain([of_namespace])).await;
    subject
}

/// Waits until the object that has this name now is gone.
async fn end<K>(api: Api<K>, name: String)
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    loop {
        match api.get_opt(&name).await {
            Ok(None) => return,
            Ok(Some(object)) => {
                let uid = object.uid().unwrap_or_default();
                let gone = await_condition(api.clone(), &name, is_deleted(&uid));
                if gone.await.is_ok() {
                    return;
                }
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}
