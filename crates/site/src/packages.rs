//! Packages that hosts may install, in a folder: hosts have no way out.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::error::{AtPath, SiteError};
use crate::machine::Archive;
use crate::private::write;
use crate::run::{output, run, run_telling};

/// What is brought, with everything it needs beside the base, a line for each purpose.
#[rustfmt::skip]
pub(crate) const NAMES: [&str; 22] = [
    // nodes: container runtime and what kubelets and kube-proxy call
    "containerd", "runc", "containernetworking-plugins", "iptables", "conntrack", "ethtool", "socat",
    // edge: load balancers
    "nginx-light", "libnginx-mod-stream", "keepalived",
    // tunnels; this machine's kernel may have no WireGuard
    "wireguard-tools", "wireguard-go",
    // names and time
    "bind9", "bind9-dnsutils", "chrony",
    // storage; the kernel may have no NFS, so there is a server and a client outside of it too
    "nfs-kernel-server", "nfs-common", "nfs-ganesha-vfs", "libnfs-utils",
    // copies, and a client for the cluster's store
    "rsync", "etcd-client",
    // for an image, see `offline`
    "busybox-static",
];

/// Lets the tree's own apt fetch packages, and puts them into a folder with their list.
pub(crate) fn bring(
    archive: &Archive,
    tree: &Path,
    folder: &Path,
    tell: &dyn Fn(&str),
) -> Result<(), SiteError> {
    let source = format!("deb {} {} main\n", archive.address, archive.release);
    write(&tree.join("etc/apt/sources.list"), 0o644, &source)?;
    let resolver = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    write(&tree.join("etc/resolv.conf"), 0o644, &resolver)?;
    // what the tree itself is made of is in it already
    run("clean up after debootstrap", apt(tree).arg("clean"))?;
    run_telling("list of packages", apt(tree).args(["update", "-qq"]), tell)?;
    let options = [
        "install",
        "-y",
        "--no-install-recommends",
        "--download-only",
    ];
    run_telling("packages", apt(tree).args(options).args(NAMES), tell)?;
    let archives = tree.join("var/cache/apt/archives");
    fs::create_dir_all(folder).at(folder)?;
    for package in packages_in(&archives)? {
        let target = folder.join(&package);
        fs::rename(archives.join(&package), &target).at(&target)?;
    }
    run("clean up after apt", apt(tree).arg("clean"))?;
    remove_content(&tree.join("var/lib/apt/lists"))?;
    fs::write(folder.join("Packages"), list(folder)?).at(folder)
}

fn apt(tree: &Path) -> Command {
    let mut command = Command::new("chroot");
    command
        .arg(tree)
        .arg("apt-get")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// What apt reads to know what is in a folder: the fields of each package, and where its file is.
fn list(folder: &Path) -> Result<String, SiteError> {
    let mut list = String::new();
    for package in packages_in(folder)? {
        let path = folder.join(&package);
        let fields = output(
            "read a package",
            Command::new("dpkg-deb").arg("-f").arg(&path),
        )?;
        let content = fs::read(&path).at(&path)?;
        let digest = Sha256::digest(&content);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = write!(
            list,
            "{}\nFilename: ./{package}\nSize: {}\nSHA256: {digest}\n\n",
            fields.trim_end(),
            content.len()
        );
    }
    Ok(list)
}

fn packages_in(folder: &Path) -> Result<Vec<String>, SiteError> {
    let entries = fs::read_dir(folder).at(folder)?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".deb")).collect();
    names.sort();
    Ok(names)
}

fn remove_content(folder: &Path) -> Result<(), SiteError> {
    fs::remove_dir_all(folder).at(folder)?;
    fs::create_dir(folder).at(folder)
}
