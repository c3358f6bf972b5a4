//! Many releases of one chart by one process. Helm's own start is most of what it takes to render a small chart.
//!
//! A chart is written beside that holds the templates of the real one as partials, and one file for each release that
//! includes them all with what Helm would have given them. What Helm says about the file is how the objects of a release are found.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use mosipctl_object::ReleaseName;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::{Helm, HelmError, TemplateRequest};
use crate::chart::{ChartFile, read, values};

/// What only the real chart can answer: a chart that asks for it is rendered alone.
const ALONE: [&str; 3] = [".Files", ".Template", ".Subcharts"];
/// Stands beside the chart's own partials.
const PARTIAL: &str = r#"{{- define "mosipctl.release" -}}
{{- $root := .root -}}
{{- with index $root.Values.releases .index -}}
{{- $release := merge (dict "Name" .name "Namespace" .namespace) $root.Release -}}
{{- $context := dict "Release" $release "Chart" $root.Chart "Capabilities" $root.Capabilities "Values" .values -}}
{{- range $root.Values.templates }}
---
{{ include (printf "%s/%s" $root.Chart.Name .) $context }}
{{- end -}}
{{- end -}}
{{- end -}}
"#;

impl Helm {
    /// Renders releases of one chart, as [`template`](Self::template) would each; the texts are in the order of the requests,
    /// which differ in nothing but release and values. None when the chart asks for something that only it can answer.
    ///
    /// # Errors
    /// The chart, a template or some values are at fault; which, only [`template`](Self::template) tells.
    pub async fn template_together(
        &self,
        requests: &[TemplateRequest<'_>],
    ) -> Result<Option<Vec<String>>, HelmError> {
        let Some(first) = requests.first() else {
            return Ok(Some(Vec::new()));
        };
        let Some(chart) = together(first.chart) else {
            return Ok(None);
        };
        let beside = chart
            .write(self.home.path(), requests.len())
            .map_err(|source| self.not_started(source))?;
        let name = ReleaseName {
            namespace: first.release.namespace.clone(),
            name: "together".to_owned(),
        };
        let values = chart.values(requests);
        let request = TemplateRequest {
            chart: beside.path(),
            release: &name,
            values: &values,
            ..first.clone()
        };
        let text = self.template(&request).await?;
        Ok(Some(by_release(&text, requests.len())))
    }
}

/// What is needed of a chart.
struct Together {
    /// `Chart.yaml`.
    metadata: Vec<u8>,
    schema: Option<Value>,
    defaults: Value,
    /// Files with a name that ends in `.tpl` or begins with `_`, and those that make objects.
    templates: Vec<ChartFile>,
}

/// None when the chart has to be rendered alone, for whatever reason: that one tells.
fn together(chart: &Path) -> Option<Together> {
    let mut found = Together {
        metadata: Vec::new(),
        schema: None,
        defaults: json!({}),
        templates: Vec::new(),
    };
    for file in read(chart).ok()? {
        match file.name.as_str() {
            "Chart.yaml" => found.metadata = file.data,
            "values.yaml" => found.defaults = values(&file.data).ok()?,
            "values.schema.json" => found.schema = Some(serde_json::from_slice(&file.data).ok()?),
            "templates/NOTES.txt" => {}
            name if name.starts_with("charts/") || name.starts_with("crds/") => return None,
            name if name.starts_with("templates/") => found.templates.push(file),
            _ => {}
        }
    }
    let metadata = String::from_utf8_lossy(&found.metadata);
    let depends = metadata
        .lines()
        .any(|line| line.starts_with("dependencies"));
    let is_alone = |file: &ChartFile| {
        let text = String::from_utf8_lossy(&file.data);
        ALONE.iter().any(|word| text.contains(word))
    };
    (!depends && !found.templates.iter().any(is_alone)).then_some(found)
}

impl Together {
    /// Writes the chart that renders so many releases.
    fn write(&self, home: &Path, releases: usize) -> io::Result<TempDir> {
        let folder = TempDir::with_prefix_in("together-", home)?;
        let put = |name: &str, data: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(path, data)
        };
        put("Chart.yaml", &self.metadata)?;
        if let Some(schema) = &self.schema {
            put("values.schema.json", whole(schema).to_string().as_bytes())?;
        }
        for file in &self.templates {
            put(&partial(&file.name), &file.data)?;
        }
        put("templates/_together.tpl", PARTIAL.as_bytes())?;
        for index in 0..releases {
            let text =
                format!(r#"{{{{ include "mosipctl.release" (dict "root" $ "index" {index}) }}}}"#);
            put(&format!("templates/{index}.yaml"), text.as_bytes())?;
        }
        Ok(folder)
    }

    fn values(&self, requests: &[TemplateRequest<'_>]) -> Value {
        let templates = self.templates.iter().filter(|file| !is_partial(&file.name));
        let templates: Vec<String> = templates.map(|file| partial(&file.name)).collect();
        let releases = requests.iter().map(|request| {
            json!({
                "name": request.release.name,
                "namespace": request.release.namespace,
                "values": over(&self.defaults, request.values),
            })
        });
        json!({"templates": templates, "releases": releases.collect::<Vec<_>>()})
    }
}

/// Helm renders no file whose name begins with an underscore.
fn is_partial(name: &str) -> bool {
    name.rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with('_'))
        || name.ends_with(".tpl")
}

fn partial(name: &str) -> String {
    match (is_partial(name), name.rsplit_once('/')) {
        (false, Some((folder, file))) => format!("{folder}/_{file}"),
        _ => name.to_owned(),
    }
}

/// The schema of the values of every release, from that of one.
fn whole(schema: &Value) -> Value {
    let mut one = schema.clone();
    if let Value::Object(one) = &mut one {
        // with a name of its own, what it refers to is looked for in it
        one.entry("$id").or_insert_with(|| json!("one-release"));
    }
    let id = one["$id"].clone();
    let mut whole = json!({
        "$defs": {"one": one},
        "properties": {"releases": {"items": {"properties": {"values": {"$ref": id}}}}},
    });
    if let Some(dialect) = schema.get("$schema") {
        whole["$schema"] = dialect.clone();
    }
    whole
}

/// Values over the defaults of a chart, as Helm lays them: tables into tables, and null takes a default away.
fn over(defaults: &Value, values: &Value) -> Value {
    let (Value::Object(defaults), Value::Object(values)) = (defaults, values) else {
        return values.clone();
    };
    let mut merged: Map<String, Value> = defaults.clone();
    for (key, value) in values {
        match (merged.get(key), value) {
            (Some(_), Value::Null) => drop(merged.remove(key)),
            (Some(default), value) => drop(merged.insert(key.clone(), over(default, value))),
            (None, value) => drop(merged.insert(key.clone(), value.clone())),
        }
    }
    Value::Object(merged)
}

/// Helm names the file above every document: `# Source: CHART/templates/INDEX.yaml`.
fn by_release(text: &str, count: usize) -> Vec<String> {
    let mut texts: BTreeMap<usize, String> =
        (0..count).map(|index| (index, String::new())).collect();
    for document in documents(text) {
        let index = document.lines().find_map(|line| {
            let file = line.strip_prefix("# Source: ")?.rsplit('/').next()?;
            file.strip_suffix(".yaml")?.parse().ok()
        });
        if let Some(text) = index.and_then(|index: usize| texts.get_mut(&index)) {
            text.push_str("---\n");
            text.push_str(document);
        }
    }
    texts.into_values().collect()
}

fn documents(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix("---\n").unwrap_or(text);
    text.split("\n---\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_over_defaults_as_helm_lays_them() {
        let defaults = json!({"a": {"b": 1, "c": 2}, "d": 3, "e": [1]});
        let values = json!({"a": {"b": null, "f": null}, "d": {"g": 4}, "e": [2]});
        let merged = json!({"a": {"c": 2, "f": null}, "d": {"g": 4}, "e": [2]});
        assert_eq!(over(&defaults, &values), merged);
    }

    #[test]
    fn documents_go_to_the_release_whose_file_made_them() {
        let text = "---\n# Source: a/templates/1.yaml\nkind: A\n---\n# Source: a/templates/0.yaml\nkind: B\ntext: |\n  ---\n  # Source: a/templates/1.yaml\n---\n# Source: a/templates/1.yaml\nkind: C\n";
        let texts = by_release(text, 2);
        assert!(texts[0].contains("kind: B") && texts[0].contains("text: |\n  ---"));
        assert!(texts[1].contains("kind: A") && texts[1].contains("kind: C"));
        assert!(!texts[1].contains("kind: B"));
    }

    #[test]
    fn templates_become_partials_where_they_stand() {
        assert_eq!(partial("templates/tests/a.yaml"), "templates/tests/_a.yaml");
        assert_eq!(partial("templates/_names.tpl"), "templates/_names.tpl");
    }
}
