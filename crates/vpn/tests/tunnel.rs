//! Real tunnels: what `wg`, `wg-quick` and `nft` make of our files, between network namespaces that the test makes.
//!
//! ```text
//!  alice, bob … ──(each a cable)── bastion ──(10.0.1.0/24)── inner
//!                 203.0.113.1 is the bastion's on the outside
//! ```

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mosipctl_artefact::{Artefacts, Program, Settings as ArtefactSettings};
use mosipctl_site::{Namespace, TestNamespace, lacks_programs};
use mosipctl_spec::environment::vpn::Vpn as Wanted;
use mosipctl_vpn::{Bastion, Changes, NewPeer, PeerConfiguration, PrivateKey, Seen, Settings, Vpn};

/// Programs of Debian that are asked what they make of our files.
const PROGRAMS: [(&str, &str); 5] = [
    ("ip", "iproute2"),
    ("wg", "wireguard-tools"),
    ("wg-quick", "wireguard-tools"),
    ("nft", "nftables"),
    ("sysctl", "procps"),
];
/// A host that peers may reach through the tunnel, and its port.
const INNER: ([u8; 4], u16) = ([10, 0, 1, 5], 8080);
/// The bastion's address there.
const BASTION_INSIDE: &str = "10.0.1.1";
/// How long a connection may take that comes about.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one is waited for that must not; a handshake between two processes of one machine takes milliseconds.
const IMPATIENCE: Duration = Duration::from_secs(3);

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// WireGuard that runs. `wg-quick` has put it up and takes it down.
struct Tunnel<'a> {
    place: &'a Namespace,
    file: PathBuf,
}

impl<'a> Tunnel<'a> {
    /// The name of the file is the name of the interface.
    fn up(place: &'a Namespace, file: &Path, wireguard_go: &Path) -> Self {
        let mut command = place.command("wg-quick");
        said(
            command
                .arg("up")
                .arg(file)
                .env("WG_QUICK_USERSPACE_IMPLEMENTATION", wireguard_go),
        );
        Self {
            place,
            file: file.to_owned(),
        }
    }

    fn interface(&self) -> &str {
        self.file.file_stem().unwrap().to_str().unwrap()
    }

    fn show(&self, what: &str) -> String {
        said(
            self.place
                .command("wg")
                .args(["show", self.interface(), what]),
        )
    }

    /// Whether there ever was a handshake with the only peer.
    fn has_shaken_hands(&self) -> bool {
        !self.show("latest-handshakes").trim().ends_with("\t0")
    }
}

impl Drop for Tunnel<'_> {
    fn drop(&mut self) {
        let _ = self
            .place
            .command("wg-quick")
            .arg("down")
            .arg(&self.file)
            .output();
    }
}

/// Everything around the tunnels.
struct World {
    bastion: TestNamespace,
    inner: TestNamespace,
    wireguard_go: PathBuf,
    folder: tempfile::TempDir,
    settings: Settings,
    server_key: PrivateKey,
    vpn: Vpn,
}

/// Somebody outside.
struct Person {
    place: TestNamespace,
    name: String,
    key: PrivateKey,
}

impl World {
    fn make(wireguard_go: PathBuf) -> Self {
        let (bastion, inner) = (
            TestNamespace::make().unwrap(),
            TestNamespace::make().unwrap(),
        );
        bastion.ip("addr add 203.0.113.1/32 dev lo").unwrap();
        bastion
            .ip(&format!(
                "link add inside type veth peer name eth0 netns {}",
                inner.name()
            ))
            .unwrap();
        bastion
            .ip(&format!("addr add {BASTION_INSIDE}/24 dev inside"))
            .unwrap();
        bastion.ip("link set inside up").unwrap();
        inner.ip("addr add 10.0.1.5/24 dev eth0").unwrap();
        inner.ip("link set eth0 up").unwrap();
        let network = |text: &str| text.parse().unwrap();
        let wanted = Wanted {
            endpoint: None,
            port: 51820,
            network: None,
            interface: format!("b{}", std::process::id()),
            channels: [
                ("internal".parse().unwrap(), vec![network("10.0.1.0/24")]),
                ("elsewhere".parse().unwrap(), vec![network("10.0.2.0/24")]),
            ]
            .into(),
            dns: Vec::new(),
            taken: Default::default(),
        };
        let server_key = PrivateKey::generate();
        Self {
            bastion,
            inner,
            wireguard_go,
            folder: tempfile::tempdir().unwrap(),
            settings: Settings::new(&wanted, network("10.13.13.0/24"), "203.0.113.1", &[]).unwrap(),
            vpn: Vpn::new(server_key.public(), Timestamp::now()),
            server_key,
        }
    }

    /// Somebody with a cable to the bastion, let in at a time.
    fn let_in(&mut self, name: &str, channel: &str, lifetime: &str, at: Timestamp) -> Person {
        let number = self.vpn.peers().len();
        let place = TestNamespace::make().unwrap();
        let near = format!(
            "link add out{number} type veth peer name eth0 netns {}",
            place.name()
        );
        self.bastion.ip(&near).unwrap();
        self.bastion
            .ip(&format!(
                "addr add 198.51.100.{}/31 dev out{number}",
                2 * number
            ))
            .unwrap();
        self.bastion
            .ip(&format!("link set out{number} up"))
            .unwrap();
        place
            .ip(&format!(
                "addr add 198.51.100.{}/31 dev eth0",
                2 * number + 1
            ))
            .unwrap();
        place.ip("link set eth0 up").unwrap();
        // all that somebody outside can do: send to the bastion whatever they like
        place
            .ip(&format!("route add default via 198.51.100.{}", 2 * number))
            .unwrap();
        let key = PrivateKey::generate();
        let new = NewPeer {
            name: name.to_owned(),
            public_key: key.public(),
            channels: vec![channel.to_owned()],
            lifetime: lifetime.parse().unwrap(),
        };
        self.vpn.add(new, &self.settings, at).unwrap();
        Person {
            place,
            name: name.to_owned(),
            key,
        }
    }

    fn write(&self, name: &str, mode: u32, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// The bastion with the files of a time.
    fn serve(&self, at: Timestamp) -> Tunnel<'_> {
        let bastion = Bastion::new(&self.vpn, &self.settings, at).unwrap();
        let folder = self.folder.path().to_str().unwrap();
        let files = bastion.files(&self.server_key, folder);
        let [configuration, _] = files.map(|file| self.write(&file.name, file.mode, &file.text));
        Tunnel::up(&self.bastion, &configuration, &self.wireguard_go)
    }

    fn connect<'a>(&self, person: &'a Person) -> Tunnel<'a> {
        let configuration = PeerConfiguration {
            environment: "test",
            peer: self.vpn.peer(&person.name).unwrap(),
            private_key: Some(&person.key),
            server_key: self.vpn.server_key(),
            settings: &self.settings,
        };
        let name = format!("{}{}.conf", person.name, std::process::id());
        let file = self.write(&name, 0o600, &configuration.text());
        Tunnel::up(&person.place, &file, &self.wireguard_go)
    }

    /// Tells a bastion that runs what is to be at a time. Gives how many peers that changed.
    fn tell(&self, server: &Tunnel<'_>, vpn: &Vpn, at: Timestamp) -> usize {
        let bastion = Bastion::new(vpn, &self.settings, at).unwrap();
        let changes = Changes::between(&bastion.peers(), &Seen::parse(&server.show("allowed-ips")));
        said(
            self.bastion
                .command("wg")
                .args(changes.arguments(server.interface())),
        );
        let after = Seen::parse(&server.show("allowed-ips"));
        assert!(Changes::between(&bastion.peers(), &after).is_empty());
        changes.add.len() + changes.remove.len()
    }
}

impl Person {
    /// What the inner host says: the address that it sees. None when it cannot be reached.
    fn asks_inner(&self, patience: Duration) -> Option<String> {
        let ask = || {
            let mut stream = TcpStream::connect_timeout(&SocketAddr::from(INNER), patience).ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).ok()?;
            Some(answer)
        };
        self.place.inside(ask).unwrap()
    }
}

/// Answers everybody with the address they come from.
fn answer(inner: &Namespace) {
    // a socket stays where it was made, whoever uses it
    let listener = inner
        .inside(|| TcpListener::bind(SocketAddr::from(INNER)).unwrap())
        .unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let from = stream.peer_addr().map(|address| address.ip().to_string());
            let _ = stream.write_all(from.unwrap_or_default().as_bytes());
        }
    });
}

async fn wireguard_go() -> Result<PathBuf, String> {
    if let Some(reason) = lacks_programs(&PROGRAMS) {
        return Err(reason);
    }
    let artefacts = Artefacts::new(ArtefactSettings::from_environment().unwrap());
    artefacts
        .program(Program::WireguardGo)
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn only_who_may_come_in_does_and_only_as_far_as_they_may() {
    let wireguard_go = match wireguard_go().await {
        Ok(path) => path,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let mut world = World::make(wireguard_go);
    answer(&world.inner);
    let now = Timestamp::now();
    let hours = |hours| now - SignedDuration::from_hours(hours);
    let alice = world.let_in("alice", "internal", "90d", hours(2));
    let bob = world.let_in("bob", "internal", "90d", hours(2));
    let carol = world.let_in("carol", "elsewhere", "90d", hours(2));
    let dave = world.let_in("dave", "internal", "90d", hours(89 * 24));
    let erin = world.let_in("erin", "internal", "90m", hours(2));
    // the files are an hour old: nobody brought new ones when erin's time was over
    let server = world.serve(hours(1));

    through_the_tunnel_and_in_no_other_way(&world, &alice);
    no_farther_than_a_channel_leads(&world, &carol);
    nothing_after_the_end_whatever_the_files_say(&world, &erin);

    for valid in [&bob, &dave] {
        let tunnel = world.connect(valid);
        assert_eq!(valid.asks_inner(PATIENCE).as_deref(), Some(BASTION_INSIDE));
        assert!(tunnel.has_shaken_hands());
    }
    let mut after = world.vpn.clone();
    after.revoke("bob", now).unwrap();
    assert_eq!(
        world.tell(&server, &after, now),
        2,
        "bob is revoked, erin's time is over"
    );
    nobody_answers(&world, &bob);
    let later = now + SignedDuration::from_hours(48);
    assert_eq!(
        world.tell(&server, &after, later),
        1,
        "dave's time is over then"
    );
    nobody_answers(&world, &dave);
    through_the_tunnel_and_in_no_other_way(&world, &alice);
}

fn through_the_tunnel_and_in_no_other_way(world: &World, person: &Person) {
    assert_eq!(
        person.asks_inner(IMPATIENCE),
        None,
        "the inner host answers without a tunnel"
    );
    let tunnel = world.connect(person);
    assert_eq!(person.asks_inner(PATIENCE).as_deref(), Some(BASTION_INSIDE));
    assert!(tunnel.has_shaken_hands());
    drop(tunnel);
    assert_eq!(
        person.asks_inner(IMPATIENCE),
        None,
        "the inner host answers after the tunnel is gone"
    );
}

fn no_farther_than_a_channel_leads(world: &World, person: &Person) {
    let tunnel = world.connect(person);
    // binding on nobody: what a peer's own file says about networks
    let interface = tunnel.interface().to_owned();
    person
        .place
        .ip(&format!("route add 10.0.1.0/24 dev {interface}"))
        .unwrap();
    let server = world.vpn.server_key().to_string();
    let wide = [
        "set",
        &interface,
        "peer",
        &server,
        "allowed-ips",
        "10.0.0.0/8",
    ];
    said(person.place.command("wg").args(wide));
    assert_eq!(
        person.asks_inner(IMPATIENCE),
        None,
        "the inner host is in no channel of {}",
        person.name
    );
    assert!(tunnel.has_shaken_hands());
}

fn nothing_after_the_end_whatever_the_files_say(world: &World, person: &Person) {
    let tunnel = world.connect(person);
    assert_eq!(
        person.asks_inner(IMPATIENCE),
        None,
        "{} reaches something after the end",
        person.name
    );
    assert!(
        tunnel.has_shaken_hands(),
        "the bastion should know {} still",
        person.name
    );
}

fn nobody_answers(world: &World, person: &Person) {
    let tunnel = world.connect(person);
    assert_eq!(person.asks_inner(IMPATIENCE), None);
    assert!(
        !tunnel.has_shaken_hands(),
        "{} should not be answered",
        person.name
    );
}
