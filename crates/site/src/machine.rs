//! What this machine has.

use std::path::Path;
use std::process::Command;

use crate::error::{AtPath, SiteError};
use crate::run::{output, run};

/// Programs that a site needs, each with the Debian package that brings it.
const PROGRAMS: [(&str, &str); 9] = [
    ("debootstrap", "debootstrap"),
    ("systemd-nspawn", "systemd-container"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("ip", "iproute2"),
    ("mke2fs", "e2fsprogs"),
    ("unshare", "util-linux"),
    ("setsid", "util-linux"),
    ("apt-get", "apt"),
];

/// What this machine lacks for a site, in words; none when it has everything.
pub fn lacks() -> Option<String> {
    lacks_programs(&PROGRAMS).or_else(|| disks().err().map(|error| error.to_string()))
}

/// Programs that the files folder is made with.
const BUILDERS: [(&str, &str); 2] = [("go", "golang-go"), ("rustc", "rustc")];
/// Memory that six hosts with a cluster take, and room beside it, in KiB.
const FOR_CLUSTER: u64 = 5 << 20;

/// What it lacks for a site of six hosts with a cluster on them.
pub fn lacks_for_cluster() -> Option<String> {
    lacks()
        .or_else(|| lacks_programs(&BUILDERS))
        .or_else(lacks_memory)
}

fn lacks_memory() -> Option<String> {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = available(&text)?;
    let (free, needed) = (free >> 20, FOR_CLUSTER >> 20);
    (free < needed).then(|| format!("a cluster needs {needed} GiB of memory, {free} are free"))
}

/// In KiB, see proc_meminfo(5).
fn available(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What it lacks for network namespaces and these programs, each with the Debian package that brings it.
pub fn lacks_programs(programs: &[(&str, &str)]) -> Option<String> {
    if !nix::unistd::Uid::effective().is_root() {
        return Some("hosts and network namespaces need root".to_owned());
    }
    let missing = programs.iter().filter(|(program, _)| !is_there(program));
    let mut missing: Vec<String> = missing
        .map(|(program, package)| format!("`{program}` (package {package})"))
        .collect();
    missing.dedup();
    if !missing.is_empty() {
        return Some(format!("there is no {}", missing.join(", ")));
    }
    namespaces_and_overlays()
        .err()
        .map(|error| error.to_string())
}

pub(crate) fn check() -> Result<(), SiteError> {
    match lacks() {
        None => Ok(()),
        Some(reason) => Err(SiteError::Unfit { reason }),
    }
}

/// Tries both: in many containers root may do neither.
fn namespaces_and_overlays() -> Result<(), SiteError> {
    let script = "mount -t tmpfs none /mnt && cd /mnt && mkdir lower upper work && \
                  mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work lower";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net", "--propagation", "slave"]);
    run(
        "try namespaces and overlays",
        command.args(["sh", "-c", script]),
    )
}

/// Tries a disk in a file: in many containers there are no loop devices.
fn disks() -> Result<(), SiteError> {
    let script = "mount -t tmpfs none /mnt && cd /mnt && mkdir disk && mke2fs -q file 1M && mount -o loop file disk";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "slave"]);
    run("try a disk in a file", command.args(["sh", "-c", script]))
}

/// How many places of the system one user watches. A kubelet has six, a host's init five, and all hosts share what there is.
const WATCHES: u32 = 8192;

/// Raises the machine's limit of watches when it is low: most systems have 128, which is five nodes and nothing beside.
pub(crate) fn allow_watches(tell: &dyn Fn(&str)) -> Result<(), SiteError> {
    let file = Path::new("/proc/sys/fs/inotify/max_user_instances");
    let present = std::fs::read_to_string(file).at(file)?;
    let present: u32 = present.trim().parse().unwrap_or(WATCHES);
    if present >= WATCHES {
        return Ok(());
    }
    tell(&format!(
        "raising this machine's fs.inotify.max_user_instances from {present} to {WATCHES}, which hosts share"
    ));
    std::fs::write(file, WATCHES.to_string()).at(file)
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Where this machine's own Debian packages are from: address of the archive, and name of the release.
pub(crate) struct Archive {
    pub(crate) address: String,
    pub(crate) release: String,
}

impl Archive {
    /// Asks apt, which knows both forms of its lists. Updates and security fixes stand in other releases and are passed over.
    pub(crate) fn of_this_machine() -> Result<Self, SiteError> {
        let mut command = Command::new("apt-get");
        command.args([
            "indextargets",
            "--format",
            "$(ORIGIN)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)",
        ]);
        let list = output(
            "ask apt for its sources",
            command.arg("Created-By: Packages"),
        )?;
        Self::first(&list).ok_or_else(|| SiteError::Unfit {
            reason: "apt has no source of Debian's own packages (or `apt-get update` never ran)"
                .to_owned(),
        })
    }

    fn first(list: &str) -> Option<Self> {
        let mut lines = list.lines().map(|line| line.split('|').collect::<Vec<_>>());
        lines.find_map(|line| match line[..] {
            ["Debian", "main", release, address] if !release.contains('-') => Some(Self {
                address: address.to_owned(),
                release: release.to_owned(),
            }),
            _ => None,
        })
    }
}

/// Every place where control groups are mounted: one for each controller, or one for all.
pub(crate) fn control_group_mounts() -> Vec<std::path::PathBuf> {
    let text = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mounts = text.lines().filter_map(control_group_mount);
    mounts.map(|path| Path::new(path).to_owned()).collect()
}

/// A line of `/proc/self/mountinfo`, see proc_pid_mountinfo(5): field 5 is the place, the kind stands after a lone `-`.
fn control_group_mount(line: &str) -> Option<&str> {
    let (fields, rest) = line.split_once(" - ")?;
    let is_group = rest.starts_with("cgroup ") || rest.starts_with("cgroup2 ");
    is_group.then(|| fields.split(' ').nth(4)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_release_of_debian_is_taken() {
        let list = "Google|main|cloud|https://a.example\nDebian|main|bookworm-updates|http://b.example/debian/\n\
                    Debian|main|bookworm|http://b.example/debian/\n";
        let archive = Archive::first(list).unwrap();
        assert_eq!(
            (archive.release.as_str(), archive.address.as_str()),
            ("bookworm", "http://b.example/debian/")
        );
        assert!(Archive::first("").is_none());
    }

    #[test]
    fn free_memory_is_read_from_the_system() {
        let text = "MemTotal:       24683656 kB\nMemAvailable:   22369280 kB\n";
        assert_eq!(available(text), Some(22_369_280));
    }

    #[test]
    fn control_groups_are_found_among_mounts() {
        let line = "42 23 0:36 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu";
        assert_eq!(control_group_mount(line), Some("/sys/fs/cgroup/cpu"));
        let other = "41 23 0:35 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755";
        assert_eq!(control_group_mount(other), None);
    }
}
