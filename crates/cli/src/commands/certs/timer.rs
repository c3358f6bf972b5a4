//! `mosipctl certs timer`

use std::path::{Path, PathBuf};

use mosipctl_certificates::Timer;
use mosipctl_journal::place::STATE_VARIABLE;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::{Document, Environment};
use serde_json::json;

use crate::arguments::CertsTimer;
use crate::hosts_file::read;
use crate::settings::Settings;
use crate::write::{Over, write};

pub(super) fn run(arguments: &CertsTimer, settings: &Settings) -> Result<Exit, Trouble> {
    let file = &arguments.file.file;
    let (name, text) = (file.display().to_string(), read(file)?);
    let document = Document {
        name: &name,
        text: &text,
    };
    let environment = Environment::read(&document);
    let environment = environment.map_err(|complaint| Trouble::in_file(*complaint))?;
    let file = whole(file)?;
    let timer = Timer {
        environment: environment.name().to_string(),
        program: std::env::current_exe().map_err(|error| Trouble::of(&error))?,
        folder: file.parent().unwrap_or(Path::new("/")).to_owned(),
        file,
        state: std::env::var_os(STATE_VARIABLE)
            .map(|path| whole(Path::new(&path)))
            .transpose()?,
        user: arguments.user.clone().unwrap_or_else(user),
    };
    let units = timer.units();
    if let Some(folder) = &arguments.out {
        for unit in &units {
            write(&folder.join(&unit.name), 0o644, &unit.text, Over::Allowed)?;
        }
    }
    if settings.json {
        let units = units
            .iter()
            .map(|unit| json!({"name": unit.name, "text": unit.text}));
        outln!("{}", json!({"units": units.collect::<Vec<_>>()}));
        return Ok(Exit::Done);
    }
    match &arguments.out {
        None => units
            .iter()
            .for_each(|unit| out!("# /etc/systemd/system/{}\n{}\n", unit.name, unit.text)),
        Some(folder) => {
            let [service, timer] = &units;
            eprintln!(
                "wrote {} and {} into {}",
                service.name,
                timer.name,
                folder.display()
            );
            eprintln!(
                "then: systemctl daemon-reload && systemctl enable --now {}",
                timer.name
            );
        }
    }
    Ok(Exit::Done)
}

/// The path from the root: a unit runs in no folder of the user's.
fn whole(path: &Path) -> Result<PathBuf, Trouble> {
    std::path::absolute(path).map_err(|error| Trouble::of(&error))
}

fn user() -> String {
    std::env::var("USER").unwrap_or_else(|_| "root".to_owned())
}
