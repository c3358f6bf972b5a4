//! How soon the program answers.

use std::time::Duration;

use anyhow::Result;

use super::figure::{Bar, Figure, Name};
use super::machine::load;
use super::place::Place;

/// Answers of which the middle one counts.
const TIMES: usize = 21;

pub(crate) async fn version(place: &Place) -> Result<Vec<Figure>> {
    eprintln!("── version");
    let what = "mosipctl --version";
    answers(place, &["--version"], Name::Version, what, 20.0).await
}

pub(crate) async fn plan(place: &Place) -> Result<Vec<Figure>> {
    eprintln!("── offline plan");
    let load = load()?;
    let file = place.sandbox()?;
    let file = file.display().to_string();
    let arguments = ["plan", "--offline", file.as_str()];
    let cold = place.run(&arguments).await?.took;
    let (middle, slowest) = repeat(place, &arguments).await?;
    Ok(vec![Figure {
        name: Name::Plan,
        what: "offline plan of the catalogue, warm".to_owned(),
        value: middle.as_secs_f64() * 1e3,
        unit: " ms",
        bar: Bar::AtMost(300.0),
        beside: vec![format!(
            "median of {TIMES}, slowest {:.0} ms; with an empty cache {:.2} s; load before {load}",
            slowest.as_secs_f64() * 1e3,
            cold.as_secs_f64()
        )],
    }])
}

pub(crate) async fn size(place: &Place) -> Result<Vec<Figure>> {
    eprintln!("── sizes");
    let file = place.production()?.display().to_string();
    let what = "sizes of the production example";
    answers(place, &["size", &file], Name::Size, what, 100.0).await
}

/// How long a command takes, with the milliseconds that it may.
async fn answers(
    place: &Place,
    arguments: &[&str],
    name: Name,
    what: &str,
    most: f64,
) -> Result<Vec<Figure>> {
    let load = load()?;
    let (middle, slowest) = repeat(place, arguments).await?;
    Ok(vec![Figure {
        name,
        what: what.to_owned(),
        value: middle.as_secs_f64() * 1e3,
        unit: " ms",
        bar: Bar::AtMost(most),
        beside: vec![format!(
            "median of {TIMES}, slowest {:.1} ms; load before {load}",
            slowest.as_secs_f64() * 1e3
        )],
    }])
}

/// The median and the slowest of several runs.
async fn repeat(place: &Place, arguments: &[&str]) -> Result<(Duration, Duration)> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        times.push(place.run(arguments).await?.took);
    }
    times.sort();
    Ok((times[TIMES / 2], times[TIMES - 1]))
}
