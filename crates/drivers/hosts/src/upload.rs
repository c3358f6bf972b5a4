//! Bringing an artefact to a host.
//!
//! What arrives is kept beside its place as a part that is named by the digest. After a cut the next attempt goes on at its end; the
//! whole is checked by SHA-256 on the host before it is put in place.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::command::Command;
use crate::connection::Connection;
use crate::error::HostError;
use crate::exec::Feed;
use crate::hosts::Hosts;
use crate::shell::Shell;

/// Says what is there: `same`, `full` with the room that is left, or `part` with its bytes.
const LOOK: &str = include_str!("upload/look.sh");
/// Adds its input to the part; when that is the whole, checks it and puts it in place.
const ADD: &str = include_str!("upload/add.sh");
/// How often an upload that was cut off is taken up again.
const ATTEMPTS: usize = 5;
/// The slowest line that is waited for, in bytes a second.
const SLOWEST: u64 = 256 << 10;
/// What comes on top of that: hashing at the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A file of this machine that is to be on a host.
#[derive(Debug, Clone)]
pub struct Artefact {
    /// The file here.
    pub local: PathBuf,
    /// Its SHA-256, in small hexadecimal digits.
    pub sha256: String,
    /// Full path on the host. Its folder is made when it is not there.
    pub path: String,
    /// Rights, such as `0o755`. It belongs to root.
    pub mode: u32,
}

/// What became of an artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uploaded {
    /// How many bytes were sent, over all attempts.
    pub sent: u64,
    /// How many attempts it took; none when it was there already.
    pub attempts: usize,
}

impl Hosts {
    /// Brings an artefact to a host; one that is there is not sent again. An upload that is cut off is taken up again a few times.
    ///
    /// # Errors
    /// The file here cannot be read or is another one, the disk there is full, or the line breaks off again and again.
    pub async fn upload(&self, name: &str, artefact: &Artefact) -> Result<Uploaded, HostError> {
        let mut uploaded = Uploaded {
            sent: 0,
            attempts: 0,
        };
        loop {
            uploaded.attempts += 1;
            let attempt = async {
                let connection = self.connection(name).await?;
                once(&connection, artefact, &mut uploaded.sent).await
            };
            match attempt.await {
                Ok(Done::Was) => uploaded.attempts -= 1,
                Ok(Done::Placed) => {}
                Ok(Done::Differs) if uploaded.attempts == 1 => continue,
                Ok(Done::Differs) => return Err(differs(name, artefact)),
                Err(error) if error.is_transient() && uploaded.attempts < ATTEMPTS => continue,
                Err(error) => return Err(error),
            }
            return Ok(uploaded);
        }
    }
}

/// How one attempt ended.
enum Done {
    /// It was there already.
    Was,
    /// It is in place now.
    Placed,
    /// The whole has another digest; it is gone again.
    Differs,
}

async fn once(
    connection: &Connection,
    artefact: &Artefact,
    sent: &mut u64,
) -> Result<Done, HostError> {
    let mut file = File::open(&artefact.local)
        .await
        .map_err(|source| here(&artefact.local, source))?;
    let about = file.metadata().await;
    let size = about.map_err(|source| here(&artefact.local, source))?.len();
    let Some(present) = look(connection, artefact, size).await? else {
        return Ok(Done::Was);
    };
    file.seek(SeekFrom::Start(present))
        .await
        .map_err(|source| here(&artefact.local, source))?;
    let what = format!("upload `{}`", artefact.path);
    let mode = format!("{:o}", artefact.mode);
    let (part, bytes) = (part(artefact), size.to_string());
    let arguments = [&artefact.path, &part, &artefact.sha256, &bytes, &mode];
    let time = PATIENCE + Duration::from_secs(size / SLOWEST);
    let command = Command::script(&what, ADD, arguments.map(String::as_str));
    let command = command.as_root().within(time);
    let mut counted = Counted {
        count: sent,
        inner: file.take(size - present),
    };
    let output = connection.feed(&command, Feed(&mut counted)).await?;
    let output = output.succeeded(connection.host(), &what)?;
    match output.text().trim() {
        "placed" => Ok(Done::Placed),
        "differs" => Ok(Done::Differs),
        "part" => Err(HostError::Cut {
            host: connection.name().to_owned(),
            what,
            reason: "not all of it arrived".to_owned(),
        }),
        line => Err(unexpected(connection, what, line)),
    }
}

/// How many bytes of it the host has; none when it has it in place.
async fn look(
    connection: &Connection,
    artefact: &Artefact,
    size: u64,
) -> Result<Option<u64>, HostError> {
    let what = format!("look for `{}`", artefact.path);
    let (part, bytes) = (part(artefact), size.to_string());
    let arguments = [&artefact.path, &part, &artefact.sha256, &bytes];
    let command = Command::script(&what, LOOK, arguments.map(String::as_str));
    let output = connection.run(&command.as_root().within(PATIENCE)).await?;
    let output = output.succeeded(connection.host(), &what)?;
    let text = output.text();
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["same"] => Ok(None),
        ["full", room] => Err(HostError::FullDisk {
            host: connection.name().to_owned(),
            what: format!("upload `{}`", artefact.path),
            said: format!("it has {size} bytes, and {room} bytes are free"),
        }),
        ["part", number] => match number.parse::<u64>() {
            Ok(number) if number <= size => Ok(Some(number)),
            _ => Err(unexpected(connection, what, &text)),
        },
        _ => Err(unexpected(connection, what, &text)),
    }
}

/// Beside its place, so that it lies on the same disk.
fn part(artefact: &Artefact) -> String {
    let folder = artefact
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    format!("{folder}/.mosipctl-{}.part", artefact.sha256)
}

fn here(path: &Path, source: std::io::Error) -> HostError {
    HostError::Here {
        path: path.to_owned(),
        source,
    }
}

fn unexpected(connection: &Connection, what: String, line: &str) -> HostError {
    HostError::Unexpected {
        host: connection.name().to_owned(),
        what,
        problem: format!("it answers `{}`", line.trim()),
    }
}

fn differs(name: &str, artefact: &Artefact) -> HostError {
    HostError::Unexpected {
        host: name.to_owned(),
        what: format!("upload `{}`", artefact.path),
        problem: format!(
            "what arrives has not the SHA-256 {}; is `{}` the right file?",
            artefact.sha256,
            artefact.local.display()
        ),
    }
}

/// Counts what is read through it.
struct Counted<'a, R> {
    count: &'a mut u64,
    inner: R,
}

impl<R: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for Counted<'_, R> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = std::pin::Pin::new(&mut self.inner).poll_read(context, buffer);
        *self.count += (buffer.filled().len() - before) as u64;
        polled
    }
}
