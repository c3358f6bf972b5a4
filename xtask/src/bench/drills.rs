//! A production rehearsed: rolled out on its own nodes, each of which is lost in turn.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::figure::{Bar, Figure, Name};
use super::machine::load;
use super::place::Place;

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
