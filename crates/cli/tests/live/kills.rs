//! Killed, and run again: the same end, no secret drawn twice, no release doubled.
//!
//! Kills are drawn, and the seed is printed: `MOSIPCTL_TEST_SEED` draws the same ones again. With `MOSIPCTL_TEST_ALL` none is left out, for which
//! half an hour is needed; the tests of the engine reach every point each time.

use std::collections::BTreeSet;

use mosipctl_engine::points;
use mosipctl_testkit::bare_control_plane;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::support::{Made, Story, client, goes_all_the_way};

/// Draws what is killed, and says how to draw the same again.
fn dice() -> StdRng {
    let seed: u64 = match std::env::var("MOSIPCTL_TEST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => rand::rng().random(),
    };
    eprintln!("MOSIPCTL_TEST_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// At each kind of point of the journal, two of the times that it is reached, an environment of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_points_of_the_journal_a_small_environment_ends_the_same() {
    let cluster = bare_control_plane().await;
    let whole = Story::small("whole", &cluster.kubeconfig());
    whole.up();
    let counts = reached(&whole);
    let shape = shape(&whole).await;
    let mut dice = dice();
    let all = goes_all_the_way("kills of a small environment at all but two times of each point");
    let cases = points::ALL.iter().flat_map(|point| {
        let kind = point.name().split_once('-').map_or("", |(_, kind)| kind);
        let times = counts.iter().filter(|event| *event == kind).count();
        let drawn: BTreeSet<usize> = match times {
            _ if all => (1..=times).collect(),
            0 => BTreeSet::new(),
            _ => (0..2).map(|_| dice.random_range(1..=times)).collect(),
        };
        let named = drawn.into_iter();
        named.map(|nth| format!("{}:{nth}", point.name()))
    });
    let cases: Vec<String> = cases.collect();
    eprintln!("{} points", cases.len());
    let least = if all { 101 } else { 10 };
    assert!(cases.len() >= least, "{cases:?}");
    let mut running = tokio::task::JoinSet::new();
    let mut left = cases.into_iter();
    let kubeconfig = cluster.kubeconfig();
    loop {
        while running.len() < 3 {
            let Some(point) = left.next() else { break };
            let (kubeconfig, shape) = (kubeconfig.clone(), shape.clone());
            running.spawn(async move {
                let story = Story::small("kill", &kubeconfig);
                let killed = story.killed_at(&point, &["up", "--yes"]);
                if killed.code.is_some() {
                    return Some((point, "was not reached".to_owned()));
                }
                let before = secrets(&story).await;
                story.up();
                let after = secrets(&story).await;
                let drawn = before.iter().find(|secret| !after.contains(*secret));
                if let Some(secret) = drawn {
                    return Some((point, format!("{} was drawn again", secret.0)));
                }
                let now = self::shape(&story).await;
                if now != shape {
                    return Some((point, format!("{now:?} is not {shape:?}")));
                }
                // the journal's chain is the same story each time: a look now and then is enough
                if point.ends_with("1") {
                    story.run(&["up"]).ended_with(&[0]).says("nothing to do");
                    story.run(&["events", "--verify"]).ended_with(&[0]);
                }
                None
            });
        }
        match running.join_next().await {
            Some(ended) => assert_eq!(ended.unwrap(), None),
            None => break,
        }
    }
}

/// The whole MOSIP, killed fifteen times on its way, or fifty.
#[tokio::test]
async fn killed_at_random_points_a_whole_mosip_ends_the_same() {
    let wanted = match goes_all_the_way("35 of 50 kills of a whole MOSIP") {
        true => 50,
        false => 15,
    };
    let mut dice = dice();
    let story = Story::sandbox("");
    let often = [
        "planned",
        "stepIntent",
        "stepActed",
        "gatePassed",
        "stepDone",
    ];
    let (mut kills, mut seen) = (0, BTreeSet::new());
    while kills < wanted {
        let kind = often[dice.random_range(0..often.len())];
        let side = if dice.random() { "before" } else { "after" };
        let nth = match kind {
            "planned" => 1,
            // few steps at a time, or the installation is complete before the last kill
            _ => dice.random_range(1..=6),
        };
        let point = format!("{side}-{kind}:{nth}");
        let said = story.killed_at(&point, &["up", "--yes", "--speed", "200"]);
        if said.code.is_some() {
            said.done();
            break;
        }
        kills += 1;
        let now = secrets(&story).await;
        let lost = seen.difference(&now).next();
        assert!(
            lost.is_none(),
            "after {point}: {:?} was drawn again",
            lost.map(|lost| &lost.0)
        );
        seen = now;
    }
    eprintln!("killed {kills} times");
    assert!(
        kills >= wanted,
        "the installation was complete after {kills} kills"
    );
    story.run(&["up", "--yes", "--speed", "200"]).done();
    let after = secrets(&story).await;
    assert!(seen.is_subset(&after));
    let client = client(&story.kubeconfig()).await;
    let made = Made::seen(&client, |_| true).await;
    for (record, status) in &made.releases {
        assert!(
            record.ends_with(".v1") && status == "deployed",
            "{record} is {status}"
        );
    }
    story.run(&["up"]).done().says("nothing to do");
    story.run(&["events", "--verify"]).ended_with(&[0]);
}

/// The kinds of the events of a run, in order.
fn reached(story: &Story) -> Vec<String> {
    let events = story.run(&["events", "--json"]).done().out;
    let kinds = events.lines().filter_map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["event"]["kind"].as_str().map(str::to_owned)
    });
    kinds.collect()
}

/// Names and states without the story's own prefix and what was drawn.
async fn shape(story: &Story) -> Vec<String> {
    let client = client(&story.kubeconfig()).await;
    let made = Made::seen(&client, |namespace| {
        namespace.starts_with(&format!("{}-", story.prefix))
    })
    .await;
    let secrets = made.secrets.keys().cloned();
    let releases = made
        .releases
        .iter()
        .map(|(name, status)| format!("{name} {status}"));
    let jobs = made.jobs.iter().map(|job| {
        job.rsplit_once('-')
            .map_or(job.clone(), |(name, _)| name.to_owned())
    });
    let all = secrets.chain(releases).chain(jobs);
    all.map(|line| line.replace(&story.prefix, "")).collect()
}

/// Values of all Secrets of the story; those that Helm writes are not values.
async fn secrets(story: &Story) -> BTreeSet<(String, String)> {
    let kubeconfig = story.kubeconfig();
    let client = client(&kubeconfig).await;
    let made = Made::seen(&client, |namespace| {
        namespace.starts_with(&story.prefix) && namespace != "mosipctl-system"
    })
    .await;
    made.secrets.into_iter().collect()
}
