//! A rehearsal as a page: one file, nothing fetched, good to print.

use std::fmt::Write as _;

use crate::judge::{of, words};
use crate::report::{DrillReport, NodeUse, Report, Unplaced};
use crate::screen::time;

/// How the page looks.
const STYLE: &str = include_str!("html/style.css");

/// The page.
pub fn page(report: &Report) -> String {
    let title = format!("Rehearsal of {}", escaped(&report.environment));
    let mut body = format!("<h1>{title}</h1>\n{}", summary(report));
    if !report.unplaced.is_empty() {
        body += &section(
            "Pods without a node",
            &missing(&report.unplaced, report.remedy.as_deref()),
        );
    }
    body += &section("Nodes", &map(&report.nodes));
    body += &section("Drills", &drills(report));
    body += &section("Images", &list(&report.images));
    body += &section("Not real in this rehearsal", &pretended(report));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

fn section(title: &str, content: &str) -> String {
    match content {
        "" => String::new(),
        content => format!("<section>\n<h2>{title}</h2>\n{content}</section>\n"),
    }
}

fn summary(report: &Report) -> String {
    let fits = verdict(report.fits, "fits", "does not fit");
    let (survived, all) = (report.survived(), report.drills.len());
    let drills = match all {
        0 => "no drill was run".to_owned(),
        _ => verdict(
            survived == all,
            &format!("survives all {all} drills"),
            &format!("survives {survived} of {all} drills"),
        ),
    };
    let mut text = format!("<ul class=\"summary\">\n<li>{fits}</li>\n<li>{drills}</li>\n");
    let _ = writeln!(
        text,
        "<li>{} releases, {} pods on {} nodes</li>",
        report.releases,
        report.pods,
        report.nodes.len()
    );
    let prediction = &report.prediction;
    let path: Vec<String> = prediction
        .critical_path
        .iter()
        .map(|name| escaped(name))
        .collect();
    let _ = writeln!(
        text,
        "<li>about {} on real machines: {}</li>\n<li>a node that is lost is noticed after {}</li>",
        time(prediction.rollout),
        path.join(" → "),
        time(prediction.detection)
    );
    if !report.blocked.is_empty() {
        let _ = writeln!(
            text,
            "<li class=\"bad\">budgets that let no pod go: {}</li>",
            escaped(&report.blocked.join(", "))
        );
    }
    text + "</ul>\n"
}

fn verdict(good: bool, yes: &str, no: &str) -> String {
    match good {
        true => format!("<b class=\"good\">{yes}</b>"),
        false => format!("<b class=\"bad\">{no}</b>"),
    }
}

/// One tile for each node, those of a zone together.
fn map(nodes: &[NodeUse]) -> String {
    let mut zones: Vec<&str> = nodes.iter().map(|node| node.zone.as_str()).collect();
    zones.sort_unstable();
    zones.dedup();
    let mut text = String::new();
    for zone in zones {
        let name = if zone.is_empty() { "no zone" } else { zone };
        let _ = writeln!(text, "<div class=\"zone\"><h3>{}</h3>", escaped(name));
        for node in nodes.iter().filter(|node| node.zone == zone) {
            text += &tile(node);
        }
        text += "</div>\n";
    }
    text
}

fn tile(node: &NodeUse) -> String {
    let (asked, all) = (node.requested, node.allocatable);
    format!(
        "<div class=\"node\"><b>{}</b><span>{} pods</span>{}{}<small>{}</small><small>at most {}</small></div>\n",
        escaped(&node.name),
        node.pods,
        bar("cpu", asked.milli_cpu, all.milli_cpu),
        bar("memory", asked.memory, all.memory),
        of(asked, all),
        words(node.peak)
    )
}

fn bar(what: &str, part: u64, whole: u64) -> String {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    format!(
        "<div class=\"bar\" title=\"{what} {percent} %\"><i style=\"width: {}%\"></i><em>{what} {percent} %</em></div>",
        percent.min(100)
    )
}

fn drills(report: &Report) -> String {
    if report.drills.is_empty() && report.not_drilled.is_empty() {
        return "<p>None was asked for.</p>\n".to_owned();
    }
    let mut text =
        "<table>\n<tr><th>drill</th><th>what came of it</th><th>time in the lab</th></tr>\n"
            .to_owned();
    for drill in &report.drills {
        text += &drill_row(drill);
    }
    text += "</table>\n";
    for drill in &report.not_drilled {
        let _ = writeln!(text, "<p class=\"bad\">Not run: {}</p>", escaped(drill));
    }
    text
}

fn drill_row(drill: &DrillReport) -> String {
    let class = if drill.survived { "good" } else { "bad" };
    let more = match drill.survived {
        true => String::new(),
        false => missing(&drill.unplaced, drill.remedy.as_deref()),
    };
    format!(
        "<tr><td>{}</td><td><span class=\"{class}\">{}</span>{more}</td><td class=\"number\">{:.1} s</td></tr>\n",
        escaped(&drill.drill),
        escaped(&drill.outcome),
        drill.seconds
    )
}

fn missing(unplaced: &[Unplaced], remedy: Option<&str>) -> String {
    let mut text = String::new();
    if !unplaced.is_empty() {
        text += "<ul>\n";
    }
    for pod in unplaced {
        let _ = writeln!(
            text,
            "<li><b>{}</b> ({}): {}</li>",
            escaped(&pod.pod),
            words(pod.requests),
            escaped(&pod.scheduler)
        );
    }
    if !unplaced.is_empty() {
        text += "</ul>\n";
    }
    if let Some(remedy) = remedy {
        let _ = writeln!(
            text,
            "<p class=\"remedy\">What helps: {}</p>",
            escaped(remedy)
        );
    }
    text
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| format!("<li>{}</li>\n", escaped(item)))
        .collect();
    match items.is_empty() {
        true => String::new(),
        false => format!("<ul class=\"columns\">\n{}</ul>\n", items.concat()),
    }
}

fn pretended(report: &Report) -> String {
    let mut text = likeness(report);
    text += "<p>Nodes and containers are simulated; the API server, the scheduler and the controllers are real.</p>\n";
    if !report.stand_ins.is_empty() {
        let names: Vec<String> = report.stand_ins.keys().map(|name| escaped(name)).collect();
        let _ = writeln!(text, "<p>Stood in for: {}</p>", names.join(", "));
    }
    if !report.simulated.is_empty() {
        let _ = writeln!(
            text,
            "<p>Only pretended: {}</p>",
            escaped(&report.simulated.join(", "))
        );
    }
    text
}

fn likeness(report: &Report) -> String {
    let Some(likeness) = &report.likeness else {
        return String::new();
    };
    let mut text = format!(
        "<p>The nodes are those of the cluster itself, with {} pods of others that ask for {}.</p>\n",
        likeness.neighbours,
        words(likeness.requests)
    );
    for note in &likeness.notes {
        let _ = writeln!(text, "<p class=\"bad\">Differs: {}</p>", escaped(note));
    }
    text
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_fetches_nothing_and_escapes_what_it_shows() {
        let report = Report {
            environment: "a<b".to_owned(),
            images: vec!["x&y".to_owned()],
            ..Report::default()
        };
        let page = page(&report);
        assert!(
            page.contains("a&lt;b") && page.contains("x&amp;y"),
            "{page}"
        );
        assert!(!page.contains("http") && !page.contains("<script"));
        assert!(page.contains("does not fit"));
    }
}
