//! What was put on a host, written down there.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_hosts::{FileOnHost, GUARD_UNIT, HostError, Shell, files};
use serde::{Deserialize, Serialize};

use crate::item::Item;

/// Where it lies.
pub(crate) const PATH: &str = "/etc/mosipctl/manifest.json";

/// Everything that was put on a host, so that it can be taken away again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Manifest {
    /// The environment that the host belongs to.
    pub environment: String,
    /// Packages that were not there before.
    pub packages: BTreeSet<String>,
    /// Files, programs among them, each with its SHA-256.
    pub files: BTreeMap<String, String>,
    /// Units that were enabled.
    pub units: BTreeSet<String>,
    /// Images in containerd's store.
    pub images: BTreeSet<String>,
}

impl Manifest {
    /// Reads it; an empty one where there is none.
    ///
    /// # Errors
    /// The host cannot be asked, or what is there is no manifest.
    pub async fn read(shell: &dyn Shell) -> Result<Self, HostError> {
        let Some(text) = files::read(shell, PATH).await? else {
            return Ok(Self::default());
        };
        serde_json::from_slice(&text).map_err(|error| HostError::Unexpected {
            host: shell.host().to_owned(),
            what: format!("read `{PATH}`"),
            problem: error.to_string(),
        })
    }

    /// Adds what a work put there.
    pub(crate) async fn add(
        shell: &dyn Shell,
        environment: &str,
        items: &[Item],
        installed: &[String],
    ) -> Result<(), HostError> {
        let before = Self::read(shell).await?;
        let mut manifest = before.clone();
        manifest.environment = environment.to_owned();
        manifest.packages.extend(installed.iter().cloned());
        for item in items {
            manifest.note(item);
        }
        if manifest == before {
            return Ok(());
        }
        // a map of texts is always JSON
        let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        files::write(shell, &FileOnHost::new(PATH, format!("{text}\n"))).await?;
        Ok(())
    }

    fn note(&mut self, item: &Item) {
        let mut file = |path: &str, digest: &str| {
            self.files.insert(path.to_owned(), digest.to_owned());
        };
        match item {
            Item::File(each) | Item::Nginx(each) => file(&each.path, &each.digest()),
            Item::Program(program) => file(&program.path, &program.sha256),
            Item::Modules { name, .. } => file(&format!("/etc/modules-load.d/{name}.conf"), ""),
            Item::Sysctls { name, .. } => file(&format!("/etc/sysctl.d/{name}.conf"), ""),
            Item::Guarded(change) => {
                let files = change.files().iter();
                files.for_each(|each| file(&each.path, &each.digest()));
                file(GUARD_UNIT, "");
            }
            Item::NoFile(path) => drop(self.files.remove(path)),
            Item::Unit(unit) | Item::Steady(unit) => drop(self.units.insert(unit.clone())),
            Item::Image(image) => self.images.extend(image.names.iter().cloned()),
            Item::Packages(_) | Item::NoSwap | Item::Script(_) => {}
        }
    }
}
