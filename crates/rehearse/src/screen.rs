//! A rehearsal as a person sees it.

use std::fmt::Write as _;
use std::time::Duration;

use mosipctl_report::Paint;
use mosipctl_report::words::{self, count};

use crate::judge::words as amount;
use crate::report::{DrillReport, LikenessReport, NodeUse, Report, Unplaced};

/// How many pods without a place are named one by one.
const NAMED: usize = 6;
/// Cells of a bar.
const BAR: usize = 20;

/// The whole screen.
pub fn screen(report: &Report, paint: Paint) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} · rehearsal · {} nodes · {} releases · {} pods\n",
        paint.strong(&format!("environment {}", report.environment)),
        report.nodes.len(),
        report.releases,
        report.pods
    );
    if let Some(smallest) = report.smallest {
        let _ = writeln!(
            text,
            "  smallest         {} that fit and survive the loss of any one\n",
            paint.strong(&format!("{smallest} nodes"))
        );
    }
    if let Some(likeness) = &report.likeness {
        like(&mut text, likeness, paint);
    }
    let verdict = match report.fits {
        true => paint.good("fits"),
        false => paint.bad("does not fit"),
    };
    let _ = writeln!(text, "  placement        {verdict}");
    lines(
        &mut text,
        missing(&report.unplaced, report.remedy.as_deref()),
    );
    for node in &report.nodes {
        let _ = writeln!(text, "    {}", node_line(node));
    }
    drills(&mut text, report, paint);
    if !report.blocked.is_empty() {
        let _ = writeln!(
            text,
            "\n  budgets          {}: {}",
            paint.warn("no pod may go"),
            report.blocked.join(", ")
        );
    }
    let prediction = &report.prediction;
    let _ = writeln!(
        text,
        "\n  real machines    about {} for the roll-out; a lost node is noticed after {}",
        time(prediction.rollout),
        time(prediction.detection)
    );
    if !prediction.critical_path.is_empty() {
        let _ = writeln!(
            text,
            "  slowest way      {}",
            prediction.critical_path.join(" → ")
        );
    }
    let _ = writeln!(text, "  images           {}", report.images.len());
    for image in &report.unlisted_images {
        let _ = writeln!(text, "    {} {image}", paint.warn("not in the catalogue:"));
    }
    pretended(&mut text, report);
    text
}

fn like(text: &mut String, likeness: &LikenessReport, paint: Paint) {
    let _ = writeln!(
        text,
        "  likeness         the nodes of the cluster itself, with {} of others that ask for {}",
        count(likeness.neighbours, "pod"),
        amount(likeness.requests)
    );
    for note in &likeness.notes {
        let _ = writeln!(text, "    {} {note}", paint.warn("differs:"));
    }
}

fn drills(text: &mut String, report: &Report, paint: Paint) {
    if report.drills.is_empty() && report.not_drilled.is_empty() {
        let _ = writeln!(text, "\n  drills           none was asked for");
        return;
    }
    let (survived, all) = (report.survived(), report.drills.len());
    let verdict = match survived == all {
        true => paint.good(&format!("{survived} of {all} survived")),
        false => paint.bad(&format!("{survived} of {all} survived")),
    };
    let _ = writeln!(text, "\n  drills           {verdict}");
    let names = report
        .drills
        .iter()
        .map(|drill| drill.drill.chars().count());
    let width = names.max().unwrap_or_default();
    for drill in &report.drills {
        let _ = writeln!(text, "    {}", drill_line(drill, width, paint));
        lines(text, missing(&drill.unplaced, drill.remedy.as_deref()));
    }
    for drill in &report.not_drilled {
        let _ = writeln!(text, "    {} {drill}", paint.warn("not run:"));
    }
}

fn lines(text: &mut String, lines: Vec<String>) {
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
}

fn drill_line(drill: &DrillReport, width: usize, paint: Paint) -> String {
    let outcome = match drill.survived {
        true => paint.good(&drill.outcome),
        false => paint.bad(&drill.outcome),
    };
    format!("{:<width$}  {outcome}", drill.drill)
}

/// Pods without a place, and what helps; one line each.
pub fn missing(unplaced: &[Unplaced], remedy: Option<&str>) -> Vec<String> {
    let named = unplaced.iter().take(NAMED).map(|pod| {
        let asks = amount(pod.requests);
        format!("      {} ({asks}): {}", pod.pod, pod.scheduler)
    });
    let mut lines: Vec<String> = named.collect();
    if unplaced.len() > NAMED {
        lines.push(format!("      and {} more", unplaced.len() - NAMED));
    }
    lines.extend(remedy.map(|remedy| format!("      → {remedy}")));
    lines
}

/// What a node holds, as bars.
pub fn node_line(node: &NodeUse) -> String {
    let zone = match node.zone.as_str() {
        "" => String::new(),
        zone => format!(" ({zone})"),
    };
    format!(
        "{:<24} cpu {} memory {} {:>9}",
        format!("{}{zone}", node.name),
        bar(node.requested.milli_cpu, node.allocatable.milli_cpu),
        bar(node.requested.memory, node.allocatable.memory),
        count(node.pods, "pod")
    )
}

/// `████████░░░░  42 %`.
fn bar(part: u64, whole: u64) -> String {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    let cells = usize::try_from(percent * BAR as u128 / 100)
        .unwrap_or(BAR)
        .min(BAR);
    format!(
        "{}{} {percent:>3} %",
        "█".repeat(cells),
        "░".repeat(BAR - cells)
    )
}

/// Seconds as people say them.
pub(crate) fn time(seconds: f64) -> String {
    words::time(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

fn pretended(text: &mut String, report: &Report) {
    if !report.stand_ins.is_empty() {
        let names: Vec<&str> = report.stand_ins.keys().map(String::as_str).collect();
        let _ = writeln!(text, "  stand-ins        {}", names.join(", "));
    }
    if !report.simulated.is_empty() {
        let _ = writeln!(text, "  simulated        {}", report.simulated.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Amount;

    #[test]
    fn a_screen_tells_what_does_not_fit_and_what_helps() {
        let node = NodeUse {
            name: "node-1".to_owned(),
            zone: "a".to_owned(),
            allocatable: Amount {
                milli_cpu: 4000,
                memory: 16 << 30,
            },
            requested: Amount {
                milli_cpu: 3000,
                memory: 15 << 30,
            },
            peak: Amount {
                milli_cpu: 3500,
                memory: 15 << 30,
            },
            pods: 7,
        };
        let unplaced = Unplaced {
            pod: "app/web-1".to_owned(),
            release: "web".to_owned(),
            requests: Amount {
                milli_cpu: 500,
                memory: 2 << 30,
            },
            scheduler: "0/1 nodes are available: 1 Insufficient memory.".to_owned(),
        };
        let report = Report {
            environment: "small".to_owned(),
            unplaced: vec![unplaced.clone()],
            remedy: Some("1 more node of 4.0 cores and 16.0 GiB".to_owned()),
            nodes: vec![node],
            pods: 8,
            releases: 3,
            drills: vec![
                DrillReport {
                    drill: "node node-1 lost".to_owned(),
                    survived: true,
                    outcome: "7 pods moved · all placed elsewhere".to_owned(),
                    moved: 7,
                    ..DrillReport::default()
                },
                DrillReport {
                    drill: "zone a lost".to_owned(),
                    outcome: "7 pods moved · 1 without a place".to_owned(),
                    moved: 7,
                    unplaced: vec![unplaced],
                    ..DrillReport::default()
                },
            ],
            ..Report::default()
        };
        insta::assert_snapshot!(screen(&report, Paint::Plain));
    }
}
