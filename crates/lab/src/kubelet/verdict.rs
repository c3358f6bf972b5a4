//! Whether a pod may start, in the kubelet's order and words.
//!
//! The words are those of `kubernetes/kubernetes@v1.36.1:pkg/kubelet` (`kubelet_pods.go`, `images/image_manager.go`) and
//! `pkg/volume`, so that whoever reads a real cluster reads a lab.

use mosipctl_object::{Reference, Referent};

use super::pod::{Container, Pod};
use super::world::World;

/// Keys of which a Secret with registry credentials has one.
const CREDENTIALS: [&str; 2] = [".dockerconfigjson", ".dockercfg"];

/// Whether a pod may start.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    /// Everything that it names is there.
    Admit,
    /// It has to wait.
    Wait(Wait),
}

/// What a pod waits for. Only the first hurdle is told, as a kubelet finds only that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Wait {
    /// Volumes cannot be mounted; one sentence for each.
    Volumes(Vec<String>),
    /// Init containers cannot start.
    InitContainers(Vec<Stuck>),
    /// Containers cannot start.
    Containers(Vec<Stuck>),
}

/// A container that cannot start.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Stuck {
    pub(super) container: String,
    pub(super) trouble: Trouble,
}

/// Why a container cannot start.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Trouble {
    /// Its image cannot be pulled.
    Image {
        image: String,
        /// What the registry would say.
        because: String,
        /// Pull secrets that are not there.
        without: Vec<String>,
    },
    /// Its environment cannot be made.
    Config(String),
}

impl Trouble {
    /// The kubelet's reason.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Image { .. } => "ImagePullBackOff",
            Self::Config(_) => "CreateContainerConfigError",
        }
    }

    /// The kubelet's words.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Image { image, because, .. } => {
                format!("Back-off pulling image \"{image}\": ErrImagePull: {because}")
            }
            Self::Config(message) => message.clone(),
        }
    }
}

/// Judges a pod.
pub(super) fn verdict(pod: &Pod, world: &World) -> Verdict {
    let volumes = volumes(pod, world);
    if !volumes.is_empty() {
        return Verdict::Wait(Wait::Volumes(volumes));
    }
    let stuck = stuck(pod, &pod.init_containers, world);
    if !stuck.is_empty() {
        return Verdict::Wait(Wait::InitContainers(stuck));
    }
    let stuck = self::stuck(pod, &pod.containers, world);
    if !stuck.is_empty() {
        return Verdict::Wait(Wait::Containers(stuck));
    }
    Verdict::Admit
}

fn volumes(pod: &Pod, world: &World) -> Vec<String> {
    pod.references
        .iter()
        .filter_map(|reference| match reference.referent {
            Referent::Claim => claim(pod, reference, world),
            Referent::ServiceAccount => token(pod, reference, world),
            _ => volume(pod, reference, world),
        })
        .collect()
}

/// A volume of a config map or Secret.
fn volume(pod: &Pod, reference: &Reference, world: &World) -> Option<String> {
    let volume = reference.volume.as_deref()?;
    let missing = missing(pod, reference, world)?;
    let because = match missing {
        Missing::Object => not_found(reference),
        Missing::Key(key) if reference.referent == Referent::ConfigMap => {
            format!("configmap references non-existent config key: {key}")
        }
        Missing::Key(key) => format!("references non-existent secret key: {key}"),
    };
    Some(set_up_failed(volume, &because))
}

fn claim(pod: &Pod, reference: &Reference, world: &World) -> Option<String> {
    let (namespace, name) = (&pod.namespace, &reference.name);
    let because = match world.claims.get(namespace, name) {
        Some(true) => return None,
        Some(false) => "PVC is not bound".to_owned(),
        None => format!(
            "failed to fetch PVC from API server: persistentvolumeclaims \"{name}\" not found"
        ),
    };
    Some(format!(
        "Unable to attach or mount volumes: error processing PVC {namespace}/{name}: {because}"
    ))
}

/// The token of the service account. That the account was there when the pod was made, the API server has seen itself.
fn token(pod: &Pod, reference: &Reference, world: &World) -> Option<String> {
    let volume = pod.token_volume.as_deref()?;
    let name = &reference.name;
    let is_there = world.accounts.get(&pod.namespace, name).is_some();
    (!is_there).then(|| {
        set_up_failed(
            volume,
            &format!("failed to fetch token: serviceaccounts \"{name}\" not found"),
        )
    })
}

fn set_up_failed(volume: &str, because: &str) -> String {
    format!("MountVolume.SetUp failed for volume \"{volume}\" : {because}")
}

fn stuck(pod: &Pod, containers: &[Container], world: &World) -> Vec<Stuck> {
    let troubles = containers.iter().filter_map(|container| {
        let trouble = image(pod, container, world).or_else(|| config(pod, container, world))?;
        Some(Stuck {
            container: container.name.clone(),
            trouble,
        })
    });
    troubles.collect()
}

fn image(pod: &Pod, container: &Container, world: &World) -> Option<Trouble> {
    let without = missing_pull_secrets(pod, world);
    let because = match without.first() {
        Some(name) => format!("pull secret \"{name}\" not found, or without credentials"),
        None if world.expectations.has_image(&container.image) => return None,
        None => format!("{}: not found", container.image),
    };
    Some(Trouble::Image {
        image: container.image.clone(),
        because,
        without,
    })
}

fn missing_pull_secrets(pod: &Pod, world: &World) -> Vec<String> {
    let secrets = pod.references.iter().filter(|reference| {
        let keys = world.secrets.get(&pod.namespace, &reference.name);
        let has_credentials =
            keys.is_some_and(|keys| CREDENTIALS.iter().any(|key| keys.contains(*key)));
        reference.referent == Referent::PullSecret && !has_credentials
    });
    secrets.map(|reference| reference.name.clone()).collect()
}

/// The first thing that the container's environment lacks.
fn config(pod: &Pod, container: &Container, world: &World) -> Option<Trouble> {
    let references = pod.references.iter();
    let mut own =
        references.filter(|reference| reference.container.as_ref() == Some(&container.name));
    let (reference, missing) =
        own.find_map(|reference| Some((reference, missing(pod, reference, world)?)))?;
    let kind = match reference.referent {
        Referent::ConfigMap => "ConfigMap",
        _ => "Secret",
    };
    Some(Trouble::Config(match missing {
        Missing::Object => not_found(reference),
        Missing::Key(key) => format!(
            "couldn't find key {key} in {kind} {}/{}",
            pod.namespace, reference.name
        ),
    }))
}

enum Missing<'a> {
    Object,
    Key(&'a str),
}

/// What a config map or Secret that is not optional lacks.
fn missing<'a>(pod: &Pod, reference: &'a Reference, world: &World) -> Option<Missing<'a>> {
    let table = match reference.referent {
        Referent::ConfigMap => &world.config_maps,
        Referent::Secret => &world.secrets,
        _ => return None,
    };
    if reference.optional {
        return None;
    }
    let Some(keys) = table.get(&pod.namespace, &reference.name) else {
        return Some(Missing::Object);
    };
    let key = reference.key.as_deref()?;
    (!keys.contains(key)).then_some(Missing::Key(key))
}

fn not_found(reference: &Reference) -> String {
    let kind = match reference.referent {
        Referent::ConfigMap => "configmap",
        _ => "secret",
    };
    format!("{kind} \"{}\" not found", reference.name)
}
