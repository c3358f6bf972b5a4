//! Who gets in: the firewall of a host, and its sshd.

use mosipctl_firewall::{RULES, SSH_DROP_IN, Wall, ssh_drop_in};
use mosipctl_hosts::{nftables, sshd};
use mosipctl_plan::Risk;
use mosipctl_spec::hosts::{Host, HostsFile};

use crate::item::{Item, Script};
use crate::work::{Task, Work};

/// The rule set of a host: what others need from it, and nothing else.
pub(crate) fn firewall(host: &Host, wall: &Wall) -> Work {
    let name = host.name.as_str();
    let loaded = Script {
        what: "load the firewall".to_owned(),
        check: "nft list table inet mosipctl > /dev/null 2>&1 || echo 'the firewall is not loaded'"
            .to_owned(),
        run: format!("nft -f {RULES}"),
    };
    let items = vec![
        Item::Guarded(nftables::load(RULES, &wall.rules(host))),
        Item::Script(loaded),
    ];
    let title = format!("close {name} to whoever need not reach it");
    let work = Work::new(name, "firewall", title, Task::Items(items));
    work.after(&["packages"])
        .taking(2)
        .at_risk(Risk::Disruptive)
}

/// Keys alone, and no forwarding but where it is needed.
pub(crate) fn ssh(host: &Host, hosts_file: &HostsFile) -> Work {
    let name = host.name.as_str();
    let change = sshd::drop_in(SSH_DROP_IN, &ssh_drop_in(hosts_file, host));
    let items = vec![Item::Guarded(change)];
    let title = format!("harden SSH on {name}");
    Work::new(name, "ssh", title, Task::Items(items)).taking(2)
}
