//! Asking what another responder of the same pod answers.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::answer::{Answer, by_port};

/// Nothing on the same machine takes longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks for everything once.
pub(crate) fn ask(answers: &[Answer]) -> Result<(), String> {
    for (port, paths) in by_port(answers) {
        if paths.is_empty() {
            connect(port)?;
        }
        for path in paths {
            get(port, &path)?;
        }
    }
    Ok(())
}

fn connect(port: u16) -> Result<TcpStream, String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, PATIENCE);
    stream.map_err(|error| format!("connect to port {port}: {error}"))
}

fn get(port: u16, path: &str) -> Result<(), String> {
    let mut stream = connect(port)?;
    let mut answer = String::new();
    stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .and_then(|()| stream.read_to_string(&mut answer))
        .map_err(|error| format!("ask port {port} for {path}: {error}"))?;
    match answer.split(' ').nth(1) {
        Some("200") => Ok(()),
        other => Err(format!(
            "have port {port} answer {path}: it says {}",
            other.unwrap_or("nothing")
        )),
    }
}
