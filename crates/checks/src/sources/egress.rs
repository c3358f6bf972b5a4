//! Places outside: whether this machine reaches them. Nodes and pods are not asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use mosipctl_endpoint::{Endpoint, Trouble};
use mosipctl_object::{Object, containers, pod_specs};
use mosipctl_plan::Desired;
use serde_json::Value;

use super::images::{Image, objects};
use super::{some, what};
use crate::finding::{Check, Finding};

const CHECK: Check = Check::Egress;
/// A firewall that drops packets says nothing; after this time it is taken for one.
const PATIENCE: Duration = Duration::from_secs(10);
/// Places that are asked at the same time.
const AT_ONCE: usize = 16;

/// Somewhere outside that something is fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where it is asked.
    pub url: String,
    /// Its name, when it is a registry.
    pub registry: Option<String>,
    /// What is fetched there.
    pub wanted: BTreeSet<String>,
}

/// The registries of images.
pub(super) fn registries(images: &[Image]) -> Vec<Place> {
    let mut places: BTreeMap<&str, Place> = BTreeMap::new();
    for image in images {
        let registry = image.registry();
        let scheme = if is_this_machine(registry) {
            "http"
        } else {
            "https"
        };
        let place = places.entry(registry).or_insert_with(|| Place {
            url: format!("{scheme}://{}/v2/", image.reference.resolve_registry()),
            registry: Some(registry.to_owned()),
            wanted: BTreeSet::new(),
        });
        place.wanted.insert(image.name.clone());
    }
    places.into_values().collect()
}

/// Addresses outside that containers are told in their environment or by config maps.
pub fn addresses(desired: &Desired, domain: &str) -> Vec<Place> {
    let releases = desired.releases.keys().chain(desired.jobs.keys());
    let namespaces: BTreeSet<&str> = releases.map(|release| release.namespace.as_str()).collect();
    let of_releases = objects(desired);
    let own = desired.objects.iter();
    let own = own.map(|(key, own)| (format!("config map {}", key.name), &own.object));
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    for (user, object) in of_releases.chain(own) {
        for url in told(object).filter_map(server) {
            let Some(host) = host(&url) else { continue };
            if !is_outside(host, &namespaces, domain) {
                continue;
            }
            let place = places.entry(url.clone()).or_insert_with(|| Place {
                url,
                registry: None,
                wanted: BTreeSet::new(),
            });
            place.wanted.insert(user.clone());
        }
    }
    places.into_values().collect()
}

/// Texts that containers are told.
fn told(object: &Object) -> impl Iterator<Item = &str> {
    let all = pod_specs(object).into_iter().flat_map(containers);
    let variables = all.flat_map(|container| {
        let variables = container["env"].as_array().into_iter().flatten();
        variables.filter_map(|variable| variable["value"].as_str())
    });
    let is_map = object.kind().kind == "ConfigMap";
    let data = is_map.then(|| object.value().get("data")).flatten();
    let data = data.and_then(Value::as_object).into_iter().flatten();
    variables.chain(data.filter_map(|(_, value)| value.as_str()))
}

/// The server of an address; none when the text is anything else.
fn server(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://")?;
    let is_one = matches!(scheme, "http" | "https") && !text.contains(char::is_whitespace);
    let server = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // a name before an `@` is nobody's business
    let server = server.rsplit('@').next().unwrap_or_default();
    (is_one && !server.is_empty()).then(|| format!("{scheme}://{server}"))
}

fn host(url: &str) -> Option<&str> {
    let (_, server) = url.split_once("://")?;
    let host = match server.strip_prefix('[') {
        Some(_) => server.split_inclusive(']').next(),
        None => server.split(':').next(),
    };
    host.filter(|host| !host.is_empty())
}

/// Names of Services and hosts of the environment itself are inside; what is not yet known is no name.
fn is_outside(host: &str, namespaces: &BTreeSet<&str>, domain: &str) -> bool {
    let of_service = |suffix: &str| host == suffix || host.ends_with(&format!(".{suffix}"));
    let inside = [
        "svc",
        "svc.cluster.local",
        "cluster.local",
        "localhost",
        domain,
    ];
    let (_, last) = host.rsplit_once('.').unwrap_or_default();
    let is_name = host
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-'));
    let is_inside =
        namespaces.contains(last) || inside.into_iter().any(of_service) || is_this_machine(host);
    is_name && host.contains('.') && !is_inside
}

/// Whether a host, with or without a port, is this machine.
pub(super) fn is_this_machine(server: &str) -> bool {
    let host = match server.rsplit_once(':') {
        Some((host, _)) if !server.ends_with(']') => host,
        _ => server,
    };
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Asks all places at once. Any answer will do: nobody logs in.
pub(super) async fn look(places: Vec<Place>) -> Vec<(Place, Result<u16, String>)> {
    let asked = places.into_iter().map(async |place| {
        let answer = ask(&place.url).await;
        (place, answer)
    });
    let mut seen: Vec<_> = futures::stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    // registries first: most of what is fetched is images
    seen.sort_by_key(|(place, _)| (place.registry.is_none(), place.url.clone()));
    seen
}

async fn ask(url: &str) -> Result<u16, String> {
    let endpoint = Endpoint::new(url).map_err(|error| error.to_string())?;
    let client = endpoint
        .client(PATIENCE)
        .map_err(|error| error.to_string())?;
    let answer = client.get(endpoint.url().clone()).send().await;
    match answer {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) => match endpoint.trouble(&error) {
            Trouble::Timeout => Err(format!("no answer within {} s", PATIENCE.as_secs())),
            trouble => Err(trouble.to_string()),
        },
    }
}

/// Judges whether a place was reached.
pub fn judge(place: &Place, answer: &Result<u16, String>) -> Finding {
    let wanted = match &place.registry {
        Some(_) => match place.wanted.len() {
            1 => "1 image comes from it".to_owned(),
            count => format!("{count} images come from it"),
        },
        None => format!("wanted by {}", some(&place.wanted)),
    };
    match answer {
        Ok(status) => Finding::passed(
            CHECK,
            what(place),
            format!("this machine reaches it (it answers {status}); {wanted}"),
        ),
        Err(why) => Finding::warning(
            CHECK,
            what(place),
            format!("this machine does not reach it: {why}; {wanted}"),
            match &place.registry {
                Some(_) => {
                    "nodes may reach it all the same; where they do not, `spec.images.mirror` names a registry with copies of all images"
                }
                None => "pods may reach it all the same; where they do not, let them out to it",
            },
        ),
    }
}

/// What nobody looks at is said, so that nobody takes it for well.
pub(super) fn of_pods() -> Finding {
    let why = "this machine alone was asked; it would take a pod on each node, and nothing makes one for it yet";
    Finding::skipped(CHECK, "what nodes and pods reach", why)
}

#[cfg(test)]
mod tests;
