//! A host that serves NFS to the nodes of the cluster, and to nobody else.
//!
//! The kernel serves where it can; else nfs-ganesha does, outside of the kernel. Both export one folder, to the addresses of the
//! nodes. The root of a node stays root there: the driver makes a folder for each volume as root, and kubelet gives it to the group
//! that the pod asks for. Pods come in only through what their node mounts for them.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use mosipctl_hosts::FileOnHost;
use mosipctl_spec::hosts::Host;

use crate::error::OnpremError;
use crate::item::{HEAD, Item, Script};
use crate::kubeadm::bracketed;
use crate::traits::Traits;
use crate::work::{Task, Work};

/// Packages of a host whose kernel serves, by Debian's names.
const OF_KERNEL: [&str; 1] = ["nfs-kernel-server"];
/// Packages of a host whose kernel does not.
const OF_GANESHA: [&str; 2] = ["nfs-ganesha", "nfs-ganesha-vfs"];
/// Beside the exports of others.
const EXPORTS: &str = "/etc/exports.d/mosipctl.exports";
const GANESHA: &str = "/etc/ganesha/ganesha.conf";
/// Who may do what with the folder.
const OWNER: (&str, &str) = ("root:root", "750");
/// Why a node cannot have volumes, and what to do.
const NO_CLIENT: &str = "there is none: boot a kernel that has one, as those of distributions do, or take `storage: {provider: localPath}`";

/// For the shell: a function that says which folders were served, a line each. Its argument comes before the places of both files.
pub(crate) fn served() -> String {
    format!(
        "served() {{ sed -n 's|^\\(/[^ ]*\\) .*|\\1|p' \"$1{EXPORTS}\"; sed -n 's|^  Path = \\(.*\\);|\\1|p' \"$1{GANESHA}\"; }} 2> /dev/null\n"
    )
}

/// Who serves NFS to the nodes of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NfsServer {
    /// Hosts with role `storage`, this folder.
    Hosts(PathBuf),
    /// A server that is there already.
    Other,
}

/// Packages that such a host needs.
pub(crate) fn packages(traits: &Traits) -> &'static [&'static str] {
    match traits.serves_nfs {
        true => &OF_KERNEL,
        false => &OF_GANESHA,
    }
}

/// Serves a folder to nodes.
///
/// # Errors
/// The folder is one of the system, whose owner and mode are not ours to change.
pub(crate) fn work(
    host: &Host,
    traits: &Traits,
    folder: &Path,
    nodes: &[IpAddr],
) -> Result<Work, OnpremError> {
    // `/srv` is the system's, `/srv/nfs` is not
    if folder.components().count() < 3 {
        return Err(OnpremError::OfSystem {
            folder: folder.to_owned(),
        });
    }
    let path = folder.display().to_string();
    // a restart of the kernel's server would hold every client up for its time of grace, so the unit comes first
    let items = match traits.serves_nfs {
        true => vec![
            Item::Unit("nfs-server".to_owned()),
            owned(&path),
            Item::File(FileOnHost::new(EXPORTS, exports(&path, nodes))),
            exported(&path, nodes),
        ],
        false => vec![
            owned(&path),
            Item::File(FileOnHost::new(GANESHA, ganesha(&path, nodes))),
            Item::Unit("nfs-ganesha".to_owned()),
        ],
    };
    let name = host.name.as_str();
    let title = format!("serve NFS on {name}");
    let work = Work::new(name, "nfs", title, Task::Items(items));
    Ok(work.after(&["packages"]).taking(2))
}

/// A node's kernel can mount what is served.
pub(crate) fn mounting(host: &Host) -> Work {
    let name = host.name.as_str();
    let script = Script {
        what: "find a client of NFS in its kernel".to_owned(),
        check:
            "grep -qw nfs4 /proc/filesystems || modprobe -n -q nfsv4 || echo 'it has no client of NFS'"
                .to_owned(),
        // a kernel cannot be given one from here
        run: format!("echo '{NO_CLIENT}' >&2; exit 1"),
    };
    let title = format!("see that {name} can mount NFS");
    Work::new(
        name,
        "nfs-client",
        title,
        Task::Items(vec![Item::Script(script)]),
    )
    .after(&["packages"])
}

/// The folder is there, and belongs to root alone.
fn owned(path: &str) -> Item {
    let (owner, mode) = OWNER;
    Item::Script(Script {
        what: format!("make the folder `{path}`"),
        check: format!(
            "is=$(stat -c '%U:%G %a' '{path}' 2> /dev/null) || is=absent; case $is in '{owner} {mode}') ;; absent) echo absent ;; *) echo \"{path} is of $is\" ;; esac"
        ),
        run: format!("mkdir -p '{path}' && chown {owner} '{path}' && chmod {mode} '{path}'"),
    })
}

/// The kernel serves what the file says, to those alone.
fn exported(path: &str, nodes: &[IpAddr]) -> Item {
    let wanted: String = nodes.iter().map(|node| format!("{node}\n")).collect();
    let served = format!("exportfs -s | sed -n 's|^{path}  *\\([^(]*\\)(.*|\\1|p' | sort");
    Item::Script(Script {
        what: format!("export `{path}`"),
        check: format!(
            "[ \"$({served})\" = \"$(printf '%s' '{wanted}' | sort)\" ] || echo '{path} is exported to others'"
        ),
        run: "exportfs -ra".to_owned(),
    })
}

fn exports(path: &str, nodes: &[IpAddr]) -> String {
    let mut text = format!("{HEAD}{path}");
    for node in nodes {
        let _ = write!(
            text,
            " \\\n  {}(rw,sync,no_subtree_check,no_root_squash)",
            bracketed(&node.to_string())
        );
    }
    text + "\n"
}

fn ganesha(path: &str, nodes: &[IpAddr]) -> String {
    let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    let nodes = nodes.join(", ");
    format!(
        "{HEAD}\
NFS_CORE_PARAM {{ Protocols = 4; }}
EXPORT {{
  Export_Id = 1;
  Path = {path};
  # under the same name as a kernel would serve it
  Pseudo = {path};
  Protocols = 4;
  Transports = TCP;
  SecType = sys;
  Access_Type = None;
  FSAL {{ Name = VFS; }}
  CLIENT {{ Clients = {nodes}; Access_Type = RW; Squash = No_Root_Squash; }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Vec<IpAddr> {
        ["192.0.2.12", "2001:db8::13"]
            .map(|ip| ip.parse().unwrap())
            .to_vec()
    }

    #[test]
    fn a_kernel_exports_to_each_node_and_to_nobody_else() {
        let expected = "# Written by mosipctl; changes are overwritten.\n/srv/nfs \\\n  192.0.2.12(rw,sync,no_subtree_check,no_root_squash) \\\n  [2001:db8::13](rw,sync,no_subtree_check,no_root_squash)\n";
        assert_eq!(exports("/srv/nfs", &nodes()), expected);
    }

    #[test]
    fn outside_of_the_kernel_who_is_no_node_has_no_access() {
        let text = ganesha("/srv/nfs", &nodes());
        assert!(text.contains("\n  Access_Type = None;"), "{text}");
        let clients = "CLIENT { Clients = 192.0.2.12, 2001:db8::13; Access_Type = RW;";
        assert!(text.contains(clients), "{text}");
    }

    #[test]
    fn what_was_served_is_known_by_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (root, served) = (folder.path().display(), served());
        let says = || crate::played::says(&format!("{served} served '{root}'"));
        assert_eq!(says(), "");
        for (place, text) in [
            (EXPORTS, exports("/srv/nfs", &nodes())),
            (GANESHA, ganesha("/data/nfs", &nodes())),
        ] {
            let path = folder.path().join(place.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        assert_eq!(says(), "/srv/nfs\n/data/nfs\n");
    }

    #[test]
    fn a_folder_that_is_open_to_all_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display().to_string();
        let open = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let Item::Script(script) = owned(&path) else {
            panic!("no script")
        };
        let told = crate::played::says(&script.check);
        assert!(told.contains(" 777"), "{told}");
    }
}
