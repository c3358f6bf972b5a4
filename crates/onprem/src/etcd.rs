//! What a control plane does for what is in etcd and for its own certificates, without anybody asking.

use mosipctl_hosts::FileOnHost;
use mosipctl_plan::Risk;
use mosipctl_spec::hosts::Snapshots;

use crate::item::{Item, Script};
use crate::work::{Task, Work};

/// Takes a snapshot, on a control plane.
const SNAPSHOT: &str = include_str!("etcd/snapshot.sh");
/// Where that script lies on control planes.
pub(crate) const PROGRAM: &str = "/usr/local/lib/mosipctl/snapshot";
const SERVICE: &str = include_str!("etcd/snapshot.service");
const TIMER: &str = include_str!("etcd/snapshot.timer");
/// Says when a certificate of the control plane runs out soon.
const OLD: &str = include_str!("etcd/certificates-old.sh");
/// Makes them new.
const RENEW: &str = include_str!("etcd/certificates-renew.sh");
/// Stops the control plane of a host, and says what it is in etcd.
pub(crate) const STOP: &str = include_str!("etcd/stop.sh");
/// Starts it again.
pub(crate) const START: &str = include_str!("etcd/start.sh");
/// Waits until its API server answers.
const READY: &str = include_str!("etcd/ready.sh");

/// Both; certificates are renewed under a lock of all control planes.
pub(crate) fn works(host: &str, settings: &Snapshots, one_by_one: &str) -> [Work; 2] {
    [
        snapshots(host, SNAPSHOT, settings),
        certificates(host).excluding(one_by_one),
    ]
}

/// A snapshot of etcd is taken every so often by a program, and the last ones are kept.
pub(crate) fn snapshots(host: &str, program: &str, settings: &Snapshots) -> Work {
    let unit = |name: &str| format!("/etc/systemd/system/mosipctl-snapshot.{name}");
    let script = program.replace("@KEEP@", &settings.keep.max(1).to_string());
    let timer = "mosipctl-snapshot.timer";
    let items = vec![
        Item::File(FileOnHost::new(PROGRAM, script).mode(0o755)),
        Item::File(FileOnHost::new(unit("service"), SERVICE)),
        Item::File(FileOnHost::new(
            unit("timer"),
            TIMER.replace("@EVERY@", settings.every.as_str()),
        )),
        Item::Script(Script::reads_unit(timer)),
        Item::Unit(timer.to_owned()),
    ];
    let title = format!("keep snapshots of etcd on {host}");
    Work::new(host, "snapshots", title, Task::Items(items)).after(&["member"])
}

/// Certificates of the control plane are renewed a month before they run out.
fn certificates(host: &str) -> Work {
    let renew = Script {
        what: "renew the certificates of the control plane".to_owned(),
        check: OLD.to_owned(),
        // what serves with the old ones is stopped and started as kubelet wants it: what is merely ended comes back late
        run: format!("{RENEW}\n(\n{STOP}\n) > /dev/null\n{START}\n{READY}"),
    };
    renewed(host, renew)
}

/// Certificates of a node are renewed by a script, while what serves with them stands still.
pub(crate) fn renewed(host: &str, renew: Script) -> Work {
    let title = format!("renew the certificates of {host}");
    let items = vec![Item::Script(renew)];
    Work::new(host, "certificates", title, Task::Items(items))
        .after(&["member"])
        .at_risk(Risk::Disruptive)
}
