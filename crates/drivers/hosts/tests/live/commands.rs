//! Commands: output, exit codes, limits, deadlines, cuts, sudo.

use std::time::{Duration, Instant};

use mosipctl_hosts::{Command, Ended, HostError, Shell, Stream};
use mosipctl_servers::Sshd;

use crate::support::{Site, is_root, or_skip};

#[tokio::test]
async fn a_command_gives_both_outputs_and_its_exit_code() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let script = "echo out; echo err >&2; cat; exit 7";
    let command = Command::script("try", script, []).input("input");
    let output = host.run(&command).await.unwrap();
    assert_eq!(output.text(), "out\ninput");
    assert_eq!(output.stderr, b"err\n");
    assert_eq!(output.code(), Some(7));
    let error = output.succeeded("a", "try").unwrap_err();
    assert_eq!(
        error.to_string(),
        "try on host `a`: it ended with exit code 7; it says:\nerr"
    );
    let killed = Command::script("try", "kill -9 $$", []);
    let output = host.run(&killed).await.unwrap();
    // a shell in between tells a signal as a code
    assert_eq!(output.ended, Ended::Exit(128 + 9));
}

#[tokio::test]
async fn arguments_arrive_as_they_are() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let words = ["a b", "it's", "$HOME", "`id`", "", "*", "\"", "\\", "a\nb"];
    let all = [&["printf", "[%s]"][..], &words[..]].concat();
    let output = host.run(&Command::new("try", all)).await.unwrap();
    let expected: String = words.iter().map(|word| format!("[{word}]")).collect();
    assert_eq!(output.text(), expected);
}

#[tokio::test]
async fn twenty_commands_at_once_share_one_connection() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let one = |number: usize| {
        let host = host.clone();
        async move {
            let word = number.to_string();
            let command = Command::new("try", ["echo", &word]);
            host.run(&command).await.unwrap().text()
        }
    };
    let all = futures::future::join_all((0..20).map(one)).await;
    let expected: Vec<String> = (0..20).map(|number| format!("{number}\n")).collect();
    assert_eq!(all, expected);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_megabyte_goes_there_and_back_unharmed() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let all: Vec<u8> = (0..1_000_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    let command = Command::new("echo", ["cat"]).input(all.clone());
    assert_eq!(host.run(&command).await.unwrap().stdout, all);
}

#[tokio::test]
async fn a_command_that_reads_nothing_of_a_long_input_still_tells_how_it_ended() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let command = Command::script("try", "exit 5", []).input(vec![0; 8 << 20]);
    assert_eq!(host.run(&command).await.unwrap().code(), Some(5));
}

#[tokio::test]
async fn a_flood_is_stopped_and_the_connection_stays_of_use() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let command = Command::new("look", ["yes"]).at_most(100_000);
    let error = host.run(&command).await.unwrap_err();
    assert!(
        matches!(error, HostError::TooMuch { limit: 100_000, .. }),
        "{error}"
    );
    let output = host.run(&Command::new("try", ["echo", "still here"])).await;
    assert_eq!(output.unwrap().text(), "still here\n");
}

#[tokio::test]
async fn a_deadline_ends_the_command_there_too() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let mark = site.path("pid").display().to_string();
    let script = "echo $$ > \"$1\"; exec sleep 600";
    let began = Instant::now();
    let command = Command::script("wait", script, [mark.as_str()]).within(Duration::from_secs(1));
    let error = host.run(&command).await.unwrap_err();
    assert!(
        matches!(error, HostError::Deadline { .. }) && error.is_transient(),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(error.to_string(), "wait on host `a`: not done within 1 s");
    let pid = std::fs::read_to_string(site.path("pid")).unwrap();
    let process = std::path::PathBuf::from(format!("/proc/{}", pid.trim()));
    // the host has its own clock for it
    while process.exists() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(began.elapsed() < Duration::from_secs(60), "it still runs");
    }
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_command_is_told_and_the_next_one_connects_anew() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let hosts = site.hosts(vec![site.target("a", server.port())]).await;
    let host = hosts.connection("a").await.unwrap();
    let command = Command::script("wait", "echo begun; exec sleep 600", []);
    let (tell, told) = tokio::sync::oneshot::channel();
    let mut tell = Some(tell);
    let running = host.follow(&command, move |_, _| {
        if let Some(tell) = tell.take() {
            let _ = tell.send(());
        }
    });
    let cutting = async {
        told.await.unwrap();
        server.cut();
    };
    let (result, ()) = tokio::join!(running, cutting);
    let error = result.unwrap_err();
    assert!(
        matches!(error, HostError::Cut { .. }) && error.is_transient(),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("wait on host `a`: the connection broke off"),
        "{error}"
    );
    let host = hosts.connection("a").await.unwrap();
    let output = host.run(&Command::new("try", ["echo", "again"])).await;
    assert_eq!(output.unwrap().text(), "again\n");
}

#[tokio::test]
async fn what_a_command_writes_is_handed_on_as_it_comes() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let command = Command::line("try", "echo one; echo two >&2");
    let mut seen = Vec::new();
    let ended = host
        .follow(&command, |stream, piece| {
            seen.push((stream, piece.to_vec()))
        })
        .await;
    assert_eq!(ended.unwrap(), Ended::Exit(0));
    seen.sort_by_key(|(stream, _)| *stream == Stream::Error);
    assert_eq!(
        seen,
        [
            (Stream::Out, b"one\n".to_vec()),
            (Stream::Error, b"two\n".to_vec())
        ]
    );
}

/// A server with users of its own: `sam` may use sudo, `pat` may not. Only root can have it.
pub(crate) async fn with_users(site: &Site) -> Option<Sshd> {
    if !is_root() || !std::path::Path::new("/usr/bin/sudo").exists() {
        eprintln!("skipped: users and sudo of its own need root and the package sudo");
        return None;
    }
    let home = site.path("users");
    let script = format!(
        "mkdir -p {home}/etc {home}/sudoers {home}/sam {home}/pat\n\
         chmod 755 {site} {home} {home}/etc\n\
         chown 4001:4001 {home}/sam; chown 4002:4002 {home}/pat\n\
         cp /etc/passwd /etc/group /etc/shadow {home}/etc/\n\
         printf 'sam:x:4001:4001::{home}/sam:/bin/bash\\npat:x:4002:4002::{home}/pat:/bin/sh\\n' >> {home}/etc/passwd\n\
         printf 'sam:x:4001:\\npat:x:4002:\\n' >> {home}/etc/group\n\
         printf 'sam:*:19000:0:99999:7:::\\npat:*:19000:0:99999:7:::\\n' >> {home}/etc/shadow\n\
         chmod 700 {home}/sudoers\n\
         echo 'sam ALL=(ALL) NOPASSWD: ALL' > {home}/sudoers/sam\n\
         chmod 440 {home}/sudoers/sam\n\
         mkdir -p {home}/small\n\
         mount -t tmpfs -o size=64k,mode=755 tmpfs {home}/small\n\
         for file in passwd group shadow; do mount --bind {home}/etc/$file /etc/$file; done\n\
         mount --bind {home}/sudoers /etc/sudoers.d\n",
        home = home.display(),
        site = site.path("").display(),
    );
    let mut settings = site.settings("with-users");
    settings.private = Some(script);
    or_skip(Sshd::start(&settings).await)
}

#[tokio::test]
async fn sudo_makes_root_of_a_user_who_may_and_refuses_another_by_name() {
    let Some(site) = Site::new().await else {
        return;
    };
    let Some(server) = with_users(&site).await else {
        return;
    };
    let target = |name: &str| mosipctl_hosts::Target {
        user: name.to_owned(),
        ..site.target(name, server.port())
    };
    let hosts = site.hosts(vec![target("sam"), target("pat")]).await;
    let who = Command::new("ask who it is", ["id", "-un"]);
    let sam = hosts.connection("sam").await.unwrap();
    assert_eq!(sam.run(&who).await.unwrap().text(), "sam\n");
    assert_eq!(
        sam.run(&who.clone().as_root()).await.unwrap().text(),
        "root\n"
    );
    let failing = Command::script("try", "exit 1", []).as_root();
    assert_eq!(sam.run(&failing).await.unwrap().code(), Some(1));
    let pat = hosts.connection("pat").await.unwrap();
    assert_eq!(pat.run(&who).await.unwrap().text(), "pat\n");
    let error = pat.run(&who.as_root()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "use sudo on host `pat` as `pat`: a password is required"
    );
    assert!(error.remedy().unwrap().contains("NOPASSWD"));
    assert!(!error.is_transient());
}
