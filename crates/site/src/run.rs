//! Running programs to their end.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{AtPath, SiteError};

/// How many lines of a program an error shows.
const LINES: usize = 10;

/// Runs a program and gives what it printed.
pub(crate) fn output(what: &str, command: &mut Command) -> Result<String, SiteError> {
    reading(what, command, Stdio::null())
}

/// The same with a short text to read: as much as a pipe holds, 64 KiB, because nobody reads while it is written.
pub(crate) fn fed(what: &str, command: &mut Command, text: &str) -> Result<String, SiteError> {
    let (reader, mut writer) = std::io::pipe().at(Path::new("pipe"))?;
    writer.write_all(text.as_bytes()).at(Path::new("pipe"))?;
    drop(writer);
    reading(what, command, reader.into())
}

/// The same with something to read.
pub(crate) fn reading(
    what: &str,
    command: &mut Command,
    input: Stdio,
) -> Result<String, SiteError> {
    let program = command.get_program().to_owned();
    let output = command.stdin(input).output().at(program.as_ref())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let all = format!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
    Err(SiteError::Command {
        what: what.to_owned(),
        how: output.status.to_string(),
        last_lines: last_lines(&all),
    })
}

/// Runs a program for its effect.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<(), SiteError> {
    output(what, command).map(drop)
}

/// Runs a program that takes long, telling each line that it prints.
pub(crate) fn run_telling(
    what: &str,
    command: &mut Command,
    tell: &dyn Fn(&str),
) -> Result<(), SiteError> {
    let program = command.get_program().to_owned();
    // One pipe for both, so that neither can fill while the other is read.
    let (reader, writer) = std::io::pipe().at(program.as_ref())?;
    let errors = writer.try_clone().at(program.as_ref())?;
    command.stdin(Stdio::null()).stdout(writer).stderr(errors);
    let mut child = command.spawn().at(program.as_ref())?;
    // the command keeps its ends of the pipe open, and with them the reader
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut seen = String::new();
    for line in BufReader::new(reader).lines().map_while(Result::ok) {
        tell(&format!("{what}: {line}"));
        seen.push_str(&line);
        seen.push('\n');
    }
    let status = child.wait().at(program.as_ref())?;
    if status.success() {
        return Ok(());
    }
    Err(SiteError::Command {
        what: what.to_owned(),
        how: status.to_string(),
        last_lines: last_lines(&seen),
    })
}

/// The end of a text, for errors.
pub(crate) fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let lines = lines.iter().skip(lines.len().saturating_sub(LINES));
    lines.map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_that_fails_shows_what_it_wrote() {
        let error = run("set up", &mut shell("echo broken >&2; exit 3")).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("set up: exit status: 3") && text.ends_with("broken"),
            "{text}"
        );
    }

    #[test]
    fn a_program_reads_the_text_that_it_is_fed() {
        let said = fed("read", &mut shell("tr a-z A-Z"), "text\n").unwrap();
        assert_eq!(said, "TEXT\n");
    }

    #[test]
    fn each_line_of_a_long_program_is_told() {
        let told = RefCell::new(Vec::new());
        let tell = |line: &str| told.borrow_mut().push(line.to_owned());
        run_telling("work", &mut shell("echo a; echo b >&2"), &tell).unwrap();
        assert_eq!(*told.borrow(), ["work: a", "work: b"]);
    }
}
