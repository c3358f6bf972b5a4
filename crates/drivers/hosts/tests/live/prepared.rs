//! What is made on a host is made once, in an `/etc`, `/usr` and `/var` that only the server of the test sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_hosts::units::{Wanted, bring};
use mosipctl_hosts::{
    Command, Connection, FileOnHost, Shell, files, modules, packages, sysctls, users,
};
use mosipctl_servers::Sshd;

use crate::support::{Site, is_root, or_skip};

/// A server whose `/etc`, `/usr` and `/var` are layers over this machine's, and whose two sysctls are files.
pub(crate) async fn with_layer(site: &Site) -> Option<Sshd> {
    if !is_root() {
        eprintln!("skipped: layers over /etc, /usr and /var need root");
        return None;
    }
    let home = site.path("layer").display().to_string();
    // on a disk of its own: a layer cannot lie on another layer
    let script = format!(
        "mkdir -p {home}\nmount -t tmpfs tmpfs {home}\nmkdir {home}/upper {home}/scratch\n\
         for layer in etc usr var; do\n\
         mkdir {home}/upper/$layer {home}/scratch/$layer\n\
         mount -t overlay overlay -o lowerdir=/$layer,upperdir={home}/upper/$layer,workdir={home}/scratch/$layer /$layer\n\
         done\n\
         mkdir -p /etc/sysctl.d /etc/modules-load.d\n\
         mount -t tmpfs tmpfs /sys/module\nmkdir /sys/module/overlay\n\
         echo 0 > {home}/forward\necho 60 > {home}/swappiness\n\
         mount --bind {home}/forward /proc/sys/net/ipv4/ip_forward\n\
         mount --bind {home}/swappiness /proc/sys/vm/swappiness\n"
    );
    let mut settings = site.settings("with-layer");
    settings.private = Some(script);
    or_skip(Sshd::start(&settings).await)
}

/// Such a server, and a connection to it. All three have to live as long as the test.
pub(crate) async fn layered() -> Option<(Site, Sshd, Arc<Connection>)> {
    let site = Site::new().await?;
    let server = with_layer(&site).await?;
    let host = site.connected(&server).await;
    Some((site, server, host))
}

#[tokio::test]
async fn sysctls_hold_now_and_after_a_start_and_are_set_once() {
    let Some((_site, _server, host)) = layered().await else {
        return;
    };
    let mut wanted = BTreeMap::from([
        ("net.ipv4.ip_forward".to_owned(), 1),
        ("vm.swappiness".to_owned(), 60),
    ]);
    let first = sysctls::set(host.as_ref(), "90-test", &wanted)
        .await
        .unwrap();
    assert!(first.is_changed());
    // the other one was so already
    let keys: Vec<&str> = first.set.iter().map(|set| set.key.as_str()).collect();
    assert_eq!(keys, ["net.ipv4.ip_forward"]);
    assert_eq!(
        (first.set[0].before.as_str(), first.set[0].after.as_str()),
        ("0", "1")
    );
    let again = sysctls::set(host.as_ref(), "90-test", &wanted)
        .await
        .unwrap();
    assert!(!again.is_changed(), "{again:?}");
    // somebody changes it by hand: the file is as it was, and the setting is not
    let by_hand = Command::line("change", "echo 0 > /proc/sys/net/ipv4/ip_forward");
    host.run(&by_hand).await.unwrap();
    let mended = sysctls::set(host.as_ref(), "90-test", &wanted)
        .await
        .unwrap();
    assert_eq!((mended.file.is_changed, mended.set.len()), (false, 1));
    // one that is not there leaves all as it was
    wanted.insert("net.ipv4.no_such".to_owned(), 1);
    wanted.insert("vm.swappiness".to_owned(), 1);
    let error = sysctls::set(host.as_ref(), "90-test", &wanted)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the kernel has no net.ipv4.no_such"),
        "{error}"
    );
    let read = Command::new("read", ["cat", "/proc/sys/vm/swappiness"]);
    assert_eq!(host.run(&read).await.unwrap().text(), "60\n");
}

#[tokio::test]
async fn a_user_is_made_once() {
    let Some((_site, _server, host)) = layered().await else {
        return;
    };
    assert!(users::make(host.as_ref(), "etcd-of-a-test").await.unwrap());
    assert!(!users::make(host.as_ref(), "etcd-of-a-test").await.unwrap());
    let read = Command::new("read", ["getent", "passwd", "etcd-of-a-test"]);
    let line = host.run(&read).await.unwrap().text();
    assert!(
        line.trim().ends_with(":/nonexistent:/usr/sbin/nologin"),
        "{line}"
    );
    let error = users::make(host.as_ref(), "not a name").await.unwrap_err();
    assert!(error.to_string().contains("invalid user name"), "{error}");
    // nothing of it is on this machine
    let here = std::fs::read_to_string("/etc/passwd").unwrap();
    assert!(!here.contains("of-a-test"));
}

/// A package that holds one file, made by dpkg's own program.
fn package(site: &Site, name: &str, version: &str) -> String {
    let folder = site.path(&format!("{name}-{version}"));
    std::fs::create_dir_all(folder.join("DEBIAN")).unwrap();
    std::fs::create_dir_all(folder.join("usr/share").join(name)).unwrap();
    std::fs::write(folder.join("usr/share").join(name).join("version"), version).unwrap();
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: made for a test\n"
    );
    std::fs::write(folder.join("DEBIAN/control"), control).unwrap();
    let file = site.path(&format!("{name}_{version}.deb"));
    let built = std::process::Command::new("dpkg-deb")
        .args(["--root-owner-group", "--build"])
        .arg(&folder)
        .arg(&file)
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    file.display().to_string()
}

#[tokio::test]
async fn packages_are_installed_once_in_each_version() {
    if !std::path::Path::new("/usr/bin/dpkg-deb").exists() {
        eprintln!("skipped: this is no Debian");
        return;
    }
    let Some((site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    let (first, other) = (
        package(&site, "of-a-test", "1.0"),
        package(&site, "of-a-test-too", "1.0"),
    );
    let names = ["of-a-test", "of-a-test-too", "coreutils"];
    let before = packages::installed(host, &names).await.unwrap();
    assert_eq!(
        (&before["of-a-test"], before["coreutils"].is_some()),
        (&None, true)
    );
    let made = packages::install(host, &[&first, &other]).await.unwrap();
    assert_eq!(made, ["of-a-test", "of-a-test-too"]);
    assert!(
        packages::install(host, &[&first, &other])
            .await
            .unwrap()
            .is_empty()
    );
    let newer = package(&site, "of-a-test", "1.1");
    let made = packages::install(host, &[&newer, &other]).await.unwrap();
    assert_eq!(made, ["of-a-test"]);
    let after = packages::installed(host, &names).await.unwrap();
    assert_eq!(after["of-a-test"].as_deref(), Some("1.1"));
    // a file that is none leaves all as it was
    let broken = site.path("broken.deb");
    std::fs::write(&broken, "no package").unwrap();
    let third = package(&site, "of-a-test", "1.2");
    let broken = broken.display().to_string();
    let error = packages::install(host, &[&third, &broken])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("broken.deb"), "{error}");
    let after = packages::installed(host, &names).await.unwrap();
    assert_eq!(after["of-a-test"].as_deref(), Some("1.1"));
    assert!(!std::path::Path::new("/usr/share/of-a-test").exists());
}

/// Plays systemctl with files: this machine may not run systemd.
const SYSTEMCTL: &str = r#"#!/bin/sh
state=/var/lib/of-a-test
mkdir -p $state
[ "$1" != -q ] || shift
verb=$1
shift
[ "$1" != -- ] || shift
echo "$verb $1" >> $state/calls
case $verb in
  is-active) [ -e "$state/$1.active" ] && echo active || { echo inactive; exit 3; } ;;
  is-enabled) [ -e "$state/$1.enabled" ] && echo enabled || { echo disabled; exit 1; } ;;
  start | restart) [ "$1" != broken ] || { echo "Job for broken.service failed" >&2; exit 1; }; : > "$state/$1.active" ;;
  stop) rm "$state/$1.active" ;;
  enable) : > "$state/$1.enabled" ;;
  disable) rm "$state/$1.enabled" ;;
esac
"#;

#[tokio::test]
async fn a_unit_is_brought_to_its_state_and_left_alone_in_it() {
    let Some((_site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    let program = FileOnHost::new("/usr/bin/systemctl", SYSTEMCTL).mode(0o755);
    files::write(host, &program).await.unwrap();
    let calls = async || {
        let read = files::read(host, "/var/lib/of-a-test/calls").await.unwrap();
        let text = String::from_utf8(read.unwrap_or_default()).unwrap();
        let changes = text.lines().filter(|line| !line.starts_with("is-"));
        changes.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(bring(host, "web", Wanted::Running).await.unwrap());
    assert!(!bring(host, "web", Wanted::Running).await.unwrap());
    assert_eq!(calls().await, ["enable web", "start web"]);
    assert!(bring(host, "web", Wanted::Restarted).await.unwrap());
    assert!(bring(host, "web", Wanted::Stopped).await.unwrap());
    assert!(!bring(host, "web", Wanted::Stopped).await.unwrap());
    assert_eq!(
        calls().await[2..],
        ["restart web", "stop web", "disable web"]
    );
    let error = bring(host, "broken", Wanted::Running).await.unwrap_err();
    assert!(
        error.to_string().contains("Job for broken.service failed"),
        "{error}"
    );
}

/// Plays modprobe: this machine's kernel may have everything built in.
const MODPROBE: &str = r#"#!/bin/sh
[ "$1" != -- ] || shift
[ "$1" != no_such ] || { echo "modprobe: FATAL: Module no_such not found" >&2; exit 1; }
mkdir "/sys/module/$1"
"#;

#[tokio::test]
async fn modules_are_loaded_once() {
    let Some((_site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    let program = FileOnHost::new("/usr/sbin/modprobe", MODPROBE).mode(0o755);
    files::write(host, &program).await.unwrap();
    let first = modules::load(host, "90-test", &["overlay", "of_a_test"])
        .await
        .unwrap();
    assert_eq!(first.loaded, ["of_a_test"]);
    let again = modules::load(host, "90-test", &["overlay", "of_a_test"])
        .await
        .unwrap();
    assert!(!again.is_changed(), "{again:?}");
    let error = modules::load(host, "90-test", &["no_such"])
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("Module no_such not found"),
        "{error}"
    );
    let file = files::read(host, "/etc/modules-load.d/90-test.conf")
        .await
        .unwrap();
    assert_eq!(file.unwrap(), b"# made by mosipctl\noverlay\nof_a_test\n");
}
