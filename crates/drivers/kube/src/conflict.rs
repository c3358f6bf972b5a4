//! Fields that somebody else owns.

use serde::Serialize;

/// One field of a server-side apply that another field manager owns with another value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Conflict {
    /// The field as the API server writes it, such as `.spec.replicas`.
    pub field: String,
    /// Field manager that owns it.
    pub owner: String,
    /// Subresource it was written through, such as `scale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subresource: Option<String>,
}

impl Conflict {
    /// From the words of the API server: `conflict with "NAME" with subresource "scale" using apps/v1`
    /// (`kubernetes/apimachinery:pkg/util/managedfields/internal/conflict.go`).
    pub(crate) fn of(field: &str, message: &str) -> Self {
        let quoted: Vec<&str> = message.split('"').skip(1).step_by(2).collect();
        let subresource = message
            .contains("\" with subresource \"")
            .then(|| quoted.get(1).copied())
            .flatten();
        Self {
            field: field.to_owned(),
            owner: quoted.first().copied().unwrap_or("unknown").to_owned(),
            subresource: subresource.map(str::to_owned),
        }
    }

    /// The field as a JSON pointer (`/spec/replicas`), the form of `unmanaged:`. Items of keyed lists cannot be pointed at
    /// by key; their list is named instead.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        let path = self.field.split('[').next().unwrap_or_default();
        for part in path.split('.').filter(|part| !part.is_empty()) {
            pointer.push('/');
            pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        }
        pointer
    }
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is owned by `{}`", self.field, self.owner)?;
        match &self.subresource {
            Some(subresource) => write!(f, " (through `{subresource}`)"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_subresource_are_taken_from_the_message() {
        let scaled = Conflict::of(
            ".spec.replicas",
            "conflict with \"kubectl\" with subresource \"scale\" using apps/v1",
        );
        assert_eq!(
            scaled.to_string(),
            "`.spec.replicas` is owned by `kubectl` (through `scale`)"
        );
        assert_eq!(scaled.pointer(), "/spec/replicas");
        let applied = Conflict::of(".data.a", "conflict with \"other\"");
        assert_eq!(
            (applied.owner.as_str(), applied.subresource),
            ("other", None)
        );
    }

    #[test]
    fn the_pointer_of_a_keyed_item_is_its_list() {
        let image = Conflict::of(
            ".spec.template.spec.containers[name=\"main\"].image",
            "conflict with \"x\"",
        );
        assert_eq!(image.pointer(), "/spec/template/spec/containers");
    }
}
