//! A run told and asked from outside, over its socket. Real time, real sockets.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;

use mosipctl_engine::Options;
use mosipctl_engine::control::{Client, ClientError, Control, ControlError, Followed, Response};
use mosipctl_journal::{Actor, Command, Event, RunOutcome};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

use crate::fake::{Fake, Scene, Script, Told, id, step};

/// A run whose step `a` acts until it is let go, with `b` after it, and a socket to it.
struct Stage {
    folder: TempDir,
    path: PathBuf,
    until: Arc<Notify>,
    scene: Scene,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        let until = Arc::new(Notify::new());
        let script = Script {
            until: Some(until.clone()),
            ..Script::default()
        };
        let steps = [step("a", &[]), step("b", &["a"])];
        let scene = Scene::new(steps, Fake::new([("a", script)]), Options::default());
        Self {
            folder,
            path,
            until,
            scene,
        }
    }

    /// Runs it with its socket open, beside a story that gets the socket's path.
    async fn play<F: Future<Output = ()>>(
        self,
        story: impl FnOnce(PathBuf, Arc<Notify>) -> F,
    ) -> Told {
        let control = Control::open(&self.path, self.scene.handle.clone()).await;
        let _control = control.unwrap();
        let (path, until) = (self.path, self.until);
        let told = self.scene.with(|_| story(path, until)).await;
        drop(self.folder);
        told
    }
}

async fn connect(path: &Path) -> Client {
    Client::connect(path).await.unwrap()
}

#[tokio::test]
async fn a_run_is_paused_and_resumed_by_whom_the_system_says() {
    let told = Stage::new()
        .play(|path, until| async move {
            let mut client = connect(&path).await;
            let cluster = Some("kubernetes-admin".to_owned());
            client.tell(Command::Pause, cluster).await.unwrap();
            until.notify_one();
            while client.status().await.unwrap().counts.done == 0 {}
            client.tell(Command::Resume, None).await.unwrap();
        })
        .await;
    assert_eq!(told.report.outcome, RunOutcome::Done);
    let entries = told.memory.entries();
    let paused = entries.iter().find(|entry| entry.event == Event::Paused);
    let expected = Actor::current().in_cluster("kubernetes-admin");
    assert_eq!(paused.unwrap().actor, expected);
    let resumed = entries.iter().find(|entry| entry.event == Event::Resumed);
    assert_eq!(resumed.unwrap().actor, Actor::current());
}

#[tokio::test]
async fn a_run_is_asked_where_it_stands() {
    Stage::new()
        .play(|path, until| async move {
            let mut client = connect(&path).await;
            let mut progress = client.status().await.unwrap();
            while progress.counts.running == 0 {
                progress = client.status().await.unwrap();
            }
            assert_eq!(progress.running[0].step, id("a"));
            assert_eq!(progress.waiting[0].steps, [id("b")]);
            until.notify_one();
        })
        .await;
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_the_reason() {
    Stage::new()
        .play(|path, until| async move {
            let mut client = connect(&path).await;
            let retry = Command::Retry { step: id("b") };
            let error = client.tell(retry, None).await.unwrap_err();
            assert_eq!(
                error.to_string(),
                "the run refused: `make b` has not failed"
            );
            until.notify_one();
        })
        .await;
}

#[tokio::test]
async fn whoever_follows_sees_every_event_to_the_end() {
    let told = Stage::new()
        .play(|path, until| async move {
            let mut events = connect(&path).await.follow().await.unwrap();
            until.notify_one();
            let mut kinds = Vec::new();
            while let Some(Followed::Entry(entry)) = events.next().await.unwrap() {
                let ended = matches!(entry.event, Event::RunFinished { .. });
                kinds.push(entry.event.kind());
                if ended {
                    break;
                }
            }
            assert_eq!(kinds.last(), Some(&"runFinished"));
            assert!(kinds.contains(&"stepDone"));
        })
        .await;
    assert_eq!(told.report.outcome, RunOutcome::Done);
}

#[tokio::test]
async fn stop_ends_a_run_that_would_go_on() {
    let told = Stage::new()
        .play(|path, _| async move {
            let mut client = connect(&path).await;
            client.tell(Command::Stop, None).await.unwrap();
        })
        .await;
    assert_eq!(told.report.exit_code(), 130);
}

#[tokio::test]
async fn the_socket_is_for_its_owner_alone_and_goes_with_the_run() {
    let stage = Stage::new();
    let control = Control::open(&stage.path, stage.scene.handle.clone()).await;
    let mode = fs::metadata(&stage.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(control);
    assert!(!stage.path.exists());
    assert!(matches!(
        Client::connect(&stage.path).await,
        Err(ClientError::NoRun { .. })
    ));
}

#[tokio::test]
async fn a_socket_left_by_a_killed_run_is_replaced_and_one_in_use_is_not() {
    let stage = Stage::new();
    drop(UnixListener::bind(&stage.path).unwrap());
    assert!(stage.path.exists());
    let handle = stage.scene.handle.clone();
    let first = Control::open(&stage.path, handle.clone()).await.unwrap();
    let second = Control::open(&stage.path, handle).await;
    assert!(matches!(second, Err(ControlError::InUse { .. })));
    assert!(stage.path.exists(), "the one in use is still there");
    drop(first);
}

#[tokio::test]
async fn a_state_folder_with_a_long_name_is_no_obstacle() {
    let mut stage = Stage::new();
    let folder = stage.folder.path().join("x".repeat(120));
    fs::create_dir(&folder).unwrap();
    stage.path = folder.join("control.sock");
    stage
        .play(|path, until| async move {
            assert!(path.as_os_str().len() > 108);
            connect(&path).await.status().await.unwrap();
            until.notify_one();
        })
        .await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_run_goes_on() {
    let told = Stage::new()
        .play(|path, until| async move {
            for nonsense in [b"GET / HTTP/1.1\n".to_vec(), vec![b'x'; 100_000]] {
                let mut stream = UnixStream::connect(&path).await.unwrap();
                stream.write_all(&nonsense).await.unwrap();
                let mut answer = String::new();
                // An end without an answer is fine too: who sends too much may be cut off.
                let _ = stream.read_to_string(&mut answer).await;
                let response = answer.lines().next().map(serde_json::from_str);
                assert!(matches!(
                    response,
                    None | Some(Ok(Response::Refused { .. }))
                ));
            }
            until.notify_one();
        })
        .await;
    assert_eq!(told.report.outcome, RunOutcome::Done);
}

/// The path of the socket that another user tries to speak with.
const SOCKET: &str = "MOSIPCTL_TEST_SOCKET";

#[test]
#[ignore = "runs as the other user of the test below, which starts it"]
fn another_user() {
    let Some(path) = std::env::var_os(SOCKET) else {
        return;
    };
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    let _ = stream.write_all(b"\"status\"\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty(), "an answer: {answer:?}");
}

#[tokio::test]
async fn another_user_gets_no_answer_even_if_the_socket_were_open_to_them() {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("skipped: only root can be somebody else");
        return;
    }
    Stage::new()
        .play(|path, until| async move {
            let folder = path.parent().unwrap();
            let open = fs::Permissions::from_mode(0o777);
            fs::set_permissions(folder, open.clone()).unwrap();
            fs::set_permissions(&path, open).unwrap();
            let program = folder.join("other");
            fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
            let mut other = Process::new(program);
            other
                .args(["control::another_user", "--exact", "--ignored"])
                .env(SOCKET, &path)
                .current_dir(folder)
                .uid(65534);
            let output = tokio::process::Command::from(other).output().await.unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(
                output.status.success() && text.contains("1 passed"),
                "{text}"
            );
            until.notify_one();
        })
        .await;
}
