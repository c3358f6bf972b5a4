//! From bare hosts to a cluster that runs the whole of MOSIP.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use super::{CLUSTER, ONE_AT_A_TIME, OnHosts};

impl OnHosts {
    /// Starts the program and ends it, as `kill -9` does, when it has said that something is done that many times.
    fn killed_after(&self, done: usize, arguments: &[&str]) {
        let mut command = self.command(arguments);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let lines = lines.map_while(Result::ok);
        let said = lines.filter(|line| line.contains('✓')).take(done);
        assert_eq!(said.count(), done, "it was done before it could be killed");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Ends the program when the firewall of a host is changed and nobody has confirmed it.
    fn killed_before_the_firewall_is_confirmed(&self, host: &str) {
        // who has the lock keeps the change from going on
        let hold = "guard=/var/lib/mosipctl/guard/firewall; until [ -e $guard/lock ]; do sleep 0.05; done; exec 9>> $guard/lock; \
                    until flock 9 && [ -d $guard/armed ]; do flock -u 9; sleep 0.02; done; echo begun; cat";
        let host = self.site.host(host).unwrap();
        let mut holder = self.site.ssh(host);
        holder.arg(format!("sudo timeout 280 sh -c '{hold}'"));
        holder.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = holder.spawn().unwrap();
        let mut child = self.command(&CLUSTER);
        let mut child = child
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(line, "begun\n");
        drop(holder.stdin.take());
        holder.wait().unwrap();
    }

    /// Ends the program, and kubeadm on a host that joins, when etcd has a member there that is not yet one that decides.
    fn cut_off_when_etcd_has_a_new_member(&self, host: &str) {
        let mut child = self.command(&CLUSTER);
        child.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        let joins = "until sudo test -d /var/lib/etcd/member; do sleep 0.1; done; sudo pkill -9 -x kubeadm && echo cut";
        assert_eq!(
            self.on(host, &format!("timeout 280 sh -c '{joins}'")),
            "cut"
        );
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// Stand-ins, and a responder in place of every image that is not here: MOSIP's own are not. What brings volumes and tries them is, and
/// PostgreSQL. Its databases are made where there are mirrors of MOSIP's repositories.
fn sandbox() -> String {
    let simulate = match std::env::var_os("MOSIPCTL_MIRROR") {
        Some(_) => "",
        None => "    simulate: [postgres]\n",
    };
    format!(
        "  rehearsal:\n    standIns: true\n    requests: 5%\n{simulate}    images:\n      \"*\": \"mosipctl.io/responder:1\"\n      \
         \"rancher/\": \"rancher/\"\n      \"busybox:1.37.0\": \"busybox:1.37.0\"\n      \"postgres:\": \"postgres:\"\n  \
         storage: {{provider: localPath}}\n"
    )
}

#[test]
fn killed_again_and_again_bare_hosts_become_a_cluster_that_bears_a_loss() {
    let _alone = ONE_AT_A_TIME.blocking_lock();
    let Some(mut hosts) = OnHosts::of(6, &sandbox()) else {
        return;
    };
    let started = Instant::now();
    a_stranger_at_a_port_is_named_before_anything_is_touched(&hosts);
    hosts.killed_before_the_firewall_is_confirmed("cp1");
    // somewhere among packages and uploads
    hosts.killed_after(2, &CLUSTER);
    hosts.cut_off_when_etcd_has_a_new_member("cp2");
    // somewhere among members of the cluster
    for done in [4, 3] {
        hosts.killed_after(done, &CLUSTER);
    }
    hosts.run(&CLUSTER).done();
    eprintln!(
        "a cluster after {:.0} s and five kills",
        started.elapsed().as_secs_f64()
    );
    let nodes = hosts.kubectl(
        "cp2",
        "wait --for=condition=Ready nodes --all --timeout=120s",
    );
    assert_eq!(nodes.lines().count(), 5, "{nodes}");
    nothing_is_to_be_done_twice(&hosts);
    everything_is_listed_on_the_host(&hosts);
    hosts.on(
        "cp1",
        "sudo test ! -d /var/lib/mosipctl/guard/firewall/armed",
    );
    hosts
        .run(&["hosts", "audit", "environment.yaml"])
        .ended_with(&[0])
        .says("lets in what it should and nothing else");
    let status = hosts.run(&["hosts", "status", "environment.yaml"]);
    status
        .ended_with(&[0])
        .says("certificates")
        .says("364 days");
    what_somebody_undid_is_named_and_done_again(&hosts);
    the_whole_of_mosip_becomes_ready_on_real_kubelets(&hosts);
    the_cluster_bears_the_loss_of_a_control_plane(&mut hosts);
}

fn a_stranger_at_a_port_is_named_before_anything_is_touched(hosts: &OnHosts) {
    let stranger = "sudo systemd-run --quiet --unit=stranger systemd-socket-activate -l 6443 cat";
    hosts.on("cp2", stranger);
    hosts.on(
        "cp2",
        "until ss -Hltn 'sport = :6443' | grep -q .; do sleep 0.1; done",
    );
    let said = hosts.run(&CLUSTER).ended_with(&[1]);
    let said = said.says("hosts are not fit to become nodes; nothing was touched");
    said.says("cp2: port 6443 is taken already")
        .says("ss -ltnp");
    hosts.on(
        "cp2",
        "test ! -e /etc/mosipctl && sudo systemctl stop stranger",
    );
}

fn nothing_is_to_be_done_twice(hosts: &OnHosts) {
    let started = Instant::now();
    hosts
        .run(&CLUSTER)
        .ended_with(&[0])
        .says("nothing to do: everything is as the file says");
    eprintln!(
        "nothing to do is known after {:.1} s",
        started.elapsed().as_secs_f64()
    );
}

fn everything_is_listed_on_the_host(hosts: &OnHosts) {
    let text = hosts.on("w1", "sudo cat /etc/mosipctl/manifest.json");
    let manifest: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["environment"], "bare");
    let has = |list: &str, name: &str| {
        let list = manifest[list].as_array().unwrap();
        assert!(list.iter().any(|each| each == name), "{list:?}");
    };
    // a killed run must not have made it forget what was not there before
    has("packages", "containerd");
    has("units", "containerd");
    assert!(manifest["files"]["/usr/local/bin/kubelet"].is_string());
}

fn what_somebody_undid_is_named_and_done_again(hosts: &OnHosts) {
    hosts.on("w1", "sudo nft delete table inet mosipctl");
    hosts.on(
        "w1",
        "echo '# of somebody' | sudo tee -a /etc/mosipctl/firewall.nft",
    );
    hosts
        .run(&["plan", "environment.yaml", "--only", "cluster", "--diff"])
        .says("/etc/mosipctl/firewall.nft on w1   sha256 ")
        .says("\n  -# of somebody\n")
        .says("0 safe, 1 disruptive, 0 destructive")
        .says("disruptive       close w1 to whoever need not reach it: it is not ready: `firewall` is not as");
    hosts.run(&CLUSTER).done();
    hosts.on("w1", "sudo nft list table inet mosipctl");
}

/// Config maps, secrets, probes, ports and volumes are proven by kubelets; what runs is a responder.
fn the_whole_of_mosip_becomes_ready_on_real_kubelets(hosts: &OnHosts) {
    let started = Instant::now();
    let up = ["up", "environment.yaml", "--yes"];
    hosts.run(&up).done();
    eprintln!(
        "all of MOSIP is ready after {:.0} s more",
        started.elapsed().as_secs_f64()
    );
    hosts.run(&up).done().says("nothing to do");
    let pods = hosts.kubectl("cp1", "get pods -A --no-headers");
    let is_well = |line: &&str| line.contains("Running") || line.contains("Completed");
    assert!(pods.lines().count() > 100, "{pods}");
    assert!(pods.lines().all(|line| is_well(&line)), "{pods}");
    every_volume_is_of_the_class_that_was_tried(hosts);
    what_postgresql_wrote_outlives_its_pod(hosts);
}

/// The one server among them that is no responder.
fn what_postgresql_wrote_outlives_its_pod(hosts: &OnHosts) {
    let psql = |query: &str| {
        let psql = "PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -U postgres -Atc";
        let line = format!("exec -n postgres postgres-postgresql-0 -- sh -c '{psql} \"{query}\"'");
        hosts.kubectl("cp1", &line)
    };
    let version = psql("SHOW server_version");
    assert!(version.starts_with("15."), "{version}");
    psql("CREATE TABLE kept (what text); INSERT INTO kept VALUES (7 * 6)");
    hosts.kubectl("cp1", "delete pod -n postgres postgres-postgresql-0");
    for state in ["create", "condition=Ready"] {
        let wait =
            format!("wait -n postgres pod/postgres-postgresql-0 --for={state} --timeout=120s");
        hosts.kubectl("cp1", &wait);
    }
    assert_eq!(psql("SELECT what FROM kept"), "42");
    if std::env::var_os("MOSIPCTL_MIRROR").is_some() {
        let databases = psql(
            "SELECT count(*) FROM pg_database WHERE NOT datistemplate AND datname <> current_database()",
        );
        assert_eq!(databases, "13");
    } else {
        eprintln!(
            "skipped: MOSIP's own databases, because MOSIPCTL_MIRROR names no folder of mirrors"
        );
    }
}

fn every_volume_is_of_the_class_that_was_tried(hosts: &OnHosts) {
    let tried = hosts.kubectl(
        "cp1",
        "logs -n storage -l batch.kubernetes.io/job-completion-index=1",
    );
    let words: Vec<&str> = tried.split(' ').collect();
    // the folder is on the node where the first pod was
    assert!(
        matches!(words[..], ["node", reader, "read", "what", "node", writer, "wrote"] if reader == writer),
        "{tried}"
    );
    let path =
        "jsonpath='{range .items[*]}{.spec.storageClassName}{\" \"}{.status.phase}{\"\\n\"}{end}'";
    let claims = hosts.kubectl("cp1", &format!("get pvc -A -o {path}"));
    assert!(claims.lines().count() > 10, "{claims}");
    assert!(
        claims.lines().all(|claim| claim == "local-path Bound"),
        "{claims}"
    );
}

fn the_cluster_bears_the_loss_of_a_control_plane(hosts: &mut OnHosts) {
    hosts.site.cut_power("cp1").unwrap();
    let started = Instant::now();
    let kubectl = "get --raw /readyz --server https://10.88.0.11:6443";
    assert_eq!(hosts.kubectl("cp2", kubectl), "ok");
    eprintln!(
        "the API answered {:.1} s after a control plane was lost",
        started.elapsed().as_secs_f64()
    );
    // who cannot ask a host says which, and touches nothing
    hosts
        .run(&CLUSTER)
        .ended_with(&[1])
        .says("failed to ask 1 of 6 hosts")
        .says("cp1");
    hosts.site.give_power("cp1").unwrap();
    hosts.kubectl_until("cp2", "wait --for=condition=Ready node/cp1 --timeout=180s");
    nothing_is_to_be_done_twice(hosts);
}
