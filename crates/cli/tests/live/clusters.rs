//! Clusters on real Debian hosts of this machine. They take long and wait much, so all other stories run beside them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use mosipctl_site::{Offline, Site, SiteSettings, lacks};
use tokio::sync::Mutex;

use crate::support::Said;

mod edge;
mod nodes;
mod onprem;
mod pair;

/// Held by a story: two at once would take each other's time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
/// Brings hosts to be a cluster, and no more.
const CLUSTER: [&str; 5] = ["up", "environment.yaml", "--only", "cluster", "--yes"];
/// Asks the cluster, as who may do everything.
const KUBECTL: &str = "sudo kubectl --kubeconfig /etc/kubernetes/admin.conf";
/// No MOSIP: this is about hosts.
const SIMULATED: &str = "  rehearsal: {standIns: true, simulate: [postgres, keycloak, objectStore, activemq, kafka, softhsm, keymanager]}\n  storage: {provider: none}\n";
/// A pod on a worker, with a disruption budget that lets none go.
const WEB: &str = include_str!("clusters/web.yaml");

/// An environment on hosts of a site.
struct OnHosts {
    site: Site,
    folder: tempfile::TempDir,
}

impl OnHosts {
    /// None, said aloud, when this machine cannot have hosts. `spec` is what the environment says beside its hosts.
    fn of(count: usize, spec: &str) -> Option<Self> {
        if let Some(reason) = lacks() {
            eprintln!("skipped: {reason}");
            return None;
        }
        let settings = SiteSettings::for_test(count).unwrap();
        let tell = |line: &str| eprintln!("{line}");
        let offline = Offline::find_or_make(&settings.cache, &tell).unwrap();
        let site = Site::up(&settings, &tell).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let text = site.hosts_with(&offline).unwrap();
        fs::write(folder.path().join("hosts.yaml"), text).unwrap();
        let on_hosts = Self { site, folder };
        on_hosts.write(spec);
        on_hosts
            .run(&["hosts", "trust", "--yes", "environment.yaml"])
            .done();
        Some(on_hosts)
    }

    fn write(&self, spec: &str) {
        let text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: bare}}\nspec:\n  domain: bare.internal\n  \
             mosip: 1.2.0.1\n  cluster: {{kind: onprem, hosts: hosts.yaml}}\n{spec}"
        );
        fs::write(self.folder().join("environment.yaml"), text).unwrap();
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program, in the site's network.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.site.command(env!("CARGO_BIN_EXE_mosipctl"));
        command
            .args(arguments)
            .current_dir(self.folder())
            .env("MOSIPCTL_STATE", self.folder().join("state"))
            .env("NO_COLOR", "1")
            .env_remove("KUBECONFIG")
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// What a host says to a command.
    fn on(&self, host: &str, line: &str) -> String {
        let host = self.site.host(host).unwrap();
        let output = self.site.ssh(host).arg(line).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line} on {}: {error}", host.name);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// What the cluster says to kubectl, through the load balancer.
    fn kubectl(&self, host: &str, line: &str) -> String {
        self.on(host, &format!("{KUBECTL} {line}"))
    }

    /// Asks until it is done: an API server that has just started refuses everybody for a moment.
    fn kubectl_until(&self, host: &str, line: &str) {
        let until = format!("until {KUBECTL} {line}; do :; done");
        self.on(host, &format!("timeout 300 sh -c '{until}'"));
    }

    /// Has the cluster have objects.
    fn apply(&self, objects: &str) {
        let host = self.site.host("cp1").unwrap();
        let mut ssh = self.site.ssh(host);
        ssh.arg(format!("{KUBECTL} apply -f -"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = ssh.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(objects.as_bytes()).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
    }
}
