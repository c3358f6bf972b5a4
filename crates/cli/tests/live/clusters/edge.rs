//! The edge of bare hosts: who comes in through the VPN, and what the load balancer lets through.
//!
//! ```text
//!  alice, bob … ──(each a namespace)── bridge of the site ── lb1 (bastion and load balancer), cp1, w1
//! ```

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mosipctl_artefact::{Artefacts, Program, Settings};
use mosipctl_site::{Offline, Site, SiteSettings, lacks, lacks_programs};

use person::Person;

use super::ONE_AT_A_TIME;
use crate::support::Said;

mod person;

/// Programs of Debian that peers need.
const PROGRAMS: [(&str, &str); 4] = [
    ("curl", "curl"),
    ("ip", "iproute2"),
    ("wg", "wireguard-tools"),
    ("wg-quick", "wireguard-tools"),
];
/// The bastion's address among the hosts.
pub(crate) const OUTSIDE: &str = "10.88.0.11";
/// Where the load balancer is entered from inside: the bastion's address in the VPN.
pub(crate) const INSIDE: &str = "10.13.13.1";
/// Where the public enters the load balancer, when the hosts file says so.
const PUBLIC: &str = "10.88.0.99";
/// How long the bastion may take to send somebody away whose time is over.
const EXPIRY: Duration = Duration::from_secs(120);

/// Hosts with an environment that names them.
struct World {
    site: Site,
    offline: Offline,
    wireguard_go: std::path::PathBuf,
    folder: tempfile::TempDir,
}

impl World {
    /// None, said aloud, when this machine cannot have it.
    async fn make() -> Option<Self> {
        if let Some(reason) = lacks().or_else(|| lacks_programs(&PROGRAMS)) {
            eprintln!("skipped: {reason}");
            return None;
        }
        let artefacts = Artefacts::new(Settings::from_environment().unwrap());
        let wireguard_go = match artefacts.program(Program::WireguardGo).await {
            Ok(path) => path,
            Err(error) => {
                eprintln!("skipped: {error}");
                return None;
            }
        };
        let settings = SiteSettings::for_test(3).unwrap();
        let tell = |line: &str| eprintln!("{line}");
        let offline = Offline::find_or_make(&settings.cache, &tell).unwrap();
        let site = Site::up(&settings, &tell).unwrap();
        let world = Self {
            site,
            offline,
            wireguard_go,
            folder: tempfile::tempdir().unwrap(),
        };
        world.write_environment();
        world.write_hosts("");
        Some(world)
    }

    fn write_environment(&self) {
        let text = "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {name: edge}\nspec:\n  domain: edge.internal\n  \
             mosip: 1.2.0.1\n  cluster: {kind: onprem, hosts: hosts.yaml}\n  vpn: {}\n  storage: {provider: none}\n  \
             rehearsal: {standIns: true, simulate: [postgres, keycloak, objectStore, activemq, kafka, softhsm, keymanager]}\n";
        std::fs::write(self.folder.path().join("environment.yaml"), text).unwrap();
    }

    /// The hosts file of the site, with more at the end of the load balancer's line.
    fn write_hosts(&self, more: &str) {
        let (files, key) = (self.offline.folder().display(), self.site.key());
        let mut text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  kubernetes: {{files: {files}}}\n  \
             defaults: {{ssh: {{user: admin, key: {}}}}}\n  hosts:\n",
            key.display()
        );
        for host in self.site.hosts() {
            let more = if host.name == "lb1" { more } else { "" };
            let (name, address, roles) = (&host.name, host.address, host.roles.join(", "));
            text +=
                &format!("    - {{name: {name}, address: {address}, roles: [{roles}]{more}}}\n");
        }
        std::fs::write(self.folder.path().join("hosts.yaml"), text).unwrap();
    }

    /// The program, where the hosts can be reached.
    fn run(&self, words: &str) -> Said {
        self.run_from(&self.folder.path().join("state"), words)
    }

    /// The same with another state folder.
    fn run_from(&self, state: &Path, words: &str) -> Said {
        let mut command = self.site.command(env!("CARGO_BIN_EXE_mosipctl"));
        command
            .args(words.split(' '))
            .current_dir(self.folder.path())
            .env("MOSIPCTL_STATE", state)
            .env("NO_COLOR", "1")
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("KUBECONFIG")
            .stdin(std::process::Stdio::null());
        Said::of(command.output().unwrap())
    }

    /// Makes the hosts a cluster.
    fn up(&self) -> Said {
        self.run("up --only cluster --yes")
    }

    /// What root of the bastion is told.
    fn on_bastion(&self, line: &str) -> String {
        let host = self.site.host("lb1").unwrap();
        let mut command = self.site.ssh(host);
        let output = command.arg(format!("sudo sh -c '{line}'")).output();
        let output = output.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Somebody outside who was let in.
    fn let_in(&self, name: &str, expires: &str) -> (Person, Said) {
        let said = self.run(&format!(
            "vpn peer add {name} --expires {expires} --out {name}.conf"
        ));
        let file = self.folder.path().join(format!("{name}.conf"));
        (Person::at(&self.site, name, file), said)
    }

    /// How many bytes the bastion has got from somebody since it knows them.
    fn received_from(&self, person: &Person) -> u64 {
        let (key, all) = (person.public_key(), self.on_bastion("wg show wg0 transfer"));
        let line = all
            .lines()
            .find_map(|line| line.strip_prefix(&key))
            .unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// What browsers are told to trust.
    fn trust(&self) -> PathBuf {
        let said = self.run("certs status --json").ended_with(&[0]);
        let status: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        PathBuf::from(status["authority"]["trust"].as_str().unwrap())
    }

    fn kubeconfig(&self) -> std::path::PathBuf {
        let state = self.folder.path().join("state/environments");
        state.join("edge/kubeconfig")
    }

    /// Whether somebody inside reaches the API of the cluster.
    fn lets_in_to_the_api(&self, person: &Person) -> bool {
        person.reaches_api(&self.offline.program(Program::Kubectl), &self.kubeconfig())
    }
}

#[tokio::test]
async fn peers_reach_what_is_inside_through_the_tunnel_until_they_are_sent_away() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let Some(world) = World::make().await else {
        return;
    };
    world.run("hosts trust --yes").done();
    let (alice, said) = world.let_in("alice", "90d");
    said.ended_with(&[0]).says("bastion lb1 has no VPN yet");
    world.up().ended_with(&[0]);
    world.up().ended_with(&[0]).says("nothing");

    through_the_tunnel_and_in_no_other_way(&world, &alice);
    let _tunnel = alice.connect(&world.wireguard_go);
    assert!(world.lets_in_to_the_api(&alice));
    let before = world.received_from(&alice);
    each_side_shows_its_hosts_the_certificate(&world, &alice);
    a_renewed_certificate_is_brought(&world, &alice);
    nobody_puts_another_certificate_in_its_place_unasked(&world);

    // others come, go and run out of time; whoever is inside stays there
    let (bob, said) = world.let_in("bob", "90d");
    said.ended_with(&[0]).says("bastion lb1 knows");
    nobody_stays_whose_time_is_over(&world);
    let tunnel = bob.connect(&world.wireguard_go);
    assert!(world.lets_in_to_the_api(&bob));
    drop(tunnel);
    world
        .run("vpn revoke bob")
        .ended_with(&[0])
        .says("bastion lb1 knows");
    nobody_answers(&world, &bob);
    // a bastion that had forgotten her for a moment would count anew
    assert!(before > 0 && world.received_from(&alice) >= before);
    assert!(world.lets_in_to_the_api(&alice));

    // what was brought at once need not be brought again
    world.up().ended_with(&[0]).says("nothing");
    a_configuration_that_nginx_refuses_changes_nothing(&world);
}

fn through_the_tunnel_and_in_no_other_way(world: &World, person: &Person) {
    // a neighbour who knows the address and sends to it without a tunnel
    person.routes_around_the_tunnel();
    assert!(!person.reaches(INSIDE, 6443), "reached without a tunnel");
    person.routes_as_others_do();
    let tunnel = person.connect(&world.wireguard_go);
    assert!(person.reaches(INSIDE, 6443));
    assert!(tunnel.has_shaken_hands());
    assert!(!person.reaches(INSIDE, 22), "SSH is in no channel");
    drop(tunnel);
    assert!(
        !person.reaches(INSIDE, 6443),
        "reached after the tunnel was gone"
    );
}

/// No gateway runs: nginx says so, after it has shown a certificate that is good for the host.
fn each_side_shows_its_hosts_the_certificate(world: &World, person: &Person) {
    let trust = world.trust();
    let asks = |host: &str, address: &str| person.asks(host, address, &trust);
    assert_eq!(asks("api-internal.edge.internal", INSIDE), "502");
    // nobody said where the public may enter
    assert_eq!(asks("api.edge.internal", OUTSIDE), "000");
    world.on_bastion(&format!("ip addr add {PUBLIC}/24 dev eth0"));
    world.write_hosts(&format!(", public: {PUBLIC}"));
    world.up().ended_with(&[0]);
    assert_eq!(asks("api.edge.internal", PUBLIC), "502");
    // what is internal is not served in public, whatever name is asked for
    assert_eq!(asks("api-internal.edge.internal", PUBLIC), "000");
    world.write_hosts("");
    world.up().ended_with(&[0]);
}

fn a_renewed_certificate_is_brought(world: &World, person: &Person) {
    let there = || world.on_bastion("sha256sum /etc/nginx/certs/tls.crt");
    let before = there();
    world
        .run("certs renew --force")
        .ended_with(&[0])
        .says("brought    to lb1");
    assert_ne!(there(), before);
    let asked = person.asks("api-internal.edge.internal", INSIDE, &world.trust());
    assert_eq!(asked, "502");
    world.up().ended_with(&[0]).says("nothing");
}

fn nobody_puts_another_certificate_in_its_place_unasked(world: &World) {
    let elsewhere = world.folder.path().join("elsewhere");
    world.run_from(&elsewhere, "hosts trust --yes").done();
    world
        .run_from(&elsewhere, "up --only cluster --yes")
        .ended_with(&[2])
        .says("a certificate that is not kept on this machine");
}

/// Nobody runs mosipctl meanwhile.
fn nobody_stays_whose_time_is_over(world: &World) {
    let (carol, said) = world.let_in("carol", "10s");
    said.ended_with(&[0]);
    let tunnel = carol.connect(&world.wireguard_go);
    assert!(carol.reaches(INSIDE, 6443) && tunnel.has_shaken_hands());
    drop(tunnel);
    let key = carol.public_key();
    let start = Instant::now();
    while world.on_bastion("wg show wg0 peers").contains(&key) {
        assert!(start.elapsed() < EXPIRY, "carol is known still");
    }
    eprintln!("carol was gone after {:?}", start.elapsed());
    nobody_answers(world, &carol);
}

fn nobody_answers(world: &World, person: &Person) {
    let tunnel = person.connect(&world.wireguard_go);
    assert!(!person.reaches(INSIDE, 6443));
    assert!(!tunnel.has_shaken_hands(), "{} is answered", person.name);
}

fn a_configuration_that_nginx_refuses_changes_nothing(world: &World) {
    let module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    world.on_bastion(&format!("mv {module} {module}.away"));
    let before = world.on_bastion("sha256sum /etc/nginx/nginx.conf");
    world.write_hosts(&format!(", public: {PUBLIC}"));
    let said = world.up().ended_with(&[1]);
    assert!(
        said.all().contains("ngx_stream_module.so"),
        "{}",
        said.all()
    );
    assert_eq!(world.on_bastion("sha256sum /etc/nginx/nginx.conf"), before);
    // it fails when the old one is gone
    world.on_bastion("systemctl is-active nginx");
    world.on_bastion(&format!("mv {module}.away {module}"));
    world.write_hosts("");
    world.up().ended_with(&[0]);
}
