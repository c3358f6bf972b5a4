//! Answering until told to end.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};

use crate::answer::{Answer, Ports, by_port};

/// A thread here holds a request line and little else; eighty pods on a small node should not notice.
const STACK: usize = 64 * 1024;
/// Longest head of a request that is read.
const HEAD: u64 = 16 * 1024;
/// How long a client may keep its thread: longer than any probe waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers until SIGTERM or SIGINT.
pub(crate) fn serve(answers: &[Answer]) -> Result<(), String> {
    // The first process of a container has no default action for a signal: it must wait for it. Threads inherit the mask.
    let mut ending = SigSet::empty();
    ending.add(Signal::SIGTERM);
    ending.add(Signal::SIGINT);
    let blocked = ending.thread_block();
    blocked.map_err(|error| format!("wait for signals: {error}"))?;
    let ports = by_port(answers);
    for (port, paths) in &ports {
        let listener = listen(*port).map_err(|error| format!("listen at port {port}: {error}"))?;
        let paths = Arc::new(paths.clone());
        run(move || accept(&listener, &paths)).map_err(|error| format!("serve: {error}"))?;
    }
    println!("responder: {}", in_words(&ports));
    ending
        .wait()
        .map_err(|error| format!("wait for signals: {error}"))?;
    Ok(())
}

/// Both families where the machine has both.
fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
        .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))
}

fn run(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().stack_size(STACK).spawn(work)?;
    drop(thread);
    Ok(())
}

fn in_words(ports: &Ports) -> String {
    let ports = ports.iter().map(|(port, paths)| {
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        match paths.is_empty() {
            true => port.to_string(),
            false => format!("{port} ({})", paths.join(", ")),
        }
    });
    match ports.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "stands in without a port, until SIGTERM".to_owned(),
        ports => format!("stands in at {ports}, until SIGTERM"),
    }
}

/// A connection that breaks concerns nobody but its client.
fn accept(listener: &TcpListener, paths: &Arc<BTreeSet<String>>) {
    for stream in listener.incoming().flatten() {
        if !paths.is_empty() {
            let paths = Arc::clone(paths);
            let _ = run(move || drop(answer(&stream, &paths)));
        }
    }
}

fn answer(stream: &TcpStream, paths: &BTreeSet<String>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let asked = asked(stream)?;
    let (status, body) = match paths.contains(&asked) {
        true => ("200 OK", "{\"status\":\"UP\",\"by\":\"responder\"}\n"),
        false => ("404 Not Found", "not told to answer this path\n"),
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The path that is asked for. The whole head is read: a socket that is closed with something unread resets its client.
fn asked(stream: &TcpStream) -> io::Result<String> {
    let mut lines = BufReader::new(stream.take(HEAD)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    Ok(first.split(' ').nth(1).unwrap_or_default().to_owned())
}
