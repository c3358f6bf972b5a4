//! What is to be run on a host.

use std::time::Duration;

use bytes::Bytes;

/// How long a command may take that says nothing else.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much later the host itself ends it: we say first what happened.
const GRACE: Duration = Duration::from_secs(2);
/// How much of each output is taken. What is asked here answers in kilobytes; more is a mistake.
const LIMIT: usize = 4 << 20;

/// What is to be run on a host.
#[derive(Debug, Clone)]
pub struct Command {
    pub(crate) what: String,
    pub(crate) line: String,
    pub(crate) input: Bytes,
    pub(crate) as_root: bool,
    pub(crate) patience: Duration,
    pub(crate) limit: usize,
}

impl Command {
    /// A program with its arguments; no shell reads them. `what` says in words what is done, for errors: "look at its clock".
    ///
    /// Everybody on the host can see arguments: secrets belong into the [input](Self::input).
    pub fn new<'a>(what: impl Into<String>, words: impl IntoIterator<Item = &'a str>) -> Self {
        let quoted: Vec<String> = words.into_iter().map(quoted).collect();
        Self::line(what, quoted.join(" "))
    }

    /// A line for the POSIX shell, as a person would type it.
    pub fn line(what: impl Into<String>, line: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            line: line.into(),
            input: Bytes::new(),
            as_root: false,
            patience: PATIENCE,
            limit: LIMIT,
        }
    }

    /// A script for the POSIX shell, with `$1` and so on. The input stays free.
    pub fn script<'a>(
        what: impl Into<String>,
        script: &'a str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let words = ["sh", "-c", script, "sh"].into_iter();
        Self::new(what, words.chain(arguments))
    }

    /// The same, with this on its standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<Bytes>) -> Self {
        self.input = input.into();
        self
    }

    /// The same as root, through `sudo -n` where the user is somebody else.
    #[must_use]
    pub fn as_root(mut self) -> Self {
        self.as_root = true;
        self
    }

    /// The same, with another time that it may take.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The same, with another limit of each output, in bytes.
    #[must_use]
    pub fn at_most(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// What the host's shell is told. After the time is up the command ends there too, even one of root, and even when nobody is left
    /// to say so; what comes after it would meet it otherwise.
    pub(crate) fn text_for(&self, user: &str) -> String {
        let sudo = match self.as_root && user != "root" {
            true => "sudo -n -- ",
            false => "",
        };
        let seconds = (self.patience + GRACE).as_secs();
        let line = quoted(&self.line);
        format!("{sudo}timeout -s KILL {seconds} sh -c {line}")
    }
}

/// A word that a shell takes as it is.
pub fn quoted(word: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&b);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shell_reads_the_arguments_of_a_program() {
        let command = Command::new("x", ["printf", "%s", "a b", "it's", "$HOME", ""]);
        assert_eq!(command.line, r#"printf %s 'a b' 'it'\''s' '$HOME' ''"#);
    }

    #[test]
    fn only_who_is_not_root_needs_sudo() {
        let command = Command::line("x", "id; id").as_root();
        let plain = "timeout -s KILL 62 sh -c 'id; id'";
        assert_eq!(command.text_for("root"), plain);
        assert_eq!(command.text_for("mosip"), format!("sudo -n -- {plain}"));
    }
}
