//! Settings of the kernel, now and after each start.

use std::collections::BTreeMap;

use crate::command::Command;
use crate::error::HostError;
use crate::files::{self, FileOnHost, Written};
use crate::shell::Shell;

/// Says the value of each key, and sets those that differ: for each `key=value` a line of key, before and after.
const SET: &str = include_str!("sysctls/set.sh");

/// A setting that was another one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its key, such as `net.ipv4.ip_forward`.
    pub key: String,
    /// What it was.
    pub before: String,
    /// What it is now.
    pub after: String,
}

/// What became of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sysctls {
    /// The file from which they are set at each start.
    pub file: Written,
    /// Those that were not so.
    pub set: Vec<Set>,
}

impl Sysctls {
    /// Whether anything was not as it should be.
    pub fn is_changed(&self) -> bool {
        self.file.is_changed || !self.set.is_empty()
    }
}

/// Makes settings hold now, and after each start by `/etc/sysctl.d/NAME.conf`. What holds already is not touched.
///
/// # Errors
/// A key is not there (its module is not loaded, then the file is not written either), the kernel refuses a value, or sudo does.
pub async fn set(
    shell: &dyn Shell,
    name: &str,
    wanted: &BTreeMap<String, i64>,
) -> Result<Sysctls, HostError> {
    let what = "set sysctls";
    let pairs: Vec<String> = wanted
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let command = Command::script(what, SET, pairs.iter().map(String::as_str)).as_root();
    let output = shell.run(&command).await?.succeeded(shell.host(), what)?;
    let set = read(&output.text()).ok_or_else(|| HostError::Unexpected {
        host: shell.host().to_owned(),
        what: what.to_owned(),
        problem: format!("it answers `{}`", output.text().trim()),
    })?;
    let lines: String = wanted
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    let text = format!("# made by mosipctl\n{lines}");
    let path = format!("/etc/sysctl.d/{name}.conf");
    let file = files::write(shell, &FileOnHost::new(path, text)).await?;
    Ok(Sysctls { file, set })
}

fn read(text: &str) -> Option<Vec<Set>> {
    let lines = text.lines().map(|line| {
        let mut words = line.split('\t').map(str::to_owned);
        let set = Set {
            key: words.next()?,
            before: words.next()?,
            after: words.next()?,
        };
        words.next().is_none().then_some(set)
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_read_strictly() {
        let set = read("net.ipv4.ip_forward\t0\t1\n").unwrap();
        assert_eq!((set.len(), set[0].after.as_str()), (1, "1"));
        assert_eq!(read(""), Some(Vec::new()));
        assert_eq!(read("net.ipv4.ip_forward\t0\n"), None);
    }
}
