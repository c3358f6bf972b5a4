//! A repository of these tests, and who has it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::{Artefacts, GitFolder, Network, Settings};

pub(crate) const REPOSITORY: &str = "mosip/keymanager";
pub(crate) const TAG: &str = "v1.0.0";
pub(crate) const FOLDER: &str = "db_scripts/mosip_keymgr";

/// Files of the folder, with what is in them; their order in a tree is not that of their names.
pub(crate) const FILES: [(&str, &str); 5] = [
    ("db.sql", "create database keymgr;\n"),
    ("ddl/keys.sql", "create table keys();\n"),
    ("ddl-old.sql", "\r\nno line end"),
    ("deploy.sh", "#!/bin/sh\n"),
    ("dml/ä ö.csv", "\u{feff}id,now()\n"),
];

/// A repository with the folder, and what is beside it.
pub(crate) struct World {
    pub(crate) root: tempfile::TempDir,
    pub(crate) tree: String,
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=test", "-c", "user.email=test@test"]);
    command.args([
        "-c",
        "init.defaultBranch=main",
        "-c",
        "advice.detachedHead=false",
    ]);
    let output = command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let work = root.path().join("work");
        fs::create_dir_all(&work).unwrap();
        git(&work, &["init", "--quiet"]);
        for (name, text) in FILES {
            write(&work.join(FOLDER), name, text);
        }
        let script = work.join(FOLDER).join("deploy.sh");
        fs::set_permissions(script, PermissionsExt::from_mode(0o755)).unwrap();
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "-m", "scripts"]);
        write(&work, "big.bin", "not wanted");
        // for archives and work trees, neither of which is wanted
        let attributes = "* text eol=crlf\n*.csv export-ignore\n";
        write(&work, ".gitattributes", attributes);
        git(&work, &["add", "big.bin", ".gitattributes"]);
        git(&work, &["commit", "--quiet", "-m", "more"]);
        git(&work, &["tag", TAG]);
        let tree = git(&work, &["rev-parse", &format!("{TAG}:{FOLDER}")]);
        Self { root, tree }
    }

    pub(crate) fn mirrors(&self) -> PathBuf {
        self.root.path().join("mirrors")
    }

    /// Puts a mirror of the repository there.
    pub(crate) fn mirror(&self, place: &str) -> PathBuf {
        let target = self.mirrors().join(place);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let path = target.to_str().unwrap();
        git(
            self.root.path(),
            &["clone", "--quiet", "--bare", "work", path],
        );
        target
    }

    /// As [`Self::mirror`], but as a server that may be cloned from.
    pub(crate) fn server(&self) -> String {
        let bare = self.root.path().join("server").join(REPOSITORY);
        fs::create_dir_all(bare.parent().unwrap()).unwrap();
        git(
            self.root.path(),
            &["clone", "--quiet", "--bare", "work", bare.to_str().unwrap()],
        );
        git(&bare, &["config", "uploadpack.allowFilter", "true"]);
        git(&bare, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        format!("file://{}", self.root.path().join("server").display())
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            cache: self.root.path().join("cache"),
            mirror: None,
            git_mirrors: Some(self.mirrors()),
            git_server: "https://127.0.0.1:1".to_owned(),
            search_path: std::env::var_os("PATH"),
            network: Network::Refused,
        }
    }

    /// Nothing but the server at this address.
    pub(crate) fn alone_with(&self, git_server: String) -> Artefacts {
        Artefacts::new(Settings {
            git_mirrors: None,
            git_server,
            network: Network::Allowed,
            ..self.settings()
        })
    }

    pub(crate) fn artefacts(&self) -> Artefacts {
        Artefacts::new(self.settings())
    }

    pub(crate) fn wanted(&self) -> GitFolder {
        GitFolder {
            repository: REPOSITORY.to_owned(),
            reference: TAG.to_owned(),
            folder: FOLDER.to_owned(),
            tree: self.tree.clone(),
        }
    }

    /// A folder with a Git that runs this before it is itself, to be searched for programs.
    pub(crate) fn git_that(&self, script: &str) -> PathBuf {
        let tools = self.root.path().join("tools");
        let path = std::env::var("PATH").unwrap();
        write(
            &tools,
            "git",
            &format!("#!/bin/sh\nPATH='{path}'\n{script}\n"),
        );
        fs::set_permissions(tools.join("git"), PermissionsExt::from_mode(0o755)).unwrap();
        tools
    }

    /// Nothing is left behind but finished folders.
    pub(crate) fn cached(&self) -> Vec<String> {
        let names = |folder: &str| {
            let entries = fs::read_dir(self.root.path().join("cache").join(folder));
            let entries = entries.into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().into_string().unwrap())
        };
        assert_eq!(names("scratch").count(), 0, "scratch folders are cleared");
        names("git").collect()
    }
}

pub(crate) fn assert_is_the_folder(found: &Path) {
    for (name, text) in FILES {
        let path = found.join(name);
        assert_eq!(fs::read(&path).unwrap(), text.as_bytes(), "{name}");
        let runs = path.metadata().unwrap().permissions().mode() & 0o111 != 0;
        assert_eq!(runs, name == "deploy.sh", "{name}");
    }
    assert!(!found.join("big.bin").exists());
}

/// A tree that no repository has.
pub(crate) fn another(tree: &str) -> String {
    let first = if tree.starts_with('0') { "1" } else { "0" };
    format!("{first}{}", &tree[1..])
}
