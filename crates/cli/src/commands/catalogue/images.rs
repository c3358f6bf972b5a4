//! `mosipctl catalogue images` and `lock`

use std::collections::BTreeMap;
use std::path::Path;

use mosipctl_catalogue::Catalogue;
use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use crate::settings::Settings;

/// Every image that components name in their own files, with the components. What charts of their own name shows only
/// when they are rendered: `mosipctl plan --json` has those too.
fn named(catalogue: &Catalogue) -> BTreeMap<String, Vec<String>> {
    let mut images: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for placed in catalogue.placed() {
        for container in placed.containers() {
            images
                .entry(container.image.clone())
                .or_default()
                .push(placed.name.to_owned());
        }
        if let Some(chart) = &placed.component.chart {
            in_values(
                &serde_json::Value::Object(chart.values.clone()),
                &mut |image| {
                    images
                        .entry(image.to_owned())
                        .or_default()
                        .push(placed.name.to_owned());
                },
            );
        }
    }
    images
}

fn in_values(value: &serde_json::Value, visit: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match value.as_str() {
                    Some(text) if key == "image" => visit(text),
                    _ => in_values(value, visit),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| in_values(item, visit)),
        _ => {}
    }
}

pub(super) fn show(catalogue: &Catalogue, settings: &Settings) -> Result<(), Trouble> {
    let images = named(catalogue);
    if settings.json {
        let all = images.iter().map(|(image, users)| json!({"image": image, "components": users, "pinned": is_pinned(image)}));
        outln!("{}", serde_json::Value::Array(all.collect()));
        return Ok(());
    }
    for (image, users) in &images {
        let state = if is_pinned(image) {
            "pinned  "
        } else {
            "unpinned"
        };
        outln!("{state}  {image:<64} {}", users.join(", "));
    }
    outln!(
        "\n{} images, {} unpinned",
        images.len(),
        images.keys().filter(|image| !is_pinned(image)).count()
    );
    Ok(())
}

fn is_pinned(image: &str) -> bool {
    image.contains("@sha256:")
}

/// Reads digests from registries.
pub(super) fn lock(
    catalogue: &Catalogue,
    out: &Path,
    _settings: &Settings,
) -> Result<Exit, Trouble> {
    let _ = (catalogue, out);
    Err(Trouble::new("digests cannot be read from registries yet"))
}
