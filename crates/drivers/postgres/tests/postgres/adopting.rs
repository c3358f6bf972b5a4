//! Databases that were made elsewhere.

use mosipctl_postgres::{Outcome, PostgresError, Role, Standing};

use crate::support::{Scripts, ask, deploy_with_psql, driver, password, postgres};

#[tokio::test]
async fn what_psql_made_is_adopted_and_not_touched() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    for fixture in ["keys", "partners", "texts"] {
        let scripts = Scripts::of(fixture, "adopted", postgres);
        let wanted = std::slice::from_ref(&scripts.wanted);
        deploy_with_psql(postgres, scripts.path(), true);
        if fixture == "keys" {
            ask(postgres, "adopted_keys", "UPDATE policy SET valid_days = 1");
        }
        let tables = scripts.wanted.tables;
        assert_eq!(
            server.look(wanted).await.unwrap(),
            [Standing::Unmarked { tables }]
        );
        let made = server
            .make(&wanted[0], scripts.path(), &password(), None)
            .await
            .unwrap();
        assert_eq!(
            (made.outcome, made.role, made.rows),
            (Outcome::Adopted, Role::Held, 0)
        );
        assert_eq!(server.look(wanted).await.unwrap(), [Standing::Holds]);
    }
    let days = "SELECT string_agg(DISTINCT valid_days::text, ' ') FROM policy";
    assert_eq!(ask(postgres, "adopted_keys", days), "1");
}

#[tokio::test]
async fn a_database_of_somebody_else_is_asked_about() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("keys", "foreign", postgres);
    deploy_with_psql(postgres, scripts.path(), true);
    ask(postgres, "foreign_keys", "ALTER TABLE ring RENAME TO chain");
    let error = server
        .make(&scripts.wanted, scripts.path(), &password(), None)
        .await
        .unwrap_err();
    assert!(matches!(error, PostgresError::Unknown { .. }) && error.remedy().is_some());
    let text = error.to_string();
    assert!(
        text.contains("lacks `ring`, and") && text.contains("`chain`"),
        "{text}"
    );
    let marked = "SELECT count(*) FROM pg_namespace WHERE nspname = 'mosipctl'";
    assert_eq!(ask(postgres, "foreign_keys", marked), "0");
}

#[tokio::test]
async fn columns_that_differ_are_listed_and_nothing_is_touched() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("keys", "altered", postgres);
    let database = "altered_keys";
    deploy_with_psql(postgres, scripts.path(), true);
    // what a run left that was killed while it compared
    ask(
        postgres,
        "postgres",
        "CREATE DATABASE altered_keys_proof_of_scripts",
    );
    for change in [
        "ALTER TABLE policy ALTER valid_days DROP NOT NULL",
        "ALTER TABLE policy ALTER note TYPE text",
        "ALTER TABLE ring DROP key_expire_dtimes",
        "ALTER TABLE ring ADD more integer",
    ] {
        ask(postgres, database, change);
    }
    let password = password();
    let make = || server.make(&scripts.wanted, scripts.path(), &password, None);
    let error = make().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "take database `altered_keys` as it is: columns are not as its scripts make them: \
         `policy.note` is text, not character varying(64), \
         `policy.valid_days` is smallint, not smallint NOT NULL, \
         `ring.key_expire_dtimes` is lacking (timestamp without time zone), \
         `ring.more` is none of theirs"
    );
    assert!(error.remedy().is_some());
    let marked = "SELECT count(*) FROM pg_namespace WHERE nspname = 'mosipctl'";
    assert_eq!(ask(postgres, database, marked), "0");
    let left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'altered%'";
    assert_eq!(ask(postgres, "postgres", left), "1");
    for change in [
        "ALTER TABLE policy ALTER valid_days SET NOT NULL",
        "ALTER TABLE policy ALTER note TYPE varchar(64)",
        "ALTER TABLE ring ADD key_expire_dtimes timestamp",
        "ALTER TABLE ring DROP more",
    ] {
        ask(postgres, database, change);
    }
    assert_eq!(make().await.unwrap().outcome, Outcome::Adopted);
    assert_eq!(ask(postgres, "postgres", left), "1");
}
