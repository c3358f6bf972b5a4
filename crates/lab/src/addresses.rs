//! Addresses for Services that ask for a load balancer, as a cloud or MetalLB gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Service;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::json;

use crate::furnish::{MANAGER, gone_is_fine};

/// Addresses for documentation (RFC 5737, TEST-NET-2): nobody answers there, on any network.
const POOL: [u8; 3] = [198, 51, 100];

/// Gives addresses until the API server is gone for good.
pub(crate) async fn run(client: Client) {
    let services: Api<Service> = Api::all(client.clone());
    let mut events = watcher(services, watcher::Config::default())
        .default_backoff()
        .boxed();
    let mut given: BTreeMap<(String, String), Ipv4Addr> = BTreeMap::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Apply(service) | watcher::Event::InitApply(service)) => {
                if let Err(error) = mind(&client, &service, &mut given).await {
                    eprintln!(
                        "failed to give service {} an address: {error}",
                        service.name_any()
                    );
                }
            }
            Ok(watcher::Event::Delete(service)) => {
                given.remove(&key(&service));
            }
            Ok(watcher::Event::Init | watcher::Event::InitDone) | Err(_) => {}
        }
    }
}

async fn mind(
    client: &Client,
    service: &Service,
    given: &mut BTreeMap<(String, String), Ipv4Addr>,
) -> kube::Result<()> {
    let kind = service.spec.as_ref().and_then(|spec| spec.type_.as_deref());
    if kind != Some("LoadBalancer") {
        given.remove(&key(service));
        return Ok(());
    }
    if let Some(address) = address_of(service) {
        given.insert(key(service), address);
        return Ok(());
    }
    let taken: BTreeSet<Ipv4Addr> = given.values().copied().collect();
    let Some(address) = free(&taken) else {
        return Ok(());
    };
    given.insert(key(service), address);
    let services: Api<Service> =
        Api::namespaced(client.clone(), &service.namespace().unwrap_or_default());
    let patch = json!({"status": {"loadBalancer": {"ingress": [{"ip": address}]}}});
    let params = PatchParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PatchParams::default()
    };
    let patched = services
        .patch_status(&service.name_any(), &params, &Patch::Merge(patch))
        .await;
    gone_is_fine(patched.map(|_| ()))
}

fn address_of(service: &Service) -> Option<Ipv4Addr> {
    let balancer = service.status.as_ref()?.load_balancer.as_ref()?;
    balancer
        .ingress
        .as_ref()?
        .first()?
        .ip
        .as_ref()?
        .parse()
        .ok()
}

/// The lowest address that nobody has.
fn free(taken: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
    let [a, b, c] = POOL;
    let mut pool = (1..255).map(|last| Ipv4Addr::new(a, b, c, last));
    pool.find(|address| !taken.contains(address))
}

fn key(service: &Service) -> (String, String) {
    (service.namespace().unwrap_or_default(), service.name_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_given_to_one_service_at_a_time() {
        let first = Ipv4Addr::new(198, 51, 100, 1);
        assert_eq!(free(&BTreeSet::new()), Some(first));
        assert_eq!(free(&[first].into()), Some(Ipv4Addr::new(198, 51, 100, 2)));
        let all = (1..255).map(|last| Ipv4Addr::new(198, 51, 100, last));
        assert_eq!(free(&all.collect()), None);
    }
}
