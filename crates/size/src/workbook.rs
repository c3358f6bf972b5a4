//! The report as a spreadsheet, to calculate with.
//!
//! Figures are numbers, not text. The same report gives the same bytes: the file holds no time of its making.

use mosipctl_catalogue::sizing::Basis;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::components::ComponentSize;
use crate::figure::Figure;
use crate::report::Report;

mod sheet;

use sheet::{Cell, Formats, Sheet};

/// The spreadsheet's bytes.
///
/// # Errors
/// Never in practice: names of sheets are fixed and short.
pub fn workbook(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // A fixed time instead of now.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    let title = format!("Size of {}", report.environment);
    book.set_properties(
        &DocProperties::new()
            .set_title(title)
            .set_creation_datetime(&made),
    );
    let formats = Formats::new();
    for sheet in sheets(report) {
        sheet.write(&mut book, &formats)?;
    }
    book.save_to_buffer()
}

fn sheets(report: &Report) -> [Sheet; 8] {
    [
        summary(report),
        components(report),
        storage(report),
        nodes(report),
        lines(report),
        left_out(report),
        official(report),
        sources(report),
    ]
}

const FIGURE: [&str; 6] = ["of", "figure", "unit", "how", "rests on", "sources"];

fn figure(figure: &Figure) -> Vec<Cell> {
    vec![
        Cell::text(&figure.what),
        Cell::Number(figure.value),
        Cell::text(&figure.unit),
        Cell::text(&figure.how),
        Cell::basis(figure.basis),
        Cell::sources(&figure.sources),
    ]
}

fn summary(report: &Report) -> Sheet {
    let mut sheet = Sheet::new("Summary", &FIGURE);
    let text = |what: &str, value: &str| vec![Cell::text(what), Cell::text(value)];
    sheet.row(text("environment", &report.environment));
    sheet.row(text("MOSIP", &report.version));
    sheet.row(text("profile", report.profile));
    for workload in &report.workload {
        sheet.row(figure(workload));
    }
    let pods = &report.pods;
    let total = |what: &str, value: f64, unit: &str| {
        vec![Cell::text(what), Cell::Number(value), Cell::text(unit)]
    };
    sheet.row(total("nodes", f64::from(report.nodes.count), "nodes"));
    sheet.row(total("cores of pods", pods.amount.cpu, "cores"));
    sheet.row(total("memory of pods", pods.amount.memory_gib(), "GiB"));
    sheet.row(total("Java heaps", pods.heap_mib / 1024.0, "GiB"));
    sheet.row(total(
        "requested by pods with a heap",
        pods.requested_mib / 1024.0,
        "GiB",
    ));
    for store in &report.stores {
        sheet.row(total(&store.name, store.with_overhead, "GB with overhead"));
    }
    sheet
}

fn components(report: &Report) -> Sheet {
    let headings = [
        "component",
        "module",
        "pods",
        "pods in the file",
        "heap MiB",
        "requested MiB",
        "cores",
        "GiB",
        "all cores",
        "all GiB",
        "how many",
        "how large",
        "rests on",
        "sources",
    ];
    let mut sheet = Sheet::new("Components", &headings);
    for size in &report.components {
        sheet.row(component(size));
    }
    sheet.sums(&[2, 8, 9]);
    sheet
}

fn component(size: &ComponentSize) -> Vec<Cell> {
    vec![
        Cell::text(&size.component),
        Cell::text(&size.module),
        Cell::Number(f64::from(size.replicas)),
        Cell::Number(f64::from(size.present)),
        size.heap_mib.map_or(Cell::Empty, Cell::Number),
        Cell::Number(size.requested_mib),
        Cell::Number(size.pod.cpu),
        Cell::Number(size.pod.memory_gib()),
        Cell::Number(size.total.cpu),
        Cell::Number(size.total.memory_gib()),
        Cell::text(&size.how),
        Cell::text(&size.pod_how),
        Cell::basis(size.basis),
        Cell::sources(&size.sources),
    ]
}

fn storage(report: &Report) -> Sheet {
    let headings = [
        "store",
        "of",
        "GB a day",
        "GB in the end",
        "with overhead",
        "how a day",
        "how in the end",
        "rests on",
        "sources",
    ];
    let mut sheet = Sheet::new("Storage", &headings);
    for volume in &report.volumes {
        let store = report
            .stores
            .iter()
            .find(|store| store.name == volume.store);
        let factor = store.map_or(1.0, |store| store.with_overhead / store.total);
        sheet.row(vec![
            Cell::text(&volume.store),
            Cell::text(&volume.total.what),
            Cell::Number(volume.per_day.value),
            Cell::Number(volume.total.value),
            Cell::Number(volume.total.value * factor),
            Cell::text(&volume.per_day.how),
            Cell::text(&volume.total.how),
            Cell::basis(volume.total.basis),
            Cell::sources(&volume.total.sources),
        ]);
    }
    sheet
}

fn nodes(report: &Report) -> Sheet {
    let headings = [
        "node",
        "for",
        "machines",
        "pods",
        "cores",
        "GiB",
        "share of what is free",
        "sources",
    ];
    let mut sheet = Sheet::new("Nodes", &headings);
    for node in &report.nodes.nodes {
        sheet.row(vec![
            Cell::text(&node.name),
            Cell::text(node.role),
            Cell::Number(1.0),
            Cell::Number(f64::from(node.pods)),
            Cell::Number(node.used.cpu),
            Cell::Number(node.used.memory_gib()),
            Cell::Share(node.share),
        ]);
    }
    for machine in &report.nodes.machines {
        sheet.row(vec![
            Cell::text(&machine.role),
            Cell::text("beside the cluster"),
            Cell::Number(f64::from(machine.count)),
            Cell::Empty,
            Cell::Number(machine.cpu),
            Cell::Number(machine.memory_gb),
            Cell::Empty,
            Cell::sources(&report.nodes.machine_sources),
        ]);
    }
    sheet
}

/// Everything else that is a figure: why so many nodes, lines, servers outside, the field.
fn lines(report: &Report) -> Sheet {
    let mut sheet = Sheet::new("Other figures", &FIGURE);
    let nodes = report.nodes.reasons.iter().map(|reason| {
        let mut cells = figure(reason);
        cells[0] = Cell::text(&format!("nodes for {}", reason.what));
        cells
    });
    let others = report.bandwidth.iter().chain(&report.outside);
    let others = others.chain(&report.field).map(figure);
    nodes.chain(others).for_each(|cells| sheet.row(cells));
    sheet
}

fn left_out(report: &Report) -> Sheet {
    let mut sheet = Sheet::new("Left out", &["what", "about", "sources"]);
    for item in &report.left_out.items {
        sheet.row(vec![
            Cell::text(&item.what),
            Cell::text(&item.advice),
            Cell::sources(&report.left_out.sources),
        ]);
    }
    for warning in &report.warnings {
        sheet.row(vec![
            Cell::text(&warning.message),
            Cell::text(&warning.remedy),
            Cell::sources(&warning.sources),
        ]);
    }
    sheet
}

fn official(report: &Report) -> Sheet {
    let headings = [
        "table",
        "of",
        "published",
        "computed",
        "unit",
        "agrees",
        "sources",
    ];
    let mut sheet = Sheet::new("Official tables", &headings);
    for check in &report.official {
        sheet.row(vec![
            Cell::text(check.table),
            Cell::text(&check.what),
            Cell::Exact(check.published),
            Cell::Exact(check.computed),
            Cell::text(check.unit),
            Cell::text(if check.agrees() { "same" } else { "differs" }),
            Cell::sources(&check.sources),
        ]);
    }
    sheet
}

fn sources(report: &Report) -> Sheet {
    let mut sheet = Sheet::new("Sources", &["name", "what", "where"]);
    for (name, source) in &report.sources {
        sheet.row(vec![
            Cell::text(name),
            Cell::text(&source.title),
            Cell::text(&source.at),
        ]);
    }
    for basis in [
        Basis::Given,
        Basis::Official,
        Basis::Measured,
        Basis::Assumed,
    ] {
        let about = match basis {
            Basis::Given => "the environment file says so",
            Basis::Official => "published by MOSIP",
            Basis::Measured => "somebody measured it",
            Basis::Assumed => "our own assumption, or derived with one",
        };
        sheet.row(vec![Cell::basis(basis), Cell::text(about)]);
    }
    sheet
}
