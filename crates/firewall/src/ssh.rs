//! How people may log in: a drop-in of sshd.

use std::fmt::Write as _;

use mosipctl_spec::hosts::{Host, HostRole, HostsFile};

/// Where the drop-in lies. sshd takes the first value that it reads, so it has to be the first file: images of clouds bring others.
pub const SSH_DROP_IN: &str = "/etc/ssh/sshd_config.d/00-mosipctl.conf";

/// What holds for all hosts. Six tries are what a person with ssh-agent and keys in files needs; each is a key, as there are no passwords.
const ALWAYS: &str = "PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
MaxAuthTries 6
LoginGraceTime 30
X11Forwarding no
AllowAgentForwarding no
AllowStreamLocalForwarding no
PermitTunnel no
PermitUserEnvironment no
GatewayPorts no
";

/// The drop-in of a host, for [`SSH_DROP_IN`].
///
/// Keys alone open it, root's included: the hosts file may say `user: root`. Connections are forwarded only from bastions, from hosts that others
/// are reached through, and from control planes, by which the API servers are reached.
pub fn ssh_drop_in(file: &HostsFile, host: &Host) -> String {
    let forwarding = match forwards(file, host) {
        true => "local",
        false => "no",
    };
    let mut text = format!(
        "# Made by mosipctl for {}; changes are overwritten.\n{ALWAYS}",
        host.name
    );
    let _ = writeln!(text, "AllowTcpForwarding {forwarding}");
    text
}

fn forwards(file: &HostsFile, host: &Host) -> bool {
    let hosts = file.hosts();
    let is_jump = hosts
        .iter()
        .any(|other| other.login.jump.as_ref() == Some(&host.name));
    is_jump || host.has(HostRole::Bastion) || host.has(HostRole::ControlPlane)
}
