//! Renders the components of an edition with the real helm, as a sandbox named like the contract's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use mosipctl_catalogue::component::service::{Platform, ServiceValues};
use mosipctl_catalogue::relations::Placed;
use mosipctl_catalogue::{Catalogue, Component, Source};
use mosipctl_object::Object;
use serde_json::Value;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The edition of the repository.
pub(crate) fn edition() -> Catalogue {
    let source = Source::Folder(root().join("catalogue"));
    source
        .load(&"1.2.0.1".parse().unwrap())
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// Runs helm. `MOSIPCTL_HELM` names it, else it is found in `PATH`; without it a test fails.
pub(crate) fn helm(arguments: &[&str], values: &Value) -> Result<String, String> {
    let program = std::env::var("MOSIPCTL_HELM").unwrap_or_else(|_| "helm".to_owned());
    let file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    std::fs::write(file.path(), values.to_string()).unwrap();
    let output = Command::new(&program)
        .args(arguments)
        .arg("--values")
        .arg(file.path())
        .output()
        .unwrap_or_else(|error| {
            panic!("these tests need helm: `{program}` cannot be run ({error}); put it into PATH or name it in MOSIPCTL_HELM")
        });
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// What one component comes to.
pub(crate) struct Rendered {
    /// Component name.
    pub(crate) name: String,
    /// Namespace.
    pub(crate) namespace: String,
    /// The component with every `${…}` filled in.
    pub(crate) component: Component,
    /// Release name, if it has one.
    pub(crate) release: Option<String>,
    /// The objects of its release.
    pub(crate) objects: Vec<Object>,
}

/// Every component, rendered once. Those for servers that are there already have no address here and are left out.
pub(crate) fn rendered() -> &'static [Rendered] {
    static RENDERED: OnceLock<Vec<Rendered>> = OnceLock::new();
    RENDERED.get_or_init(|| render(&edition()))
}

fn render(edition: &Catalogue) -> Vec<Rendered> {
    let names: Vec<&String> = edition
        .components
        .iter()
        .filter(|(_, entry)| {
            let when = entry.component.when.as_ref();
            when.is_none_or(|when| when.mode == "inCluster")
        })
        .map(|(name, _)| name)
        .collect();
    let done = Mutex::new(BTreeMap::new());
    let open = Mutex::new(names.iter().enumerate());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((place, name)) = open.lock().unwrap().next() else {
                        break;
                    };
                    let rendered = render_one(edition, name);
                    done.lock().unwrap().insert(place, rendered);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

fn render_one(edition: &Catalogue, name: &str) -> Rendered {
    let namespace = edition.namespace_of(name).unwrap().to_owned();
    let component = filled(edition, name, &namespace);
    let placed = Placed {
        name,
        namespace: &namespace,
        component: &component,
    };
    let release = placed.release().map(str::to_owned);
    let objects = match &release {
        None => Vec::new(),
        Some(release) => {
            let manifest = template(&component, release, &namespace)
                .unwrap_or_else(|error| panic!("component `{name}` does not render: {error}"));
            mosipctl_object::manifest::objects(&manifest)
                .unwrap_or_else(|error| panic!("component `{name}`: {error}"))
        }
    };
    Rendered {
        name: name.to_owned(),
        namespace,
        component,
        release,
        objects,
    }
}

fn template(component: &Component, release: &str, namespace: &str) -> Result<String, String> {
    let platform = Platform {
        istio: true,
        monitoring: true,
        ..Platform::default()
    };
    let (chart, values) = match &component.chart {
        Some(chart) => {
            let mut values = Value::Object(chart.values.clone());
            values["platform"] = serde_json::to_value(platform).unwrap();
            (chart.name.as_str(), values)
        }
        None => {
            let values = ServiceValues {
                service: component.service.clone(),
                job: component.job.clone(),
                platform,
            };
            ("mosip-service", serde_json::to_value(values).unwrap())
        }
    };
    let chart = root().join("charts").join(chart);
    let chart = chart.to_str().unwrap();
    let arguments = ["template", release, chart, "--namespace", namespace];
    helm(&arguments, &values)
}

/// The component with its variables filled in for the sandbox of the contract.
fn filled(edition: &Catalogue, name: &str, namespace: &str) -> Component {
    let mut known: BTreeMap<String, String> = [
        ("name", "sandbox"),
        ("domain", "sandbox.xyz.net"),
        ("language", "eng"),
        ("profile", "sandbox"),
        ("version", "1.2.0.1"),
        ("namespace", namespace),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, text) in &edition.edition.variables {
        let value = fill(text, &known);
        known.insert(name.clone(), value);
    }
    let mut value = serde_json::to_value(&edition.components[name].component).unwrap();
    fill_all(&mut value, &known);
    serde_json::from_value(value).unwrap()
}

fn fill_all(value: &mut Value, known: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => *text = fill(text, known),
        Value::Array(items) => items.iter_mut().for_each(|item| fill_all(item, known)),
        Value::Object(map) => map.values_mut().for_each(|item| fill_all(item, known)),
        _ => {}
    }
}

fn fill(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(literal) = before.strip_suffix('$') {
            out.push_str(literal);
            out.push_str("${");
            rest = after;
            continue;
        }
        let (expression, behind) = after.split_once('}').unwrap();
        let (name, default) = expression
            .split_once('|')
            .map_or((expression, None), |(name, default)| (name, Some(default)));
        let value = known.get(name).map(String::as_str).or(default);
        out.push_str(before);
        out.push_str(value.unwrap_or_else(|| panic!("`${{{name}}}` stands for nothing")));
        rest = behind;
    }
    out.push_str(rest);
    out
}
