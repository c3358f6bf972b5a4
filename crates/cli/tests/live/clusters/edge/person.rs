//! Somebody outside, with a network namespace and WireGuard of their own.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mosipctl_site::{Site, TestNamespace};

use super::{INSIDE, OUTSIDE};

/// How long a connection is waited for; a handshake between two processes of one machine takes milliseconds, and is tried again after 5 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// Somebody outside.
pub(super) struct Person {
    pub(super) name: String,
    place: TestNamespace,
    /// The configuration that they got.
    file: PathBuf,
}

/// WireGuard of a person that runs.
pub(super) struct Tunnel<'a> {
    person: &'a Person,
    file: PathBuf,
}

impl Person {
    /// Somebody with a cable to the site's network.
    pub(super) fn at(site: &Site, name: &str, file: PathBuf) -> Self {
        let place = TestNamespace::make().unwrap();
        let network = site.network();
        let number = name.bytes().map(u32::from).sum::<u32>() % 100 + 100;
        let cable = format!(
            "link add p-{name} type veth peer name eth0 netns {}",
            place.name()
        );
        network.ip(&cable).unwrap();
        network
            .ip(&format!("link set p-{name} master bridge up"))
            .unwrap();
        place
            .ip(&format!("addr add 10.88.0.{number}/24 dev eth0"))
            .unwrap();
        place.ip("link set eth0 up").unwrap();
        Self {
            name: name.to_owned(),
            place,
            file,
        }
    }

    /// Sends to the inside as to any neighbour.
    pub(super) fn routes_around_the_tunnel(&self) {
        let route = format!("route add {INSIDE}/32 via {OUTSIDE} dev eth0");
        self.place.ip(&route).unwrap();
    }

    pub(super) fn routes_as_others_do(&self) {
        self.place.ip(&format!("route del {INSIDE}/32")).unwrap();
    }

    pub(super) fn connect(&self, wireguard_go: &Path) -> Tunnel<'_> {
        // the name of the file is that of the interface, which is the machine's own in `/run/wireguard`
        let name = format!("{}{}.conf", self.name, std::process::id());
        let file = self.file.with_file_name(name);
        fs::copy(&self.file, &file).unwrap();
        let mut command = self.place.command("wg-quick");
        command.arg("up").arg(&file);
        said(command.env("WG_QUICK_USERSPACE_IMPLEMENTATION", wireguard_go));
        Tunnel { person: self, file }
    }

    /// Whether a port answers.
    pub(super) fn reaches(&self, address: &str, port: u16) -> bool {
        let address = SocketAddr::new(address.parse().unwrap(), port);
        let reached = || TcpStream::connect_timeout(&address, PATIENCE).is_ok();
        self.place.inside(reached).unwrap()
    }

    /// Whether the API of the cluster answers inside, to whoever has its kubeconfig.
    pub(super) fn reaches_api(&self, kubectl: &Path, kubeconfig: &Path) -> bool {
        let mut command = self.place.command(kubectl);
        command.arg("--kubeconfig").arg(kubeconfig);
        command.arg(format!("--server=https://{INSIDE}:6443"));
        // its certificate is for the address that nodes ask at
        command.arg(format!("--tls-server-name={OUTSIDE}"));
        command.args(["--request-timeout=10s", "get", "--raw", "/livez"]);
        command.output().unwrap().stdout == b"ok"
    }

    /// The HTTP status that a host has for us at an address, `000` without a good certificate.
    pub(super) fn asks(&self, host: &str, address: &str, trust: &Path) -> String {
        let mut command = self.place.command("curl");
        command.args(["--silent", "--noproxy", "*", "--max-time", "10"]);
        command.args(["--output", "/dev/null"]);
        command
            .args(["--write-out", "%{http_code}", "--cacert"])
            .arg(trust);
        command
            .arg("--resolve")
            .arg(format!("{host}:443:{address}"));
        let output = command.arg(format!("https://{host}/")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    pub(super) fn public_key(&self) -> String {
        let text = fs::read_to_string(&self.file).unwrap();
        let key = text
            .lines()
            .find_map(|line| line.strip_prefix("PrivateKey = "));
        let private: mosipctl_vpn::PrivateKey = key.unwrap().parse().unwrap();
        private.public().to_string()
    }
}

impl Tunnel<'_> {
    fn show(&self, what: &str) -> String {
        let interface = self.file.file_stem().unwrap();
        let mut command = self.person.place.command("wg");
        said(command.arg("show").arg(interface).arg(what))
    }

    /// Whether there ever was a handshake with the bastion.
    pub(super) fn has_shaken_hands(&self) -> bool {
        !self.show("latest-handshakes").trim().ends_with("\t0")
    }
}

impl Drop for Tunnel<'_> {
    fn drop(&mut self) {
        let mut command = self.person.place.command("wg-quick");
        let _ = command.arg("down").arg(&self.file).output();
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
