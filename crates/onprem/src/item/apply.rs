//! Bringing an item about.

use mosipctl_hosts::{
    Artefact, Command, Connection, FileOnHost, Guarded, HostError, Hosts, files, guarded, modules,
    packages, sysctls, units,
};
use std::collections::BTreeSet;
use std::time::Duration;

use crate::family;

use super::{ImageOnHost, Item, Script};

/// How long a script and the import of an archive may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a work has changed so far on a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Changed(pub(crate) bool);

impl Item {
    /// Brings it about; what is true already is left alone.
    pub(crate) async fn apply(
        &self,
        hosts: &Hosts,
        host: &str,
        changed: &mut Changed,
    ) -> Result<(), HostError> {
        let connection = hosts.connection(host).await?;
        let shell = connection.as_ref();
        let did = match self {
            Self::Packages(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let brought = packages::bring(shell, &names).await;
                !brought.map_err(with_sources)?.is_empty()
            }
            Self::Modules { name, modules } => {
                let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
                modules::load(shell, name, &modules).await?.is_changed()
            }
            Self::Sysctls { name, values } => sysctls::set(shell, name, values).await?.is_changed(),
            Self::NoSwap => run(shell, "switch swap off", NO_SWAP).await?,
            Self::File(file) => files::write(shell, file).await?.is_changed,
            Self::Nginx(file) => install(shell, file).await?,
            Self::Guarded(change) => guarded(hosts, host, change).await? == Guarded::Changed,
            Self::NoFile(path) => remove(shell, path).await?,
            Self::Program(program) => hosts.upload(host, program).await?.attempts > 0,
            Self::Image(image) => import(hosts, host, image).await?,
            Self::Unit(unit) => {
                let wanted = match changed.0 {
                    true => units::Wanted::Restarted,
                    false => units::Wanted::Running,
                };
                units::bring(shell, unit, wanted).await?
            }
            Self::Steady(unit) => units::bring(shell, unit, units::Wanted::Running).await?,
            Self::Script(script) => run_script(shell, script).await?,
        };
        changed.0 |= did;
        Ok(())
    }
}

/// Says where those packages are to be had that no source of the host has.
fn with_sources(mut error: HostError) -> HostError {
    if let HostError::NoSource { said, hints, .. } = &mut error {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
        let words: BTreeSet<&str> = said.split(|c| !is_name(c)).collect();
        *hints = family::sources(words);
    }
    error
}

/// Off now, and out of the table that the next boot reads; the line stays as a comment. Swap in memory stands in no table: whatever makes
/// it at a boot finds its unit masked.
const NO_SWAP: &str = "for unit in $(sed -n 's|^/dev/\\(zram[0-9]*\\) .*|dev-\\1.swap|p' /proc/swaps); do systemctl -q mask $unit || exit 1; done; swapoff -a && sed -i -E '/^[^#]+[[:space:]]swap[[:space:]]/ s/^/# switched off by mosipctl: /' /etc/fstab";

async fn run(connection: &Connection, what: &str, line: &str) -> Result<bool, HostError> {
    use mosipctl_hosts::Shell;
    let command = Command::line(what, line).as_root().within(PATIENCE);
    let output = connection.run(&command).await?;
    output.succeeded(connection.name(), what)?;
    Ok(true)
}

/// nginx looks at a new file before it takes it, and finishes what is under way with the old one.
async fn install(connection: &Connection, file: &FileOnHost) -> Result<bool, HostError> {
    use mosipctl_hosts::Shell;
    let what = "give nginx its configuration";
    let again = ["sh", "-c", mosipctl_balancer::RELOAD, "reload", &file.path];
    let arguments = [file.path.as_str()].into_iter().chain(again);
    let command = Command::script(what, mosipctl_balancer::INSTALL, arguments);
    let command = command
        .as_root()
        .within(PATIENCE)
        .input(file.content.clone());
    let output = connection.run(&command).await?;
    Ok(output.succeeded(connection.name(), what)?.text().trim() != "same")
}

async fn remove(connection: &Connection, path: &str) -> Result<bool, HostError> {
    use mosipctl_hosts::Shell;
    let what = format!("remove `{path}`");
    let command = Command::new(&what, ["rm", "-f", "--", path]).as_root();
    let output = connection.run(&command).await?;
    output.succeeded(connection.name(), &what)?;
    Ok(true)
}

async fn run_script(connection: &Connection, script: &Script) -> Result<bool, HostError> {
    use mosipctl_hosts::Shell;
    let check = Command::line(&script.what, &script.check).as_root();
    let answer = connection.run(&check).await?;
    if answer.ended.is_success() && answer.text().trim().is_empty() {
        return Ok(false);
    }
    run(connection, &script.what, &script.run).await
}

/// Brings the archive, imports it, and takes it away again: what is in the store need not lie beside it.
async fn import(hosts: &Hosts, host: &str, image: &ImageOnHost) -> Result<bool, HostError> {
    hosts.upload(host, &image.archive).await?;
    let connection = hosts.connection(host).await?;
    let Artefact { path, sha256, .. } = &image.archive;
    let what = format!("import {}", image.names.join(", "));
    let line = format!(
        "ctr -n k8s.io images import {path} > /dev/null && mkdir -p /var/lib/mosipctl/images && : > /var/lib/mosipctl/images/{sha256} && rm -f {path}"
    );
    run(&connection, &what, &line).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_in_memory_does_not_come_back_at_the_next_boot() {
        let folder = tempfile::tempdir().unwrap();
        let (swaps, table) = (folder.path().join("swaps"), folder.path().join("fstab"));
        let listed = "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 8\t0\t100\n/dev/sda2 partition 8\t0\t-2\n";
        std::fs::write(&swaps, listed).unwrap();
        std::fs::write(&table, "/dev/sda1 / ext4\n/dev/sda2 none swap sw\n").unwrap();
        let line = NO_SWAP
            .replace("/proc/swaps", &swaps.display().to_string())
            .replace("/etc/fstab", &table.display().to_string());
        let play = format!("systemctl() {{ echo \"$*\"; }}; swapoff() {{ echo off; }}; {line}");
        assert_eq!(crate::played::says(&play), "-q mask dev-zram0.swap\noff\n");
        let table = std::fs::read_to_string(&table).unwrap();
        assert!(table.ends_with("\n# switched off by mosipctl: /dev/sda2 none swap sw\n"));
    }

    #[test]
    fn who_finds_no_containerd_is_told_whose_source_has_it() {
        let error = with_sources(HostError::NoSource {
            host: "w1".to_owned(),
            what: "install containerd.io, kmod".to_owned(),
            said:
                "No match for argument: containerd.io\nError: Unable to find a match: containerd.io"
                    .to_owned(),
            hints: Vec::new(),
        });
        let remedy = error.remedy().unwrap();
        assert!(
            remedy.starts_with("containerd.io is in Docker's repository"),
            "{remedy}"
        );
        assert!(remedy.contains("dnf repolist"), "{remedy}");
    }
}
