//! The whole catalogue in a fresh lab: how long, how large, and what it costs to see that nothing is to be done.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::cluster::BenchLab;
use super::figure::{Bar, Figure, Name};
use super::journal::{critical_path, makespan, requests};
use super::machine::load;
use super::memory::{Peak, watched};
use super::place::Place;

/// The critical path takes at least this long, in seconds: what is constant then weighs as in real life.
const LONG_ENOUGH: f64 = 120.0;
const MB: f64 = 1e6;

/// What was seen of a rehearsal.
struct Seen {
    speed: f64,
    critical: f64,
    makespan: f64,
    peak: Peak,
    /// Requests of the run after it, and kinds that it looked at.
    requests: (u64, usize),
    again: f64,
    about: String,
}

pub(crate) async fn measure(place: &Place, speed: Option<f64>) -> Result<Vec<Figure>> {
    let file = place.sandbox()?.display().to_string();
    let real = critical(place, &file).await?;
    let speed = speed.unwrap_or_else(|| (10.0 * real / LONG_ENOUGH).floor() / 10.0);
    let seen = rehearse(place, &file, speed, real / speed).await?;
    Ok(vec![
        time(&seen),
        memory("peak memory of up, with helm", seen.peak.tree, 200.0, &seen),
        memory(
            "peak memory of up, mosipctl alone",
            seen.peak.alone,
            100.0,
            &seen,
        ),
        cost(&seen),
    ])
}

/// The critical path at real speed, in seconds.
async fn critical(place: &Place, file: &str) -> Result<f64> {
    // A lab's speed divides the estimates of its plan; 1 leaves them as they are.
    let arguments = ["plan", "--offline", "--json", "--speed", "1", file];
    let plan = place.run(&arguments).await?.output;
    critical_path(&serde_json::from_str::<Value>(&plan)?)
}

async fn rehearse(place: &Place, file: &str, speed: f64, critical: f64) -> Result<Seen> {
    eprintln!("── rehearsal at speed {speed:.1}: critical path {critical:.0} s");
    place.forget_cache()?;
    let lab = BenchLab::start(place, file.as_ref()).await?;
    let before = load()?;
    let up = ["up", "--yes", "--json", "--speed", &speed.to_string(), file];
    let (_, peak) = watched("up", place.command(&up)).await?;
    let after = load()?;
    let events = place.run(&["events", "--json", file]).await?.output;
    let makespan = makespan(&events)?;
    ensure!(
        makespan >= critical,
        "a makespan of {makespan:.1} s is shorter than the critical path: the lab has not waited for every start-up"
    );
    let again = place.run(&up).await?;
    Ok(Seen {
        speed,
        critical,
        makespan,
        peak,
        requests: requests(&again.output)?,
        again: again.took.as_secs_f64(),
        about: format!(
            "{}; load before {before}, after {after}",
            lab.describe().await?
        ),
    })
}

fn time(seen: &Seen) -> Figure {
    let mut beside = vec![format!(
        "makespan {:.1} s, critical path {:.1} s at speed {:.1}, jitter 0; {}",
        seen.makespan, seen.critical, seen.speed, seen.about
    )];
    if seen.critical < LONG_ENOUGH {
        beside.push(format!(
            "a quick look only: the bar is for a critical path of {LONG_ENOUGH} s and more"
        ));
    }
    Figure {
        name: Name::Rehearsal,
        what: "whole catalogue, makespan ÷ critical path".to_owned(),
        value: seen.makespan / seen.critical,
        unit: "",
        bar: Bar::AtMost(1.10),
        beside,
    }
}

fn memory(what: &str, bytes: u64, bar: f64, seen: &Seen) -> Figure {
    Figure {
        name: Name::Memory,
        what: what.to_owned(),
        value: bytes as f64 / MB,
        unit: " MB",
        bar: Bar::AtMost(bar),
        beside: vec![format!(
            "looked every 50 ms; up to {} processes; empty render cache",
            seen.peak.processes
        )],
    }
}

fn cost(seen: &Seen) -> Figure {
    let (total, kinds) = seen.requests;
    Figure {
        name: Name::Requests,
        what: "requests of a run with nothing to do".to_owned(),
        value: total as f64,
        unit: "",
        bar: Bar::AtMost((3 * kinds + 20) as f64),
        beside: vec![format!(
            "3 for each of {kinds} kinds, and 20; the run took {:.2} s",
            seen.again
        )],
    }
}
