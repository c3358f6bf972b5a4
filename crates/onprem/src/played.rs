//! For tests: what a shell of this machine says to a line that a host would be given.

use std::process::Command;

/// What it prints. A function before the line plays a program that this machine has not.
pub(crate) fn says(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}
