//! Programs built from pinned Go modules.
//!
//! Each module under `programs/` is a `go.mod` and `go.sum` and one file that imports what is built, or is built itself. `go.sum` pins the content of
//! every source file, so a build needs no other digest.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use include_dir::{Dir, include_dir};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::digest::Sha256;
use crate::error::{ArtefactError, AtPath};
use crate::folder::digest_of_embedded;
use crate::installed::find;
use crate::program::Recipe;
use crate::progress::{Action, Progress, Report};

/// The pinned modules.
pub(crate) static PROGRAMS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/programs");

/// How many lines of the compiler an error shows.
const LINES: usize = 12;

/// One build.
pub(crate) struct Build<'a> {
    /// Name and version, for messages.
    pub(crate) what: &'a str,
    pub(crate) recipe: &'a Recipe,
    pub(crate) search_path: Option<&'a OsStr>,
}

impl Recipe {
    /// The digest of everything that decides what is built, but for the Go release.
    pub(crate) fn digest(&self) -> Sha256 {
        let module = PROGRAMS.get_dir(self.module).map(digest_of_embedded);
        Sha256::of(format!("{module:?} {} {:?}", self.package, self.linker_flags()).as_bytes())
    }

    fn linker_flags(&self) -> String {
        let variables = self
            .variables
            .iter()
            .map(|variable| format!(" -X {variable}"));
        std::iter::once("-s -w".to_owned())
            .chain(variables)
            .collect()
    }
}

impl Build<'_> {
    /// Builds the program in `scratch` and gives the path of the binary.
    ///
    /// # Errors
    /// There is no Go, or the build fails; the error shows the last lines of the compiler.
    pub(crate) async fn run(
        &self,
        scratch: &Path,
        progress: &dyn Progress,
    ) -> Result<PathBuf, ArtefactError> {
        let started = Instant::now();
        let report = |done, total| {
            progress.report(&Report {
                what: self.what.to_owned(),
                action: Action::Building,
                done,
                total,
                elapsed: started.elapsed(),
            });
        };
        report(0, None);
        let go = self.go()?;
        let module = self.lay_out(scratch)?;
        let total = self.count_packages(&go, &module).await;
        report(0, total);
        let binary = scratch.join("binary");
        let mut command = self.command(&go, &module);
        command.args([
            "build",
            "-v",
            "-mod=readonly",
            "-trimpath",
            "-buildvcs=false",
        ]);
        command.args(["-ldflags", &self.recipe.linker_flags(), "-o"]);
        command.arg(&binary).arg(self.recipe.package);
        let mut child = command.spawn().at(&go)?;
        let mut last = VecDeque::new();
        if let Some(output) = child.stderr.take() {
            let mut lines = BufReader::new(output).lines();
            let mut done = 0;
            while let Some(line) = lines.next_line().await.at(&go)? {
                done += 1;
                report(done, total);
                last.push_back(line);
                if last.len() > LINES {
                    last.pop_front();
                }
            }
        }
        if child.wait().await.at(&go)?.success() {
            return Ok(binary);
        }
        Err(ArtefactError::Build {
            what: self.what.to_owned(),
            reason: Vec::from(last).join("\n"),
        })
    }

    fn go(&self) -> Result<PathBuf, ArtefactError> {
        find("go", self.search_path).ok_or_else(|| ArtefactError::Missing {
            what: self.what.to_owned(),
            reason: "it is built from Go modules, and there is no `go` in PATH".to_owned(),
            help: "install Go 1.26 or newer (https://go.dev/dl), or put the program into PATH or the mirror".to_owned(),
        })
    }

    fn lay_out(&self, scratch: &Path) -> Result<PathBuf, ArtefactError> {
        let folder = scratch.join("module");
        std::fs::create_dir_all(&folder).at(&folder)?;
        let files = PROGRAMS.get_dir(self.recipe.module);
        for file in files.into_iter().flat_map(Dir::files) {
            let path = folder.join(file.path().file_name().unwrap_or_default());
            std::fs::write(&path, file.contents()).at(&path)?;
        }
        Ok(folder)
    }

    /// How many packages the program is made of; for the progress alone, so a failure is no error.
    async fn count_packages(&self, go: &Path, module: &Path) -> Option<u64> {
        let mut command = self.command(go, module);
        command.args(["list", "-mod=readonly", "-deps", self.recipe.package]);
        let output = command.stdout(Stdio::piped()).output().await.ok()?;
        let lines = output.stdout.split(|byte| *byte == b'\n').count() as u64;
        output.status.success().then_some(lines.saturating_sub(1))
    }

    /// Go in the module's folder, without the settings of the user's own projects. Proxy and checksum settings stay.
    fn command(&self, go: &Path, module: &Path) -> Command {
        let mut command = Command::new(go);
        command
            .current_dir(module)
            .env("GOFLAGS", "")
            .env("GOWORK", "off")
            .env("GO111MODULE", "on")
            .env("CGO_ENABLED", "0")
            .env_remove("GOOS")
            .env_remove("GOARCH")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}
