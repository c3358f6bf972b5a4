//! A rule set of nftables in a table of ours, loaded under guard.

use crate::files::FileOnHost;
use crate::guard::Change;

/// Loads the rule set at each start of the host, before there is a network.
const SERVICE: &str = include_str!("nftables/firewall.service");
const SERVICE_AT: &str = "/etc/systemd/system/mosipctl-firewall.service";
/// Notes down the table as it is in force.
const KEEP: &str = include_str!("nftables/keep.sh");
/// Brings it back.
const BACK: &str = include_str!("nftables/back.sh");
/// Asks nft what it makes of the file, without loading it.
const CHECK: &str = include_str!("nftables/check.sh");
/// The table, and whether it comes back at a start.
const STATE: &str =
    "nft -s list table inet mosipctl; systemctl is-enabled mosipctl-firewall.service";

/// The change that loads a rule set, which is the table `inet mosipctl` and touches no other, and has it loaded at each start.
pub fn load(path: &str, rules: &str) -> Change {
    let service = SERVICE.replace("@RULES@", path);
    let files = vec![
        FileOnHost::new(path, rules),
        FileOnHost::new(SERVICE_AT, service),
    ];
    Change::new("firewall", files)
        .keep(KEEP)
        .check(CHECK.replace("@RULES@", path))
        .apply(format!("systemctl daemon-reload && nft -f '{path}'"))
        .back(BACK)
        .settle("systemctl -q enable mosipctl-firewall.service && systemctl start mosipctl-firewall.service")
        .state(STATE)
        .remedy("see that `spec.access.admins` of the hosts file holds the address of this machine, as the host sees it (`echo $SSH_CONNECTION` there), or that the host has a `jump`")
}
