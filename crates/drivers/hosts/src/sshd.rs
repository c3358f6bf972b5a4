//! A drop-in of sshd, put in force under guard.

use crate::files::FileOnHost;
use crate::guard::Change;

/// Asks sshd what it makes of its files, and whether the drop-in counts.
const CHECK: &str = include_str!("sshd/check.sh");
/// Has sshd read its files again; sessions that are open stay so.
const RELOAD: &str = include_str!("sshd/reload.sh");

/// The change that puts a drop-in in force. `sshd -t` is asked first.
pub fn drop_in(path: &str, text: &str) -> Change {
    Change::new("ssh", vec![FileOnHost::new(path, text).mode(0o600)])
        .check(CHECK)
        .apply(RELOAD)
        .back(RELOAD)
        .state("sshd -T")
        .remedy("see that `ssh.user` of the hosts file logs in with a key, and that hosts which others are reached through may forward")
}
