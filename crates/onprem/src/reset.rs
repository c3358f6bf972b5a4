//! Taking away from a host what was put there.

use std::time::Duration;

use mosipctl_hosts::{Command, Connection, HostError, Shell, packages};

use crate::manifest::Manifest;
use crate::nfs;

const RESET: &str = include_str!("reset.sh");
/// How long it may take: pods end first, then packages go.
const PATIENCE: Duration = Duration::from_secs(600);

/// What was done to a host that was reset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reset {
    /// What was taken away; empty when nothing of ours was there.
    pub did: Vec<String>,
    /// What was left on purpose.
    pub left: Vec<String>,
}

/// Takes away what the list on a host says, and nothing else. Doing it twice ends as doing it once.
///
/// # Errors
/// The host cannot be asked, its list cannot be read, or a package does not go.
pub async fn reset(connection: &Connection) -> Result<Reset, HostError> {
    let manifest = Manifest::read(connection).await?;
    let what = "take away what was put there";
    let script = format!("{}{}{RESET}", packages::REMOVE, nfs::served());
    let command = Command::script(what, &script, []).as_root();
    let command = command.within(PATIENCE).input(list(&manifest));
    let output = connection.run(&command).await?;
    let output = output.succeeded(connection.name(), what)?;
    Ok(read(&output.text()))
}

/// A line for each thing.
fn list(manifest: &Manifest) -> String {
    let sorts = [
        ("package", manifest.packages.iter().collect::<Vec<_>>()),
        ("file", manifest.files.keys().collect()),
        ("unit", manifest.units.iter().collect()),
        ("image", manifest.images.iter().collect()),
    ];
    let lines = sorts
        .iter()
        .flat_map(|(sort, names)| names.iter().map(move |name| format!("{sort} {name}\n")));
    lines.collect()
}

fn read(text: &str) -> Reset {
    let mut reset = Reset::default();
    for line in text.lines() {
        match line.split_once('\t') {
            Some(("did", what)) => reset.did.push(what.to_owned()),
            Some(("left", what)) => reset.left.push(what.to_owned()),
            _ => {}
        }
    }
    reset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_go_is_a_line_each() {
        let mut manifest = Manifest::default();
        manifest.packages.insert("containerd".to_owned());
        manifest.files.insert("/etc/x".to_owned(), String::new());
        assert_eq!(list(&manifest), "package containerd\nfile /etc/x\n");
    }

    #[test]
    fn what_was_done_and_left_is_told_apart() {
        let reset = read("Welcome!\ndid\t2 files are gone\nleft\tswap stays off\n");
        assert_eq!(reset.did, ["2 files are gone"]);
        assert_eq!(reset.left, ["swap stays off"]);
    }
}
