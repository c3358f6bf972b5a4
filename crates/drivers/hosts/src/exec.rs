//! Running one command on a connection.

use std::time::Instant;

use bytes::BytesMut;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::sleep_until;

use crate::command::Command;
use crate::connection::Connection;
use crate::error::HostError;
use crate::output::{Ended, Stream};

/// How much is read of an input at a time.
const PIECE: usize = 256 << 10;
/// The number that SSH gives standard error among the extended kinds of data (RFC 4254 §5.2).
const STANDARD_ERROR: u32 = 1;

/// What a command reads.
pub(crate) struct Feed<'a>(pub(crate) &'a mut (dyn AsyncRead + Send + Unpin));

/// Takes what a command writes; false when it has enough.
pub(crate) type Sink<'a> = &'a mut (dyn FnMut(Stream, &[u8]) -> bool + Send);

/// When a command was sent, and when its first output came.
pub(crate) type Times = (Instant, Option<Instant>);

/// Runs a command to its end.
///
/// One that missed its deadline, or was cut off, is ended on the host by the host's own `timeout`.
pub(crate) async fn execute(
    connection: &Connection,
    command: &Command,
    input: Feed<'_>,
    sink: Sink<'_>,
) -> Result<(Ended, Times), HostError> {
    let deadline = tokio::time::Instant::now() + command.patience;
    let _session = connection.session().await;
    let lost = |error: russh::Error| lost(connection, command, &error);
    let channel = connection.handle().channel_open_session().await;
    let channel = channel.map_err(lost)?;
    let sent = Instant::now();
    let text = command.text_for(connection.user());
    channel.exec(true, text).await.map_err(lost)?;
    let (reader, writer) = channel.split();
    let mut talk = Talk {
        connection,
        command,
        reader,
        ended: None,
        first: None,
    };
    let result = tokio::select! {
        result = talk.through(&writer, input, sink) => result,
        () = sleep_until(deadline) => Err(late(connection, command)),
    };
    if let Err(HostError::Deadline { .. } | HostError::TooMuch { .. }) = &result {
        // sooner than the host's own time is up, where sshd does as it is told; it may be deaf by now
        let _ = writer.signal(Sig::KILL).await;
        let _ = writer.close().await;
    }
    result.map(|ended| (ended, (sent, talk.first)))
}

/// What was said on a channel so far.
struct Talk<'a> {
    connection: &'a Connection,
    command: &'a Command,
    reader: ChannelReadHalf,
    ended: Option<Ended>,
    first: Option<Instant>,
}

impl Talk<'_> {
    /// Writes the input and takes the output, at the same time, to the end of both.
    async fn through(
        &mut self,
        writer: &ChannelWriteHalf<Msg>,
        input: Feed<'_>,
        sink: Sink<'_>,
    ) -> Result<Ended, HostError> {
        let mut feeding = std::pin::pin!(feed(writer, input));
        let mut is_fed = false;
        loop {
            let message = tokio::select! {
                result = &mut feeding, if !is_fed => {
                    is_fed = true;
                    result.map_err(|reason| self.unread(reason))?;
                    continue;
                }
                message = self.reader.wait() => message,
            };
            match message {
                None | Some(ChannelMsg::Close) => break,
                Some(message) => self.take(message, sink)?,
            }
        }
        self.ended.take().ok_or_else(|| HostError::Cut {
            host: self.connection.name().to_owned(),
            what: self.command.what.clone(),
            reason: reason(self.connection),
        })
    }

    fn take(&mut self, message: ChannelMsg, sink: Sink<'_>) -> Result<(), HostError> {
        let is_welcome = match message {
            ChannelMsg::Data { data } => {
                self.first.get_or_insert_with(Instant::now);
                sink(Stream::Out, &data)
            }
            ChannelMsg::ExtendedData {
                data,
                ext: STANDARD_ERROR,
            } => sink(Stream::Error, &data),
            ChannelMsg::ExitStatus { exit_status } => {
                self.ended = Some(Ended::Exit(exit_status));
                true
            }
            ChannelMsg::ExitSignal { signal_name, .. } => {
                self.ended = Some(Ended::Signal(format!("{signal_name:?}")));
                true
            }
            ChannelMsg::Failure => return Err(self.not_run()),
            _ => true,
        };
        match is_welcome {
            true => Ok(()),
            false => Err(HostError::TooMuch {
                host: self.connection.name().to_owned(),
                what: self.command.what.clone(),
                limit: self.command.limit,
            }),
        }
    }

    fn not_run(&self) -> HostError {
        HostError::Unexpected {
            host: self.connection.name().to_owned(),
            what: self.command.what.clone(),
            problem: "sshd there does not run commands for this user".to_owned(),
        }
    }

    fn unread(&self, reason: std::io::Error) -> HostError {
        HostError::Unexpected {
            host: self.connection.name().to_owned(),
            what: self.command.what.clone(),
            problem: format!("what was to be sent cannot be read: {reason}"),
        }
    }
}

/// Sends the input and its end. A command that ends before it has read all is no error: how it ended tells more.
async fn feed(writer: &ChannelWriteHalf<Msg>, input: Feed<'_>) -> Result<(), std::io::Error> {
    let mut piece = BytesMut::with_capacity(PIECE);
    loop {
        piece.reserve(PIECE);
        if input.0.read_buf(&mut piece).await? == 0 {
            break;
        }
        if writer.data_bytes(piece.split().freeze()).await.is_err() {
            return Ok(());
        }
    }
    let _ = writer.eof().await;
    Ok(())
}

fn late(connection: &Connection, command: &Command) -> HostError {
    HostError::Deadline {
        host: connection.name().to_owned(),
        what: command.what.clone(),
        seconds: command.patience.as_secs(),
    }
}

/// Why no command could be begun.
fn lost(connection: &Connection, command: &Command, error: &russh::Error) -> HostError {
    let (host, what) = (connection.name().to_owned(), command.what.clone());
    match error {
        russh::Error::ChannelOpenFailure(why) => HostError::Unexpected {
            host,
            what,
            problem: format!("sshd there allows no more commands at once ({why:?})"),
        },
        _ => HostError::Cut {
            host,
            what,
            reason: reason(connection),
        },
    }
}

fn reason(connection: &Connection) -> String {
    let end = connection.seen().end();
    end.unwrap_or_else(|| "the host ended the command without a word".to_owned())
}
