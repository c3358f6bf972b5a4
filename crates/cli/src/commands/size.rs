//! `mosipctl size`

use std::path::Path;

use mosipctl_report::{Exit, Paint, Trouble};
use mosipctl_size::screen::{Ink, screen, settings_for};
use mosipctl_size::{Asked, Report, html, resolve, workbook};
use mosipctl_spec::{Complaint, Document, Environment};

use crate::arguments::Size;
use crate::hosts_file::read;
use crate::session::unloadable;
use crate::settings::Settings;

pub(crate) fn run(arguments: &Size, settings: &Settings) -> Result<Exit, Trouble> {
    let file = arguments.file.file.display().to_string();
    let report = report(&file, settings)?;
    if let Some(file) = &arguments.html {
        write(file, html::page(&report).as_bytes())?;
    }
    if let Some(file) = &arguments.xlsx {
        let book = workbook::workbook(&report).map_err(|error| Trouble::of(&error))?;
        write(file, &book)?;
    }
    match (settings.json, arguments.settings) {
        (true, _) => outln!("{}", json(&report)?),
        (false, true) => out!("{}", settings_for(&report)),
        (false, false) => out!("{}", screen(&report, &file, &InPaint(settings.data))),
    }
    Ok(Exit::Done)
}

fn report(file: &str, settings: &Settings) -> Result<Report, Trouble> {
    let text = read(Path::new(file))?;
    let document = Document {
        name: file,
        text: &text,
    };
    let environment =
        Environment::read(&document).map_err(|complaint| Trouble::in_file(*complaint))?;
    let (source, version) = (&settings.catalogue, &environment.spec.mosip);
    let catalogue = source.load(version).map_err(unloadable)?;
    let facts = source.sizing(version).map_err(unloadable)?;
    let blueprint = resolve(&environment, &document, &catalogue).map_err(Trouble::in_file)?;
    let asked = Asked {
        environment: &environment,
        blueprint: &blueprint,
        facts: &facts,
    };
    // What cannot be sized is shown at its place in the file.
    mosipctl_size::size(&asked).map_err(|error| {
        let complaint = Complaint::at(&document, &error.path(), error.to_string());
        Trouble::in_file(complaint.with_help(error.remedy()))
    })
}

fn write(file: &Path, content: &[u8]) -> Result<(), Trouble> {
    std::fs::write(file, content).map_err(|error| {
        Trouble::new(format!("failed to write `{}`: {error}", file.display()))
            .remedy("name a file in a folder that is there and that you may write to")
    })?;
    eprintln!("wrote {}", file.display());
    Ok(())
}

fn json(report: &Report) -> Result<String, Trouble> {
    serde_json::to_string(report).map_err(|error| Trouble::of(&error))
}

/// The program's paint for the screen.
struct InPaint(Paint);

impl Ink for InPaint {
    fn strong(&self, text: &str) -> String {
        self.0.strong(text)
    }
    fn faint(&self, text: &str) -> String {
        self.0.faint(text)
    }
    fn warn(&self, text: &str) -> String {
        self.0.warn(text)
    }
}
