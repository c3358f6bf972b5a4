//! Manifests: several objects in one YAML text, as `helm template` writes them.

use serde_json::Value;

use crate::object::{NotAnObject, Object};

/// A manifest that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not YAML.
    #[error("manifest is not YAML")]
    Yaml(#[source] Box<serde_saphyr::Error>),
    /// A document is no object.
    #[error("a document of the manifest is no object")]
    Object(#[from] NotAnObject),
}

/// Every object of a manifest, in its order. Empty documents are passed over; lists are opened.
///
/// # Errors
/// The text is not YAML, or a document is no object.
pub fn objects(manifest: &str) -> Result<Vec<Object>, ManifestError> {
    // Helm reads with YAML 1.1 rules here: the last of two equal keys wins, and `0777` is octal.
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        legacy_octal_numbers: true,
    };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(manifest, options)
        .map_err(|error| ManifestError::Yaml(Box::new(error)))?;
    let mut objects = Vec::with_capacity(documents.len());
    for document in documents {
        match document {
            Value::Null => {}
            Value::Object(mut map) if is_list(&map) => {
                let items = map.remove("items").unwrap_or_default();
                for item in items.as_array().cloned().unwrap_or_default() {
                    objects.push(Object::try_from(item)?);
                }
            }
            other => objects.push(Object::try_from(other)?),
        }
    }
    Ok(objects)
}

fn is_list(map: &serde_json::Map<String, Value>) -> bool {
    let is_list_kind = map
        .get("kind")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.ends_with("List"));
    is_list_kind && map.get("items").is_some_and(Value::is_array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lists_and_empty_ones() {
        let text = "---\n# only a comment\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {mode: 0755, x: 'yes'}\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n";
        let objects = objects(text).unwrap();
        let names: Vec<_> = objects.iter().map(Object::name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(objects[0].value()["data"]["mode"], 493);
        assert_eq!(objects[0].value()["data"]["x"], "yes");
    }
}
