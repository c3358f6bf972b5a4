//! The program itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use mosipctl_servers::free_port;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn responder(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_responder"));
    command.args(arguments).stdout(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> Output {
    responder(arguments).output().unwrap()
}

/// Starts it and waits until it says what it serves.
fn serving(mut command: Command) -> (Child, BufReader<ChildStdout>, String) {
    let mut child = command.spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    (child, output, line)
}

fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn it_answers_what_it_was_told_and_ends_at_once_when_asked() {
    let (http, tcp) = (free_port().unwrap(), free_port().unwrap());
    let answers = [
        format!("{http}=/health"),
        format!("{http}=/ready?x=1"),
        tcp.to_string(),
    ];
    let mut arguments = vec!["serve"];
    arguments.extend(answers.iter().map(String::as_str));
    let (mut child, mut output, line) = serving(responder(&arguments));
    let ports = match http < tcp {
        true => format!("{http} (/health, /ready?x=1), {tcp}"),
        false => format!("{tcp}, {http} (/health, /ready?x=1)"),
    };
    assert_eq!(
        line,
        format!("responder: stands in at {ports}, until SIGTERM\n")
    );
    assert_eq!(get(http, "/health"), "HTTP/1.1 200 OK");
    assert_eq!(get(http, "/ready?x=1"), "HTTP/1.1 200 OK");
    assert_eq!(get(http, "/ready"), "HTTP/1.1 404 Not Found");
    TcpStream::connect(("127.0.0.1", tcp)).unwrap();
    arguments[0] = "ask";
    assert!(run(&arguments).status.success());
    let pid = i32::try_from(child.id()).unwrap();
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "one line is all it says");
    let asked = run(&arguments);
    assert_eq!(asked.status.code(), Some(1));
}

#[test]
fn it_ends_when_asked_though_it_is_the_first_process_of_its_namespace() {
    let unshared = Command::new("unshare")
        .args(["--pid", "--fork", "true"])
        .status();
    if !unshared.is_ok_and(|status| status.success()) {
        eprintln!("skipped: a namespace of processes takes root");
        return;
    }
    let mut command = Command::new("unshare");
    command
        .args([
            "--pid",
            "--fork",
            "--kill-child",
            env!("CARGO_BIN_EXE_responder"),
            "serve",
        ])
        .stdout(Stdio::piped());
    let (mut child, _output, line) = serving(command);
    assert_eq!(line, "responder: stands in without a port, until SIGTERM\n");
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let first = std::fs::read_to_string(children).unwrap();
    kill(
        Pid::from_raw(first.trim().parse().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_job_ends_well_and_wrong_use_is_told() {
    assert!(run(&["once"]).status.success());
    for arguments in [&["serve", "http"][..], &["serves"], &[]] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"));
    let port = taken.as_ref().unwrap().local_addr().unwrap().port();
    let output = responder(&["serve", &port.to_string()])
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    let expected = format!("responder: failed to listen at port {port}: ");
    assert!(told.starts_with(&expected), "{told}");
}
