//! The report on a terminal.
//!
//! Every figure with what it rests on and the numbers of its sources, which stand at the end. How each came about is in the
//! page, the spreadsheet and the JSON, where there is room for it.

use std::fmt::Write;

use mosipctl_catalogue::sizing::Basis;

use crate::components::ComponentSize;
use crate::figure::Figure;
use crate::number::number;
use crate::report::Report;

mod table;
mod words;

use table::Table;
use words::wrapped;
pub(crate) use words::{pods, settings, shape, stores, takes, worked};

/// How words are set apart, where a terminal can.
pub trait Ink {
    /// What the eye should find first.
    fn strong(&self, text: &str) -> String;
    /// What can be passed over.
    fn faint(&self, text: &str) -> String;
    /// Something to look at.
    fn warn(&self, text: &str) -> String;
}

/// No colours.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl Ink for Plain {
    fn strong(&self, text: &str) -> String {
        text.to_owned()
    }
    fn faint(&self, text: &str) -> String {
        text.to_owned()
    }
    fn warn(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// Width of the names at the left of the head.
const MARGIN: usize = 10;
/// Columns of the screen.
const WIDTH: usize = 98;

/// The screen. `file` is how the environment file is called on the command line.
pub fn screen(report: &Report, file: &str, ink: &dyn Ink) -> String {
    let mut text = head(report, ink);
    let screen = Screen { report, ink };
    screen.section(&mut text, "nodes", &screen.nodes());
    screen.section(&mut text, "machines beside the cluster", &screen.machines());
    screen.section(&mut text, "pods", &screen.components());
    screen.section(&mut text, "storage", &screen.storage());
    screen.section(&mut text, "lines", &screen.figures(&report.bandwidth));
    screen.section(
        &mut text,
        "servers outside",
        &screen.figures(&report.outside),
    );
    screen.section(&mut text, "in the field", &screen.figures(&report.field));
    warnings(&mut text, report, ink);
    left_out(&mut text, report, ink);
    sources(&mut text, report, ink);
    foot(&mut text, report, file, ink);
    text
}

fn head(report: &Report, ink: &dyn Ink) -> String {
    let name = ink.strong(&format!("environment {}", report.environment));
    let mut text = format!(
        "{name} · MOSIP {} · profile {}\n\n",
        report.version, report.profile
    );
    line(&mut text, "for", &worked(report));
    line(&mut text, "with", &settings(report));
    line(&mut text, "takes", &ink.strong(&takes(report)));
    line(&mut text, "pods", &pods(report));
    line(&mut text, "storage", &stores(report));
    text
}

fn line(text: &mut String, name: &str, about: &str) {
    let about = wrapped(about, WIDTH - MARGIN - 2, MARGIN + 2);
    let _ = writeln!(text, "  {name:<MARGIN$}{about}");
}

struct Screen<'a> {
    report: &'a Report,
    ink: &'a dyn Ink,
}

impl Screen<'_> {
    fn section(&self, text: &mut String, title: &str, table: &Table) {
        if !table.is_empty() {
            let _ = writeln!(text, "\n{}", self.ink.strong(title));
            table.write(text, self.ink);
        }
    }

    /// `official 1 3`.
    fn rests_on(&self, basis: Basis, sources: &[String]) -> String {
        let numbers = sources
            .iter()
            .filter_map(|name| self.report.sources.get_index_of(name));
        numbers.fold(basis.as_str().to_owned(), |mut text, index| {
            let _ = write!(text, " {}", index + 1);
            text
        })
    }

    fn nodes(&self) -> Table {
        let list = &self.report.nodes;
        let mut table = Table::new(&["nodes for", ">nodes", "how", "rests on"]);
        for reason in &list.reasons {
            table.row([
                reason.what.clone(),
                number(reason.value),
                reason.how.clone(),
                self.rests_on(reason.basis, &reason.sources),
            ]);
        }
        table
    }

    fn machines(&self) -> Table {
        let list = &self.report.nodes;
        let mut table = Table::new(&["machine", ">count", ">cores", ">GB", ">GB disk", "rests on"]);
        for machine in &list.machines {
            table.row([
                machine.role.clone(),
                machine.count.to_string(),
                number(machine.cpu),
                number(machine.memory_gb),
                number(machine.disk_gb),
                self.rests_on(Basis::Official, &list.machine_sources),
            ]);
        }
        table
    }

    fn components(&self) -> Table {
        let mut table = Table::new(&[
            "component",
            ">pods",
            ">heap MiB",
            ">cores",
            ">GiB",
            ">all cores",
            ">all GiB",
            "rests on",
        ]);
        for component in &self.report.components {
            table.row(self.component(component));
        }
        table
    }

    fn component(&self, component: &ComponentSize) -> [String; 8] {
        [
            component.component.clone(),
            component.replicas.to_string(),
            component.heap_mib.map_or_else(|| "-".to_owned(), number),
            number(component.pod.cpu),
            number(component.pod.memory_gib()),
            number(component.total.cpu),
            number(component.total.memory_gib()),
            self.rests_on(component.basis, &component.sources),
        ]
    }

    fn storage(&self) -> Table {
        let mut table = Table::new(&[
            "of",
            ">GB a day",
            ">GB in the end",
            ">with overhead",
            "rests on",
        ]);
        for store in &self.report.stores {
            let total = number(store.with_overhead);
            table.group(&format!("{}: provide {total} GB", store.name));
            let factor = store.with_overhead / store.total;
            let own = |volume: &&_| -> bool { belongs(volume, &store.name) };
            for volume in self.report.volumes.iter().filter(own) {
                table.row([
                    format!("  {}", volume.total.what),
                    number(volume.per_day.value),
                    number(volume.total.value),
                    number(volume.total.value * factor),
                    self.rests_on(volume.total.basis, &volume.total.sources),
                ]);
            }
        }
        table
    }

    fn figures(&self, figures: &[Figure]) -> Table {
        let mut table = Table::new(&["of", ">figure", "unit", "rests on"]);
        for figure in figures {
            table.row([
                figure.what.clone(),
                number(figure.value),
                figure.unit.clone(),
                self.rests_on(figure.basis, &figure.sources),
            ]);
        }
        table
    }
}

fn belongs(volume: &crate::model::storage::Volume, store: &str) -> bool {
    volume.store == store
}

fn warnings(text: &mut String, report: &Report, ink: &dyn Ink) {
    if report.warnings.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", ink.strong("look at this"));
    for warning in &report.warnings {
        let message = wrapped(&warning.message, WIDTH - 4, 4);
        let _ = writeln!(text, "  {} {message}", ink.warn("!"));
        let remedy = wrapped(&warning.remedy, WIDTH - 6, 6);
        let _ = writeln!(text, "    {} {remedy}", ink.faint("→"));
    }
}

fn left_out(text: &mut String, report: &Report, ink: &dyn Ink) {
    let title = ink.strong("left out of the official numbers");
    let _ = writeln!(text, "\n{title}");
    for item in &report.left_out.items {
        let advice = wrapped(&item.advice, WIDTH - 33, 33);
        let _ = writeln!(text, "  {} {:<29}{advice}", ink.warn("!"), item.what);
    }
}

/// Where numbers were read, those that this report cites.
fn sources(text: &mut String, report: &Report, ink: &dyn Ink) {
    let _ = writeln!(text, "\n{}", ink.strong("sources"));
    for (index, (name, source)) in report.sources.iter().enumerate() {
        if report.cites(name) {
            let _ = writeln!(text, " {:>2}  {}", index + 1, source.title);
            let _ = writeln!(text, "     {}", ink.faint(&source.at));
        }
    }
}

fn foot(text: &mut String, report: &Report, file: &str, ink: &dyn Ink) {
    let same = report
        .official
        .iter()
        .filter(|check| check.agrees())
        .count();
    let all = report.official.len();
    let _ = writeln!(
        text,
        "\nofficial tables: {same} of {all} published figures come out the same to the last digit\n\
         rests on: given by your file, official (MOSIP's), measured, or assumed (ours)"
    );
    let more = format!(
        "`mosipctl size {file} --html FILE` or `--xlsx FILE` says how each figure came about\n\
         `mosipctl size {file} --settings` prints the pods for `spec.components`"
    );
    for line in more.lines() {
        let _ = writeln!(text, "{}", ink.faint(line));
    }
}

/// The pods that the work asks for, as a part of an environment file.
pub fn settings_for(report: &Report) -> String {
    let more = report.components.iter();
    let more = more.filter(|size| size.settable && size.replicas != size.present);
    let mut text =
        "# Pods that the workload asks for and the file does not give yet; a part of `spec`.\n"
            .to_owned();
    let mut is_empty = true;
    for component in more {
        if is_empty {
            text.push_str("components:\n");
            is_empty = false;
        }
        let (name, replicas) = (&component.component, component.replicas);
        let _ = writeln!(text, "  {name}: {{replicas: {replicas}}}");
    }
    if is_empty {
        text.push_str("components: {}\n");
    }
    text
}
