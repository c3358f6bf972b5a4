//! The way by which we came in, as the host sees it.

use std::net::IpAddr;

use crate::command::Command;
use crate::error::HostError;
use crate::shell::Shell;

/// The way by which we came in, as the host sees it. A router between may make another address and port of it than we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Where we come from: this machine, or the jump host.
    pub from: IpAddr,
    /// The host's own address at which we came in.
    pub at: IpAddr,
    /// The port at which its sshd listens.
    pub port: u16,
}

/// Asks a host by which way we came in.
///
/// # Errors
/// It could not be asked, or its sshd does not say.
pub async fn way_in(shell: &dyn Shell) -> Result<Way, HostError> {
    let what = "ask from where we come";
    let command = Command::line(what, "echo \"$SSH_CONNECTION\"");
    let output = shell.run(&command).await?.succeeded(shell.host(), what)?;
    let text = output.text();
    way(text.trim()).ok_or_else(|| HostError::Unexpected {
        host: shell.host().to_owned(),
        what: what.to_owned(),
        problem: format!("it answers `{}`", text.trim()),
    })
}

fn way(text: &str) -> Option<Way> {
    let words: Vec<&str> = text.split(' ').collect();
    let [from, _, at, port] = words.as_slice() else {
        return None;
    };
    let (from, at): (IpAddr, IpAddr) = (from.parse().ok()?, at.parse().ok()?);
    Some(Way {
        from: from.to_canonical(),
        at: at.to_canonical(),
        port: port.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_in_is_read_strictly() {
        let read = way("192.0.2.9 51234 192.0.2.11 22").unwrap();
        assert_eq!(
            (read.from.to_string().as_str(), read.port),
            ("192.0.2.9", 22)
        );
        assert_eq!(way("::ffff:192.0.2.9 1 ::1 22").unwrap().from, read.from);
        for bad in ["", "192.0.2.9 51234 192.0.2.11", "a b c d"] {
            assert_eq!(way(bad), None, "{bad}");
        }
    }
}
