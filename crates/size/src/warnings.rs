//! What needs a person's eye before anybody buys machines.

use mosipctl_blueprint::Part;
use mosipctl_object::Quantity;
use serde::Serialize;

use crate::components::ComponentSize;
use crate::load::Load;
use crate::model::pre_registration;
use crate::model::storage::Store;
use crate::number::{ceil, number};
use crate::report::{Asked, PodTotal};

/// Something that needs a person's eye.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// What is so.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// Where it is from, by name.
    pub sources: Vec<String>,
}

/// Bytes of a GB.
const GIGABYTE: f64 = 1e9;
/// What charts of servers take for a volume when nobody says more.
const CHART_VOLUME: &str = "8Gi";
/// Stores that the cluster itself may hold: the store, its component, and where its volume's size stands in the values.
const HELD: [(&str, &str, &str, &str); 3] = [
    ("PostgreSQL", "postgres", "/size", "size"),
    ("Kafka", "kafka", "/size", "size"),
    (
        "object store",
        "minio",
        "/service/claims/0/size",
        "service.claims",
    ),
];

/// Everything that needs a person's eye.
pub(crate) fn warnings(
    asked: &Asked<'_>,
    load: &Load,
    components: &[ComponentSize],
    pods: &PodTotal,
    stores: &[Store],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(requests(pods, asked));
    warnings.extend(too_few(components));
    warnings.extend(bound(components));
    warnings.extend(HELD.iter().filter_map(|held| volume(held, asked, stores)));
    warnings.extend(older_calculator(load, components, asked));
    warnings.extend(far_from_reference(load, asked));
    warnings.extend(otherwise(load, asked));
    warnings
}

/// The scheduler places by requests, which do not cover the heaps.
fn requests(pods: &PodTotal, asked: &Asked<'_>) -> Option<Warning> {
    let gib = |mebibytes: f64| number(mebibytes / 1024.0);
    (pods.heap_mib > pods.requested_mib).then(|| Warning {
        message: format!(
            "Java heaps of {} GiB stand against {} GiB that their pods request: a scheduler packs too much on a node",
            gib(pods.heap_mib),
            gib(pods.requested_mib)
        ),
        remedy: "nodes are counted by heap here; do not take fewer because requests would fit".to_owned(),
        sources: asked.facts.pods.heap.sources.clone(),
    })
}

/// The environment file fixes fewer pods than the work asks for.
fn too_few(components: &[ComponentSize]) -> impl Iterator<Item = Warning> {
    let too_few = components.iter().filter_map(|component| {
        let asked = component
            .asked
            .filter(|asked| *asked > component.replicas)?;
        Some((component, asked))
    });
    too_few.map(|(component, asked)| {
        let name = &component.component;
        Warning {
            message: format!(
                "`{name}` has {} of the {asked} pods that the work asks for",
                component.replicas
            ),
            remedy: format!("raise or remove `spec.components.{name}.replicas`"),
            sources: component.sources.clone(),
        }
    })
}

/// The work asks for more pods than a volume of one node lets start.
fn bound(components: &[ComponentSize]) -> impl Iterator<Item = Warning> {
    let bound = components
        .iter()
        .filter(|component| component.replicas > component.present && !component.settable);
    bound.map(|component| {
        let (name, replicas) = (&component.component, component.replicas);
        Warning {
            message: format!(
                "the work asks for {replicas} pods of `{name}`, whose volume only one node mounts"
            ),
            remedy: format!(
                "all {replicas} are counted here; run one for each node, or one of your own outside"
            ),
            sources: component.sources.clone(),
        }
    })
}

/// A volume in the cluster that is smaller than what it is to hold.
fn volume(
    (store, component, pointer, field): &(&str, &str, &str, &str),
    asked: &Asked<'_>,
    stores: &[Store],
) -> Option<Warning> {
    let part = asked.blueprint.parts.get(*component)?;
    let values = &part.release.as_ref()?.values;
    let text = values.pointer(pointer).and_then(|size| size.as_str());
    let text = text.unwrap_or(CHART_VOLUME);
    let bytes = text.parse::<Quantity>().ok()?.as_f64();
    let needed = stores
        .iter()
        .find(|known| known.name == *store)?
        .with_overhead;
    let each = needed / brokers(part);
    (each * GIGABYTE > bytes).then(|| Warning {
        message: format!(
            "the volume of `{component}` has {text}, and {store} grows to {} GB",
            number(ceil(each))
        ),
        remedy: format!(
            "set `spec.components.{component}.values.{field}`, or take a server of your own in `spec.externals`"
        ),
        sources: asked.facts.overhead.sources.clone(),
    })
}

/// Copies of events lie on as many brokers; other stores have one volume.
fn brokers(part: &Part) -> f64 {
    let values = part.release.as_ref().map(|release| &release.values);
    let replicas = values.and_then(|values| values["replicas"].as_u64());
    let replicas = replicas.and_then(|replicas| u32::try_from(replicas).ok());
    f64::from(replicas.unwrap_or(1).max(1))
}

/// The older calculator counts whole applications where the present one counts single calls.
fn older_calculator(
    load: &Load,
    components: &[ComponentSize],
    asked: &Asked<'_>,
) -> Option<Warning> {
    let calculator = &asked.facts.pre_registration;
    let peak = load.pre_registrations_in_peak_hour();
    let per_pod = pre_registration::older_applications_per_hour(calculator) / 2.0;
    let pods = ceil(peak / per_pod);
    let application = &calculator.computed.first()?.component;
    let has = components
        .iter()
        .find(|component| Some(&component.component) == application.as_ref())?;
    (pods > f64::from(has.replicas)).then(|| Warning {
        message: format!(
            "`{}` has {} pods by the second edition of the calculator, and {} by the first, which counts whole applications",
            has.component,
            has.replicas,
            number(pods)
        ),
        remedy: "measure before the doors open, or set `replicas` between the two".to_owned(),
        sources: [&calculator.sources[..], &calculator.older.sources[..]].concat(),
    })
}

/// How far a straight line through one point is trusted.
const FAR: f64 = 4.0;

fn far_from_reference(load: &Load, asked: &Asked<'_>) -> Option<Warning> {
    let reference = &asked.facts.registration.reference;
    let share = load.registrations_per_day / reference.registrations_per_day;
    (share > FAR).then(|| Warning {
        message: format!(
            "this is {} times the only deployment whose size was published; a straight line was drawn through it",
            number(share)
        ),
        remedy: "test at scale before you buy".to_owned(),
        sources: reference.sources.clone(),
    })
}

/// Two official sources differ.
fn otherwise(load: &Load, asked: &Asked<'_>) -> Option<Warning> {
    let reference = &asked.facts.registration.reference;
    let other = reference.otherwise.as_ref()?;
    (load.registrations_per_day > 0.0).then(|| Warning {
        message: format!(
            "official sources differ on the reference: nodes of {} cores, {} in all, and nodes of {} cores, {} in all",
            number(reference.node.cpu),
            number(reference.total.cpu),
            number(other.node_cpu),
            number(other.total_cpu)
        ),
        remedy: "the larger is counted with here".to_owned(),
        sources: [&reference.sources[..], &other.sources[..]].concat(),
    })
}
