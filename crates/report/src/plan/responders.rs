//! What responders stand in for.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_plan::Desired;
use mosipctl_render::StoodIn;
use serde_json::{Value, json};

use super::wrapped;
use crate::words::{count, first};

/// How many components are named for a change that few need.
const NAMED: usize = 3;

/// What each component stands in for, and what else is not as in earnest.
pub(super) fn as_json(desired: &Desired) -> BTreeMap<&str, Value> {
    let releases = desired.releases.values();
    let stand_ins = releases.filter_map(|release| {
        let stands_in_for = release.stands_in_for.as_ref()?;
        let responder = &release.rendered.stood_in;
        let value = json!({"for": stands_in_for, "responder": responder});
        Some((release.component.as_str(), value))
    });
    stand_ins.collect()
}

/// Which images do not run, and what else is not as in earnest.
pub(super) fn lines(text: &mut String, desired: &Desired) {
    let releases = desired.releases.values();
    let stood_in: Vec<(&str, &StoodIn)> = releases
        .filter_map(|release| {
            Some((
                release.component.as_str(),
                release.rendered.stood_in.as_ref()?,
            ))
        })
        .collect();
    if stood_in.is_empty() {
        return;
    }
    let by: BTreeSet<&str> = stood_in
        .iter()
        .map(|(_, it)| it.responder.as_str())
        .collect();
    let by = by.into_iter().collect::<Vec<_>>().join(", ");
    let images: BTreeSet<&String> = stood_in.iter().flat_map(|(_, it)| &it.images).collect();
    let about = format!(
        "{by} runs in place of {} of {}: it answers their ports and probes, nothing more",
        count(images.len(), "image"),
        count(stood_in.len(), "release"),
    );
    wrapped(text, "responders", &about);
    let mut changes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (component, it) in stood_in {
        for change in &it.changes {
            changes
                .entry(change)
                .or_default()
                .push(component.to_owned());
        }
    }
    for (change, components) in changes {
        let about = format!("{change} ({})", first(&components, NAMED));
        wrapped(text, "", &about);
    }
}

#[cfg(test)]
mod tests {
    use mosipctl_object::ReleaseName;
    use mosipctl_plan::desired::DesiredRelease;
    use mosipctl_render::RenderedRelease;

    use super::*;

    fn desired(components: &[&str]) -> Desired {
        let mut desired = Desired::default();
        for component in components {
            let name = ReleaseName::new("app", *component);
            let stood_in = StoodIn {
                responder: "r:1".to_owned(),
                images: [format!("{component}:2")].into(),
                changes: ["exec probes ask the responder"].into(),
            };
            let rendered = RenderedRelease {
                name: name.clone(),
                component: (*component).to_owned(),
                chart: "chart".into(),
                values: Value::Null,
                objects: Vec::new(),
                job: None,
                digest: String::new(),
                has_hooks: false,
                stood_in: Some(stood_in),
            };
            let release = DesiredRelease {
                component: (*component).to_owned(),
                stands_in_for: Some(format!("{component}:2")),
                rendered,
                needs: BTreeSet::new(),
                makes: BTreeSet::new(),
                proves: BTreeSet::new(),
            };
            desired.releases.insert(name, release);
        }
        desired
    }

    #[test]
    fn a_plan_tells_what_does_not_run_and_what_else_differs() {
        let mut text = String::new();
        lines(&mut text, &desired(&["a", "b", "c", "d"]));
        assert_eq!(
            text,
            "  responders       r:1 runs in place of 4 images of 4 releases: it answers their ports and\n\
             \x20                    probes, nothing more\n\
             \x20                  exec probes ask the responder (a, b, c and 1 more)\n"
        );
        let mut none = String::new();
        lines(&mut none, &Desired::default());
        assert_eq!(none, "");
        let json = json!(as_json(&desired(&["a"])));
        assert_eq!(json["a"]["for"], "a:2");
        assert_eq!(json["a"]["responder"]["responder"], "r:1");
    }
}
