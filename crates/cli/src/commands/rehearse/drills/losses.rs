//! Nodes and zones that are lost, one after another.

use std::collections::BTreeSet;

use mosipctl_rehearse::{Report, Seen, lose, nodes};
use mosipctl_report::Trouble;

use super::{Drilled, put};
use crate::arguments::Drill;
use crate::commands::rehearse::stage::Stage;

/// What is lost together, by its name.
type Loss = (String, BTreeSet<String>);

pub(super) async fn each(
    stage: &Stage<'_>,
    drill: Drill,
    seen: &Seen,
    report: &mut Report,
) -> Result<(), Trouble> {
    let nodes = nodes(seen);
    let nodes = nodes.iter();
    let losses = match drill {
        Drill::Zone => grouped(nodes.map(|(node, zone)| ("zone", zone, node))),
        _ => grouped(nodes.map(|(node, _)| ("node", node, node))),
    };
    let reason = match losses.len() {
        0 => "no node names its zone",
        1 => "there is only one",
        _ => "",
    };
    if !reason.is_empty() {
        put(report, drill, Drilled::NotRun(reason.to_owned()));
        return Ok(());
    }
    for (lost, nodes) in losses {
        stage.doing.say("drill", &format!("losing {lost}"));
        let ran = lose(&stage.client, &lost, &nodes).await;
        put(
            report,
            drill,
            Drilled::Ran(ran.map_err(|error| Trouble::of(&error))?),
        );
    }
    Ok(())
}

/// In the order in which it comes.
fn grouped<'a>(all: impl Iterator<Item = (&'static str, &'a String, &'a String)>) -> Vec<Loss> {
    let mut losses: Vec<Loss> = Vec::new();
    for (what, group, node) in all.filter(|(_, group, _)| !group.is_empty()) {
        let lost = format!("{what} {group}");
        match losses.iter_mut().find(|(name, _)| *name == lost) {
            Some((_, nodes)) => drop(nodes.insert(node.clone())),
            None => losses.push((lost, BTreeSet::from([node.clone()]))),
        }
    }
    losses
}
