//! What a rehearsal can tell before anything is drilled.

use std::collections::BTreeMap;

use mosipctl_plan::{PlanOptions, plan};
use mosipctl_rehearse::{Prediction, Report, Seen, judge};
use mosipctl_report::Trouble;

use crate::commands::plan::Planned;
use crate::connect::images;

/// Until Kubernetes moves the pods of a node that says nothing: 50 s until it is not ready (`--node-monitor-grace-period` of
/// kube-controller-manager), and 300 s that pods tolerate that (the DefaultTolerationSeconds admission plugin).
const DETECTION: f64 = 350.0;

/// `planned` is the plan of the empty lab.
pub(super) fn found(planned: &Planned, seen: &Seen) -> Result<Report, Trouble> {
    let (session, wanted) = (&planned.session, &planned.wanted);
    let unplaced = judge::unplaced(seen);
    let known = images(session, wanted);
    let all: Vec<String> = wanted.rendered.images().into_keys().collect();
    let stand_ins =
        wanted.desired.releases.values().filter_map(|release| {
            Some((release.component.clone(), release.stands_in_for.clone()?))
        });
    Ok(Report {
        environment: session.environment.name().to_string(),
        fits: unplaced.is_empty(),
        remedy: judge::remedy(seen, &unplaced),
        more_nodes_help: judge::more_nodes_help(seen, &unplaced),
        unplaced,
        nodes: judge::use_of_nodes(seen),
        pods: seen.pods.len(),
        releases: wanted.desired.releases.len(),
        blocked: judge::blocked(seen),
        prediction: prediction(planned)?,
        unlisted_images: all
            .iter()
            .filter(|image| !known.contains(*image))
            .cloned()
            .collect(),
        images: all,
        stand_ins: stand_ins.collect(),
        simulated: simulated(planned),
        ..Report::default()
    })
}

/// What was only pretended, by its kind.
fn simulated(planned: &Planned) -> Vec<String> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for (fact, prepared) in &planned.wanted.desired.prepared {
        if prepared.simulated.is_some() {
            *kinds.entry(fact.kind.to_string()).or_default() += 1;
        }
    }
    if planned.session.supplied > 0 {
        kinds.insert(
            "value that people supply".to_owned(),
            planned.session.supplied,
        );
    }
    let kinds = kinds.into_iter();
    kinds
        .map(|(kind, count)| format!("{count} × {kind}"))
        .collect()
}

/// The same plan on real machines; when it was made, the lab was empty.
fn prediction(planned: &Planned) -> Result<Prediction, Trouble> {
    let options = PlanOptions {
        only: None,
        speed: 1.0,
    };
    let wanted = &planned.wanted;
    let (plan, _) = plan(
        &planned.session.blueprint,
        &wanted.rendered,
        &wanted.desired,
        &planned.observed,
        &options,
    )
    .map_err(|error| Trouble::of(&error))?;
    let mut path: Vec<String> = Vec::new();
    for index in plan.ordered.critical_path() {
        let component = &plan.ordered.steps[index].component;
        if !component.is_empty() && path.last() != Some(component) {
            path.push(component.clone());
        }
    }
    Ok(Prediction {
        rollout: plan.shortest_time().as_secs_f64(),
        critical_path: path,
        detection: DETECTION,
    })
}
