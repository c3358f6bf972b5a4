//! What is made on a host is made once, in an `/etc` that only the server of the test sees.

use std::collections::BTreeMap;

use mosipctl_hosts::{Command, Shell, sysctls, users};
use mosipctl_servers::Sshd;

use crate::support::{Site, is_root, or_skip};

/// A server whose `/etc` is a layer over this machine's, and whose two sysctls are files.
async fn with_layer(site: &Site) -> Option<Sshd> {
    if !is_root() {
        eprintln!("skipped: a layer over /etc needs root");
        return None;
    }
    let home = site.path("layer").display().to_string();
    // on a disk of its own: a layer cannot lie on another layer
    let script = format!(
        "mkdir -p {home}\nmount -t tmpfs tmpfs {home}\nmkdir {home}/upper {home}/work\n\
         mount -t overlay overlay -o lowerdir=/etc,upperdir={home}/upper,workdir={home}/work /etc\n\
         mkdir -p /etc/sysctl.d\n\
         echo 0 > {home}/forward\necho 60 > {home}/swappiness\n\
         mount --bind {home}/forward /proc/sys/net/ipv4/ip_forward\n\
         mount --bind {home}/swappiness /proc/sys/vm/swappiness\n"
    );
    let mut settings = site.settings("with-layer");
    settings.private = Some(script);
    or_skip(Sshd::start(&settings).await)
}

#[tokio::test]
async fn sysctls_hold_now_and_after_a_start_and_are_set_once() {
    let Some(site) = Site::new().await else {
        return;
    };
    let Some(server) = with_layer(&site).await else {
        return;
    };
    let host = site.connected(&server).await;
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
    let Some(site) = Site::new().await else {
        return;
    };
    let Some(server) = with_layer(&site).await else {
        return;
    };
    let host = site.connected(&server).await;
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
