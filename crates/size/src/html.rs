//! The report as a page: one file, nothing fetched, good to print.

use std::fmt::Write;

use crate::figure::Figure;
use crate::number::number;
use crate::report::Report;
use crate::screen;

mod element;
mod tables;

use element::{Cell, Element, escaped, marked, table};

/// How the page looks.
const STYLE: &str = include_str!("html/style.css");

/// The page.
pub fn page(report: &Report) -> String {
    let page = Page { report };
    let mut body = page.head();
    for (title, about, content) in page.sections() {
        if !content.is_empty() {
            body += &section(title, about, &content);
        }
    }
    let title = escaped(&format!("Size of {}", report.environment));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

fn section(title: &str, about: &str, content: &str) -> String {
    let id = title.to_lowercase().replace(' ', "-");
    let about = match about {
        "" => String::new(),
        about => format!("<p class=\"about\">{}</p>\n", escaped(about)),
    };
    format!(
        "<section id=\"{id}\">\n<h2>{}</h2>\n{about}{content}</section>\n",
        escaped(title)
    )
}

struct Page<'a> {
    report: &'a Report,
}

impl Page<'_> {
    fn sections(&self) -> [(&'static str, &'static str, String); 12] {
        let report = self.report;
        [
            ("Look at this", "", self.warnings()),
            ("Left out of the official numbers", "", self.left_out()),
            ("Workload", "", self.figures(&report.workload)),
            (
                "Nodes",
                "The largest of these numbers decides; then comes what may be lost. The official numbers have their overhead in them. Bars show the fuller of cores and memory, of what is free for pods.",
                self.nodes(),
            ),
            (
                "Pods",
                "Memory is counted by heap and limit, never by request.",
                self.components(),
            ),
            ("Storage", "", self.storage()),
            ("Lines", "", self.figures(&report.bandwidth)),
            ("Servers outside", "", self.figures(&report.outside)),
            ("In the field", "", self.figures(&report.field)),
            (
                "Official tables",
                "Every figure that MOSIP's calculators and pages show, computed by this program.",
                self.official(),
            ),
            ("Sources", "", self.sources()),
            ("What figures rest on", "", legend()),
        ]
    }

    fn head(&self) -> String {
        let report = self.report;
        let nodes = &report.nodes;
        let pods = &report.pods;
        let facts = [
            (
                nodes.count.to_string(),
                format!("nodes of {}", screen::shape(nodes.shape)),
            ),
            (pods.pods.to_string(), "pods".to_owned()),
            (number(pods.amount.cpu.round()), "cores of pods".to_owned()),
            (
                number(pods.amount.memory_gib().round()),
                "GiB of pods".to_owned(),
            ),
        ];
        let stores = report.stores.iter();
        let stores = stores.map(|store| (size_of(store.with_overhead), store.name.clone()));
        let facts = facts.into_iter().chain(stores).map(|(value, what)| {
            format!(
                "<div><b>{}</b><span>{}</span></div>\n",
                escaped(&value),
                escaped(&what)
            )
        });
        format!(
            "<header>\n<h1>Size of {}</h1>\n<p>MOSIP {}, profile {}, for {}.</p>\n<p>{}; {}.</p>\n<div class=\"facts\">\n{}</div>\n</header>\n",
            escaped(&report.environment),
            escaped(&report.version),
            report.profile,
            escaped(&screen::worked(report)),
            escaped(&screen::takes(report)),
            escaped(&screen::pods(report)),
            facts.collect::<String>()
        )
    }

    fn warnings(&self) -> String {
        let warnings = self.report.warnings.iter().map(|warning| {
            format!(
                "<li>{}<br><span class=\"remedy\">{}</span></li>\n",
                marked(&warning.message),
                marked(&warning.remedy)
            )
        });
        list(&warnings.collect::<String>(), "warnings")
    }

    fn left_out(&self) -> String {
        let items = self.report.left_out.items.iter().map(|item| {
            format!(
                "<li><b>{}</b>: {}</li>\n",
                escaped(&item.what),
                marked(&item.advice)
            )
        });
        list(&items.collect::<String>(), "warnings")
    }

    fn figures(&self, figures: &[Figure]) -> String {
        let rows = figures.iter().map(|figure| {
            vec![
                Cell::text(&figure.what),
                Cell::number(figure.value),
                Cell::text(&figure.unit),
                Cell::small(&figure.how),
                Cell::rests_on(figure.basis, &figure.sources),
            ]
        });
        table(&["of", "figure", "unit", "how", "rests on"], rows)
    }

    fn nodes(&self) -> String {
        let list = &self.report.nodes;
        let mut content = self.figures(&list.reasons);
        content += &self.machines();
        let nodes = list.nodes.iter().map(|node| {
            let percent = (node.share * 100.0).round();
            Element::new("div")
                .class("node")
                .html(&format!(
                    "<b>{}</b><span>{}</span><i><u style=\"width:{percent}%\"></u></i><span>{} pods · {:.1} cores · {:.1} GiB</span>",
                    escaped(&node.name),
                    node.role,
                    node.pods,
                    node.used.cpu,
                    node.used.memory_gib()
                ))
        });
        let nodes = nodes.map(|node| node.to_string()).collect::<String>();
        let _ = write!(content, "<div class=\"nodes\">\n{nodes}</div>\n");
        content
    }

    fn machines(&self) -> String {
        let list = &self.report.nodes;
        let rows = list.machines.iter().map(|machine| {
            vec![
                Cell::text(&machine.role),
                Cell::number(f64::from(machine.count)),
                Cell::number(machine.cpu),
                Cell::number(machine.memory_gb),
                Cell::number(machine.disk_gb),
                Cell::small(machine.available.as_deref().unwrap_or_default()),
                Cell::rests_on(
                    mosipctl_catalogue::sizing::Basis::Official,
                    &list.machine_sources,
                ),
            ]
        });
        let headings = [
            "beside the cluster",
            "machines",
            "cores",
            "GB",
            "GB disk",
            "for availability",
            "rests on",
        ];
        table(&headings, rows)
    }
}

fn legend() -> String {
    "<ul class=\"legend\">\n<li><span class=\"basis given\">given</span> the environment file says so</li>\n<li><span class=\"basis official\">official</span> published by MOSIP</li>\n<li><span class=\"basis measured\">measured</span> somebody measured it</li>\n<li><span class=\"basis assumed\">assumed</span> our own assumption, or derived with one</li>\n</ul>\n".to_owned()
}

fn list(items: &str, class: &str) -> String {
    match items {
        "" => String::new(),
        items => format!("<ul class=\"{class}\">\n{items}</ul>\n"),
    }
}

/// GB, or TB where that reads better.
fn size_of(gigabytes: f64) -> String {
    match gigabytes {
        size if size >= 10_000.0 => format!("{} TB", number((size / 100.0).round() / 10.0)),
        size => format!("{} GB", number(size)),
    }
}
