//! The Secrets of a component: where each key's value will come from.

use indexmap::IndexMap;
use mosipctl_catalogue::relations::Placed;
use mosipctl_catalogue::secret::{Class, Key, SandboxValue, Supplied};
use mosipctl_catalogue::{Catalogue, Fact, FactKind};
use mosipctl_spec::Environment;
use mosipctl_spec::environment::Profile;
use mosipctl_spec::environment::secret::SecretSource;
use serde_json::Value;

use super::{PULL_SECRET_NAMESPACE, Part, SecretPart, SecretValue};
use crate::error::BlueprintError;

/// The type of a Secret that says none.
const OPAQUE: &str = "Opaque";
/// The type of registry credentials, and their one key.
const DOCKER_CONFIG: &str = "kubernetes.io/dockerconfigjson";
const DOCKER_CONFIG_KEY: &str = ".dockerconfigjson";

pub(super) fn resolve(
    placed: &Placed<'_>,
    environment: &Environment,
) -> Result<Vec<SecretPart>, BlueprintError> {
    let secrets = placed.component.secrets.iter().map(|secret| {
        let full_name = format!("{}/{}", placed.namespace, secret.name);
        let keys = secret.keys.iter().map(|(key, how)| {
            let value = match how {
                Key::Generate(generate) => SecretValue::Generate(generate.clone()),
                Key::Value(text) => SecretValue::Plain(text.clone()),
                Key::CopyOf(reference) => copy_of(reference),
                Key::Supplied(supplied) => self::supplied(supplied, environment, &full_name, key)?,
            };
            Ok((key.clone(), value))
        });
        Ok(SecretPart {
            namespace: placed.namespace.to_owned(),
            name: secret.name.clone(),
            class: secret.class,
            kind: secret.kind.clone().unwrap_or_else(|| OPAQUE.to_owned()),
            keys: keys.collect::<Result<_, BlueprintError>>()?,
        })
    });
    secrets.collect()
}

fn copy_of(reference: &str) -> SecretValue {
    let (secret, key) = reference.split_once('#').unwrap_or((reference, ""));
    SecretValue::CopyOf {
        secret: secret.to_owned(),
        key: key.to_owned(),
    }
}

fn supplied(
    supplied: &Supplied,
    environment: &Environment,
    secret: &str,
    key: &str,
) -> Result<SecretValue, BlueprintError> {
    if let Some(source) = source_at(environment, &supplied.by) {
        return Ok(SecretValue::From(source));
    }
    let by = supplied.by.clone();
    match (&supplied.sandbox, environment.spec.profile) {
        (Some(value), Profile::Sandbox) => {
            let value = match value {
                SandboxValue::Value(text) => SecretValue::Plain(text.clone()),
                SandboxValue::Generate(generate) => SecretValue::Generate(generate.clone()),
            };
            Ok(SecretValue::Placeholder {
                by,
                value: Box::new(value),
            })
        }
        _ if supplied.without.is_some() => Ok(SecretValue::Plain(
            supplied.without.clone().unwrap_or_default(),
        )),
        _ => {
            let help = format!(
                "name its source in the environment file, such as `{by}: {{from: {{env: NAME}}}}`"
            );
            Err(BlueprintError::NotSupplied {
                secret: secret.to_owned(),
                key: key.to_owned(),
                by,
                help,
            })
        }
    }
}

/// The secret source at a dotted path under `spec`.
fn source_at(environment: &Environment, path: &str) -> Option<SecretSource> {
    let spec: Value = serde_json::to_value(&environment.spec).ok()?;
    let found = path
        .split('.')
        .try_fold(&spec, |value, step| value.get(step))?;
    serde_json::from_value(found.clone()).ok()
}

/// The originals of registry credentials, one Secret per registry. They belong to the first part, so that a plan of
/// anything has them.
pub(crate) fn add_pull_secrets(
    parts: &mut IndexMap<String, Part>,
    environment: &Environment,
    catalogue: &Catalogue,
) {
    let builtin = catalogue
        .edition
        .namespaces
        .get(PULL_SECRET_NAMESPACE)
        .is_some_and(|n| n.builtin);
    let Some(owner) = parts
        .values_mut()
        .find(|part| builtin && part.namespace == PULL_SECRET_NAMESPACE)
    else {
        return;
    };
    for secret in &environment.spec.images.pull_secrets {
        let value = SecretValue::Registry {
            registry: secret.registry.clone(),
            username: secret.username.clone(),
            password: secret.password.clone(),
        };
        owner.makes.push(Fact::namespaced(
            FactKind::Secret,
            PULL_SECRET_NAMESPACE,
            &secret.name,
        ));
        owner.secrets.push(SecretPart {
            namespace: PULL_SECRET_NAMESPACE.to_owned(),
            name: secret.name.to_string(),
            class: Class::Supplied,
            kind: DOCKER_CONFIG.to_owned(),
            keys: IndexMap::from([(DOCKER_CONFIG_KEY.to_owned(), value)]),
        });
    }
}
/// What stands where people would supply something, when that does not matter.
const PRETENDED: &str = "rehearsed";
/// A Docker configuration without any registry.
const NO_REGISTRY: &str = r#"{"auths":{}}"#;

/// Puts a word where a value would be taken from people. Whether there was one to be taken.
pub(crate) fn pretend(value: &mut SecretValue) -> bool {
    let word = match value {
        SecretValue::From(_) => PRETENDED,
        SecretValue::Registry { .. } => NO_REGISTRY,
        SecretValue::Placeholder { value, .. } => return pretend(value),
        SecretValue::Generate(_) | SecretValue::Plain(_) | SecretValue::CopyOf { .. } => {
            return false;
        }
    };
    *value = SecretValue::Plain(word.to_owned());
    true
}
