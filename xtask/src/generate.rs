//! Files that are made from code, so that they cannot differ from it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use mosipctl_catalogue::component::service::ServiceValues;

use crate::shell::root;

mod reference;

pub(crate) fn run(check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for (path, content) in files()? {
        let full = root().join(&path);
        if fs::read_to_string(&full).is_ok_and(|present| present == content) {
            continue;
        }
        if check {
            stale.push(path.display().to_string());
            continue;
        }
        if let Some(folder) = full.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&full, content).with_context(|| format!("failed to write {}", full.display()))?;
        eprintln!("   wrote {}", path.display());
    }
    if !stale.is_empty() {
        bail!(
            "not as the code would make them: {}; run `cargo xtask generate`",
            stale.join(", ")
        );
    }
    Ok(())
}

/// Every generated file with its content.
fn files() -> Result<Vec<(PathBuf, String)>> {
    let schema = mosipctl_spec::schema::environment();
    let text = format!("{}\n", serde_json::to_string_pretty(&schema)?);
    let reference = reference::environment(&serde_json::to_value(&schema)?);
    let hosts = mosipctl_spec::schema::hosts();
    let hosts_text = format!("{}\n", serde_json::to_string_pretty(&hosts)?);
    let hosts_reference = reference::hosts(&serde_json::to_value(&hosts)?);
    Ok(vec![
        (PathBuf::from("schemas/environment.json"), text),
        (PathBuf::from("docs/environment.md"), reference),
        (PathBuf::from("schemas/hosts.json"), hosts_text),
        (PathBuf::from("docs/hosts-file.md"), hosts_reference),
        (
            PathBuf::from("charts/mosip-service/values.schema.json"),
            ServiceValues::schema()?,
        ),
    ])
}
