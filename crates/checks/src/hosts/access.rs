//! The way to hosts: do they answer, and may we become root?

use mosipctl_hosts::facts::Sudo;

use super::gather::{Verdict, gather};
use super::{Looked, Seen};
use crate::finding::{Check, Finding};

const SUDO: &str = "let this user use sudo without a password there (`NAME ALL=(ALL) NOPASSWD: ALL` in a file of /etc/sudoers.d), or log in as root";

/// Whether each host could be asked. What goes wrong names the host itself.
pub(super) fn reach(looked: &[Looked]) -> Vec<Finding> {
    let verdicts = looked.iter().map(|looked| {
        let verdict = match &looked.facts {
            Ok(_) => Verdict::well("reached, with the pinned key, and logged in to"),
            Err(unseen) => {
                let remedy = unseen.remedy.clone();
                let remedy = remedy.unwrap_or_else(|| {
                    "see what the host says, mend it, and check again".to_owned()
                });
                Verdict::failed(&unseen.reason, remedy)
            }
        };
        (looked.host.name.to_string(), verdict)
    });
    gather(Check::HostReach, verdicts)
}

pub(super) fn sudo(seen: &Seen<'_>) -> Option<Verdict> {
    Some(match &seen.facts.sudo {
        Sudo::Root | Sudo::Allowed => Verdict::well("root, or sudo without a password"),
        Sudo::Refused(said) => Verdict::failed(format!("sudo refuses: {said}"), SUDO),
    })
}
