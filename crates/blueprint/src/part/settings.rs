//! What profile and environment change about a component.

use mosipctl_catalogue::Catalogue;
use mosipctl_catalogue::component::Component;
use mosipctl_catalogue::component::service::{Heap, Platform, Resources};
use mosipctl_catalogue::edition::Volumes;
use mosipctl_spec::Environment;
use mosipctl_spec::environment::Profile;
use mosipctl_spec::environment::components::ComponentSettings;

/// The field that an autoscaler or a person may manage instead of us.
const REPLICAS: &str = "/spec/replicas";
/// Pods of a service in production, unless the catalogue or the environment says otherwise: one may be lost.
const PRODUCTION_REPLICAS: u32 = 2;

/// Applies the environment's changes to a component.
pub(super) fn change(
    component: &mut Component,
    settings: &ComponentSettings,
    environment: &Environment,
) {
    replicas(component, settings, environment);
    let container = match (&mut component.service, &mut component.job) {
        (Some(service), _) => Some(&mut service.container),
        (None, Some(job)) => Some(&mut job.container),
        (None, None) => None,
    };
    let Some(container) = container else { return };
    if let Some(heap) = &settings.heap {
        // Java knows `2G`, which is what Kubernetes calls `2Gi`
        let heap = heap.trim_end_matches('i').to_owned();
        container.heap = Some(Heap {
            min: heap.clone(),
            max: heap,
        });
    }
    if let Some(image) = &settings.image {
        container.image.clone_from(image);
    }
    if let Some(resources) = &settings.resources {
        let given = container.resources.get_or_insert_with(Resources::default);
        given.requests.extend(resources.requests.clone());
        given.limits.extend(resources.limits.clone());
    }
}

/// Every service gets a number of pods, so that somebody else's change of it is noticed; unless that field is left to
/// somebody else.
fn replicas(component: &mut Component, settings: &ComponentSettings, environment: &Environment) {
    let Some(service) = &mut component.service else {
        return;
    };
    let by_profile = match environment.spec.profile {
        Profile::Production if service.claims.is_empty() => PRODUCTION_REPLICAS,
        Profile::Production | Profile::Sandbox => 1,
    };
    let wanted = settings.replicas.or(service.replicas).unwrap_or(by_profile);
    let is_ours = !settings.unmanaged.iter().any(|field| field == REPLICAS);
    service.replicas = is_ours.then_some(wanted);
}

/// What profile and environment add to every release.
pub(super) fn platform(
    environment: &Environment,
    settings: &ComponentSettings,
    catalogue: &Catalogue,
) -> Platform {
    let is_production = environment.spec.profile == Profile::Production;
    let storage = &environment.spec.storage;
    let brought = catalogue.edition.storage.get(&storage.provider());
    let own_class = settings.storage_class.clone();
    let class = |of: &Option<mosipctl_spec::Label>| {
        let named = own_class
            .clone()
            .or_else(|| of.as_ref().map(ToString::to_string));
        named.or_else(|| brought.map(|volumes| volumes.class.clone()))
    };
    let shared_class = class(&storage.shared_class);
    // another class than the driver's may give more
    let is_brought = |volumes: &&Volumes| shared_class.as_ref() == Some(&volumes.class);
    let shared_access = brought.filter(is_brought).and_then(|it| it.shared_access);
    Platform {
        pull_secrets: environment
            .spec
            .images
            .pull_secrets
            .iter()
            .map(|s| s.name.to_string())
            .collect(),
        disruption_budget: is_production,
        spread: is_production,
        network_policy: is_production,
        monitoring: true,
        istio: true,
        storage_class: class(&storage.class),
        shared_storage_class: shared_class,
        shared_access,
    }
}
