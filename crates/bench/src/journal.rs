//! What plan and journal say in JSON.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

/// Actions that wait for the start of programs; everything else is our own work.
const STARTS: [&str; 2] = ["awaitRelease", "runJob"];

/// The longest path of a plan over start-up delays alone, in seconds.
pub(crate) fn critical_path(plan: &Value) -> Result<f64> {
    let steps = plan["steps"].as_array().context("the plan has no steps")?;
    let mut ends: BTreeMap<&str, f64> = BTreeMap::new();
    for step in steps {
        let after = step["after"].as_array().into_iter().flatten();
        let before = after.filter_map(|id| ends.get(id.as_str()?));
        let start = before.copied().fold(0.0, f64::max);
        let starts = STARTS
            .iter()
            .any(|action| !step["action"][action].is_null());
        let delay = match starts {
            true => step["estimate"].as_f64().context("no estimate")?,
            false => 0.0,
        };
        ends.insert(
            step["id"].as_str().context("a step has no id")?,
            start + delay,
        );
    }
    Ok(ends.into_values().fold(0.0, f64::max))
}

/// From the first intent to the last proof of a run, in seconds.
pub(crate) fn makespan(events: &str) -> Result<f64> {
    let entries = events.lines().map(serde_json::from_str::<Value>);
    let entries: Vec<Value> = entries.collect::<Result<_, _>>()?;
    let times = |kinds: &'static [&'static str]| {
        let of_kind = entries.iter().filter(move |entry| {
            let kind = entry["event"]["kind"].as_str();
            kind.is_some_and(|kind| kinds.contains(&kind))
        });
        of_kind.filter_map(|entry| entry["elapsed"].as_f64())
    };
    let first = times(&["stepIntent"]).fold(f64::INFINITY, f64::min);
    let last = times(&["gatePassed", "stepDone"]).fold(f64::NEG_INFINITY, f64::max);
    anyhow::ensure!(last > first, "the journal has no run");
    Ok((last - first) / 1e3)
}

/// How long the slowest step took whose name ends so, in seconds.
pub(crate) fn slowest(events: &str, end: &str) -> Option<f64> {
    let events = events.lines().flat_map(serde_json::from_str::<Value>);
    let took = events.filter_map(|entry| {
        let event = &entry["event"];
        let is_it = event["kind"] == "stepDone" && event["step"].as_str()?.ends_with(end);
        event["took"].as_f64().filter(|_| is_it)
    });
    took.reduce(f64::max).map(|took| took / 1e3)
}

/// Requests of a run with nothing to do: in all, and how many kinds were looked at.
pub(crate) fn requests(report: &str) -> Result<(u64, usize)> {
    let report: Value = serde_json::from_str(report).context("a run with steps")?;
    let each = report["requests"].as_array().context("no requests")?;
    let total = each.iter().filter_map(|one| one["count"].as_u64()).sum();
    let looks = each.iter().filter(|one| {
        let verb = one["verb"].as_str().unwrap_or_default();
        ["list", "watch"].contains(&verb)
    });
    let kinds: std::collections::BTreeSet<_> = looks.map(|one| one["resource"].as_str()).collect();
    Ok((total, kinds.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_starts_make_the_critical_path() {
        let step = |id: &str, action: &str, estimate: f64, after: &[&str]| json!({"id": id, "action": {action: {}}, "estimate": estimate, "after": after});
        let plan = json!({"steps": [
            step("a", "applyRelease", 9.0, &[]),
            step("b", "awaitRelease", 2.0, &["a"]),
            step("c", "awaitRelease", 3.0, &["a"]),
            step("d", "runJob", 4.0, &["a", "b", "c"]),
        ]});
        assert_eq!(critical_path(&plan).unwrap(), 7.0);
    }

    #[test]
    fn a_run_goes_from_the_first_intent_to_the_last_proof() {
        let line = |elapsed: u32, kind: &str| {
            format!("{{\"elapsed\":{elapsed},\"event\":{{\"kind\":\"{kind}\"}}}}")
        };
        let lines = [
            line(5, "runStarted"),
            line(20, "stepIntent"),
            line(30, "stepIntent"),
            line(1520, "gatePassed"),
            line(1999, "runFinished"),
        ];
        assert_eq!(makespan(&lines.join("\n")).unwrap(), 1.5);
    }

    #[test]
    fn the_slowest_of_steps_of_a_kind_counts() {
        let line = |step: &str, took: u32| {
            format!("{{\"event\":{{\"kind\":\"stepDone\",\"step\":\"{step}\",\"took\":{took}}}}}")
        };
        let lines = [
            line("prepare/w1 images", 1500),
            line("prepare/w2 images", 2500),
            line("prepare/w1 packages", 9000),
        ];
        assert_eq!(slowest(&lines.join("\n"), " images"), Some(2.5));
        assert_eq!(slowest(&lines.join("\n"), " programs"), None);
    }

    #[test]
    fn requests_are_counted_with_the_kinds_that_were_looked_at() {
        let report = json!({"requests": [
            {"verb": "get", "resource": "secrets", "count": 2},
            {"verb": "list", "resource": "secrets", "count": 3},
            {"verb": "list", "resource": "pods", "count": 1},
        ]});
        assert_eq!(requests(&report.to_string()).unwrap(), (6, 2));
    }
}
