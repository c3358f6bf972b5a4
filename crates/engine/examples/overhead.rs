//! What a step costs that does nothing: 2000 of them, with the journal on a disk and in memory.
//! `cargo run --release -p mosipctl-engine --example overhead [FOLDER]`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_engine::{
    Context, Engine, Hands, Header, Options, Outcome, Proof, Settled, StepError,
};
use mosipctl_journal::{Actor, Journal, Memory, Record, Redactor, RunId};
use mosipctl_plan::{Action, Ordered, Step, StepId, order};

const STEPS: usize = 2000;

/// For each step, the number of the one it waits for.
type Needs = fn(usize) -> Option<usize>;

struct Idle;

#[async_trait]
impl Hands for Idle {
    async fn run(&self, _: &Step, context: &Context) -> Result<Outcome, StepError> {
        context.note("doing nothing");
        Ok(Outcome::Done)
    }

    async fn gate(&self, _: &Step, context: &Context) -> Result<Proof, StepError> {
        context.waits("nothing");
        Ok(Proof::new("nothing was done"))
    }

    async fn settle(&self, _: &Step, _: Settled<'_>, _: &Context) -> Result<(), StepError> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args().nth(1).map(PathBuf::from);
    let base = base.unwrap_or_else(std::env::temp_dir);
    let shapes: [(&str, Needs); 3] = [
        ("all at once", |_| None),
        ("a tree", |number| number.checked_sub(1).map(|n| n / 3)),
        ("one by one", |number| number.checked_sub(1)),
    ];
    for (name, needs) in shapes {
        let on_disk = measure(needs, Some(&base)).await?;
        let in_memory = measure(needs, None).await?;
        let each = |took: Duration| took / u32::try_from(STEPS).unwrap_or(1);
        println!(
            "{name:<12} {:?} a step with the journal on disk, {:?} in memory",
            each(on_disk),
            each(in_memory)
        );
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM"));
        println!("{}", peak.unwrap_or_default());
    }
    Ok(())
}

async fn measure(
    needs: Needs,
    base: Option<&Path>,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let folder = base.map(tempfile::tempdir_in).transpose()?;
    let record: Arc<dyn Record> = match &folder {
        Some(folder) => {
            let path = folder.path().join("journal.db");
            Arc::new(Journal::open(&path, Arc::new(Redactor::new()))?)
        }
        None => Arc::new(Memory::new()),
    };
    let header = Header {
        run: RunId::new(jiff::Timestamp::now()),
        actor: Actor::current(),
        plan: "none".to_owned(),
        environment: "none".to_owned(),
        version: "0".to_owned(),
    };
    let hands = Arc::new(Idle);
    let (engine, _) = Engine::new(plan(needs)?, hands, record, header, Options::default());
    let began = Instant::now();
    let report = engine.run().await;
    assert_eq!(report.counts.done, STEPS);
    Ok(began.elapsed())
}

fn plan(needs: Needs) -> Result<Ordered, Box<dyn std::error::Error>> {
    let fact = |number: usize| Fact::new(FactKind::Database, format!("d{number}"));
    let steps = (0..STEPS).map(|number| {
        let action = Action::Prepare { fact: fact(number) };
        Step {
            needs: needs(number).map(fact).into_iter().collect(),
            makes: vec![fact(number)],
            ..Step::new(
                StepId::new("make database", number),
                format!("database {number}"),
                "databases",
                action,
            )
        }
    });
    Ok(order(steps.collect(), &BTreeSet::new())?)
}
