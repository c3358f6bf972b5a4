//! Real servers behind the lab's pods.

mod backups;
mod keys;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Said, Story};

/// Scripts in the shape of MOSIP's: a role, a database, a schema with three tables, seeds.
const SCRIPTS: [(&str, &str); 6] = [
    (
        "role_dbuser.sql",
        "CREATE ROLE mainuser WITH INHERIT LOGIN PASSWORD :dbuserpwd;\n",
    ),
    (
        "db.sql",
        "CREATE DATABASE app_main ENCODING = 'UTF8' OWNER = postgres TEMPLATE = template0;\n\
         COMMENT ON DATABASE app_main IS 'for a test; it says ''so''';\n\
         \\c app_main postgres\n\
         CREATE SCHEMA main;\nALTER SCHEMA main OWNER TO postgres;\n\
         ALTER DATABASE app_main SET search_path TO main,pg_catalog,public;\n",
    ),
    ("ddl.sql", "\\c app_main\n\\ir ddl/tables.sql\n"),
    (
        "ddl/tables.sql",
        "CREATE TABLE main.one (id integer PRIMARY KEY, name varchar(36), cr_dtimes timestamp);\n\
         CREATE TABLE main.two (id integer REFERENCES main.one);\nCREATE TABLE main.three (id integer)\n",
    ),
    (
        "grants.sql",
        "\\c app_main\nGRANT CONNECT ON DATABASE app_main TO mainuser;\nGRANT USAGE ON SCHEMA main TO mainuser;\n\
         GRANT SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES ON ALL TABLES IN SCHEMA main TO mainuser;\n\
         ALTER DEFAULT PRIVILEGES IN SCHEMA main GRANT SELECT,INSERT,UPDATE,DELETE,REFERENCES ON TABLES TO mainuser;\n",
    ),
    ("README", "Scripts of a test.\n"),
];

/// Whether the server is to be skipped, and says why.
fn skips(said: &str, part: &str) -> bool {
    let skipped = said
        .lines()
        .find(|line| line.contains("skipped") && line.contains(part));
    if let Some(line) = skipped {
        eprintln!("skipped: {}", line.trim());
    }
    skipped.is_some()
}

/// A story whose database is made from scripts in a mirror, by a real PostgreSQL.
struct Mirrored {
    story: Story,
    mirrors: PathBuf,
}

impl Mirrored {
    /// None where there is no PostgreSQL, which is said.
    fn new() -> Option<Self> {
        let story = Story::small_in_lab("  rehearsal: {real: [postgres]}\n");
        let mirrors = story.folder().join("mirrors");
        // the small edition names its modules anew for each story, its repository among them
        let tree = mirror(&mirrors, "example/lab-app", "db_scripts/app_main");
        story.pin("0000000000000000000000000000000000000000", &tree);
        let said = story.run(&["plan", "--offline"]).done();
        let is_skipped = skips(&said.all(), "postgres");
        (!is_skipped).then_some(Self { story, mirrors })
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let mut command = self.story.command(arguments);
        command.env("MOSIPCTL_MIRROR", &self.mirrors);
        Said::of(command.output().unwrap())
    }
}

#[tokio::test]
async fn a_database_is_made_in_a_real_server_behind_a_simulated_pod() {
    let Some(story) = Mirrored::new() else { return };
    let said = story.run(&["verify", "data"]).ended_with(&[1]);
    said.says("the lab does not run");
    story
        .run(&["up", "--yes", "--speed", "100"])
        .done()
        .says("app_main");
    let said = story
        .run(&["verify", "data", "--json"])
        .ended_with(&[0])
        .out;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["simulated"].as_array().unwrap().len(), 0, "{said}");
    assert_eq!(said["checked"].as_array().unwrap().len(), 1, "{said}");
    story.run(&["up"]).done().says("nothing to do");
}

#[tokio::test]
async fn a_whole_mosip_is_prepared_in_real_servers_and_proven() {
    let story =
        Story::sandbox("  rehearsal: {real: [keycloak, objectStore, activemq, postgres]}\n");
    let said = story.run(&["up", "--speed", "100"]).done();
    let real = ["keycloak", "objectStore", "activemq"];
    let real: Vec<&str> = real
        .into_iter()
        .filter(|part| !skips(&said.all(), part))
        .collect();
    let checked = story
        .run(&["verify", "data", "--json"])
        .ended_with(&[0])
        .out;
    let checked: Value = serde_json::from_str(&checked).unwrap();
    let count = |kind: &str| {
        let facts = checked["checked"].as_array().unwrap().iter();
        let facts = facts.filter_map(|checked| checked["fact"].as_str());
        facts.filter(|fact| fact.starts_with(kind)).count()
    };
    for part in real {
        match part {
            "keycloak" => assert_eq!(count("client "), 28),
            "objectStore" => assert_eq!(count("bucket "), 5),
            _ => assert_eq!(count("queue "), 6),
        }
    }
    match std::env::var_os("MOSIPCTL_MIRROR") {
        Some(_) => assert_eq!(count("database "), 13),
        None => eprintln!(
            "skipped: MOSIP's own databases, because MOSIPCTL_MIRROR names no folder of mirrors"
        ),
    }
    story
        .run(&["up", "--speed", "100"])
        .done()
        .says("nothing to do");
    backups::of_a_realm(&story);
}

/// A bare mirror with the scripts; gives the id of their tree.
fn mirror(mirrors: &Path, repository: &str, folder: &str) -> String {
    let work = mirrors.join("work");
    for (name, text) in SCRIPTS {
        let file = work.join(folder).join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&work).args([
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@example.org",
        ]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "Scripts"]);
    git(&["tag", "v0.0.1"]);
    let bare = mirrors.join(format!("{repository}.git"));
    fs::create_dir_all(bare.parent().unwrap()).unwrap();
    git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    git(&["rev-parse", &format!("HEAD:{folder}")])
}
