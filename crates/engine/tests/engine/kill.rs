//! Killed at every point and at random moments, and begun again: the same end, and nothing made twice.
//!
//! The child is this test program again, running a plan over a world of files. What the world holds is what it observes;
//! it remembers nothing but what the journal offers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mosipctl_engine::{
    Context, Engine, Handle, Hands, Header, OnCancel, Options, Outcome, Proof, Retry, StepError,
    points,
};
use mosipctl_journal::{
    Actor, Event, Failpoint, Journal, Reader, Record, Redactor, RunId, RunOutcome, RunState,
};
use mosipctl_plan::{Step, Undo, order};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::{Notify, OnceCell};
use tokio::time::{sleep, timeout};

use crate::fake::{fact, step};

/// Where the child's world is.
const WORLD: &str = "MOSIPCTL_TEST_WORLD";
/// How long each act of the child takes, in milliseconds.
const PACE: &str = "MOSIPCTL_TEST_PACE";
/// What the child has to go through.
const STORY: &str = "MOSIPCTL_TEST_STORY";

/// How many pieces the long step makes.
const PIECES: u64 = 5;

/// Held while the file is written.
static ALONE: Mutex<()> = Mutex::new(());

/// A folder. Whatever is made is one line of one file, written with one call, so that a kill leaves it whole or out.
#[derive(Clone)]
struct World(PathBuf);

impl World {
    fn write(&self, line: &str) {
        let _alone = ALONE.lock().unwrap();
        let mut options = fs::OpenOptions::new();
        let file = options.create(true).append(true);
        let mut file = file.open(self.0.join("made")).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn remove(&self, line: &str) {
        let _alone = ALONE.lock().unwrap();
        let lines = self.lines();
        let kept = lines.iter().filter(|other| *other != line);
        let kept: String = kept.map(|line| format!("{line}\n")).collect();
        let new = self.0.join("new");
        fs::write(&new, kept).unwrap();
        fs::rename(new, self.0.join("made")).unwrap();
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.join("made")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn has(&self, line: &str) -> bool {
        self.lines().iter().any(|other| other == line)
    }

    /// A secret is drawn once: whoever draws it again writes another line.
    fn secret(&self) -> Option<String> {
        self.lines()
            .into_iter()
            .find(|line| line.starts_with("drawn "))
    }

    fn journal(&self) -> PathBuf {
        self.0.join("journal.db")
    }

    /// What the plan's steps are to make, and what of it is there.
    fn observe(&self) -> BTreeSet<String> {
        let lines = self.lines();
        let made = lines.iter().filter_map(|line| line.strip_prefix("made "));
        made.map(str::to_owned).collect()
    }
}

/// The steps of the whole plan: a few in a row, a few beside each other, one of each way to go.
fn plan() -> Vec<Step> {
    let undoable = Step {
        undo: Undo::Remove,
        ..step("undoable", &[])
    };
    vec![
        step("namespace", &[]),
        step("secret", &["namespace"]),
        step("pieces", &["namespace"]),
        step("busy", &["namespace"]),
        step("database", &["secret"]),
        step("service", &["secret", "database"]),
        step("skipped", &[]),
        undoable,
        step("stubborn", &["skipped"]),
        step("last", &["service", "pieces", "stubborn", "busy"]),
    ]
}

struct FileHands {
    world: World,
    pace: Duration,
    story: String,
    handle: OnceCell<Handle>,
    pieces_began: Notify,
}

impl FileHands {
    /// Makes something, unless it is there.
    fn make(&self, name: &str) -> Outcome {
        let line = format!("made {name}");
        if self.world.has(&line) {
            return Outcome::Skipped("it is there already".to_owned());
        }
        self.world.write(&line);
        Outcome::Done
    }

    /// Draws once, uses what was drawn from then on.
    async fn make_secret(&self) -> Outcome {
        if self.world.secret().is_none() {
            let value: u64 = rand::random();
            self.world.write(&format!("drawn {value}"));
        }
        sleep(self.pace).await;
        self.make("secret")
    }

    /// Many pieces, one cursor each.
    async fn make_pieces(&self, context: &Context) -> Result<Outcome, StepError> {
        self.pieces_began.notify_one();
        let at = context.cursor().and_then(|cursor| cursor["at"].as_u64());
        for piece in at.unwrap_or(0)..PIECES {
            if context.cancelled().is_cancelled() {
                return Err(StepError::stopped());
            }
            self.world.write(&format!("piece {piece}"));
            sleep(self.pace).await;
            context.save_cursor(json!({"at": piece + 1})).await?;
        }
        if self.story == "interrupted" {
            // Stays until told to go.
            context.cancelled().cancelled().await;
            return Err(StepError::stopped());
        }
        Ok(self.make("pieces"))
    }

    fn interrupt(&self) {
        if let Some(handle) = self.handle.get() {
            handle.interrupt(Actor::current());
        }
    }
}

#[async_trait]
impl Hands for FileHands {
    async fn run(&self, step: &Step, context: &Context) -> Result<Outcome, StepError> {
        self.world.write(&format!("begun {}", step.component));
        sleep(self.pace).await;
        match step.component.as_str() {
            "secret" => Ok(self.make_secret().await),
            "pieces" => self.make_pieces(context).await,
            "busy" if !self.world.has("was busy") => {
                self.world.write("was busy");
                Err(StepError::transient("busy"))
            }
            "stubborn" if self.story == "failing" => Err(StepError::refused("no")),
            "skipped" => {
                self.make("skipped");
                Ok(Outcome::Skipped("somebody made it".to_owned()))
            }
            "undoable" if self.story == "interrupted" => {
                self.pieces_began.notified().await;
                self.interrupt();
                context.cancelled().cancelled().await;
                Ok(self.make("undoable"))
            }
            name => Ok(self.make(name)),
        }
    }

    async fn gate(&self, step: &Step, _: &Context) -> Result<Proof, StepError> {
        sleep(self.pace).await;
        if step.component == "database" && self.story == "failing" {
            return Err(StepError::refused("no"));
        }
        Ok(Proof::new(format!("{} is there", step.component)))
    }

    async fn undo(&self, step: &Step, _: &Context) -> Result<(), StepError> {
        self.world.remove(&format!("made {}", step.component));
        Ok(())
    }

    fn on_cancel(&self, step: &Step) -> OnCancel {
        match step.component.as_str() {
            "undoable" => OnCancel::Undo,
            _ => OnCancel::Finish,
        }
    }
}

#[test]
#[ignore = "runs as the child of the tests below, which start and kill it"]
fn child() {
    let Some(world) = std::env::var_os(WORLD) else {
        return;
    };
    let setting = |name| std::env::var(name).unwrap_or_default();
    let pace = Duration::from_millis(setting(PACE).parse().unwrap_or(0));
    let world = World(PathBuf::from(world));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let code = runtime.block_on(up(world, pace, setting(STORY)));
    std::process::exit(i32::from(code));
}

/// Observes, plans what is missing, runs it. As `mosipctl up` does.
async fn up(world: World, pace: Duration, story: String) -> u8 {
    let journal = Journal::open(&world.journal(), Arc::new(Redactor::new())).unwrap();
    let cursors = journal.reader().unwrap().cursors().unwrap();
    let there = world.observe();
    let missing = plan()
        .into_iter()
        .filter(|step| !there.contains(&step.component));
    let holds = there.iter().map(|name| fact(name)).collect();
    let ordered = order(missing.collect(), &holds).unwrap();
    let hands = Arc::new(FileHands {
        world,
        pace,
        story,
        handle: OnceCell::new(),
        pieces_began: Notify::new(),
    });
    let header = Header {
        run: RunId::new(jiff::Timestamp::now()),
        actor: Actor::current(),
        plan: "p".to_owned(),
        environment: "e".to_owned(),
        version: "v".to_owned(),
    };
    let options = Options {
        cursors,
        retry: Retry {
            first: Duration::from_millis(1),
            ..Retry::default()
        },
        ..Options::default()
    };
    let record: Arc<dyn Record> = Arc::new(journal);
    let (engine, handle) = Engine::new(ordered, hands.clone(), record, header, options);
    hands.handle.set(handle).ok();
    engine.run().await.exit_code()
}

/// A world, and the children that are sent into it.
struct Trial {
    folder: TempDir,
    world: World,
    pace: Duration,
}

impl Trial {
    fn new(pace: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World(folder.path().to_owned());
        Self {
            folder,
            world,
            pace,
        }
    }

    fn command(&self, story: &str, failpoint: Option<&str>) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["kill::child", "--exact", "--ignored", "--nocapture"])
            .env(WORLD, self.folder.path())
            .env(PACE, self.pace.as_millis().to_string())
            .env(STORY, story)
            .env("MOSIPCTL_FAILPOINT", failpoint.unwrap_or_default())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, story: &str, failpoint: Option<&str>) -> ExitStatus {
        self.command(story, failpoint).status().await.unwrap()
    }

    /// What must be true after any end whatever.
    fn check_in_between(&self, what: &str) {
        let made = self.world.lines();
        let Ok(reader) = Reader::open(&self.world.journal()) else {
            assert!(made.is_empty(), "{what}: made before there was a journal");
            return;
        };
        reader
            .verify(&[])
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let mut intents: BTreeMap<String, usize> = BTreeMap::new();
        for recorded in reader.tail(0, usize::MAX >> 1).unwrap() {
            if let Event::StepIntent { step, .. } = recorded.entry.event {
                *intents
                    .entry(step.as_str().replace("make ", ""))
                    .or_default() += 1;
            }
        }
        for name in made.iter().filter_map(|line| line.strip_prefix("begun ")) {
            let left = intents.get_mut(name).filter(|left| **left > 0);
            *left.unwrap_or_else(|| panic!("{what}: {name} acted without an intent")) -= 1;
        }
    }

    fn last_run(&self) -> Option<RunState> {
        let reader = Reader::open(&self.world.journal()).ok()?;
        reader.last_run().unwrap().map(|run| run.state())
    }

    /// Runs to the end and checks that it is the end there should be.
    async fn check_to_the_end(&self, kills: usize, what: &str) {
        let status = self.run("plain", None).await;
        assert_eq!(status.code(), Some(0), "{what}");
        self.check_in_between(what);
        assert_eq!(
            self.last_run(),
            Some(RunState::Ended(RunOutcome::Done)),
            "{what}"
        );
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in self.world.lines() {
            let line = match line.strip_prefix("drawn ") {
                Some(_) => "drawn".to_owned(),
                None => line,
            };
            *counts.entry(line).or_default() += 1;
        }
        assert_eq!(counts["drawn"], 1, "{what}: a secret was drawn twice");
        for step in plan() {
            let made = counts.get(&format!("made {}", step.component));
            assert_eq!(made, Some(&1), "{what}: {}", step.component);
        }
        let pieces: usize = (0..PIECES).map(|n| counts[&format!("piece {n}")]).sum();
        // A kill between a piece and its cursor makes that one piece again, and no other.
        assert!(pieces <= PIECES as usize + kills, "{what}: {pieces} pieces");
        let before = self.world.lines();
        assert_eq!(self.run("plain", None).await.code(), Some(0));
        assert_eq!(
            self.world.lines(),
            before,
            "{what}: something was left to do"
        );
    }
}

/// The story in which a point is reached.
fn story(point: Failpoint) -> &'static str {
    match point.name().split_once('-') {
        Some((_, "gateMissed" | "stepFailed" | "stepsNotTried")) => "failing",
        Some((_, "undoIntent" | "stepUndone" | "stepStopped" | "runInterrupted")) => "interrupted",
        _ => "plain",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_at_any_point_is_finished_by_the_next() {
    for point in points::ALL {
        for nth in 1..=3 {
            let trial = Trial::new(Duration::ZERO);
            let what = format!("{}:{nth}=abort", point.name());
            let status = trial.run(story(*point), Some(&what)).await;
            let killed = status.signal() == Some(6);
            assert!(killed || nth > 1, "{what} was never reached: {status}");
            trial.check_in_between(&what);
            if killed {
                // Nothing, if it was killed before its first entry; ended, if after its last.
                let state = trial.last_run();
                let ends = point.name().ends_with("commit")
                    || ["after-runFinished", "after-runInterrupted"].contains(&point.name());
                assert!(
                    matches!(state, None | Some(RunState::Interrupted)) || ends,
                    "{what}: {state:?}"
                );
            }
            trial.check_to_the_end(1, &what).await;
            if !killed {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_journal_fails_at_any_point_ends_in_order_and_is_finished_by_the_next() {
    for point in points::ALL {
        let trial = Trial::new(Duration::ZERO);
        let what = format!("{}=error", point.name());
        let status = trial.run(story(*point), Some(&what)).await;
        // An interrupted run stays interrupted, whether or not that could be written down.
        let expected = match point.name().ends_with("runInterrupted") {
            true => 130,
            false => 1,
        };
        assert_eq!(status.code(), Some(expected), "{what}: {status}");
        trial.check_in_between(&what);
        trial.check_to_the_end(1, &what).await;
    }
}

/// The seed of a test, printed so that it can be set again.
fn seed() -> u64 {
    let given = std::env::var("MOSIPCTL_TEST_SEED").ok();
    let seed = given
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    println!("MOSIPCTL_TEST_SEED={seed}");
    seed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_at_random_moments_is_finished_by_the_last() {
    let mut random = StdRng::seed_from_u64(seed());
    let mut kills = 0;
    for _ in 0..20 {
        let trial = Trial::new(Duration::from_millis(10));
        let mut killed_here = 0;
        for _ in 0..random.random_range(1..4) {
            let moment = Duration::from_millis(random.random_range(0..250));
            let mut child = trial.command("plain", None).spawn().unwrap();
            if timeout(moment, child.wait()).await.is_err() {
                child.kill().await.unwrap();
                killed_here += 1;
            }
            trial.check_in_between("a random kill");
        }
        trial.check_to_the_end(killed_here, "random kills").await;
        kills += killed_here;
    }
    assert!(kills > 0, "every run was over before it was killed");
}

#[test]
fn the_world_of_these_tests_shows_what_is_made_twice() {
    let folder = tempfile::tempdir().unwrap();
    let world = World(Path::new(folder.path()).to_owned());
    world.write("made a");
    world.write("made a");
    assert_eq!(world.lines(), ["made a", "made a"]);
    world.remove("made a");
    assert_eq!(world.lines(), [""; 0]);
}
