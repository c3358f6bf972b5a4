//! Hooks: objects that Helm itself makes at certain moments.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::manifest::hook_annotation;

/// A hook as a record keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hook {
    /// Name of the object.
    #[serde(default)]
    pub name: String,
    /// Kind of the object.
    #[serde(default)]
    pub kind: String,
    /// Template it comes from.
    #[serde(default)]
    pub path: String,
    /// The object.
    #[serde(default)]
    pub manifest: String,
    /// When it runs, such as `pre-install`.
    #[serde(default)]
    pub events: Vec<String>,
    /// How its last run went.
    #[serde(default = "never_ran")]
    pub last_run: Value,
    /// Order among hooks of one moment.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub weight: i64,
    /// When Helm deletes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delete_policies: Vec<String>,
    /// When Helm shows its log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_log_policies: Vec<String>,
}

impl Hook {
    /// The hook in a rendered document; none when it is an ordinary object.
    pub(crate) fn of_document(source: &str, body: &str) -> Option<Self> {
        if !body.contains("helm.sh/hook") {
            return None;
        }
        let value: Value = serde_saphyr::from_str(body).ok()?;
        let annotation = hook_annotation(&value)?;
        let list = |name: &str| -> Vec<String> {
            let text = value["metadata"]["annotations"][name].as_str();
            text.map(split).unwrap_or_default()
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let weight = text(&value["metadata"]["annotations"]["helm.sh/hook-weight"]);
        Some(Self {
            name: text(&value["metadata"]["name"]),
            kind: text(&value["kind"]),
            path: source.to_owned(),
            manifest: body.trim_end_matches('\n').to_owned(),
            events: split(annotation).into_iter().map(event).collect(),
            last_run: never_ran(),
            weight: weight.parse().unwrap_or_default(),
            delete_policies: list("helm.sh/hook-delete-policy"),
            output_log_policies: list("helm.sh/hook-output-log-policy"),
        })
    }

    /// Whether it runs with `helm test` only.
    pub fn is_test(&self) -> bool {
        self.events.iter().all(|event| event == "test")
    }
}

fn split(text: &str) -> Vec<String> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// Helm 2 had another word for tests, which Helm still takes.
fn event(word: String) -> String {
    match word.as_str() {
        "test-success" => "test".to_owned(),
        _ => word,
    }
}

fn never_ran() -> Value {
    json!({"phase": ""})
}

fn is_zero(weight: &i64) -> bool {
    *weight == 0
}
