//! `mosipctl init`

use std::io::Write;
use std::path::Path;

use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::{Domain, Label};

use crate::arguments::{Init, InitCluster};
use crate::settings::Settings;

/// The file to begin with; names in braces are filled in.
const TEMPLATE: &str = include_str!("init/environment.yaml");

pub(crate) fn run(init: &Init, settings: &Settings) -> Result<Exit, Trouble> {
    let wrong = |error: &dyn std::error::Error| Trouble::new(error.to_string()).exit(Exit::Usage);
    let name: Label = init
        .name
        .parse()
        .map_err(|error: mosipctl_spec::NameError| wrong(&error))?;
    let domain: Domain = init
        .domain
        .parse()
        .map_err(|error: mosipctl_spec::NameError| wrong(&error))?;
    let newest = newest_edition(settings)?;
    let text = TEMPLATE
        .replace("{name}", name.as_str())
        .replace("{domain}", domain.as_str())
        .replace("{version}", &newest)
        .replace("{cluster}", cluster(init.cluster));
    if init.file == Path::new("-") {
        out!("{text}");
        return Ok(Exit::Done);
    }
    write_new(&init.file, &text)?;
    let file = init.file.display();
    eprintln!("wrote {file}; read it, then see what it means with `mosipctl plan {file}`");
    Ok(Exit::Done)
}

fn newest_edition(settings: &Settings) -> Result<String, Trouble> {
    let versions = settings
        .catalogue
        .versions()
        .map_err(crate::session::unloadable)?;
    let newest = versions.last().map(ToString::to_string);
    newest.ok_or_else(|| Trouble::new("the catalogue has no edition").exit(Exit::Usage))
}

fn cluster(cluster: InitCluster) -> &'static str {
    match cluster {
        InitCluster::Lab => {
            "{kind: lab}              # a real control plane with simulated nodes, on this machine"
        }
        InitCluster::Existing => {
            "{kind: existing}         # the cluster of your kubeconfig's current context; or `context: NAME`"
        }
    }
}

/// Never writes over a file that is there.
fn write_new(file: &Path, text: &str) -> Result<(), Trouble> {
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file);
    let mut opened = opened.map_err(|error| {
        Trouble::new(format!("failed to write `{}`: {error}", file.display()))
            .remedy("give another name; a file that is there is never written over")
            .exit(Exit::Usage)
    })?;
    opened
        .write_all(text.as_bytes())
        .map_err(|error| Trouble::of(&error))
}
