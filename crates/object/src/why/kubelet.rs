//! The kubelet's sentences, taken apart (`kubernetes/kubernetes:pkg/kubelet/kubelet_pods.go`, `pkg/volume/*`).

use super::Cause;
use crate::references::Referent;

/// The missing thing that a message names, if it names one.
pub(super) fn missing(namespace: &str, message: &str) -> Option<Cause> {
    missing_key(namespace, message).or_else(|| missing_object(namespace, message))
}

/// `couldn't find key K in ConfigMap NS/NAME`, for containers.
fn missing_key(namespace: &str, message: &str) -> Option<Cause> {
    let (_, rest) = message.split_once("couldn't find key ")?;
    let (key, rest) = rest.split_once(" in ")?;
    let (referent, rest) = rest.split_once(' ')?;
    let referent = match referent {
        "ConfigMap" => Referent::ConfigMap,
        "Secret" => Referent::Secret,
        _ => return None,
    };
    Some(Cause::MissingKey {
        referent,
        namespace: namespace.to_owned(),
        name: bare_name(rest).to_owned(),
        key: key.to_owned(),
    })
}

/// `configmap "x" not found`, `persistentvolumeclaim "x" not found`, `serviceaccount "x" not found`.
fn missing_object(namespace: &str, message: &str) -> Option<Cause> {
    let (before, _) = message.split_once("\" not found")?;
    let (before, name) = before.rsplit_once('"')?;
    let referent = match before.trim_end().rsplit([' ', ':']).next()? {
        "configmap" | "configmaps" => Referent::ConfigMap,
        "secret" | "secrets" => Referent::Secret,
        "persistentvolumeclaim" | "persistentvolumeclaims" => Referent::Claim,
        "serviceaccount" | "serviceaccounts" => Referent::ServiceAccount,
        _ => return None,
    };
    Some(Cause::MissingObject {
        referent,
        namespace: namespace.to_owned(),
        name: bare_name(name).to_owned(),
    })
}

/// `MountVolume.SetUp failed for volume "v" : references non-existent secret key: K`: which volume and which key.
pub(super) fn missing_volume_key(message: &str) -> Option<(&str, &str)> {
    let (before, key) = message
        .split_once("references non-existent secret key: ")
        .or_else(|| message.split_once("configmap references non-existent config key: "))
        .or_else(|| message.split_once("references non-existent config key: "))?;
    let (_, volume) = before.split_once("for volume \"")?;
    let (volume, _) = volume.split_once('"')?;
    Some((volume, first_word(key)))
}

/// `Readiness probe failed: HTTP probe failed with statuscode: 503`: which probe and what it got.
pub(super) fn failed_probe(message: &str) -> Option<Cause> {
    let (probe, got) = message
        .split_once(" probe failed: ")
        .or_else(|| message.split_once(" probe errored: "))?;
    let probe = probe.trim().to_lowercase();
    matches!(probe.as_str(), "readiness" | "startup" | "liveness").then(|| Cause::Probe {
        probe,
        message: got.trim().to_owned(),
    })
}

fn first_word(text: &str) -> &str {
    text.split([' ', ',', ';', '\n']).next().unwrap_or(text)
}

/// `NAME` of `NAMESPACE/NAME`.
fn bare_name(text: &str) -> &str {
    let name = first_word(text);
    name.split_once('/').map_or(name, |(_, name)| name)
}
