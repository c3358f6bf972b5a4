//! A rehearsal as a person sees it.

use std::fmt::Write as _;
use std::time::Duration;

use mosipctl_report::Paint;
use mosipctl_report::words::{self, count};

use crate::judge::words as amount;
use crate::report::{DrillReport, NodeUse, Report, Unplaced};

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
    let verdict = match report.fits {
        true => paint.good("fits"),
        false => paint.bad("does not fit"),
    };
    let _ = writeln!(text, "  placement        {verdict}");
    missing(&mut text, &report.unplaced, report.remedy.as_deref());
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
    for drill in &report.drills {
        let _ = writeln!(text, "    {}", drill_line(drill, paint));
        missing(text, &drill.unplaced, drill.remedy.as_deref());
    }
    for drill in &report.not_drilled {
        let _ = writeln!(text, "    {} {drill}", paint.warn("not run:"));
    }
}

fn drill_line(drill: &DrillReport, paint: Paint) -> String {
    let end = match drill.is_survived() {
        true => paint.good("all placed elsewhere"),
        false => paint.bad(&format!("{} without a place", drill.unplaced.len())),
    };
    format!(
        "{:<24} {:>9} moved · {end}",
        drill.lost,
        count(drill.moved, "pod")
    )
}

fn missing(text: &mut String, unplaced: &[Unplaced], remedy: Option<&str>) {
    for pod in unplaced.iter().take(NAMED) {
        let _ = writeln!(
            text,
            "      {} ({}): {}",
            pod.pod,
            amount(pod.requests),
            pod.scheduler
        );
    }
    if unplaced.len() > NAMED {
        let _ = writeln!(text, "      and {} more", unplaced.len() - NAMED);
    }
    if let Some(remedy) = remedy {
        let _ = writeln!(text, "      → {remedy}");
    }
}

fn node_line(node: &NodeUse) -> String {
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
                    lost: "node node-1".to_owned(),
                    moved: 7,
                    unplaced: vec![],
                    remedy: None,
                    seconds: 1.0,
                },
                DrillReport {
                    lost: "zone a".to_owned(),
                    moved: 7,
                    unplaced: vec![unplaced],
                    remedy: None,
                    seconds: 1.0,
                },
            ],
            ..Report::default()
        };
        insta::assert_snapshot!(screen(&report, Paint::Plain));
    }
}
