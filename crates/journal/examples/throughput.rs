//! How many entries per second the journal takes, each waiting for the disk alone or many at once.
//! `cargo run --release -p mosipctl-journal --example throughput [FOLDER]`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mosipctl_journal::{Actor, Entry, Event, Journal, Record, Redactor, RunId};
use mosipctl_plan::StepId;

const ENTRIES: u32 = 20_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args().nth(1).map(PathBuf::from);
    for waiting in [1, 8, 64, 1000] {
        let folder = match &base {
            Some(base) => tempfile::tempdir_in(base)?,
            None => tempfile::tempdir()?,
        };
        let redactor = Arc::new(Redactor::new());
        (0..100).for_each(|number| redactor.register(&format!("secret number {number}")));
        let journal = Journal::open(&folder.path().join("journal.db"), redactor)?;
        let took = write(&journal, waiting).await?;
        let each = took / ENTRIES;
        let rate = f64::from(ENTRIES) / took.as_secs_f64();
        println!("{waiting:>5} waiting at once: {rate:>8.0} entries/s, {each:?} each");
    }
    Ok(())
}

/// Writes entries with so many receipts open at a time.
async fn write(journal: &Journal, waiting: u32) -> Result<Duration, Box<dyn std::error::Error>> {
    let run = RunId::new(jiff::Timestamp::now());
    let began = Instant::now();
    for _ in 0..ENTRIES / waiting {
        let receipts: Vec<_> = (0..waiting)
            .map(|number| journal.append(entry(&run, number)))
            .collect();
        for receipt in receipts {
            receipt.await?;
        }
    }
    Ok(began.elapsed())
}

fn entry(run: &RunId, number: u32) -> Entry {
    Entry {
        time: jiff::Timestamp::now(),
        elapsed: Duration::from_millis(u64::from(number)),
        run: run.clone(),
        actor: Actor::current(),
        event: Event::GatePassed {
            step: StepId::new("await release", format_args!("kernel/service-{number}")),
            took: Duration::from_secs(90),
            proof: "1 of 1 pods ready, answers /v1/service/actuator/health".to_owned(),
        },
    }
}
