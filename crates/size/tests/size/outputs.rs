//! The page and the spreadsheet hold what the report holds.

use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};
use mosipctl_size::{Report, html, workbook};

use crate::{production, sized};

fn report() -> Report {
    let work =
        "registrationsPerDay: 50000, authenticationsPerSecond: 50, preRegistrationsPerDay: 20000";
    sized(&production(work)).unwrap()
}

fn opened(report: &Report) -> Xlsx<Cursor<Vec<u8>>> {
    let bytes = workbook::workbook(report).unwrap();
    Xlsx::new(Cursor::new(bytes)).unwrap()
}

/// The number in the row that begins with a text.
fn number(range: &Range<Data>, row: &str, column: usize) -> f64 {
    let found = range
        .rows()
        .find(|cells| cells[0] == Data::String(row.to_owned()));
    match &found.unwrap_or_else(|| panic!("no row `{row}`"))[column] {
        Data::Float(number) => *number,
        other => panic!("`{row}` has {other:?}"),
    }
}

#[test]
fn the_spreadsheet_has_a_sheet_for_each_part() {
    let book = opened(&report());
    assert_eq!(
        book.sheet_names(),
        [
            "Summary",
            "Components",
            "Storage",
            "Nodes",
            "Other figures",
            "Left out",
            "Official tables",
            "Sources"
        ]
    );
}

#[test]
fn the_spreadsheet_holds_the_figures_as_numbers() {
    let report = report();
    let mut book = opened(&report);
    let components = book.worksheet_range("Components").unwrap();
    for size in &report.components {
        assert_eq!(
            number(&components, &size.component, 2),
            f64::from(size.replicas)
        );
        assert_eq!(
            number(&components, &size.component, 9),
            size.total.memory_gib()
        );
    }
    let summary = book.worksheet_range("Summary").unwrap();
    assert_eq!(number(&summary, "nodes", 1), f64::from(report.nodes.count));
    assert_eq!(number(&summary, "registrations", 1), 50_000.0);
    let nodes = book.worksheet_range("Nodes").unwrap();
    assert_eq!(nodes.height() - 1, report.nodes.count as usize);
    let storage = book.worksheet_range("Storage").unwrap();
    let sum: f64 = storage
        .rows()
        .skip(1)
        .map(|row| match &row[4] {
            Data::Float(number) => *number,
            other => panic!("{other:?}"),
        })
        .sum();
    let expected: f64 = report.stores.iter().map(|store| store.with_overhead).sum();
    assert!((sum - expected).abs() < 1e-6);
}

#[test]
fn sums_of_the_spreadsheet_are_formulas_with_their_result() {
    let report = report();
    let mut book = opened(&report);
    let formulas = book.worksheet_formula("Components").unwrap();
    let last = formulas.used_cells().next_back().unwrap();
    assert_eq!(last.2, &format!("SUM(J2:J{})", report.components.len() + 1));
    let components = book.worksheet_range("Components").unwrap();
    let total = components.rows().next_back().unwrap()[9].clone();
    let total: f64 = total.to_string().parse().unwrap();
    assert!(
        (total - report.pods.amount.memory_gib()).abs() < 1e-6,
        "{total}"
    );
}

#[test]
fn the_spreadsheet_names_sources_and_what_is_left_out() {
    let mut book = opened(&report());
    let sources = book.worksheet_range("Sources").unwrap();
    let text = |range: &Range<Data>| format!("{range:?}");
    assert!(text(&sources).contains("docs/_files/ida-resource-calculator.xlsx"));
    let left_out = book.worksheet_range("Left out").unwrap();
    assert!(text(&left_out).contains("Site for disaster recovery"));
    let official = book.worksheet_range("Official tables").unwrap();
    assert_eq!(official.height(), 137);
    assert!(!text(&official).contains("differs"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let report = report();
    assert_eq!(
        workbook::workbook(&report).unwrap(),
        workbook::workbook(&report).unwrap()
    );
    assert_eq!(html::page(&report), html::page(&report));
}

#[test]
fn the_page_fetches_nothing_and_runs_nothing() {
    let page = html::page(&report());
    for word in [
        "<script", "<link", "<img", "src=", "url(", "@import", "http:", "https:",
    ] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn every_link_of_the_page_has_its_place_and_every_tag_its_end() {
    let page = html::page(&report());
    for link in page.split("href=\"#").skip(1) {
        let name = link.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{name}\"")), "{name}");
    }
    for tag in [
        "table", "section", "tr", "td", "ul", "li", "div", "span", "body", "html",
    ] {
        let opens =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opens, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn the_page_says_how_every_figure_came_about() {
    let report = report();
    let page = html::page(&report);
    let figures = report
        .bandwidth
        .iter()
        .chain(&report.field)
        .chain(&report.outside);
    for figure in figures {
        assert!(page.contains(&figure.how), "{}", figure.how);
    }
    assert!(page.contains("50,000 registrations a day / 15,000 a pod"));
    for item in &report.left_out.items {
        assert!(page.contains(&item.what), "{}", item.what);
    }
}

#[test]
fn every_figure_says_how_it_came_about_and_what_it_rests_on() {
    let report = report();
    let volumes = report.volumes.iter();
    let volumes = volumes.flat_map(|volume| [&volume.per_day, &volume.total]);
    let figures = report
        .workload
        .iter()
        .chain(&report.bandwidth)
        .chain(&report.outside);
    let figures = figures
        .chain(&report.field)
        .chain(&report.nodes.reasons)
        .chain(volumes);
    for figure in figures {
        assert!(!figure.how.is_empty(), "{figure:?}");
        for source in &figure.sources {
            assert!(report.sources.contains_key(source), "{source}");
        }
    }
    for size in &report.components {
        assert!(!size.how.is_empty() && !size.pod_how.is_empty(), "{size:?}");
    }
}
