//! The machines of an on-prem environment, played by real OpenSSH servers.

use std::path::Path;
use std::process::Command;

use futures::future::join_all;
use mosipctl_servers::{Sshd, SshdSettings, make_key};
use serde_json::Value;

use crate::support::Said;

/// Servers that play hosts, with the files of an environment that names them.
struct Site {
    folder: tempfile::TempDir,
    servers: Vec<Sshd>,
}

impl Site {
    /// None, said aloud, when this machine has no sshd. `more` stands at the end of each host's line.
    async fn of(names: &[(&str, &str)]) -> Option<Self> {
        if let Err(error) = Sshd::find() {
            eprintln!("skipped: {error}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let public = make_key(&folder.path().join("key"), "").await.unwrap();
        let servers = names.iter().map(async |(name, _)| {
            let settings = SshdSettings::new(folder.path().join(name), &[&public]);
            Sshd::start(&settings).await.unwrap()
        });
        let servers = join_all(servers).await;
        let site = Self { folder, servers };
        site.write("environment.yaml", "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {name: bare}\nspec:\n  domain: bare.example.org\n  mosip: 1.2.0.1\n  cluster: {kind: onprem, hosts: hosts.yaml}\n");
        site.write("hosts.yaml", &site.hosts(names));
        Some(site)
    }

    fn hosts(&self, names: &[(&str, &str)]) -> String {
        let user = Command::new("id").arg("-un").output().unwrap();
        let user = String::from_utf8(user.stdout).unwrap();
        let mut text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  defaults: {{ssh: {{user: {}, key: key}}}}\n  hosts:\n",
            user.trim()
        );
        for ((name, more), server) in names.iter().zip(&self.servers) {
            let port = server.port();
            let jump = more.strip_prefix("through ");
            let jump = jump.map_or(String::new(), |jump| format!(", jump: {jump}"));
            let role = match *name {
                "cp1" => "control-plane",
                "door" => "bastion",
                _ => "worker",
            };
            text += &format!(
                "    - {{name: {name}, address: 127.0.0.1, roles: [{role}], ssh: {{port: {port}{jump}}}}}\n"
            );
        }
        text
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.mosipctl(&[&["hosts"], arguments].concat())
    }

    fn mosipctl(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mosipctl"));
        let command = command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("MOSIPCTL_STATE", self.folder.path().join("state"))
            .env("NO_COLOR", "1")
            .env_remove("SSH_AUTH_SOCK")
            .stdin(std::process::Stdio::null());
        Said::of(command.output().unwrap())
    }

    fn fingerprint(&self, number: usize) -> String {
        let public = self.servers[number].host_key().with_extension("pub");
        fingerprint(&public)
    }
}

fn fingerprint(public: &Path) -> String {
    let output = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(public)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn hosts_are_trusted_by_fingerprint_then_asked_and_commanded() {
    let names = [("cp1", ""), ("w1", ""), ("w2", "")];
    let Some(site) = Site::of(&names).await else {
        return;
    };
    // nobody is spoken to before somebody looked
    site.run(&["facts"])
        .ended_with(&[3])
        .says(&site.fingerprint(0))
        .says("mosipctl hosts trust");
    site.run(&["trust"])
        .ended_with(&[2])
        .says(&site.fingerprint(1))
        .says("there is no terminal")
        .says("--fingerprint");
    // one by its fingerprint, the others by their word
    let first = site.fingerprint(0);
    site.run(&["trust", "--fingerprint", &first])
        .ended_with(&[3])
        .says("1 pinned now, 0 before, 2 not");
    site.run(&["status"])
        .ended_with(&[3])
        .says("1 of 3 hosts answer")
        .says("not trusted");
    site.run(&["trust", "--yes"])
        .ended_with(&[0])
        .says("2 pinned now, 1 before, 0 not");
    site.run(&["status"])
        .ended_with(&[0])
        .says("3 of 3 hosts answer");
    let known = site
        .folder
        .path()
        .join("state/environments/bare/known_hosts");
    assert_eq!(std::fs::read_to_string(known).unwrap().lines().count(), 4);

    let said = site.run(&["facts", "--json"]).ended_with(&[0]);
    let facts: Value = serde_json::from_str(&said.out).unwrap();
    assert!(facts["hosts"]["w2"]["memory"]["total"].as_u64() > Some(1 << 20));
    site.run(&["facts"])
        .ended_with(&[0])
        .says("cores")
        .says("agrees");

    let said = site
        .run(&["run", "--role", "worker", "--", "echo", "hello  there"])
        .ended_with(&[0]);
    let mut lines: Vec<&str> = said.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["w1 │ hello  there", "w2 │ hello  there"]);
    site.run(&[
        "run",
        "--host",
        "cp1",
        "--",
        "echo out; echo bad >&2; exit 3",
    ])
    .ended_with(&[1])
    .says("cp1 │ out")
    .says("cp1 │ bad")
    .says("it ended with exit code 3")
    .says("done on 0 of 1 host");
}

#[tokio::test]
async fn a_changed_key_is_refused_until_it_is_replaced_by_name() {
    let names = [("cp1", ""), ("w1", "")];
    let Some(mut site) = Site::of(&names).await else {
        return;
    };
    site.run(&["trust", "--yes"]).ended_with(&[0]);
    // w1 is installed anew at the same place
    let old = site.servers.remove(1);
    let port = old.port();
    old.stop().await;
    let public = std::fs::read_to_string(site.folder.path().join("key.pub")).unwrap();
    let mut settings = SshdSettings::new(site.folder.path().join("anew"), &[&public]);
    settings.port = Some(port);
    site.servers.push(Sshd::start(&settings).await.unwrap());
    site.run(&["run", "--", "true"])
        .ended_with(&[3])
        .says("ITS KEY HAS CHANGED")
        .says("done on 1 of 2 hosts");
    // `--yes` is for keys that are new, never for one that changed
    site.run(&["trust", "--yes"])
        .ended_with(&[1])
        .says("CHANGED")
        .says("--replace w1");
    site.run(&["run", "--host", "w1", "--", "true"])
        .ended_with(&[3]);
    site.run(&["trust", "--yes", "--replace", "w1"])
        .ended_with(&[0]);
    site.run(&["run", "--", "true"]).ended_with(&[0]);
}

#[tokio::test]
async fn hosts_behind_a_bastion_are_trusted_after_it_and_reached_through_it() {
    let names = [
        ("door", ""),
        ("cp1", "through door"),
        ("w1", "through door"),
    ];
    let Some(site) = Site::of(&names).await else {
        return;
    };
    site.run(&["trust", "--yes"])
        .ended_with(&[0])
        .says("3 pinned now");
    let said = site
        .run(&["run", "--host", "w1", "--", "echo $SSH_CONNECTION"])
        .ended_with(&[0]);
    let port = site.servers[2].port().to_string();
    assert!(said.out.trim().ends_with(&port), "{}", said.out);
    site.run(&["status"]).ended_with(&[0]).says("door");
}

#[tokio::test]
async fn what_is_wrong_with_hosts_is_found_with_a_remedy() {
    let names = [("cp1", ""), ("w1", ""), ("w2", "")];
    let Some(site) = Site::of(&names).await else {
        return;
    };
    site.run(&["trust", "--yes"]).ended_with(&[0]);
    // three names of one machine are clones of each other, and one port is where nobody listens
    let free = mosipctl_servers::free_port().unwrap();
    let hosts = std::fs::read_to_string(site.folder.path().join("hosts.yaml")).unwrap();
    let lost = site.servers[2].port().to_string();
    site.write("hosts.yaml", &hosts.replace(&lost, &free.to_string()));
    let said = site.run(&["check"]).ended_with(&[3]);
    said.says("have the same machine id")
        .says("refused")
        .says("remedy:");
    let said = site.run(&["check", "--json"]).ended_with(&[3]);
    let all: Value = serde_json::from_str(&said.out).unwrap();
    let failed = all["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["outcome"] == "failed");
    for finding in failed {
        assert!(finding["remedy"].is_string(), "{finding}");
    }
    // the same is noted beside a plan, for which something has to be there to put on hosts
    let make = "mkdir -p files/programs && cd files && for name in kubelet kubeadm kubectl etcdctl etcdutl; do echo > programs/$name; done; sha256sum programs/* > SHA256SUMS";
    let mut shell = Command::new("sh");
    let made = shell.args(["-c", make]).current_dir(site.folder.path());
    assert!(made.status().unwrap().success());
    let files = "spec:\n  kubernetes: {files: files}\n";
    site.write("hosts.yaml", &hosts.replace("spec:\n", files));
    let path = site.folder.path().join("environment.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    // what makes databases would have to be brought first
    let stand_ins = format!("{text}  rehearsal: {{standIns: true, simulate: [postgres]}}\n");
    site.write("environment.yaml", &stand_ins);
    site.mosipctl(&["plan"])
        .ended_with(&[0])
        .says("`up` would refuse: cp1, w1, w2: have the same machine id");
}

#[tokio::test]
async fn a_wrong_hosts_file_is_told_with_its_line() {
    let Some(site) = Site::of(&[("cp1", "")]).await else {
        return;
    };
    let hosts = std::fs::read_to_string(site.folder.path().join("hosts.yaml")).unwrap();
    site.write("hosts.yaml", &hosts.replace("roles:", "rolls:"));
    site.run(&["check"])
        .ended_with(&[2])
        .says("unknown field `rolls`")
        .says("hosts.yaml:6")
        .says("did you mean `roles`?");
    site.write("hosts.yaml", &hosts);
    site.run(&["check", "--host", "cp2"])
        .ended_with(&[2])
        .says("did you mean `cp1`?");
    site.run(&["run", "--role", "storage", "--", "true"])
        .ended_with(&[2]);
}
