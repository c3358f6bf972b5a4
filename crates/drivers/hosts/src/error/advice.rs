//! What can be done about an error, and whether waiting is enough.

use std::io;

use super::HostError;

impl HostError {
    /// The host it is about; for a jump the one that was to be reached.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Unreachable { host, .. }
            | Self::Jump { host, .. }
            | Self::NoSsh { host, .. }
            | Self::UnknownKey { host, .. }
            | Self::ChangedKey { host, .. }
            | Self::KeyFile { host, .. }
            | Self::Login { host, .. }
            | Self::Sudo { host, .. }
            | Self::Cut { host, .. }
            | Self::Deadline { host, .. }
            | Self::TooMuch { host, .. }
            | Self::FullDisk { host, .. }
            | Self::NoSource { host, .. }
            | Self::Failed { host, .. }
            | Self::Unexpected { host, .. }
            | Self::Locked { host, .. }
            | Self::PutBack { host, .. }
            | Self::Lost { host, .. }
            | Self::NoHost { host } => Some(host),
            Self::Here { .. } => None,
        }
    }

    /// Whether the same may succeed later, with nobody's help: a host that starts, a line that was cut.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { error, .. } => error.kind() != io::ErrorKind::InvalidInput,
            // none of its own, so the host before it said that nobody answers behind it
            Self::Jump { source: None, .. } => true,
            Self::Jump {
                source: Some(source),
                ..
            } => source.is_transient(),
            Self::NoSsh { .. } | Self::Cut { .. } | Self::Deadline { .. } => true,
            Self::UnknownKey { .. }
            | Self::ChangedKey { .. }
            | Self::KeyFile { .. }
            | Self::Login { .. }
            | Self::Sudo { .. }
            | Self::Locked { .. }
            | Self::TooMuch { .. }
            | Self::FullDisk { .. }
            | Self::NoSource { .. }
            | Self::Failed { .. }
            | Self::Unexpected { .. }
            | Self::PutBack { .. }
            | Self::Lost { .. }
            | Self::Here { .. }
            | Self::NoHost { .. } => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Unreachable { error, .. } => unreachable(error).to_owned(),
            Self::Jump { jump, source, .. } => {
                let own = source.as_ref().and_then(|source| source.remedy());
                own.unwrap_or_else(|| behind(jump))
            }
            Self::NoSsh { .. } => "check `ssh.port`, and that sshd there is of the last ten years".to_owned(),
            Self::UnknownKey { host, .. } => format!(
                "compare it with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` says on {host} itself, then pin it with `mosipctl hosts trust`"
            ),
            Self::ChangedKey { host, .. } => format!(
                "somebody may stand between you and {host}. If it was installed anew, compare the fingerprint there, then `mosipctl hosts trust --replace {host}`"
            ),
            Self::KeyFile { .. } => "check `ssh.key` and `ssh.passphrase` in the hosts file; a key with a passphrase can also come from ssh-agent (`ssh-add`)".to_owned(),
            Self::Login { user, tried, .. } => login(user, tried.is_empty()),
            Self::Sudo { user, .. } => format!(
                "let {user} use sudo without a password: `{user} ALL=(ALL) NOPASSWD: ALL` in a file of /etc/sudoers.d there, or log in as root"
            ),
            Self::Locked { .. } => "wait for it, or end it there; a lock whose process is gone is free after half a minute".to_owned(),
            Self::Cut { .. } => "try again: what was half done is found and finished".to_owned(),
            Self::Deadline { .. } => "see what the host is busy with (`top`, `iostat`); what was begun is ended there, too".to_owned(),
            Self::FullDisk { host, .. } => {
                format!("make room on {host}: `df -h` and `du -xh --max-depth=2 /` there say what is full")
            }
            Self::NoSource { host, hints, .. } => no_source(host, hints),
            Self::PutBack { remedy, .. } => remedy.clone(),
            Self::Lost { host, name, .. } => format!(
                "log in at the console of {host} and run `sh /var/lib/mosipctl/guard/restore {name}` there as root"
            ),
            Self::NoHost { .. } => "take a `name` of the hosts file".to_owned(),
            Self::TooMuch { .. }
            | Self::Failed { .. }
            | Self::Unexpected { .. }
            | Self::Here { .. } => return None,
        };
        Some(text)
    }
}

fn unreachable(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "the host is there, and nothing listens at that port: start sshd there, or set `ssh.port`"
        }
        // the resolver's errors have no number of the system
        kind if kind == io::ErrorKind::InvalidInput
            || (error.raw_os_error().is_none() && kind != io::ErrorKind::TimedOut) =>
        {
            "check `address` in the hosts file, and that this machine can resolve it"
        }
        _ => {
            "check that it is switched on, `address` in the hosts file, and firewalls on the way; `ssh.jump` leads through a bastion"
        }
    }
}

fn no_source(host: &str, hints: &[String]) -> String {
    let general = format!(
        "give {host} a source that has it: `dnf repolist --all` there says which it knows, `dnf config-manager --set-enabled NAME` switches one on"
    );
    let hints = hints.iter().cloned();
    hints.chain([general]).collect::<Vec<_>>().join("; ")
}

fn behind(jump: &str) -> String {
    format!(
        "check `address` and `ssh.port`, that {jump} reaches it, and that sshd of {jump} has `AllowTcpForwarding yes`"
    )
}

fn login(user: &str, is_empty: bool) -> String {
    match is_empty {
        true => "name a private key in `ssh.key` of the hosts file, or give one to ssh-agent (`ssh-add`)".to_owned(),
        false => format!(
            "add one of the public keys to `~{user}/.ssh/authorized_keys` there, or set `ssh.user` and `ssh.key` in the hosts file"
        ),
    }
}
