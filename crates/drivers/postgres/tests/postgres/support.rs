//! One server for the whole binary, and scripts shaped as MOSIP's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use mosipctl_postgres::{Server, Wanted};
use mosipctl_reach::Direct;
use mosipctl_servers::{Postgres, PostgresOptions};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::sync::OnceCell;

pub(crate) const PASSWORD: &str = "only for a lab";

static SERVER: OnceCell<Option<Postgres>> = OnceCell::const_new();

/// The server; none when this machine cannot have it.
pub(crate) async fn postgres() -> Option<&'static Postgres> {
    let start = || start_with("postgres", false);
    SERVER.get_or_init(start).await.as_ref()
}

/// A server of one's own, in a folder of that name.
pub(crate) async fn start_with(name: &str, fsync: bool) -> Option<Postgres> {
    let folder = folder_of(name);
    // what an earlier run left
    let _ = fs::remove_dir_all(&folder);
    let options = PostgresOptions {
        password: password(),
        fsync,
        settings: Vec::new(),
    };
    match Postgres::start(&folder, &options).await {
        Ok(server) => Some(server),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Where a server of that name keeps its files.
pub(crate) fn folder_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

pub(crate) fn password() -> SecretString {
    SecretString::from(PASSWORD)
}

pub(crate) fn driver(postgres: &Postgres) -> Server {
    let reach = Arc::new(Direct::new(postgres.host(), postgres.port()));
    Server::new(reach, postgres.superuser(), password())
}

/// A copy of the scripts of a fixture, for databases and roles of one test alone.
pub(crate) struct Scripts {
    pub(crate) folder: TempDir,
    pub(crate) wanted: Wanted,
}

impl Scripts {
    /// The fixture `keys`, `partners` or `texts`; the names of its database and role begin with that of the test.
    pub(crate) fn of(fixture: &str, test: &str, postgres: &Postgres) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new("tests/fixture").join(fixture);
        copy(&source, folder.path(), &|text: String| {
            let text = text.replace("lab_", &format!("{test}_"));
            match postgres.has_locale() {
                true => text,
                false => text.replace("en_US.UTF-8", "C.UTF-8"),
            }
        });
        let wanted = Wanted {
            database: format!("{test}_{fixture}"),
            version: "1.2.0.1".to_owned(),
            schema: fixture.to_owned(),
            role: format!("{test}_{fixture}user"),
            tables: match fixture {
                "keys" => 2,
                "partners" => 3,
                _ => 1,
            },
            tree: "f52fd185".to_owned(),
            seeds: true,
        };
        Self { folder, wanted }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Changes a script.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
    }
}

/// What plain psql does with the scripts in a folder, in the order of MOSIP's own deploy script.
pub(crate) fn deploy_with_psql(postgres: &Postgres, folder: &Path, seeds: bool) {
    let seeds = seeds && folder.join("dml.sql").is_file();
    let files = ["role_dbuser.sql", "db.sql", "ddl.sql", "grants.sql"];
    for file in files.iter().copied().chain(seeds.then_some("dml.sql")) {
        let output = psql(postgres, "postgres")
            .args(["-f", file])
            .arg("-v")
            .arg(format!("dbuserpwd='{PASSWORD}'"))
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{file}: {output:?}");
    }
}

/// psql, as MOSIP calls it.
pub(crate) fn psql(postgres: &Postgres, database: &str) -> Command {
    let mut command = Command::new(postgres.bin("psql"));
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
    command.args(["-h", postgres.host(), "-U", postgres.superuser()]);
    command.args(["-p", &postgres.port().to_string(), "-d", database]);
    command.env("PGPASSWORD", PASSWORD);
    command
}

/// What a question gives, without blanks around it.
pub(crate) fn ask(postgres: &Postgres, database: &str, sql: &str) -> String {
    let output = psql(postgres, database)
        .args(["-At", "-c", sql])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn copy(from: &Path, to: &Path, change: &dyn Fn(String) -> String) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target, change);
        } else {
            let text = fs::read_to_string(entry.path()).unwrap();
            fs::write(target, change(text)).unwrap();
        }
    }
}
