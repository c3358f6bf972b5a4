//! `mosipctl events`

use mosipctl_engine::control::{Client, Followed};
use mosipctl_journal::{Entry, RunState};
use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use crate::arguments::Events;
use crate::commands::running;
use crate::session::Session;
use crate::settings::Settings;

/// Entries that are read at a time.
const PAGE: usize = 1000;

pub(crate) async fn run(arguments: &Events, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let name = session.environment.name().as_str();
    let Some(reader) = running::journal(name)? else {
        return Err(
            Trouble::new("no run of this environment was ever made here")
                .remedy("start one with `mosipctl up`"),
        );
    };
    let broken = |error: &dyn std::error::Error| {
        Trouble::new(format!("failed to read the journal: {error}"))
    };
    if arguments.verify {
        let head = reader.verify(&[]).map_err(|error| {
            Trouble::of(&error)
                .while_doing("the journal was changed after it was written")
                .exit(Exit::Attention)
        })?;
        outln!(
            "{} events, each bound to the one before; the last is {}",
            head.seq,
            head.hash
        );
        return Ok(Exit::Done);
    }
    if arguments.runs {
        for run in reader.runs().map_err(|error| broken(&error))? {
            let state = match run.state() {
                RunState::Running => "goes on".to_owned(),
                RunState::Ended(outcome) => format!("{outcome:?}").to_lowercase(),
                RunState::Interrupted => "killed".to_owned(),
                RunState::Elsewhere => "on another machine".to_owned(),
            };
            match settings.json {
                true => outln!("{}", serde_json::to_string(&run).unwrap_or_default()),
                false => outln!(
                    "{}  {:>4} steps  {state}  {}",
                    run.run,
                    run.steps,
                    run.actor
                ),
            }
        }
        return Ok(Exit::Done);
    }
    let mut after = 0;
    loop {
        let page = reader.tail(after, PAGE).map_err(|error| broken(&error))?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for recorded in page {
            let wanted = arguments
                .run
                .as_deref()
                .is_none_or(|run| recorded.entry.run.as_str() == run);
            if wanted {
                show(Some(recorded.seq), &recorded.entry, settings);
            }
        }
    }
    if arguments.follow {
        follow(name, settings).await?;
    }
    Ok(Exit::Done)
}

async fn follow(name: &str, settings: &Settings) -> Result<(), Trouble> {
    let client = Client::connect(&running::socket(name)?).await;
    let Ok(client) = client else { return Ok(()) };
    let mut following = client.follow().await.map_err(|error| Trouble::of(&error))?;
    while let Ok(Some(followed)) = following.next().await {
        match followed {
            Followed::Entry(entry) => show(None, &entry, settings),
            Followed::Missed(events) => {
                eprintln!("({events} events came too fast; the journal has them)")
            }
        }
    }
    Ok(())
}

fn show(seq: Option<u64>, entry: &Entry, settings: &Settings) {
    if settings.json {
        let mut value = serde_json::to_value(entry).unwrap_or_default();
        if let Some(seq) = seq {
            value["seq"] = json!(seq);
        }
        outln!("{value}");
        return;
    }
    outln!("{}", mosipctl_report::history::event(entry));
}
