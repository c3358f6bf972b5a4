//! The Job that makes keys, with MOSIP's own generator.

use std::sync::Arc;

use mosipctl_postgres::{KeyAlias, Server};
use mosipctl_reach::Direct;
use mosipctl_servers::{Keymanager, KeymanagerSettings, TokenObject, WantedKeys};

use super::RealKeyJob;
use super::bench::{Bench, Tried, failed};
use crate::expectations::Subject;

/// Makes the keys that are missing. Its pod succeeds only when all are in database and token afterwards.
pub(super) async fn keep(
    bench: &Bench,
    subject: &Subject,
    job: &RealKeyJob,
    is_well: impl Fn(Option<u16>),
) -> Tried<()> {
    let made = make(bench, subject, job).await;
    match &made {
        Ok(said) => {
            bench.logs.tell(subject, said);
            is_well(None);
        }
        Err(problem) => bench.logs.tell(subject, problem),
    }
    made.map(drop)
}

async fn make(bench: &Bench, subject: &Subject, job: &RealKeyJob) -> Tried<String> {
    let settings = bench.keymanager(subject, &job.keys).await?;
    let wanted = WantedKeys {
        master: job.master.iter().map(|key| key.replace('/', ":")).collect(),
        base: job.base.iter().map(|key| key.replace('/', ":")).collect(),
        application: job.application.clone(),
        random: job.random,
    };
    let made = Keymanager::generate_keys(&bench.artefacts()?, &settings, &wanted).await;
    made.map_err(failed)?;
    let aliases = aliases(&settings).await?;
    let objects = settings.token.objects().await.map_err(failed)?;
    match missing(job, &aliases, &objects).as_slice() {
        [] => Ok(format!(
            "Keys generated: {} master keys are in the token, {} others in the database",
            job.master.len(),
            job.base.len()
        )),
        missing => Err(format!(
            "the keys generator ended well, but keys are missing: {}",
            missing.join(", ")
        )),
    }
}

async fn aliases(settings: &KeymanagerSettings) -> Tried<Vec<KeyAlias>> {
    let database = &settings.database;
    let way = Arc::new(Direct::new(&database.host, database.port));
    let server = Server::new(way, &database.user, database.password.clone());
    let keys = server.keys(&database.name, &database.schema).await;
    keys.map_err(failed)
}

/// Keys that the database lacks, or whose master key the token lacks: it knows them by their alias.
fn missing(job: &RealKeyJob, aliases: &[KeyAlias], objects: &[TokenObject]) -> Vec<String> {
    let current = |key: &String| {
        let (application, reference) = key.split_once('/').unwrap_or((key.as_str(), ""));
        aliases.iter().find(|alias| {
            alias.is_current && alias.application == application && alias.reference == reference
        })
    };
    let is_in_token = |alias: &KeyAlias| {
        objects
            .iter()
            .any(|object| object.id == alias.id || object.label == alias.id)
    };
    let master = job.master.iter().filter_map(|key| match current(key) {
        None => Some(format!("{key} in the database")),
        Some(alias) if !is_in_token(alias) => Some(format!("{key} in the token")),
        Some(_) => None,
    });
    let base = job.base.iter().filter(|key| current(key).is_none());
    master
        .chain(base.map(|key| format!("{key} in the database")))
        .collect()
}

#[cfg(test)]
mod tests {
    use mosipctl_servers::ObjectKind;

    use super::super::{RealDatabase, RealIssuer, RealKeys, RealSalts, RealToken};
    use super::*;

    fn job(master: &[&str], base: &[&str]) -> RealKeyJob {
        let subject = Subject::new("a", "b");
        let text = String::new;
        RealKeyJob {
            keys: RealKeys {
                pods: subject.clone(),
                token: RealToken {
                    label: text(),
                    pin: text(),
                },
                database: RealDatabase {
                    server: subject.clone(),
                    name: text(),
                    schema: text(),
                    user: text(),
                    password: text(),
                },
                issuer: RealIssuer {
                    server: subject,
                    address: text(),
                    realm: text(),
                    clients: Vec::new(),
                    client: text(),
                    secret: text(),
                },
                salts: RealSalts {
                    uin: text(),
                    partner_code: text(),
                },
            },
            master: master.iter().map(ToString::to_string).collect(),
            base: base.iter().map(ToString::to_string).collect(),
            application: None,
            random: 0,
        }
    }

    #[test]
    fn a_key_counts_when_its_master_key_is_in_the_token_too() {
        let job = job(&["ROOT", "KERNEL/SIGN", "PMS"], &["PMS/one", "PMS/two"]);
        let alias = |id: &str, application: &str, reference: &str, is_current| KeyAlias {
            id: id.to_owned(),
            application: application.to_owned(),
            reference: reference.to_owned(),
            until: String::new(),
            is_current,
        };
        let aliases = [
            alias("r", "ROOT", "", true),
            alias("k", "KERNEL", "SIGN", true),
            alias("p", "PMS", "", false),
            alias("1", "PMS", "one", true),
        ];
        let objects = [TokenObject {
            kind: ObjectKind::PrivateKey,
            label: String::new(),
            id: "r".to_owned(),
        }];
        assert_eq!(
            missing(&job, &aliases, &objects),
            [
                "KERNEL/SIGN in the token",
                "PMS in the database",
                "PMS/two in the database"
            ]
        );
    }
}
