//! What one host has that others have not: name, keys, who may log in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::base::Base;
use crate::error::{AtPath, SiteError};
use crate::layout::{DESK, Host};
use crate::private::write;
use crate::run::run;

/// The user that may do everything with `sudo`, without a password.
pub const USER: &str = "admin";
/// A user with the same key that may do nothing.
pub const GUEST: &str = "guest";

/// How large a host's own disk looks. A kubelet throws pods out when a tenth is left, so hosts cannot share the machine's.
const DISK: &str = "64G";

/// The files of one host, before it boots.
pub(crate) struct Tree<'a> {
    pub(crate) base: &'a Base,
    /// Where everything of this host lies.
    pub(crate) folder: &'a Path,
    pub(crate) host: &'a Host,
    /// All hosts of the site, who know each other.
    pub(crate) hosts: &'a [Host],
    /// The public key of who may log in.
    pub(crate) login: &'a str,
}

impl Tree<'_> {
    /// Lays the files out and gives the line of the host for `known_hosts`.
    pub(crate) fn lay_out(&self) -> Result<String, SiteError> {
        for name in ["upper", "work", "root", "var"] {
            let folder = self.folder.join(name);
            fs::create_dir_all(&folder).at(&folder)?;
        }
        self.disk()?;
        self.names()?;
        self.logins()?;
        let key = self.host_key()?;
        let Host { name, address, .. } = self.host;
        Ok(format!("{name},{address} {key}\n"))
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.join("upper").join(path)
    }

    /// A file with the file system that becomes `/var`. Nothing of it is written before it is needed.
    fn disk(&self) -> Result<(), SiteError> {
        let mut make = Command::new("mke2fs");
        make.args(["-q", "-t", "ext4", "-m", "0"]);
        make.args(["-E", "lazy_itable_init=1,lazy_journal_init=1", "-d"]);
        make.arg(self.base.tree().join("var"));
        make.arg(self.folder.join("var.disk")).arg(DISK);
        run("make a disk", &mut make)
    }

    fn names(&self) -> Result<(), SiteError> {
        let name = &self.host.name;
        write(&self.path("etc/hostname"), 0o644, &format!("{name}\n"))?;
        let lines = self
            .hosts
            .iter()
            .map(|host| format!("{} {}\n", host.address, host.name));
        let hosts: String = std::iter::once("127.0.0.1 localhost\n".to_owned())
            .chain(lines)
            .collect();
        write(&self.path("etc/hosts"), 0o644, &hosts)?;
        // Nobody answers there, and says so at once; some programs fail without any.
        write(
            &self.path("etc/resolv.conf"),
            0o644,
            &format!("nameserver {DESK}\n"),
        )
    }

    /// One file for all users, because in an overlay a home folder would have to be copied up with its owner.
    fn logins(&self) -> Result<(), SiteError> {
        let settings =
            "PermitRootLogin no\nAuthorizedKeysFile .ssh/authorized_keys /etc/ssh/site_keys\n";
        write(
            &self.path("etc/ssh/sshd_config.d/site.conf"),
            0o644,
            settings,
        )?;
        write(&self.path("etc/ssh/site_keys"), 0o644, self.login)
    }

    fn host_key(&self) -> Result<String, SiteError> {
        let path = self.path("etc/ssh/ssh_host_ed25519_key");
        make_key(&path, &self.host.name)
    }
}

/// Makes a key of SSH and gives its public half, without the comment.
pub(crate) fn make_key(path: &Path, comment: &str) -> Result<String, SiteError> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"]);
    run("make a key of SSH", command.arg(path))?;
    let public = path.with_extension("pub");
    let text = fs::read_to_string(&public).at(&public)?;
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    Ok(words.join(" "))
}
