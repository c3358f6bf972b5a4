//! The references of the environment file and of the hosts file, from their JSON Schemas.

use serde_json::Value;

const HEAD: &str = "# The environment file\n\n\
One YAML file says what is wanted. Made from the types in `crates/spec` by `cargo xtask generate`; do not edit.\n\
`mosipctl init` writes a commented file to begin with, `mosipctl schema` prints the JSON Schema for editors.\n";

const HOSTS_HEAD: &str = "# The hosts file\n\n\
The machines of an on-prem environment, named by `cluster: {kind: onprem, hosts: hosts.yaml}`. Made from the types in `crates/spec` by\n\
`cargo xtask generate`; do not edit. [hosts.md](hosts.md) says how it is used, `mosipctl schema hosts` prints the JSON Schema for editors.\n";

/// The page of the environment file.
pub(crate) fn environment(schema: &Value) -> String {
    page(HEAD, schema)
}

/// The page of the hosts file.
pub(crate) fn hosts(schema: &Value) -> String {
    page(HOSTS_HEAD, schema)
}

/// A Markdown page with a table for each part of the file, in the order in which they are first named.
fn page(head: &str, schema: &Value) -> String {
    let mut page = Page {
        schema,
        text: head.to_owned(),
        written: Vec::new(),
        open: Vec::new(),
    };
    page.section("The file", schema);
    while let Some(name) = page.open.first().cloned() {
        page.open.remove(0);
        let definition = &schema["$defs"][&name];
        page.section(&name, definition);
    }
    page.text
}

struct Page<'a> {
    schema: &'a Value,
    text: String,
    written: Vec<String>,
    open: Vec<String>,
}

impl Page<'_> {
    fn section(&mut self, name: &str, schema: &Value) {
        self.text
            .push_str(&format!("\n## {name}\n\n{}\n", paragraph(schema)));
        if let Some(properties) = schema["properties"].as_object() {
            self.text
                .push_str("\n| field | type | what it is |\n|---|---|---|\n");
            let required: Vec<&str> = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for (field, value) in properties {
                let needed = if required.contains(&field.as_str()) {
                    " **required**"
                } else {
                    ""
                };
                let (kind, about) = (self.kind(value), line(&self.about(value)));
                self.text
                    .push_str(&format!("| `{field}`{needed} | {kind} | {about} |\n"));
            }
        }
        self.variants(schema);
    }

    /// The values of an enum, or the alternatives of a choice.
    fn variants(&mut self, schema: &Value) {
        let Some(variants) = schema["oneOf"].as_array() else {
            return;
        };
        self.text
            .push_str("\n| value | what it means |\n|---|---|\n");
        for variant in variants {
            let about = line(&paragraph(variant));
            if let Some(value) = variant["const"].as_str() {
                self.text.push_str(&format!("| `{value}` | {about} |\n"));
            }
            for (name, value) in variant["properties"].as_object().into_iter().flatten() {
                let kind = self.kind(value);
                self.text
                    .push_str(&format!("| `{name}:` {kind} | {about} |\n"));
            }
        }
    }

    fn about(&self, value: &Value) -> String {
        let own = paragraph(value);
        if own.is_empty() {
            name_of(value)
                .map(|name| paragraph(&self.schema["$defs"][name]))
                .unwrap_or_default()
        } else {
            own
        }
    }

    fn kind(&mut self, value: &Value) -> String {
        if let Some(name) = name_of(value) {
            let definition = &self.schema["$defs"][name];
            let is_plain =
                definition.get("properties").is_none() && definition.get("oneOf").is_none();
            if is_plain {
                return self.plain(definition);
            }
            if !self.written.iter().any(|written| written == name) {
                self.written.push(name.to_owned());
                self.open.push(name.to_owned());
            }
            return format!("[{name}](#{})", name.to_lowercase());
        }
        self.plain(value)
    }

    fn plain(&mut self, value: &Value) -> String {
        let kinds: Vec<&str> = match &value["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds
                .iter()
                .filter_map(Value::as_str)
                .filter(|kind| *kind != "null")
                .collect(),
            _ => vec![],
        };
        match kinds.first().copied() {
            Some("array") => format!("list of {}", self.kind(&value["items"])),
            Some("object") => match value.get("additionalProperties") {
                Some(inner) if inner.is_object() => format!("map to {}", self.kind(inner)),
                _ => "map".to_owned(),
            },
            Some("integer") => "whole number".to_owned(),
            Some("number") => "number".to_owned(),
            Some("boolean") => "true or false".to_owned(),
            Some("string") => "text".to_owned(),
            _ => "anything".to_owned(),
        }
    }
}

/// The definition that a schema refers to, alone or beside `null`.
fn name_of(value: &Value) -> Option<&str> {
    let direct = value["$ref"].as_str();
    let among = || {
        value["anyOf"]
            .as_array()?
            .iter()
            .find_map(|one| one["$ref"].as_str())
    };
    direct.or_else(among)?.strip_prefix("#/$defs/")
}

fn paragraph(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn line(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
