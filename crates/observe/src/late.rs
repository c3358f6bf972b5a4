//! What late values stand for, read from the cluster at the moment of use.

use std::collections::BTreeMap;

use mosipctl_catalogue::{FactError, FactKind, LateValue};
use mosipctl_kube::{KubeError, Kubernetes};
use mosipctl_object::{Kind, Object, ObjectKey};
use mosipctl_render::REVISION;
use serde_json::Value;

use crate::secret;

/// Output of a Secret's fact: the value of one key, `key:NAME`.
const KEY: &str = "key:";

/// A late value that cannot be resolved. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum LateError {
    /// The text names no fact.
    #[error("read a late value")]
    Fact(#[from] FactError),
    /// What it is taken from cannot be read.
    #[error("resolve `{late}`")]
    Kubernetes {
        /// The late value.
        late: LateValue,
        /// Why.
        #[source]
        source: KubeError,
    },
    /// What it is taken from has no such output.
    #[error("resolve `{late}`: {problem}")]
    Unknown {
        /// The late value.
        late: LateValue,
        /// What is missing.
        problem: &'static str,
    },
}

/// The object with every late value in its texts resolved. What `known` gives is not asked for.
///
/// # Errors
/// A value that cannot be read; nothing is half resolved.
pub async fn resolve(
    kube: &dyn Kubernetes,
    object: &Object,
    known: &(dyn Fn(&LateValue) -> Option<String> + Sync),
) -> Result<Object, LateError> {
    let value = resolve_in(kube, object.value(), known).await?;
    // Only texts below the object's identity were filled in, so it is still an object.
    Ok(Object::try_from(value).unwrap_or_else(|_| object.clone()))
}

/// Like [`resolve`], for values that are not yet an object.
///
/// # Errors
/// A value that cannot be read; nothing is half resolved.
pub async fn resolve_in(
    kube: &dyn Kubernetes,
    value: &Value,
    known: &(dyn Fn(&LateValue) -> Option<String> + Sync),
) -> Result<Value, LateError> {
    let mut value = value.clone();
    let mut values = BTreeMap::new();
    for late in all_in(&value)? {
        let resolved = match known(&late) {
            Some(value) => value,
            None => read(kube, &late).await?,
        };
        values.insert(late, resolved);
    }
    fill(&mut value, &values)?;
    Ok(value)
}

fn all_in(value: &Value) -> Result<Vec<LateValue>, FactError> {
    let mut found = Vec::new();
    each_text(value, &mut |text| {
        found.extend(LateValue::all_in(text)?);
        Ok(())
    })?;
    found.sort();
    found.dedup();
    Ok(found)
}

fn each_text<E>(value: &Value, visit: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().try_for_each(|item| each_text(item, visit)),
        Value::Object(map) => map.values().try_for_each(|item| each_text(item, visit)),
        _ => Ok(()),
    }
}

fn fill(value: &mut Value, values: &BTreeMap<LateValue, String>) -> Result<(), FactError> {
    match value {
        Value::String(text) => {
            *text = LateValue::resolve_all(text, |late| {
                Ok::<_, FactError>(values.get(late).cloned().unwrap_or_default())
            })?;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, values)),
        Value::Object(map) => map.values_mut().try_for_each(|item| fill(item, values)),
        _ => Ok(()),
    }
}

async fn read(kube: &dyn Kubernetes, late: &LateValue) -> Result<String, LateError> {
    let unknown = |problem| LateError::Unknown {
        late: late.clone(),
        problem,
    };
    let (namespace, name) = late
        .fact
        .namespace_and_name()
        .ok_or_else(|| unknown("it is about no object"))?;
    if late.fact.kind != FactKind::Secret {
        return Err(unknown("only secrets have late values so far"));
    }
    let key = ObjectKey::namespaced(Kind::core("Secret"), namespace, name);
    let found = kube
        .get(&key)
        .await
        .map_err(|source| LateError::Kubernetes {
            late: late.clone(),
            source,
        })?;
    let found = found.ok_or_else(|| unknown("the secret does not exist"))?;
    if late.output == REVISION {
        return secret::revision(&found)
            .map(str::to_owned)
            .ok_or_else(|| unknown("the secret carries no revision"));
    }
    let wanted = late
        .output
        .strip_prefix(KEY)
        .ok_or_else(|| unknown("a secret has no such output"))?;
    let bytes = secret::data(&found)
        .remove(wanted)
        .ok_or_else(|| unknown("the secret has no such key"))?;
    String::from_utf8(bytes).map_err(|_| unknown("the value is no text"))
}
