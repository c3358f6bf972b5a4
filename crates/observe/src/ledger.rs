//! The inventory as the cluster keeps it: gzipped JSON in one Secret per environment.

use std::io::{Read, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use mosipctl_kube::{KubeError, Kubernetes};
use mosipctl_object::{Kind, Object, ObjectKey};
use mosipctl_plan::Inventory;
use serde_json::json;

/// Namespace of everything that mosipctl keeps for itself.
pub const NAMESPACE: &str = "mosipctl-system";
/// Type of the Secret.
const TYPE: &str = "mosipctl.io/inventory";
/// Its one key.
const KEY: &str = "inventory";

/// An inventory that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The cluster does not give it.
    #[error("failed to read the inventory")]
    Kubernetes(#[from] KubeError),
    /// What the Secret holds is no inventory.
    #[error("the inventory in secret `{secret}` cannot be read: {problem}")]
    Broken {
        /// The Secret.
        secret: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// The Secret that holds the inventory of an environment.
pub fn key(environment: &str) -> ObjectKey {
    ObjectKey::namespaced(
        Kind::core("Secret"),
        NAMESPACE,
        format!("inventory-{environment}"),
    )
}

/// Reads the inventory of an environment; an empty one when there is none yet.
///
/// # Errors
/// The cluster does not answer, or the Secret is broken.
pub async fn read(kube: &dyn Kubernetes, environment: &str) -> Result<Inventory, LedgerError> {
    let Some(secret) = kube.get(&key(environment)).await? else {
        return Ok(Inventory::default());
    };
    decode(&secret).map_err(|problem| LedgerError::Broken {
        secret: secret.key().to_string(),
        problem,
    })
}

/// The Secret for an inventory.
///
/// # Errors
/// Never in practice: memory is written to.
pub fn encode(environment: &str, inventory: &Inventory) -> std::io::Result<Object> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(&serde_json::to_vec(inventory)?)?;
    let text = BASE64_STANDARD.encode(zip.finish()?);
    let key = key(environment);
    let value = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": TYPE,
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "labels": {mosipctl_plan::desired::ENVIRONMENT_LABEL: environment},
        },
        "data": {KEY: text},
    });
    Object::try_from(value).map_err(std::io::Error::other)
}

fn decode(secret: &Object) -> Result<Inventory, String> {
    let text = secret.value()["data"][KEY]
        .as_str()
        .ok_or_else(|| format!("key `{KEY}` is missing"))?;
    let zipped = BASE64_STANDARD
        .decode(text)
        .map_err(|error| error.to_string())?;
    let mut json = Vec::new();
    GzDecoder::new(zipped.as_slice())
        .read_to_end(&mut json)
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_survives_the_way_into_a_secret_and_back() {
        let mut inventory = Inventory::default();
        inventory
            .stand_ins
            .insert("istio".to_owned(), "Istio 1.22".to_owned());
        assert_eq!(
            decode(&encode("sandbox", &inventory).unwrap()).unwrap(),
            inventory
        );
    }

    #[test]
    fn a_broken_secret_is_an_error_and_no_empty_inventory() {
        let mut secret = encode("sandbox", &Inventory::default()).unwrap();
        secret.value_mut()["data"][KEY] = json!("AAAA");
        assert!(decode(&secret).is_err());
    }
}
