//! Commands that look at no cluster, as people run them.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

mod names;
mod vpn;

/// Known to everybody who reads this; it opens nothing but the test's own server.
const SECRET: &str = "bm90IGEgc2VjcmV0LCBmb3IgdGVzdHMgb25seSEh";

/// A folder with an environment file and its own state.
struct Desk(TempDir);

/// What a command said.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Desk {
    fn new(environment: &str) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.says(environment);
        desk
    }

    /// Writes the environment file.
    fn says(&self, environment: &str) {
        fs::write(self.path("environment.yaml"), environment).unwrap();
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn run(&self, words: &str) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mosipctl"));
        command.args(words.split(' ')).current_dir(self.folder());
        command.env("MOSIPCTL_STATE", self.path("state"));
        let output = command.env("TSIG", SECRET).output().unwrap();
        let said = Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        for text in [&said.stdout, &said.stderr] {
            assert!(
                !text.contains(SECRET) && !text.contains("PRIVATE KEY"),
                "{text}"
            );
        }
        said
    }
}
