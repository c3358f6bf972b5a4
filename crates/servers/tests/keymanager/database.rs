//! The database `mosip_keymgr`, by MOSIP's own scripts where they are.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mosipctl_servers::{KeymanagerDatabase, Postgres, PostgresOptions, Tables};

use crate::support::had;

const NAME: &str = "mosip_keymgr";
const USER: &str = "keymgruser";
/// What databases of MOSIP are logged in to with has no blanks.
const PASSWORD: &str = "only-for-a-lab";
/// Names a folder of Git mirrors, one for each repository.
const MIRROR: &str = "MOSIPCTL_MIRROR";
const SCRIPTS: &str = "db_scripts/mosip_keymgr";

pub(crate) struct Database {
    server: Postgres,
    tables: Tables,
}

impl Database {
    pub(crate) async fn start(folder: &Path) -> Option<Self> {
        let options = PostgresOptions {
            password: PASSWORD.to_owned().into(),
            fsync: false,
            settings: Vec::new(),
        };
        let server = had(Postgres::start(&folder.join("server"), &options).await)?;
        let mut database = Self {
            server,
            tables: Tables::There,
        };
        match scripts(folder) {
            Some(scripts) if database.server.has_locale() => database.run_scripts(&scripts),
            scripts => {
                database.tables = Tables::Made;
                let why = scripts.map_or("there are no scripts of MOSIP", |_| "there is no locale");
                eprintln!("{why}: keymanager makes its tables itself");
                database.make_empty();
            }
        }
        Some(database)
    }

    pub(crate) fn settings(&self) -> KeymanagerDatabase {
        KeymanagerDatabase {
            host: self.server.host().to_owned(),
            port: self.server.port(),
            name: NAME.to_owned(),
            schema: "keymgr".to_owned(),
            user: USER.to_owned(),
            password: PASSWORD.to_owned().into(),
            tables: self.tables,
        }
    }

    /// Makes of tables that keymanager made itself what the scripts would have made: certificates fit in, and there are policies. Says
    /// whether there was something to do: policies are read when keymanager starts.
    pub(crate) fn complete(&self) -> bool {
        if self.tables == Tables::There {
            return false;
        }
        self.ask(
            "do $$ declare c record; begin for c in select table_name t, column_name n from information_schema.columns \
             where table_schema = 'keymgr' and data_type = 'character varying' loop execute format( \
             'alter table keymgr.%I alter %I type text', c.t, c.n); end loop; end $$;",
        );
        for application in ["ROOT", "KERNEL", "RESIDENT", "BASE"] {
            self.ask(&format!(
                "insert into keymgr.key_policy_def (app_id, key_validity_duration, is_active, pre_expire_days, access_allowed, \
                 cr_by, cr_dtimes, is_deleted) values ('{application}', 1095, true, 60, 'NA', 'lab', now(), false);"
            ));
        }
        true
    }

    /// The ids of all keys, in the order they were made.
    pub(crate) fn aliases(&self) -> Vec<String> {
        let text = self.ask("select id from keymgr.key_alias order by cr_dtimes;");
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }

    fn run_scripts(&self, folder: &Path) {
        let password = format!("\\set dbuserpwd '''{PASSWORD}'''\n\\i role_dbuser.sql\n");
        self.psql(folder, "postgres", &password);
        for script in ["db", "ddl", "grants", "dml"] {
            self.psql(folder, "postgres", &format!("\\i {script}.sql\n"));
        }
    }

    fn make_empty(&self) {
        let script = format!(
            "create role {USER} login password '{PASSWORD}';\ncreate database {NAME} owner {USER};\n\\c {NAME}\n\
             create schema keymgr authorization {USER};\nalter database {NAME} set search_path to keymgr;\n"
        );
        self.psql(Path::new("/"), "postgres", &script);
    }

    fn ask(&self, query: &str) -> String {
        self.psql(Path::new("/"), NAME, query)
    }

    fn psql(&self, folder: &Path, database: &str, script: &str) -> String {
        let mut command = Command::new(self.server.bin("psql"));
        command.args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet"]);
        command.args(["--set", "ON_ERROR_STOP=1", "--host", self.server.host()]);
        command.args(["--port", &self.server.port().to_string()]);
        command.args(["--username", self.server.superuser(), database]);
        command.env("PGPASSWORD", PASSWORD).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(script.as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "psql fails");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// MOSIP's scripts at the version, out of a mirror.
fn scripts(folder: &Path) -> Option<PathBuf> {
    let mirror = PathBuf::from(std::env::var_os(MIRROR)?).join("mosip+keymanager/repo");
    let archive = folder.join("scripts.tar");
    let mut git = Command::new("git");
    git.arg("--git-dir")
        .arg(&mirror)
        .args(["archive", "--output"]);
    git.arg(&archive).args(["v1.2.0.1", SCRIPTS]);
    assert!(git.status().unwrap().success(), "the mirror lacks them");
    let mut tar = Command::new("tar");
    tar.arg("--extract").arg("--file").arg(&archive);
    tar.arg("--directory").arg(folder);
    assert!(tar.status().unwrap().success(), "they do not unpack");
    Some(folder.join(SCRIPTS))
}
