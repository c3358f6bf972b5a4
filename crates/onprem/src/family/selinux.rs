//! What SELinux has to be told before things may do their work: systemd starts no program of a folder of libraries, keepalived no program
//! but those of a folder of its own, and nginx, a web server, may neither connect to whatever port it likes nor listen at ports that are
//! not a web server's. Types and folders are those of the policy (fedora-selinux/selinux-policy, `policy/modules`: `init.te`,
//! `libraries.fc`, `keepalived.fc`, `apache.te`).

use std::collections::BTreeSet;

use mosipctl_hosts::FileOnHost;

use crate::item::{HEAD, Item, Script};

/// Whether SELinux is at work on a host. Permissive counts, too: it may be enforcing tomorrow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Selinux {
    /// There is none, or it is off.
    #[default]
    Off,
    /// It judges.
    On,
}

/// The package whose `semanage` names ports and places.
const TOOLS: &str = "policycoreutils-python-utils";
/// Where programs of ours lie, which units start.
const PROGRAMS: &str = "/usr/local/lib/mosipctl";
/// What keepalived may run unconfined; asking systemd is more than it may do itself.
const ASK_NGINX: &str = "/usr/libexec/keepalived/mosipctl";

impl Selinux {
    /// By what `getenforce` says.
    pub(crate) fn of(mode: Option<&str>) -> Self {
        match mode {
            None | Some("Disabled") => Self::Off,
            Some(_) => Self::On,
        }
    }

    /// The package that a host needs to tell SELinux something.
    pub(crate) fn packages(self) -> Option<&'static str> {
        (self == Self::On).then_some(TOOLS)
    }

    /// What lets systemd start programs of ours.
    pub(crate) fn programs(self) -> Option<Item> {
        let places = format!("'{PROGRAMS}(/.*)?'");
        let script = Script {
            what: "let SELinux allow systemd to start programs of mosipctl".to_owned(),
            check: format!(
                "semanage fcontext -l -C 2> /dev/null | grep -qF {places} || echo 'SELinux does not let systemd start programs in {PROGRAMS}'"
            ),
            run: format!(
                "semanage fcontext -a -t bin_t {places} && {{ [ ! -d {PROGRAMS} ] || restorecon -R {PROGRAMS}; }}"
            ),
        };
        (self == Self::On).then_some(Item::Script(script))
    }

    /// How keepalived asks whether nginx runs: `command`, from where SELinux lets it.
    pub(crate) fn asks(self, command: &str) -> (String, Option<Item>) {
        if self == Self::Off {
            return (command.to_owned(), None);
        }
        let text = format!("#!/bin/sh\n{HEAD}exec {command}\n");
        let file = FileOnHost::new(ASK_NGINX, text).mode(0o755);
        (ASK_NGINX.to_owned(), Some(Item::File(file)))
    }

    /// What has to be true before nginx reads this configuration.
    pub(crate) fn items(self, nginx: &str) -> Vec<Item> {
        if self == Self::Off {
            return Vec::new();
        }
        let connects = Script {
            what: "let SELinux allow nginx to connect".to_owned(),
            check: "getsebool httpd_can_network_connect | grep -q 'on$' || echo 'SELinux does not let nginx connect'"
                .to_owned(),
            run: "setsebool -P httpd_can_network_connect 1".to_owned(),
        };
        let ports: Vec<String> = ports(nginx).iter().map(u16::to_string).collect();
        let ports = ports.join(" ");
        // a port may be of another kind by the policy itself, which `-a` refuses and `-m` changes
        let listens = Script {
            what: "let SELinux allow nginx to listen".to_owned(),
            check: format!(
                "known=\" $(semanage port -l | awk '$1 == \"http_port_t\" && $2 == \"tcp\"' | tr -s ', \\n' ' ') \"; for port in {ports}; do case $known in *\" $port \"*) ;; *) echo \"SELinux does not let nginx listen at $port\" ;; esac; done"
            ),
            run: format!(
                "for port in {ports}; do semanage port -a -t http_port_t -p tcp $port 2> /dev/null || semanage port -m -t http_port_t -p tcp $port || exit 1; done"
            ),
        };
        vec![Item::Script(connects), Item::Script(listens)]
    }
}

/// The ports at which a configuration of nginx listens.
fn ports(nginx: &str) -> BTreeSet<u16> {
    let words = nginx.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("listen ")?;
        rest.split([' ', ';']).next()
    });
    words
        .filter_map(|word| word.rsplit(':').next()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::played;

    /// What the check of a script says when `semanage` lists this.
    fn asked(script: &Script, known: &str) -> String {
        played::says(&format!(
            "semanage() {{ echo '{known}'; }}; {}",
            script.check
        ))
    }

    #[test]
    fn the_ports_of_a_configuration_are_read_from_it() {
        let text = "  listen 192.0.2.10:6443 so_keepalive=on;\n  listen [2001:db8::1]:443 ssl;\n  listen 192.0.2.10:6443;\n  listening 1;\n";
        assert_eq!(ports(text), BTreeSet::from([443, 6443]));
    }

    #[test]
    fn a_host_without_selinux_is_told_nothing() {
        assert!(Selinux::of(None).items("listen 1:2;").is_empty());
        assert!(
            Selinux::of(Some("Disabled"))
                .items("listen 1:2;")
                .is_empty()
        );
        assert_eq!(Selinux::of(Some("Enforcing")).items("listen 1:2;").len(), 2);
    }

    #[test]
    fn programs_are_told_once_and_only_where_it_is_at_work() {
        let Some(Item::Script(script)) = &Selinux::On.programs() else {
            panic!("no script")
        };
        let asked = |known: &str| asked(script, known);
        let known = "/usr/local/lib/mosipctl(/.*)?    all files    system_u:object_r:bin_t:s0";
        assert_eq!(asked(known), "");
        assert!(asked("/srv(/.*)?").contains("does not let systemd"));
        assert!(Selinux::Off.programs().is_none());
    }

    #[test]
    fn keepalived_asks_from_where_it_may() {
        let command = "/usr/bin/systemctl -q is-active nginx";
        let (asks, file) = Selinux::Off.asks(command);
        assert_eq!((asks.as_str(), file.is_none()), (command, true));
        let (asks, file) = Selinux::On.asks(command);
        let Some(Item::File(file)) = file else {
            panic!("no file")
        };
        assert_eq!((asks, file.mode), (file.path.clone(), 0o755));
        let text = String::from_utf8_lossy(&file.content);
        assert!(text.starts_with("#!/bin/sh\n") && text.ends_with("is-active nginx\n"));
    }

    #[test]
    fn a_port_that_is_known_is_not_named_again() {
        let Item::Script(script) =
            &Selinux::On.items("listen 192.0.2.1:6443;\nlisten 192.0.2.1:443;")[1]
        else {
            panic!("no script")
        };
        let asked = |known: &str| asked(script, known);
        assert_eq!(asked("http_port_t    tcp      6443, 80, 443"), "");
        assert_eq!(
            asked("http_port_t    tcp      80, 81, 443, 16443"),
            "SELinux does not let nginx listen at 6443\n"
        );
    }
}
