//! Making Secrets: what is there stays, what is missing is drawn, taken or copied.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mosipctl_blueprint::{SecretPart, SecretValue};
use mosipctl_kube::{Created, Kubernetes, Manager, Patch};
use mosipctl_object::{Kind, Mark, Object, ObjectKey, StatusSubresource, digest};
use mosipctl_observe::secret::{
    REVISION_ANNOTATION, content, data, revision, supplied, supplied_key,
};
use mosipctl_plan::desired::{COMPONENT_LABEL, ENVIRONMENT_LABEL};
use mosipctl_plan::inventory::{Origin, OwnedSecret};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::ledger::Ledger;

mod draw;

pub(crate) use draw::revision as new_revision;

/// The keys of a Secret with their values; forgotten when dropped.
type Values = BTreeMap<String, Zeroizing<Vec<u8>>>;

/// What making a Secret came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// It is new.
    New,
    /// It was there; keys were added or people supplied other values.
    Changed,
    /// It was there with everything it should have.
    Kept,
}

/// Makes a Secret, or completes the one that is there.
///
/// A key that is there stays as it is, unless people supply its value and supply another one now.
pub(crate) async fn make(
    kube: &dyn Kubernetes,
    ledger: &Ledger,
    part: &SecretPart,
    component: &str,
    environment: &str,
) -> Result<Made, Failure> {
    let key = ObjectKey::namespaced(Kind::core("Secret"), &part.namespace, &part.name);
    let path = format!("{}/{}", part.namespace, part.name);
    let mut live = kube.get(&key).await?;
    if live.is_none() {
        let values = values(kube, part, &BTreeMap::new()).await?;
        match kube
            .create(&new(part, component, environment, &values))
            .await?
        {
            Created::New(object) => {
                note(ledger, &path, part, &object, Origin::Made).await?;
                return Ok(Made::New);
            }
            // Somebody was faster; what they made is completed like anything that was there.
            Created::Exists => live = kube.get(&key).await?,
        }
    }
    let live = live.ok_or_else(|| {
        Failure::refused(
            format!("`secret {path}` comes and goes"),
            "find out who deletes it",
        )
    })?;
    let present = data(&live);
    let changes: Values = values(kube, part, &present).await?;
    let known = ledger.read(|inventory| inventory.secrets.get(&path).cloned());
    let is_ours = live.labels().get(ENVIRONMENT_LABEL) == Some(&environment);
    let origin = known.as_ref().map_or(
        if is_ours {
            Origin::Made
        } else {
            Origin::Adopted
        },
        |known| known.origin,
    );
    let changed_by_hand = known.is_some_and(|known| known.content != content(&live));
    let has_revision = revision(&live).is_some();
    if changes.is_empty() && has_revision && !changed_by_hand {
        note(ledger, &path, part, &live, origin).await?;
        return Ok(Made::Kept);
    }
    let patch = json!({
        "metadata": {
            "resourceVersion": live.value()["metadata"]["resourceVersion"],
            "annotations": {REVISION_ANNOTATION: new_revision()},
        },
        "data": encoded(&changes),
    });
    let object = kube
        .patch(&key, &Patch::Merge(patch), Manager::Mosipctl)
        .await?;
    note(ledger, &path, part, &object, origin).await?;
    Ok(if changes.is_empty() {
        Made::Kept
    } else {
        Made::Changed
    })
}

/// The values that have to be written: of keys that are missing, and of supplied ones that are different now.
async fn values(
    kube: &dyn Kubernetes,
    part: &SecretPart,
    present: &BTreeMap<String, Vec<u8>>,
) -> Result<Values, Failure> {
    let mut values = Values::new();
    for (key, how) in &part.keys {
        let there = present.get(key);
        let value = match how {
            SecretValue::Generate(_) | SecretValue::Placeholder { .. } if there.is_some() => {
                continue;
            }
            how => value(kube, how)
                .await
                .map_err(|failure| of_key(failure, part, key))?,
        };
        if there.is_none_or(|there| *there != *value) {
            values.insert(key.clone(), value);
        }
    }
    Ok(values)
}

async fn value(kube: &dyn Kubernetes, how: &SecretValue) -> Result<Zeroizing<Vec<u8>>, Failure> {
    match how {
        SecretValue::Generate(generate) => Ok(draw::text(generate)),
        SecretValue::Plain(text) => Ok(Zeroizing::new(text.clone().into_bytes())),
        SecretValue::From(source) => Ok(supplied(kube, source).await?),
        SecretValue::Placeholder { value, .. } => Box::pin(self::value(kube, value)).await,
        SecretValue::CopyOf { secret, key } => Ok(supplied_key(kube, secret, key).await?),
        SecretValue::Registry {
            registry,
            username,
            password,
        } => {
            let password = supplied(kube, password).await?;
            Ok(docker_config(registry, username, &password))
        }
    }
}

fn of_key(failure: Failure, part: &SecretPart, key: &str) -> Failure {
    match failure {
        Failure::Refused { message, remedy } => {
            let message = format!(
                "key `{key}` of secret `{}/{}` has no value: {message}",
                part.namespace, part.name
            );
            Failure::Refused { message, remedy }
        }
        other => other,
    }
}

/// The content of a Secret of type `kubernetes.io/dockerconfigjson` for one registry.
fn docker_config(registry: &str, username: &str, password: &[u8]) -> Zeroizing<Vec<u8>> {
    let pair = Zeroizing::new([username.as_bytes(), b":", password].concat());
    let password = String::from_utf8_lossy(password);
    let auth = BASE64_STANDARD.encode(&*pair);
    let config =
        json!({"auths": {registry: {"username": username, "password": password, "auth": auth}}});
    Zeroizing::new(config.to_string().into_bytes())
}

fn new(part: &SecretPart, component: &str, environment: &str, values: &Values) -> Object {
    let value = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": part.kind,
        "metadata": {
            "name": part.name,
            "namespace": part.namespace,
            "labels": {ENVIRONMENT_LABEL: environment, COMPONENT_LABEL: component},
            "annotations": {REVISION_ANNOTATION: new_revision()},
        },
        "data": encoded(values),
    });
    match Object::try_from(value) {
        Ok(object) => object,
        Err(_) => unreachable!("the literal above has kind and name"),
    }
}

fn encoded(values: &Values) -> Value {
    let each = values
        .iter()
        .map(|(key, value)| (key.clone(), Value::String(BASE64_STANDARD.encode(&**value))));
    Value::Object(each.collect::<Map<_, _>>())
}

/// Notes the Secret and waits until the cluster has the note: one that the inventory does not know would be taken for found,
/// and everything that carries its revision be applied again.
async fn note(
    ledger: &Ledger,
    path: &str,
    part: &SecretPart,
    object: &Object,
    origin: Origin,
) -> Result<(), Failure> {
    let Some(mark) = Mark::of(&object.value()["metadata"], StatusSubresource::Absent) else {
        return Ok(());
    };
    let owned = OwnedSecret {
        revision: revision(object).unwrap_or_default().to_owned(),
        class: part.class,
        origin,
        mark,
        wanted: digest(part),
        content: content(object),
    };
    let note = ledger.note(|inventory| drop(inventory.secrets.insert(path.to_owned(), owned)));
    ledger.settled(note).await
}
