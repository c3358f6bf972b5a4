//! Which images there are: what kubeadm asks for, storage in a folder, a shell, what answers in place of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::Program;

use super::image::Image;
use super::postgres;
use super::programs::Programs;
use crate::base::Base;
use crate::error::{AtPath, SiteError};
use crate::run::{output, run};

/// Where programs lie in images.
const BIN: &str = "/usr/local/bin";
const PAUSE: &str = include_str!("pause.rs");

/// All of them. What must be made or unpacked for them lies in `parts` until they are saved.
pub(super) fn all(programs: &Programs, base: &Base, parts: &Path) -> Result<Vec<Image>, SiteError> {
    fs::create_dir_all(parts).at(parts)?;
    let mut images = Vec::new();
    for name in asked_for(programs)? {
        images.push(of_kubernetes(&name, programs, base, parts)?);
    }
    images.push(local_path(programs)?);
    let shell = shell(base, parts)?;
    images.push(busybox(&shell)?);
    if postgres::is_here() {
        images.push(postgres::image(&shell, parts)?);
    }
    Ok(images)
}

/// The names that kubeadm has for what a cluster runs.
fn asked_for(programs: &Programs) -> Result<Vec<String>, SiteError> {
    let mut command = Command::new(programs.path(Program::Kubeadm)?);
    let version = format!("v{}", Program::Kubeadm.version());
    command.args(["config", "images", "list", "--kubernetes-version", &version]);
    let list = output("ask kubeadm for its images", &mut command)?;
    Ok(list.lines().map(str::to_owned).collect())
}

fn of_kubernetes(
    name: &str,
    programs: &Programs,
    base: &Base,
    parts: &Path,
) -> Result<Image, SiteError> {
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.split(':').next().unwrap_or_default() {
        "pause" => Ok(of(name, &pause(parts)?)),
        "kube-proxy" => with_nft(of(name, programs.path(Program::KubeProxy)?), base),
        program => Ok(of(name, programs.named(program)?)),
    }
}

/// An image of a program, which lies where pods look for it by name.
fn of(name: &str, program: &Path) -> Image {
    let file_name = program.file_name().unwrap_or_default().to_string_lossy();
    Image::of_program(name, &format!("{BIN}/{file_name}"), program)
}

fn pause(parts: &Path) -> Result<PathBuf, SiteError> {
    let (source, program) = (parts.join("pause.rs"), parts.join("pause"));
    fs::write(&source, PAUSE).at(&source)?;
    let mut command = Command::new("rustc");
    command.args(["--edition=2024", "-O", "-Cpanic=abort", "-Cstrip=symbols"]);
    command.args(["-Ctarget-feature=+crt-static", "-o"]);
    run("compile pause", command.arg(&program).arg(&source))?;
    Ok(program)
}

/// kube-proxy calls `nft`, which is no static program: the base has it, with its libraries.
fn with_nft(image: Image, base: &Base) -> Result<Image, SiteError> {
    const NFT: &str = "/usr/sbin/nft";
    let tree = base.tree();
    let mut command = Command::new("chroot");
    let list = output(
        "ask for the libraries of nft",
        command.arg(&tree).args(["ldd", NFT]),
    )?;
    let files = libraries(&list).chain([NFT]);
    Ok(files.fold(image, |image, path| {
        image.with(path, &tree.join(path.trim_start_matches('/')))
    }))
}

/// Lines of `ldd`: `NAME => PATH (ADDRESS)`, `PATH (ADDRESS)` for the loader, and one for what the kernel gives, which has none.
pub(super) fn libraries(list: &str) -> impl Iterator<Item = &str> {
    let words = list.lines().filter_map(|line| {
        let line = line
            .trim()
            .split_once(" => ")
            .map_or(line.trim(), |(_, path)| path);
        line.split(' ').next()
    });
    words.filter(|word| word.starts_with('/'))
}

fn local_path(programs: &Programs) -> Result<Image, SiteError> {
    let program = Program::LocalPathProvisioner;
    let name = format!("rancher/{program}:v{}", program.version());
    Ok(of(&name, programs.path(program)?))
}

/// What answers in place of any other image, at the path where those who use it look.
pub(super) fn responder(program: &Path) -> Image {
    Image::of_program("mosipctl.io/responder:1", "/responder", program)
}

/// Debian's busybox, which needs no library.
fn shell(base: &Base, parts: &Path) -> Result<PathBuf, SiteError> {
    let mut find = Command::new("find");
    find.arg(base.packages())
        .args(["-name", "busybox-static_*.deb"]);
    let package = output("find the package of busybox", &mut find)?;
    let unpacked = parts.join("busybox-static");
    let mut unpack = Command::new("dpkg-deb");
    run(
        "unpack busybox",
        unpack.arg("-x").arg(package.trim()).arg(&unpacked),
    )?;
    Ok(unpacked.join("bin/busybox"))
}

/// A shell and the usual commands; local-path-provisioner has its work done in it. It bears the name that the catalogue asks for,
/// and is Debian's.
fn busybox(program: &Path) -> Result<Image, SiteError> {
    let commands = output(
        "ask busybox for its commands",
        Command::new(program).arg("--list"),
    )?;
    let image = of("busybox:1.37.0", program);
    Ok(commands.lines().fold(image, |image, command| {
        image.linking(&format!("bin/{command}"), &format!("{BIN}/busybox"))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_found_with_their_loader() {
        let list = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibnftables.so.1 => /lib/x86_64-linux-gnu/libnftables.so.1 (0x00007f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let found: Vec<&str> = libraries(list).collect();
        assert_eq!(
            found,
            [
                "/lib/x86_64-linux-gnu/libnftables.so.1",
                "/lib64/ld-linux-x86-64.so.2"
            ]
        );
    }
}
