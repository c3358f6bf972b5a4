//! Keys of MOSIP's key manager. Its own programs make them; here they are looked for in its table, which is only read.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use mosipctl_catalogue::Fact;
use mosipctl_plan::observed::Standing;
use mosipctl_postgres::KeyAlias;

use crate::databases;
use crate::error::PrepareError;
use crate::finding::Finding;
use crate::servers::Servers;

/// A table of keys, and the keys that are to be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTable {
    /// The database.
    pub database: String,
    /// The schema of the table `key_alias`.
    pub schema: String,
    /// The keys.
    pub keys: Vec<Fact>,
    /// Why they are only pretended, if they are.
    pub simulated: Option<String>,
}

/// Keys of a table with what is known of each.
type Known<'a> = Vec<(&'a KeyTable, Vec<KeyAlias>)>;

/// Reads the tables whose keys are not pretended.
async fn known(servers: &Servers) -> Result<Known<'_>, PrepareError> {
    let tables = servers.keys.iter();
    let tables: Vec<&KeyTable> = tables.filter(|table| table.simulated.is_none()).collect();
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let server = databases::connect(servers).await?;
    let reads = tables.into_iter().map(|table| {
        let server = &server;
        async move {
            let keys = server.keys(&table.database, &table.schema).await?;
            Ok::<_, PrepareError>((table, keys))
        }
    });
    try_join_all(reads).await
}

pub(crate) async fn look(servers: &Servers) -> Result<BTreeMap<Fact, Standing>, PrepareError> {
    let known = known(servers).await?;
    let standings = known.iter().flat_map(|(table, known)| {
        table.keys.iter().map(|fact| {
            let standing = match current(fact, known) {
                Some(_) => Standing::Holds,
                None => Standing::Absent,
            };
            (fact.clone(), standing)
        })
    });
    Ok(standings.collect())
}

pub(crate) async fn verify(servers: &Servers) -> Vec<Finding> {
    match known(servers).await {
        Ok(known) => known
            .iter()
            .flat_map(|(table, known)| table.keys.iter().map(|fact| finding(fact, table, known)))
            .collect(),
        Err(error) => {
            let tables = servers.keys.iter();
            let facts = tables
                .filter(|table| table.simulated.is_none())
                .flat_map(|table| &table.keys);
            let found = facts.map(|fact| Finding {
                fact: fact.clone(),
                wrong: vec![format!("failed to {error}")],
                proof: String::new(),
            });
            found.collect()
        }
    }
}

fn finding(fact: &Fact, table: &KeyTable, known: &[KeyAlias]) -> Finding {
    let KeyTable { database, .. } = table;
    let (wrong, proof) = match (current(fact, known), of(fact, known).last()) {
        (Some(key), _) => (None, proof(key, database)),
        (None, Some(old)) => (Some(expired(old, database)), String::new()),
        (None, None) => (Some(absent(fact, database)), String::new()),
    };
    Finding {
        fact: fact.clone(),
        wrong: wrong.into_iter().collect(),
        proof,
    }
}

fn proof(key: &KeyAlias, database: &str) -> String {
    let until = match key.until.as_str() {
        "" => String::new(),
        day => format!(", valid until {day}"),
    };
    format!("alias {} in `{database}`{until}", key.id)
}

fn expired(key: &KeyAlias, database: &str) -> String {
    format!(
        "its last alias in `{database}`, {}, may not be used any more (until {}); keymanager makes a new key when it is asked for \
         this one: POST /v1/keymanager/generateMasterKey/certificate",
        key.id,
        match key.until.as_str() {
            "" => "deleted",
            day => day,
        }
    )
}

fn absent(fact: &Fact, database: &str) -> String {
    format!(
        "there is no such key in `{database}`. If it was there, put database and HSM back from the same backup: a new {} key opens \
         nothing that the old one closed. If it never was, let keymanager make it: POST /v1/keymanager/generateMasterKey/certificate",
        fact.key
    )
}

/// Everything known of a key, the youngest last.
fn of<'a>(fact: &Fact, known: &'a [KeyAlias]) -> impl DoubleEndedIterator<Item = &'a KeyAlias> {
    let (application, reference) = fact.key.split_once('/').unwrap_or((&fact.key, ""));
    let (application, reference) = (application.to_owned(), reference.to_owned());
    known
        .iter()
        .filter(move |key| key.application == application && key.reference == reference)
}

fn current<'a>(fact: &Fact, known: &'a [KeyAlias]) -> Option<&'a KeyAlias> {
    of(fact, known).rfind(|key| key.is_current)
}

#[cfg(test)]
mod tests {
    use mosipctl_catalogue::FactKind;

    use super::*;

    fn key(application: &str, reference: &str, is_current: bool) -> KeyAlias {
        KeyAlias {
            id: format!("id-{application}-{reference}"),
            application: application.to_owned(),
            reference: reference.to_owned(),
            until: "2029-01-31".to_owned(),
            is_current,
        }
    }

    fn found(name: &str) -> Finding {
        let table = KeyTable {
            database: "keys".to_owned(),
            schema: "keymgr".to_owned(),
            keys: Vec::new(),
            simulated: None,
        };
        let known = [
            key("KERNEL", "SIGN", false),
            key("KERNEL", "SIGN", true),
            key("PMS", "", false),
            key("KERNEL", "other", true),
        ];
        finding(&Fact::new(FactKind::Key, name), &table, &known)
    }

    #[test]
    fn a_key_that_may_be_used_is_told_with_its_end() {
        let found = found("KERNEL/SIGN");
        assert_eq!(found.wrong, Vec::<String>::new());
        assert_eq!(
            found.proof,
            "alias id-KERNEL-SIGN in `keys`, valid until 2029-01-31"
        );
    }

    #[test]
    fn a_key_that_is_missing_is_told_apart_from_one_whose_time_is_over() {
        let missing = &found("KERNEL").wrong[0];
        assert!(missing.contains("no such key in `keys`"), "{missing}");
        let over = &found("PMS").wrong[0];
        assert!(
            over.contains("id-PMS-") && over.contains("2029-01-31"),
            "{over}"
        );
    }
}
