//! `mosipctl catalogue`

use std::collections::BTreeMap;
use std::fmt::Write;

use mosipctl_catalogue::edition::Entry;
use mosipctl_catalogue::relations::Relations;
use mosipctl_catalogue::{Catalogue, Component};
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::{Version, nearest};
use serde_json::{Value, json};

use crate::arguments::{Catalogue as Arguments, CatalogueVerb, GraphFormat};
use crate::settings::Settings;

mod images;

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> Result<Exit, Trouble> {
    let catalogue = load(arguments.edition.as_deref(), settings)?;
    match &arguments.verb {
        CatalogueVerb::List => list(&catalogue, settings),
        CatalogueVerb::Show { name, origin } => show(&catalogue, name, *origin, settings)?,
        CatalogueVerb::Graph { format } => graph(&catalogue, *format),
        CatalogueVerb::Images => images::show(&catalogue, settings)?,
        CatalogueVerb::Defects => defects(&catalogue, settings),
        CatalogueVerb::Lock { out } => return images::lock(&catalogue, out, settings),
    }
    Ok(Exit::Done)
}

fn load(edition: Option<&str>, settings: &Settings) -> Result<Catalogue, Trouble> {
    let version: Version = match edition {
        Some(text) => text
            .parse()
            .map_err(|error| Trouble::of(&error as &mosipctl_spec::NameError).exit(Exit::Usage))?,
        None => {
            let versions = settings
                .catalogue
                .versions()
                .map_err(crate::session::unloadable)?;
            let newest = versions.last().cloned();
            newest.ok_or_else(|| Trouble::new("the catalogue has no edition").exit(Exit::Usage))?
        }
    };
    settings
        .catalogue
        .load(&version)
        .map_err(crate::session::unloadable)
}

fn list(catalogue: &Catalogue, settings: &Settings) {
    let mut by_module: BTreeMap<&str, Vec<(&str, &Entry)>> = BTreeMap::new();
    for (name, entry) in &catalogue.components {
        by_module
            .entry(&entry.module)
            .or_default()
            .push((name, entry));
    }
    if settings.json {
        let components = catalogue.components.iter().map(|(name, entry)| {
            json!({"name": name, "module": entry.module, "title": entry.component.title,
                "namespace": catalogue.namespace_of(name), "kind": kind(&entry.component)})
        });
        outln!(
            "{}",
            json!({"edition": catalogue.edition.version, "components": components.collect::<Vec<_>>()})
        );
        return;
    }
    let paint = settings.data;
    outln!(
        "MOSIP {} · {} in {}",
        catalogue.edition.version,
        count(catalogue.components.len(), "component"),
        count(catalogue.edition.modules.len(), "module")
    );
    for (name, module) in &catalogue.edition.modules {
        let optional = match module.install {
            mosipctl_catalogue::component::Install::Default => "",
            mosipctl_catalogue::component::Install::Optional => " (optional)",
        };
        outln!(
            "\n{}{optional} · {} · namespace {}",
            paint.strong(name),
            module.title,
            module.namespace
        );
        for (name, entry) in by_module.get(name.as_str()).into_iter().flatten() {
            outln!(
                "  {name:<34} {:<9} {}",
                kind(&entry.component),
                entry.component.title
            );
        }
    }
}

/// What a component is, in one word.
fn kind(component: &Component) -> &'static str {
    match component {
        Component {
            service: Some(_), ..
        } => "service",
        Component { chart: Some(_), .. } => "chart",
        Component { job: Some(_), .. } => "job",
        Component { realm: Some(_), .. } => "realm",
        Component { databases, .. } if !databases.is_empty() => "databases",
        Component { buckets, .. } if !buckets.is_empty() => "buckets",
        Component { secrets, .. } if !secrets.is_empty() => "secrets",
        _ => "objects",
    }
}

fn show(
    catalogue: &Catalogue,
    name: &str,
    origin: bool,
    settings: &Settings,
) -> Result<(), Trouble> {
    let Some(entry) = catalogue.components.get(name) else {
        let meant = nearest(name, catalogue.components.keys().map(String::as_str));
        return Err(Trouble::new(format!(
            "no component `{name}` in MOSIP {}",
            catalogue.edition.version
        ))
        .maybe_remedy(meant.map(|meant| format!("did you mean `{meant}`?")))
        .exit(Exit::Usage));
    };
    let relations = Relations::of(catalogue);
    let needs: Vec<String> = relations.needs_of(name).map(ToString::to_string).collect();
    let makes: Vec<String> = relations.made_by(name).map(ToString::to_string).collect();
    if settings.json {
        outln!(
            "{}",
            json!({"name": name, "module": entry.module, "namespace": catalogue.namespace_of(name),
            "component": entry.component, "needs": needs, "makes": makes})
        );
        return Ok(());
    }
    let paint = settings.data;
    outln!(
        "{} · {} · module {} · namespace {}",
        paint.strong(name),
        kind(&entry.component),
        entry.module,
        catalogue.namespace_of(name).unwrap_or_default()
    );
    outln!("  {}", entry.component.title);
    if let Some(about) = &entry.component.about {
        outln!("  {about}");
    }
    if let Some(why) = &entry.component.unproven {
        outln!("  {}: {why}", paint.warn("unproven"));
    }
    let mut label = "needs";
    for need in &needs {
        outln!("  {label:<6}  {need}");
        label = "";
    }
    let mut label = "makes";
    for fact in &makes {
        outln!("  {label:<6}  {fact}");
        label = "";
    }
    if let Some(startup) = &entry.component.startup {
        outln!(
            "  starts  in about {} s ({:?}{})",
            startup.seconds,
            startup.basis,
            startup
                .source
                .as_ref()
                .map(|s| format!(": {s}"))
                .unwrap_or_default()
        );
    }
    outln!();
    let value = serde_json::to_value(&entry.component).unwrap_or_default();
    match origin {
        true => out!("{}", with_origins(&value, entry)),
        false => out!("{}", serde_saphyr::to_string(&value).unwrap_or_default()),
    }
    Ok(())
}

/// Every field with the file it comes from.
fn with_origins(value: &Value, entry: &Entry) -> String {
    let mut text = String::new();
    leaves(value, &mut String::new(), &mut |pointer, leaf| {
        let file = entry.origins.of(pointer).unwrap_or("default");
        let _ = writeln!(
            text,
            "{:<56} {:<40} {file}",
            pointer.trim_start_matches('/').replace('/', "."),
            leaf.to_string()
        );
    });
    text
}

fn leaves(value: &Value, at: &mut String, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let length = at.len();
                at.push('/');
                at.push_str(key);
                leaves(value, at, visit);
                at.truncate(length);
            }
        }
        leaf => visit(at, leaf),
    }
}

/// Which component needs which.
fn edges(catalogue: &Catalogue) -> Vec<(String, String)> {
    let relations = Relations::of(catalogue);
    let mut edges = Vec::new();
    for name in catalogue.components.keys() {
        let mut makers: Vec<&str> = relations
            .needs_of(name)
            .flat_map(|need| relations.makers_of(need))
            .collect();
        makers.sort_unstable();
        makers.dedup();
        edges.extend(
            makers
                .into_iter()
                .filter(|maker| maker != name)
                .map(|maker| (maker.to_owned(), name.clone())),
        );
    }
    edges
}

fn graph(catalogue: &Catalogue, format: GraphFormat) {
    let edges = edges(catalogue);
    match format {
        GraphFormat::Json => {
            let edges: Vec<Value> = edges
                .iter()
                .map(|(from, to)| json!({"from": from, "to": to}))
                .collect();
            outln!(
                "{}",
                json!({"components": catalogue.components.keys().collect::<Vec<_>>(), "edges": edges})
            );
        }
        GraphFormat::Dot => {
            outln!("digraph mosip {{\n  rankdir=LR;\n  node [shape=box];");
            for (name, entry) in &catalogue.components {
                outln!(
                    "  \"{name}\" [tooltip=\"{}\"];",
                    entry.component.title.replace('"', "'")
                );
            }
            edges
                .iter()
                .for_each(|(from, to)| outln!("  \"{from}\" -> \"{to}\";"));
            outln!("}}");
        }
        GraphFormat::Mermaid => {
            outln!("flowchart LR");
            edges
                .iter()
                .for_each(|(from, to)| outln!("  {from} --> {to}"));
        }
    }
}

fn defects(catalogue: &Catalogue, settings: &Settings) {
    if settings.json {
        let all = catalogue.corrections().map(
            |(component, correction)| json!({"component": component, "correction": correction}),
        );
        outln!("{}", Value::Array(all.collect()));
        return;
    }
    let mut number = 0;
    for (component, correction) in catalogue.corrections() {
        number += 1;
        outln!(
            "{} {}",
            settings.data.strong(component.unwrap_or("edition")),
            correction.defect.trim()
        );
        outln!("    seen in {}", correction.evidence.trim());
        if let Some(at) = &correction.at {
            outln!("    corrected at {at}");
        }
    }
    outln!("\n{}", count(number, "defect"));
}
