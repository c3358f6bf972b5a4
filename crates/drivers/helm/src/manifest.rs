//! Manifests as Helm writes them: the parts of a rendered text, and objects as text for a record.

mod yaml;

use mosipctl_object::Object;
use serde_json::Value;

use crate::release::Hook;

/// The output of `helm template`, taken apart as Helm itself stores it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rendering {
    /// Custom resource definitions of the chart's `crds/` folder. They belong to no release.
    pub definitions: String,
    /// Everything that the release consists of: `manifest` of the record.
    pub manifest: String,
    /// Hooks, `helm test` among them. Helm runs them; they are not applied.
    pub hooks: Vec<Hook>,
}

impl Rendering {
    /// Takes apart the output of `helm template --include-crds`.
    pub fn parse(text: &str) -> Self {
        let mut rendering = Self::default();
        for document in documents(text) {
            match Hook::of_document(document.source, document.body) {
                Some(hook) => rendering.hooks.push(hook),
                None if document.source.contains("/crds/") => {
                    rendering.definitions.push_str(document.text);
                }
                None => rendering.manifest.push_str(document.text),
            }
        }
        rendering
    }

    /// Whether there are hooks that run with installation, upgrade or removal: such a chart is run by Helm's binary.
    pub fn has_real_hooks(&self) -> bool {
        self.hooks.iter().any(|hook| !hook.is_test())
    }
}

/// One document of a manifest.
struct Document<'a> {
    /// All of it, its separator included.
    text: &'a str,
    /// Chart-relative file it comes from.
    source: &'a str,
    /// What stands below the comment that names the source.
    body: &'a str,
}

const HEAD: &str = "---\n# Source: ";

fn documents(text: &str) -> impl Iterator<Item = Document<'_>> {
    let starts = text.match_indices(HEAD).map(|(start, _)| start);
    // a separator counts at the start of a line only: config maps may hold such a text, indented
    let starts: Vec<usize> = starts
        .filter(|&start| start == 0 || text[..start].ends_with('\n'))
        .collect();
    let ends: Vec<usize> = starts.iter().copied().skip(1).chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(move |(start, end)| {
        let text = &text[start..end];
        let rest = &text[HEAD.len()..];
        let (source, body) = rest.split_once('\n').unwrap_or((rest, ""));
        Document {
            text,
            source: source.trim(),
            body,
        }
    })
}

/// Objects as a manifest that Helm reads back to the same objects.
pub fn to_yaml(objects: &[Object], source: &str) -> String {
    let mut text = String::new();
    for object in objects {
        let kind = object.kind().kind.to_lowercase();
        text.push_str(&format!("{HEAD}{source}/{kind}-{}\n", object.name()));
        yaml::write(object.value(), &mut text);
    }
    text
}

/// The annotation of hooks, on any object.
pub(crate) fn hook_annotation(value: &Value) -> Option<&str> {
    value["metadata"]["annotations"]["helm.sh/hook"].as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_parts_of_a_rendering_are_told_apart() {
        let text = "---\n# Source: a/crds/x.yaml\napiVersion: apiextensions.k8s.io/v1\n---\n# Source: a/templates/m.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  text: |\n    ---\n    # Source: no\n---\n# Source: a/templates/t.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations:\n    helm.sh/hook: test\n";
        let rendering = Rendering::parse(text);
        assert_eq!(
            rendering.definitions,
            "---\n# Source: a/crds/x.yaml\napiVersion: apiextensions.k8s.io/v1\n"
        );
        assert!(
            rendering.manifest.ends_with("    # Source: no\n"),
            "{}",
            rendering.manifest
        );
        assert_eq!(rendering.hooks.len(), 1);
        assert!(!rendering.has_real_hooks());
    }

    #[test]
    fn written_objects_are_read_back_the_same() {
        let object = Object::try_from(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"on": "yes", "n": "1e3"}},
            "data": {"text": "a\n  b\n\nc\n", "tail": "x\n\n", "tab": "\tx\ny", "empty": "", "quote": "it's \"so\": #1", "octal": "0777", "null": "null", "date": "2026-01-01"},
            "numbers": [1, -2, 1.5, true, null, [], {}, [[1, 2], {"a": {"b": [3]}}]],
        }))
        .unwrap();
        let text = to_yaml(std::slice::from_ref(&object), "a/templates");
        let read = mosipctl_object::manifest::objects(&text).unwrap();
        assert_eq!(read, [object], "{text}");
    }
}
