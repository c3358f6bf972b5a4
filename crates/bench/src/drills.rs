//! A production rehearsed: rolled out on its own nodes, each of which is lost in turn; and on as many as Kubernetes is run on.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::figure::{Bar, Figure, Name};
use super::machine::load;
use super::memory::watched;
use super::place::Place;

/// Nodes of a crowd, and the pods that are to stand on them at least.
const NODES: usize = 500;
const PODS: f64 = 2000.0;
/// Services without volumes, of each of which so many run then.
const MANY: [&str; 10] = [
    "auditmanager",
    "masterdata",
    "notifier",
    "otpmanager",
    "syncdata",
    "prereg-captcha",
    "prereg-datasync",
    "prereg-batchjob",
    "ida-otp",
    "websub",
];
const REPLICAS: usize = 190;

pub(crate) async fn measure(place: &Place) -> Result<Vec<Figure>> {
    eprintln!("── production rehearsed, each node lost in turn");
    let before = load()?;
    let file = place.production()?.display().to_string();
    let ended = place.run(&["rehearse", "--json", &file]).await?;
    let report: Value = serde_json::from_str(&ended.output)?;
    ensure!(report["fits"] == true, "the example does not fit its nodes");
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    ensure!(
        count(&report["drills"]) == count(&report["nodes"]),
        "not every node was lost"
    );
    Ok(vec![Figure {
        name: Name::Drills,
        what: "production rehearsed, each node lost in turn".to_owned(),
        value: ended.took.as_secs_f64(),
        unit: " s",
        bar: Bar::AtMost(120.0),
        beside: vec![format!(
            "{} releases, {} pods, {} nodes, at speed 120, from the start of the lab to its end; load before {before}",
            report["releases"],
            report["pods"],
            count(&report["nodes"])
        )],
    }])
}

/// How long a rehearsal of a crowd takes, and how much memory: it has no bar but that it ends well.
pub(crate) async fn crowd(place: &Place) -> Result<Vec<Figure>> {
    eprintln!("── {NODES} nodes and {PODS} pods");
    let before = load()?;
    let text = std::fs::read_to_string(place.production()?)?;
    let file = place.write("crowd.yaml", &crowded(&text)?)?;
    let file = file.display().to_string();
    let rehearse = ["rehearse", "--drill", "none", "--json", &file];
    let (ended, peak) = watched("rehearse", place.command(&rehearse)).await?;
    let report: Value = serde_json::from_str(&ended.output)?;
    ensure!(report["fits"] == true, "the crowd does not fit its nodes");
    Ok(vec![Figure {
        name: Name::Crowd,
        what: format!("pods on {NODES} nodes"),
        value: report["pods"].as_f64().unwrap_or_default(),
        unit: "",
        bar: Bar::AtLeast(PODS),
        beside: vec![format!(
            "{:.0} s, lab included; {:.1} GB in {} processes at most, mosipctl alone {:.0} MB; load before {before}",
            ended.took.as_secs_f64(),
            peak.tree as f64 / 1e9,
            peak.processes,
            peak.alone as f64 / 1e6
        )],
    }])
}

/// The example on many nodes, with many of what has no volume.
fn crowded(example: &str) -> Result<String> {
    let (before, components) = ("count: 15,", "  components:\n");
    let start = example.find(components);
    let start = start.filter(|_| example.contains(before));
    let start = start.context("the example is no longer as the bench knows it")?;
    let spec = example[..start].replace(before, &format!("count: {NODES},"));
    let many = MANY.map(|name| format!("    {name}: {{replicas: {REPLICAS}}}\n"));
    Ok(format!("{spec}{components}{}", many.concat()))
}
