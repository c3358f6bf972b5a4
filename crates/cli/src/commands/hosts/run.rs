//! `mosipctl hosts run`

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mosipctl_hosts::{Command, Connection, Ended, HostError, Shell, Stream};
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Trouble};
use serde_json::{Value, json};

use super::as_json;
use super::in_a_line;
use super::site::Site;
use crate::arguments::HostsRun;
use crate::settings::Settings;

/// How a command ended on each host.
type Ends<'a> = Vec<(&'a str, Result<Ended, HostError>)>;

pub(super) async fn run(arguments: &HostsRun, settings: &Settings) -> Result<Exit, Trouble> {
    let site = Site::open(&arguments.of)?;
    let names = site.names();
    let command = command(arguments);
    let ends = match settings.json {
        true => collected(&site, &names, &command).await,
        false => followed(&site, &names, &command).await,
    };
    if !settings.json {
        report(&ends, settings);
    }
    let is_asked = ends.iter().all(|(_, end)| end.is_ok());
    let is_well = ends
        .iter()
        .all(|(_, end)| end.as_ref().map_or(true, Ended::is_success));
    Ok(match (is_well, is_asked) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Attention,
        (true, true) => Exit::Done,
    })
}

fn command(arguments: &HostsRun) -> Command {
    let words = arguments.command.as_slice();
    let what = "run the command";
    let command = match words {
        [line] => Command::line(what, line),
        words => Command::new(what, words.iter().map(String::as_str)),
    };
    let command = command.within(Duration::from_secs(arguments.within));
    match arguments.sudo {
        true => command.as_root(),
        false => command,
    }
}

/// Prints whole lines as they come, each with its host.
async fn followed<'a>(site: &'a Site, names: &'a [String], command: &Command) -> Ends<'a> {
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let work = async |host: Arc<Connection>| {
        let name = host.name().to_owned();
        let lines = Mutex::new(Lines::of(&name, width));
        let each = |stream, piece: &[u8]| {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.take(stream, piece);
        };
        let end = host.follow(command, each).await;
        lines
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .end();
        end
    };
    site.hosts.each(names, work).await
}

/// What a host wrote and has not ended with a line break yet.
struct Lines {
    prefix: String,
    out: Vec<u8>,
    error: Vec<u8>,
}

impl Lines {
    fn of(name: &str, width: usize) -> Self {
        Self {
            prefix: format!("{name:<width$} │ "),
            out: Vec::new(),
            error: Vec::new(),
        }
    }

    fn take(&mut self, stream: Stream, piece: &[u8]) {
        let kept = match stream {
            Stream::Out => &mut self.out,
            Stream::Error => &mut self.error,
        };
        kept.extend_from_slice(piece);
        while let Some(at) = kept.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = kept.drain(..=at).collect();
            print(&self.prefix, stream, &line);
        }
    }

    fn end(self) {
        for (stream, rest) in [(Stream::Out, self.out), (Stream::Error, self.error)] {
            if !rest.is_empty() {
                print(&self.prefix, stream, &rest);
            }
        }
    }
}

fn print(prefix: &str, stream: Stream, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    // what a host sends must not steer the terminal
    let line: String = line
        .trim_end_matches(['\n', '\r'])
        .chars()
        .map(|c| if c.is_control() && c != '\t' { '·' } else { c })
        .collect();
    match stream {
        Stream::Out => outln!("{prefix}{line}"),
        Stream::Error => eprintln!("{prefix}{line}"),
    }
}

fn report(ends: &Ends<'_>, settings: &Settings) {
    let paint = settings.talk;
    for (name, end) in ends {
        match end {
            Ok(end) if end.is_success() => {}
            Ok(end) => eprintln!("{} {name}: it ended with {end}", paint.bad("✗")),
            Err(error) => {
                eprintln!("{} {}", paint.bad("✗"), in_a_line(error));
                if let Some(remedy) = error.remedy() {
                    eprintln!("  {} {remedy}", paint.good("remedy:"));
                }
            }
        }
    }
    let is_well = |end: &Result<Ended, HostError>| matches!(end, Ok(end) if end.is_success());
    let well = ends.iter().filter(|(_, end)| is_well(end)).count();
    if well < ends.len() {
        eprintln!("done on {well} of {}", count(ends.len(), "host"));
    }
}

/// Takes all that is written and prints it as one document.
async fn collected<'a>(site: &'a Site, names: &'a [String], command: &Command) -> Ends<'a> {
    let work = async |host: Arc<Connection>| host.run(command).await;
    let outputs = site.hosts.each(names, work).await;
    let hosts: Vec<Value> = outputs
        .iter()
        .map(|(name, output)| match output {
            Ok(output) => json!({
                "name": name,
                "ended": output.ended.to_string(),
                "exitCode": output.code(),
                "stdout": output.text(),
                "stderr": String::from_utf8_lossy(&output.stderr),
            }),
            Err(error) => {
                let mut value = as_json(error);
                value["name"] = json!(name);
                value
            }
        })
        .collect();
    outln!(
        "{}",
        json!({"environment": site.environment, "hosts": hosts})
    );
    let ends = outputs.into_iter();
    ends.map(|(name, output)| (name, output.map(|output| output.ended)))
        .collect()
}
