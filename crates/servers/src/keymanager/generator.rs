//! MOSIP's job that makes keys before the services start.
//!
//! It is keymanager's own code under another name. Keys that are there stay, so it may run again. It opens a port while it
//! runs; nobody calls it.

use std::path::Path;
use std::time::Duration;

use mosipctl_artefact::Artefacts;

use super::jars::GeneratorJars;
use super::{
    JAVA, Keymanager, KeymanagerSettings, lay_out, location, log, spring, virtual_machine,
};
use crate::error::{AtPath, ServerError};
use crate::java::find_java;
use crate::process::{Process, RunAs, free_port};

/// 60 s were measured on busy cores, with 10 000 random keys.
const PATIENCE: Duration = Duration::from_secs(300);
/// It may end well and have done nothing.
const DONE: &str = "Keys generated.";

/// Which keys are to be there.
#[derive(Debug, Clone, Default)]
pub struct WantedKeys {
    /// Master keys, as `APPLICATION` or `APPLICATION:REFERENCE`, `ROOT` first: it signs the others.
    pub master: Vec<String>,
    /// Keys of a master key, as `APPLICATION:REFERENCE`.
    pub base: Vec<String>,
    /// The application whose keys sign answers and keep identities, if it is not `KERNEL`.
    pub application: Option<String>,
    /// How many keys are drawn to encrypt data with, of which each record gets one: 10 000 in MOSIP.
    pub random: u32,
}

impl Keymanager {
    /// Makes the keys that are missing. No keymanager may run on the token meanwhile: it would not see them until it starts
    /// again.
    ///
    /// # Errors
    /// There is no Java, a jar cannot be brought, or the job fails or takes too long.
    pub async fn generate_keys(
        artefacts: &Artefacts,
        settings: &KeymanagerSettings,
        keys: &WantedKeys,
    ) -> Result<(), ServerError> {
        let java = find_java(artefacts, "the keys generator", JAVA).await?;
        let jars = GeneratorJars::bring(artefacts).await?;
        let folder = settings.folder.join("keys-generator");
        let settings = KeymanagerSettings {
            folder: folder.clone(),
            ..settings.clone()
        };
        lay_out(
            &settings,
            free_port().at(&folder)?,
            &properties(keys, &settings.database.schema),
        )?;
        let mut command = virtual_machine(&java, &settings);
        command.arg("-jar").arg(&jars.generator);
        let classes = format!("jar:file:{}!/BOOT-INF/classes/", jars.service.display());
        spring(&mut command, &[classes, location(&settings)]);
        let output = folder.join("log");
        let process =
            Process::start("the keys generator", &command, RunAs::Ourselves, &output).await?;
        wait(process, &output).await.map_err(log::readable)
    }
}

fn properties(keys: &WantedKeys, schema: &str) -> Vec<(&'static str, String)> {
    let mut all = vec![
        (
            "mosip.kernel.keymanager.autogen.appids.list",
            keys.master.join(","),
        ),
        (
            "mosip.kernel.keymanager.autogen.basekeys.list",
            keys.base.join(","),
        ),
        (
            "zkcrypto.random.key.generate.count",
            keys.random.to_string(),
        ),
        (
            "mosip.kernel.zkcrypto.generate.ida.publickey",
            "true".to_owned(),
        ),
        ("javax.persistence.jdbc.schema", schema.to_owned()),
    ];
    let application = keys.application.iter();
    all.extend(application.flat_map(|application| {
        let names = [
            "mosip.sign.applicationid",
            "mosip.kernel.zkcrypto.masterkey.application.id",
        ];
        names.map(|name| (name, application.clone()))
    }));
    all
}

async fn wait(process: Process, output: &Path) -> Result<(), ServerError> {
    let Ok(status) = tokio::time::timeout(PATIENCE, process.ended()).await else {
        let last_lines = process.last_lines();
        process.stop().await;
        return Err(ServerError::Silent {
            what: "the keys generator".to_owned(),
            seconds: PATIENCE.as_secs(),
            last_lines,
        });
    };
    let text = std::fs::read(output).at(output)?;
    let is_done = String::from_utf8_lossy(&text).contains(DONE);
    match status {
        Some(status) if status.success() && is_done => Ok(()),
        status => Err(ServerError::Ended {
            what: "the keys generator".to_owned(),
            how: status.map_or_else(
                || "it is gone".to_owned(),
                |status| format!("it ended with {status}"),
            ),
            last_lines: process.last_lines(),
        }),
    }
}
