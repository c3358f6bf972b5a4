//! The order of steps, for any facts.

use std::collections::BTreeSet;
use std::time::Duration;

use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_plan::{Action, OrderError, Ordered, Step, StepId, order};
use proptest::prelude::*;

fn fact(name: impl std::fmt::Display) -> Fact {
    Fact::new(FactKind::Database, name.to_string())
}

fn step(name: &str) -> Step {
    Step::new(
        StepId::new("make", name),
        name,
        name,
        Action::Prepare { fact: fact(name) },
    )
}

fn linked(name: &str, needs: &[&str], makes: &[&str], seconds: u64) -> Step {
    let needs = needs.iter().map(fact).collect();
    let makes = makes.iter().map(fact).collect();
    Step {
        needs,
        makes,
        estimate: Duration::from_secs(seconds),
        ..step(name)
    }
}

fn names(ordered: &Ordered) -> Vec<&str> {
    ordered
        .steps
        .iter()
        .map(|step| step.title.as_str())
        .collect()
}

#[test]
fn who_needs_a_fact_comes_after_its_maker() {
    let steps = vec![linked("b", &["x"], &[], 1), linked("a", &[], &["x"], 1)];
    assert_eq!(names(&order(steps, &BTreeSet::new()).unwrap()), ["a", "b"]);
}

#[test]
fn a_need_that_holds_already_needs_no_maker() {
    let steps = vec![linked("b", &["x"], &[], 1)];
    assert!(order(steps.clone(), &BTreeSet::from([fact("x")])).is_ok());
    let error = order(steps, &BTreeSet::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`make b` needs `database x`, and nothing makes it"
    );
}

#[test]
fn a_circle_is_named_in_its_order() {
    let steps = vec![
        linked("a", &["z"], &["x"], 1),
        linked("b", &["x"], &["y"], 1),
        linked("c", &["y"], &["z"], 1),
        linked("outsider", &["z"], &[], 1),
    ];
    let OrderError::Circle { circle } = order(steps, &BTreeSet::new()).unwrap_err() else {
        panic!("no circle")
    };
    assert_eq!(circle, ["make a", "make b", "make c", "make a"]);
}

#[test]
fn an_upgrade_runs_between_those_who_need_the_old_and_the_new() {
    let (old, new) = (fact("d").with_value("1"), fact("d").with_value("2"));
    let drain = Step {
        needs: vec![old.clone()],
        ..step("drain")
    };
    let migrate = Step {
        ends: vec![old.clone()],
        makes: vec![new.clone()],
        ..step("migrate")
    };
    let start = Step {
        needs: vec![new],
        ..step("start")
    };
    let ordered = order(vec![start, migrate, drain], &BTreeSet::from([old])).unwrap();
    assert_eq!(names(&ordered), ["drain", "migrate", "start"]);
}

#[test]
fn what_ends_a_fact_comes_before_what_makes_it_anew() {
    let remove = Step {
        ends: vec![fact("x")],
        ..step("remove")
    };
    let steps = vec![linked("make", &[], &["x"], 1), remove];
    assert_eq!(
        names(&order(steps, &BTreeSet::from([fact("x")])).unwrap()),
        ["remove", "make"]
    );
}

#[test]
fn a_fact_has_one_maker_and_a_name_one_step() {
    let twice = vec![linked("a", &[], &["x"], 1), linked("b", &[], &["x"], 1)];
    assert!(matches!(
        order(twice, &BTreeSet::new()),
        Err(OrderError::TwoMakers { .. })
    ));
    let same = vec![step("a"), step("a")];
    assert!(matches!(
        order(same, &BTreeSet::new()),
        Err(OrderError::SameName { .. })
    ));
}

#[test]
fn the_critical_path_is_the_longest_one() {
    let steps = vec![
        linked("short", &[], &["s"], 5),
        linked("long", &[], &["l"], 9),
        linked("end", &["s", "l"], &[], 2),
        linked("aside", &[], &[], 10),
    ];
    let ordered = order(steps, &BTreeSet::new()).unwrap();
    let path: Vec<&str> = ordered
        .critical_path()
        .iter()
        .map(|i| ordered.steps[*i].title.as_str())
        .collect();
    assert_eq!(path, ["long", "end"]);
    assert_eq!(ordered.shortest_time(), Duration::from_secs(11));
}

#[test]
fn those_that_wait_are_counted_through_others_and_once() {
    let steps = vec![
        linked("first", &[], &["f"], 1),
        linked("one", &["f"], &["o"], 1),
        linked("other", &["f"], &["p"], 1),
        linked("end", &["o", "p"], &[], 1),
        linked("aside", &[], &[], 1),
    ];
    let ordered = order(steps, &BTreeSet::new()).unwrap();
    let waiting = |title: &str| {
        let mut steps = ordered.steps.iter();
        let index = steps.position(|step| step.title == title).unwrap();
        ordered.waiting(index)
    };
    assert_eq!(["first", "one", "end", "aside"].map(waiting), [3, 1, 0, 0]);
}

/// Any acyclic set of steps: step i may need facts of steps with a smaller number; then shuffled.
fn any_dag() -> impl Strategy<Value = Vec<Step>> {
    let rows = prop::collection::vec(
        (
            prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            0u64..50,
        ),
        1..40,
    );
    rows.prop_map(|rows| {
        let each = rows.iter().enumerate().map(|(number, (needs, seconds))| {
            let needs: BTreeSet<String> = needs
                .iter()
                .filter(|_| number > 0)
                .map(|index| index.index(number).to_string())
                .collect();
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            let own = number.to_string();
            linked(&own, &needs, &[&own], *seconds)
        });
        each.collect::<Vec<_>>()
    })
    .prop_shuffle()
}

proptest! {
    #[test]
    fn any_dag_is_ordered_completely_and_legally(steps in any_dag()) {
        let ordered = order(steps.clone(), &BTreeSet::new()).unwrap();
        prop_assert_eq!(ordered.steps.len(), steps.len());
        for (index, step) in ordered.steps.iter().enumerate() {
            prop_assert!(ordered.after[index].iter().all(|before| *before < index));
            for need in &step.needs {
                let before = ordered.after[index].iter();
                let met = before.flat_map(|b| &ordered.steps[*b].makes).any(|made| made == need);
                prop_assert!(met, "{} lacks {}", step.id, need);
            }
        }
    }

    #[test]
    fn equal_input_gives_equal_output(steps in any_dag()) {
        let holds = BTreeSet::new();
        prop_assert_eq!(order(steps.clone(), &holds).unwrap(), order(steps, &holds).unwrap());
    }

    #[test]
    fn the_critical_path_is_as_long_as_the_longest_path(steps in any_dag()) {
        let ordered = order(steps, &BTreeSet::new()).unwrap();
        let path = ordered.critical_path();
        let length: Duration = path.iter().map(|index| ordered.steps[*index].estimate).sum();
        prop_assert_eq!(length, ordered.shortest_time());
        prop_assert!(path.windows(2).all(|pair| ordered.after[pair[1]].contains(&pair[0])));
    }
}
