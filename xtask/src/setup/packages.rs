//! Packages of Debian that tests with real servers need.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::shell::run;

/// A package, and what shows that it is there: a file, or a program in the search path.
const PACKAGES: [(&str, &str); 24] = [
    ("postgresql", "/usr/lib/postgresql"),
    ("locales", "/usr/share/i18n/locales"),
    ("libsofthsm2", "/usr/lib/softhsm/libsofthsm2.so"),
    ("opensc", "pkcs11-tool"),
    ("default-jre-headless", "java"),
    ("maven", "mvn"),
    ("git", "git"),
    ("curl", "curl"),
    ("nginx-light", "/usr/sbin/nginx"),
    (
        "libnginx-mod-stream",
        "/usr/lib/nginx/modules/ngx_stream_module.so",
    ),
    ("openssh-server", "/usr/sbin/sshd"),
    ("sudo", "sudo"),
    ("debootstrap", "debootstrap"),
    ("systemd-container", "systemd-nspawn"),
    ("openssh-client", "ssh"),
    ("iproute2", "ip"),
    ("wireguard-tools", "wg"),
    ("nftables", "nft"),
    ("bind9", "/usr/sbin/named"),
    ("bind9-dnsutils", "nsupdate"),
    ("pebble", "/usr/bin/pebble"),
    ("dnf", "/usr/bin/dnf"),
    ("rpm", "/usr/bin/rpmbuild"),
    ("createrepo-c", "/usr/bin/createrepo_c"),
];

/// Installs what is missing, where that can be done: on a Debian, as root. Elsewhere it is named, and the tests that need it
/// are skipped with their reason.
pub(super) fn install() -> Result<()> {
    let missing = PACKAGES.iter().filter(|(_, shows)| !is_there(shows));
    let missing: Vec<&str> = missing.map(|(package, _)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_there("apt-get") || !is_root() {
        eprintln!("   not installed: {names}; tests that need them are skipped");
        return Ok(());
    }
    run(
        "list of packages",
        Command::new("apt-get").args(["update", "-qq"]),
    )?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]);
    install
        .args(missing)
        .env("DEBIAN_FRONTEND", "noninteractive");
    run(&format!("packages {names}"), &mut install)
}

fn is_there(what: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    match what.starts_with('/') {
        true => Path::new(what).exists(),
        false => std::env::split_paths(&path).any(|folder| folder.join(what).is_file()),
    }
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|user| user.stdout.trim_ascii() == b"0")
}
