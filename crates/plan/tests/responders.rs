//! Responders in place of images: what is only pretended then, and done once images are real.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "shared with the other tests of plans")]
mod world;

use mosipctl_plan::{Action, Desired, Observed, Step};
use mosipctl_render::StoodIn;
use world::World;

/// A small environment on a cluster that is there, with responders in place of the images of these releases.
fn rehearsed(releases: &[&str]) -> World {
    let mut world = World::new("  cluster: {kind: existing}\n");
    for release in world.rendered.releases.values_mut() {
        if releases.contains(&release.name.to_string().as_str()) {
            release.stood_in = Some(StoodIn {
                responder: "r:1".to_owned(),
                images: ["one:1".to_owned(), "two:2".to_owned()].into(),
                ..StoodIn::default()
            });
        }
    }
    world.desired = Desired::new(&world.blueprint, &world.rendered);
    world
}

fn simulated(world: &World, observed: &Observed) -> Vec<String> {
    let (plan, _) = world.plan(observed).unwrap();
    let steps = plan.ordered.steps.into_iter();
    let simulated = steps.filter(|step: &Step| step.simulated);
    simulated.map(|step| step.title).collect()
}

#[test]
fn nothing_is_prepared_in_a_server_that_a_responder_runs_in_place_of() {
    let world = rehearsed(&["servers/server"]);
    let nothing_yet = Observed::default();
    assert_eq!(
        simulated(&world, &nothing_yet),
        ["prepare database app_main = 0.0.1"]
    );
    let why = world.desired.prepared.values().next().unwrap();
    let why = why.simulated.as_deref();
    assert_eq!(why, Some("a responder runs in place of the server"));
    let mut releases = world.desired.releases.iter();
    let (_, server) = releases
        .find(|(name, _)| name.to_string() == "servers/server")
        .unwrap();
    assert_eq!(server.stands_in_for.as_deref(), Some("one:1, two:2"));
    assert!(simulated(&rehearsed(&[]), &nothing_yet).is_empty());
}

#[test]
fn a_job_that_only_pretended_runs_where_its_image_is_real() {
    let pretends = rehearsed(&["app/salt"]);
    assert_eq!(
        simulated(&pretends, &Observed::default()),
        ["run job app/salt"]
    );
    let mut observed = pretends.done();
    for job in observed.inventory.jobs.values_mut() {
        job.simulated = true;
    }
    assert!(pretends.plan(&observed).unwrap().0.is_empty());
    let (plan, _) = rehearsed(&[]).plan(&observed).unwrap();
    let runs = plan.ordered.steps.iter().filter(|step| !step.simulated);
    let runs: Vec<&Action> = runs.map(|step| &step.action).collect();
    assert!(
        matches!(runs.as_slice(), [Action::RunJob { .. }]),
        "{runs:?}"
    );
}
