//! When steps start.

use mosipctl_engine::{Limits, Options};
use mosipctl_plan::{Class, Step};

use crate::fake::{Call, Fake, Scene, Script, run, step};

fn limited(api: usize) -> Options {
    let limits = Limits {
        api,
        ..Limits::default()
    };
    Options {
        limits,
        ..Options::default()
    }
}

fn in_class(class: Class, step: Step) -> Step {
    Step { class, ..step }
}

fn excluding(locks: &[&str], step: Step) -> Step {
    let excludes = locks.iter().map(|lock| (*lock).to_owned()).collect();
    Step { excludes, ..step }
}

#[tokio::test(start_paused = true)]
async fn a_step_starts_the_moment_its_needs_hold() {
    let told = run(
        [step("a", &[]), step("b", &[]), step("c", &["a", "b"])],
        [("a", Script::lasting(2, 5)), ("b", Script::lasting(1, 0))],
    )
    .await;
    assert_eq!(told.fake.times(Call::Act, "c"), [7]);
    assert_eq!(told.seconds(), 7);
    assert_eq!(told.report.exit_code(), 0);
}

#[tokio::test(start_paused = true)]
async fn branches_do_not_wait_for_each_other() {
    let told = run(
        [
            step("slow", &[]),
            step("after-slow", &["slow"]),
            step("fast", &[]),
            step("after-fast", &["fast"]),
        ],
        [
            ("slow", Script::lasting(100, 0)),
            ("fast", Script::lasting(1, 0)),
        ],
    )
    .await;
    assert_eq!(told.fake.times(Call::Act, "after-fast"), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_gate_holds_no_slot() {
    let names = ["a", "b", "c", "d"];
    let steps = names.map(|name| step(name, &[]));
    let fake = Fake::new(names.map(|name| (name, Script::lasting(1, 60))));
    let told = Scene::new(steps, fake, limited(1)).run().await;
    assert_eq!(told.seconds(), 4 + 60);
}

#[tokio::test(start_paused = true)]
async fn no_more_act_at_once_than_the_class_allows_and_no_fewer() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let steps = names.map(|name| step(name, &[]));
    let fake = Fake::new(names.map(|name| (name, Script::lasting(10, 0))));
    let told = Scene::new(steps, fake, limited(2)).run().await;
    let mut starts: Vec<u64> = names
        .iter()
        .flat_map(|name| told.fake.times(Call::Act, name))
        .collect();
    starts.sort_unstable();
    assert_eq!(starts, [0, 0, 10, 10, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn each_server_and_each_host_is_a_class_of_its_own() {
    let host = |name: &str| Class::Host(name.to_owned());
    let steps = [
        in_class(host("node1"), step("a", &[])),
        in_class(host("node1"), step("b", &[])),
        in_class(host("node2"), step("c", &[])),
        in_class(Class::Free, step("d", &[])),
    ];
    let told = run(
        steps,
        ["a", "b", "c", "d"].map(|n| (n, Script::lasting(10, 0))),
    )
    .await;
    assert_eq!(told.fake.times(Call::Act, "b"), [10]);
    assert_eq!(told.fake.times(Call::Act, "c"), [0]);
    assert_eq!(told.seconds(), 20);
}

#[tokio::test(start_paused = true)]
async fn the_longest_way_to_the_end_goes_first() {
    let steps = [
        step("short", &[]),
        step("long", &[]),
        step("after-long", &["long"]),
        step("last", &["after-long"]),
    ];
    let fake = Fake::new(["short", "long"].map(|name| (name, Script::lasting(1, 0))));
    let told = Scene::new(steps, fake, limited(1)).run().await;
    assert_eq!(told.fake.order(Call::Act)[0], "long");
}

#[tokio::test(start_paused = true)]
async fn steps_that_exclude_each_other_never_overlap_not_even_at_the_gate() {
    let steps = ["a", "b", "c"].map(|name| excluding(&["brokers"], step(name, &[])));
    let told = run(
        steps,
        ["a", "b", "c"].map(|name| (name, Script::lasting(1, 9))),
    )
    .await;
    assert_eq!(told.seconds(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_steps_aside_for_a_lock_does_not_hold_up_others() {
    let steps = [
        excluding(&["l"], step("holder", &[])),
        excluding(&["l"], step("aside", &[])),
        step("other", &[]),
    ];
    let scripts = [
        ("holder", Script::lasting(0, 60)),
        ("aside", Script::lasting(1, 0)),
        ("other", Script::lasting(1, 0)),
    ];
    let told = Scene::new(steps, Fake::new(scripts), limited(1))
        .run()
        .await;
    assert_eq!(told.fake.times(Call::Act, "other"), [0]);
    assert_eq!(told.fake.times(Call::Act, "aside"), [60]);
}

#[tokio::test(start_paused = true)]
async fn steps_that_want_the_same_locks_in_another_order_do_not_wait_for_each_other_for_ever() {
    let steps = [
        excluding(&["x", "y"], step("a", &[])),
        excluding(&["y", "x"], step("b", &[])),
        excluding(&["y"], step("c", &[])),
    ];
    let told = run(
        steps,
        ["a", "b", "c"].map(|name| (name, Script::lasting(5, 0))),
    )
    .await;
    assert_eq!(told.seconds(), 15);
    assert_eq!(told.done().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_plan_without_steps_is_done_at_once() {
    let told = run([], []).await;
    assert_eq!(told.report.exit_code(), 0);
    assert_eq!(told.report.counts.total, 0);
}
