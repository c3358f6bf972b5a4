//! The program that answers in place of images, built so that it runs in an empty one.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::SiteError;
use crate::run::{output, run};

/// Where this repository is.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The profile of the workspace that makes it small.
const PROFILE: &str = "responder";

/// Builds the responder (`crates/responder`) without anything it would have to find at run time, and tells where it is.
///
/// What is built lies in `target/responder` of this repository, apart from everything else: it takes other flags. A second
/// call takes as long as `cargo` needs to see that nothing changed.
///
/// # Errors
/// What `cargo` says.
pub fn build_responder() -> Result<PathBuf, SiteError> {
    let target = Path::new(REPOSITORY).join("target").join("responder");
    let host = host()?;
    let mut command = cargo();
    command
        .args(["build", "--quiet", "--package", "mosipctl-responder"])
        // naming the target keeps the flags from programs that only run while it is built
        .args(["--profile", PROFILE, "--target", &host, "--target-dir"])
        .arg(&target)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    run("build the responder", &mut command)?;
    Ok(target.join(host).join(PROFILE).join("responder"))
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(REPOSITORY);
    command
}

/// What this machine is to the compiler.
fn host() -> Result<String, SiteError> {
    let mut command = Command::new("rustc");
    command.current_dir(REPOSITORY).args(["-vV"]);
    let told = output("ask the compiler for this machine", &mut command)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    /// Largest program that is pleasant to bring to every node.
    const LARGEST: u64 = 1_500_000;

    #[test]
    fn the_responder_is_one_small_file_that_needs_no_other() {
        let program = build_responder().unwrap();
        let size = std::fs::metadata(&program).unwrap().len();
        assert!(size < LARGEST, "{size} bytes");
        let root = tempfile::tempdir().unwrap();
        std::fs::copy(&program, root.path().join("responder")).unwrap();
        let lonely = Command::new("chroot")
            .arg(root.path())
            .args(["/responder", "once"])
            .stdout(Stdio::null())
            .status();
        match nix::unistd::Uid::effective().is_root() {
            true => assert!(lonely.unwrap().success()),
            false => eprintln!("skipped: only root may leave it alone in a folder"),
        }
    }
}
