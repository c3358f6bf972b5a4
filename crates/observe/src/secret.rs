//! Secrets as we keep them: their revision and content.

mod supplied;

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mosipctl_object::{Object, canonical};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use supplied::{SupplyError, supplied, supplied_key};

/// Annotation of a Secret: the random id of its present content.
pub const REVISION_ANNOTATION: &str = "mosipctl.io/revision";

/// The revision that a Secret carries.
pub fn revision(secret: &Object) -> Option<&str> {
    secret.annotations().get(REVISION_ANNOTATION).copied()
}

/// The decoded keys of a Secret. What is no base64 is left out: the API server accepts none.
pub fn data(secret: &Object) -> BTreeMap<String, Vec<u8>> {
    let data = secret.value()["data"].as_object().into_iter().flatten();
    data.filter_map(|(key, value)| {
        Some((key.clone(), BASE64_STANDARD.decode(value.as_str()?).ok()?))
    })
    .collect()
}

/// Salted digest of a Secret's content. Kept in the inventory, which is a Secret itself, so that a change by hand is
/// noticed; the salt keeps equal contents of two Secrets from looking equal.
pub fn content(secret: &Object) -> String {
    let salt = secret.uid().unwrap_or_default();
    let data = secret.value().get("data").cloned().unwrap_or(Value::Null);
    let hash = Sha256::new()
        .chain_update(salt)
        .chain_update("\0")
        .chain_update(canonical(&data))
        .finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
