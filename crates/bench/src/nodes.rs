//! Bare hosts made a cluster, against kubeadm by hand on the same hosts.

use anyhow::{Context, Result, bail, ensure};
use mosipctl_site::{ByHand, Offline, Phase, Site, SiteSettings, lacks_for_cluster, total};

use super::figure::{Bar, Figure, Name};
use super::journal::{requests, slowest};
use super::machine::load;
use super::place::Place;

/// A load balancer, three control planes, two workers.
const HOSTS: usize = 6;
/// How often it is asked whether there is something to do; the slowest counts.
const TIMES: usize = 3;
/// No MOSIP and no storage: this is about nodes.
const ENVIRONMENT: &str = "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {name: bench}\nspec:\n  \
    domain: bench.internal\n  mosip: 1.2.0.1\n  cluster: {kind: onprem, hosts: hosts.yaml}\n  storage: {provider: none}\n  \
    rehearsal: {standIns: true, simulate: [postgres, keycloak, objectStore, activemq, kafka, softhsm, keymanager]}\n";
const UP: [&str; 4] = ["up", "--only", "cluster", "--yes"];
/// Takes a node out of the cluster and leaves packages, programs and images where they are.
const RESET: &str = "sudo kubeadm reset -f --skip-phases=remove-etcd-member > /dev/null 2>&1 && \
    sudo sh -c 'rm -rf /var/lib/etcd/* /etc/cni/net.d/* /var/lib/mosipctl/member /var/lib/mosipctl/begun; ip route flush proto 186; ! ip link show cni0 > /dev/null 2>&1 || ip link del cni0'";

/// What mosipctl's firewall lets through is not what a cluster by hand needs.
const OPEN: &str = "for table in 'inet mosipctl' 'ip mosipctl_pods'; do sudo nft delete table $table || exit; done";

pub(crate) async fn measure(place: &Place) -> Result<Vec<Figure>> {
    if let Some(reason) = lacks_for_cluster() {
        bail!("not measured, because {reason}");
    }
    eprintln!("── bare hosts to nodes");
    let settings = SiteSettings::for_test(HOSTS)?;
    let files = Offline::find_or_make(&settings.cache, &|_| {})?;
    let site = Site::up(&settings, &|_| {})?;
    place.write("hosts.yaml", &site.hosts_with(&files)?)?;
    place.write("environment.yaml", ENVIRONMENT)?;
    let before = load()?;
    place.run_in(&site, &["hosts", "trust", "--yes"]).await?;
    let all = place.run_in(&site, &UP).await?.took.as_secs_f64();
    let events = place.run_in(&site, &["events", "--json"]).await?.output;
    // where there was nothing to do it says how many requests that took, and nothing else
    let again = [UP.as_slice(), &["--json"]].concat();
    let mut idle = Vec::new();
    for _ in 0..TIMES {
        let ended = place.run_in(&site, &again).await?;
        requests(&ended.output).with_context(|| format!("{}: something to do", again.join(" ")))?;
        idle.push(ended.took.as_secs_f64());
    }
    on_nodes(&site, RESET)?;
    let ours = place.run_in(&site, &UP).await?.took.as_secs_f64();
    on_nodes(&site, RESET)?;
    on_nodes(&site, OPEN)?;
    let by_hand = ByHand::new(&site, &files)?;
    let brought = by_hand.bring(&|_| {})?;
    let made = by_hand.make(&|_| {})?;
    let theirs = theirs(&made);
    let of_each = |what: &str| slowest(&events, what).with_context(|| format!("no step{what}"));
    Ok(vec![
        Figure {
            name: Name::Nodes,
            what: format!("{HOSTS} hosts to five nodes, against kubeadm by hand"),
            value: ours / theirs,
            unit: " times",
            bar: Bar::AtMost(1.5),
            beside: vec![
                format!(
                    "{ours:.1} s; by hand {theirs:.1} s; packages, programs and images were there"
                ),
                format!(
                    "with everything {all:.1} s; the slowest host took {:.1} s for packages, {:.1} s for programs, {:.1} s for images, upload and import",
                    of_each(" packages")?,
                    of_each(" programs")?,
                    of_each(" images")?
                ),
                format!("by hand: {}", told(&brought)),
                format!("load before {before}, after {}", load()?),
            ],
        },
        Figure {
            name: Name::Idle,
            what: format!("{HOSTS} hosts, nothing to do"),
            value: idle.iter().copied().fold(0.0, f64::max),
            unit: " s",
            bar: Bar::AtMost(5.0),
            beside: vec![format!(
                "the slowest of {TIMES}, looks at all hosts included"
            )],
        },
    ])
}

fn on_nodes(site: &Site, line: &str) -> Result<()> {
    let nodes = site.hosts().iter().filter(|host| host.name != "lb1");
    for host in nodes {
        let ended = site.ssh(host).arg(line).output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        ensure!(ended.status.success(), "`{line}` on {}: {said}", host.name);
    }
    Ok(())
}

/// Until all nodes are ready, in seconds. Whether names are answered is not awaited by `up`.
fn theirs(made: &[Phase]) -> f64 {
    let names = made.iter().filter(|phase| phase.name == "names answered");
    let names: f64 = names.map(|phase| phase.took.as_secs_f64()).sum();
    total(made).as_secs_f64() - names
}

fn told(phases: &[Phase]) -> String {
    let each = phases.iter();
    let each = each.map(|phase| format!("{} {:.1} s", phase.name, phase.took.as_secs_f64()));
    each.collect::<Vec<_>>().join(", ")
}
