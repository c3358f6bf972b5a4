//! Following a run: a screen that changes, plain lines, or JSON.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mosipctl_engine::Handle;
use mosipctl_journal::{Entry, Event};
use mosipctl_plan::{Plan, StepId};
use mosipctl_report::run::{self, Spoken};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::settings::Settings;

/// How often the screen is drawn anew: often enough to look alive, seldom enough to cost nothing.
const DRAW: Duration = Duration::from_millis(200);
/// How often a plain line says where the run stands.
const TELL: Duration = Duration::from_secs(10);

/// Follows a run until it ends.
pub(crate) fn follow(handle: Handle, plan: &Plan, settings: &Settings) -> JoinHandle<()> {
    let spoken = plan
        .ordered
        .steps
        .iter()
        .map(|step| (step.id.clone(), Spoken::of(step)))
        .collect();
    let follower = Follower {
        handle,
        spoken,
        environment: plan.environment.clone(),
        settings: settings.clone(),
    };
    match (settings.json, settings.is_terminal) {
        (true, _) => tokio::spawn(follower.json()),
        (false, true) => tokio::spawn(follower.screen()),
        (false, false) => tokio::spawn(follower.lines()),
    }
}

struct Follower {
    handle: Handle,
    spoken: BTreeMap<StepId, Spoken>,
    environment: String,
    settings: Settings,
}

impl Follower {
    async fn json(self) {
        let mut events = self.handle.subscribe();
        loop {
            match events.recv().await {
                Ok(entry) => outln!("{}", serde_json::to_string(&*entry).unwrap_or_default()),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn lines(self) {
        let mut events = self.handle.subscribe();
        let mut tell = tokio::time::interval_at(tokio::time::Instant::now() + TELL, TELL);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(entry) => {
                        if let Some(line) = self.said(&entry) {
                            eprintln!("{line}");
                        }
                        if ends(&entry) { return }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = tell.tick() => {
                    if let Ok(progress) = self.handle.progress().await {
                        eprintln!("{}", run::line(&progress, &self.environment));
                    }
                }
            }
        }
    }

    async fn screen(self) {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(
            ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let mut events = self.handle.subscribe();
        let mut draw = tokio::time::interval(DRAW);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(entry) => {
                        if let Some(line) = self.said(&entry) {
                            bar.println(line);
                        }
                        if ends(&entry) { break }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                _ = draw.tick() => {
                    if let Ok(progress) = self.handle.progress().await {
                        let (rows, columns) = console::Term::stderr().size();
                        let lines = run::live(
                            &progress, &self.environment, usize::from(rows), usize::from(columns), self.settings.talk,
                        );
                        bar.set_message(lines.join("\n"));
                        bar.tick();
                    }
                }
            }
        }
        bar.finish_and_clear();
    }

    fn said(&self, entry: &Arc<Entry>) -> Option<String> {
        run::said(
            entry,
            |step| self.spoken.get(step).cloned(),
            self.settings.talk,
        )
    }
}

fn ends(entry: &Entry) -> bool {
    matches!(
        entry.event,
        Event::RunFinished { .. } | Event::RunInterrupted { .. }
    )
}
