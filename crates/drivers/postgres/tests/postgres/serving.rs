//! What a database is found to be, and what is done on request.

use mosipctl_postgres::{Expired, Outcome, PostgresError, Standing};
use secrecy::SecretString;

use crate::support::{Scripts, ask, driver, password, postgres};

#[tokio::test]
async fn what_a_role_lacks_is_found() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("keys", "lacking", postgres);
    let wanted = &scripts.wanted;
    let absent = server.verify(wanted, &password()).await.unwrap();
    assert_eq!(absent, ["database `lacking_keys` is not there"]);
    server
        .make(wanted, scripts.path(), &password(), None)
        .await
        .unwrap();
    assert_eq!(
        server.verify(wanted, &password()).await.unwrap(),
        Vec::<String>::new()
    );
    ask(
        postgres,
        "lacking_keys",
        "REVOKE UPDATE ON policy FROM lacking_keysuser",
    );
    ask(postgres, "lacking_keys", "CREATE TABLE keys.more()");
    ask(
        postgres,
        "lacking_keys",
        "ALTER SCHEMA keys OWNER TO lacking_keysuser",
    );
    let found = server
        .verify(wanted, &SecretString::from("another"))
        .await
        .unwrap();
    assert_eq!(
        found,
        [
            "schema `keys` has 3 tables, not 2",
            "schema `keys` is owned by `lacking_keysuser`, and the database by `postgres`",
            "role `lacking_keysuser` does not log in with its password",
            "role `lacking_keysuser` lacks UPDATE on table `policy`",
        ]
    );
}

#[tokio::test]
async fn dates_that_have_passed_are_found_and_extended_on_request() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("partners", "dated", postgres);
    let wanted = &scripts.wanted;
    server
        .make(wanted, scripts.path(), &password(), None)
        .await
        .unwrap();
    let expired = || server.expired(wanted, scripts.path());
    let of = |column: &str| Expired {
        table: "policy".to_owned(),
        column: column.to_owned(),
        rows: 1,
    };
    let both = [of("policy_expiry_date"), of("valid_to_datetime")];
    assert_eq!(expired().await.unwrap(), both);
    // what a person entered, and what one has set for a seed, is over because somebody wants it
    for change in [
        "INSERT INTO policy (id, valid_to_datetime) VALUES ('own', '2024-01-01')",
        "UPDATE policy SET policy_expiry_date = '2024-01-01' WHERE id = 'two'",
    ] {
        ask(postgres, "dated_partners", change);
    }
    assert_eq!(expired().await.unwrap(), [of("valid_to_datetime")]);
    let extend = |until: &'static str| server.extend(wanted, scripts.path(), until);
    let error = extend("some day").await.unwrap_err();
    assert!(matches!(error, PostgresError::Refused { .. }), "{error:?}");
    let error = extend("2025-01-01").await.unwrap_err();
    assert!(matches!(error, PostgresError::Passed { .. }), "{error:?}");
    assert_eq!(extend("2098-12-31").await.unwrap(), 1);
    assert_eq!(extend("2098-12-31").await.unwrap(), 0);
    assert_eq!(expired().await.unwrap(), []);
    let dates = "SELECT string_agg(valid_to_datetime::date::text, ' ' ORDER BY id) FROM policy";
    assert_eq!(
        ask(postgres, "dated_partners", dates),
        "2098-12-31 2024-01-01 2099-12-31"
    );
}

#[tokio::test]
async fn seeds_do_not_come_over_rows_that_are_there() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("partners", "sown", postgres);
    // a script that makes a table with rows, as an installation that is restored by hand has them
    let row = "\nINSERT INTO partners.\"Partner Type\" (code) VALUES ('Own');\\ir policy.sql";
    scripts.edit("ddl/all.sql", "\n\\ir policy.sql", row);
    scripts.edit("ddl/all.sql", ";\\ir", ";\n\\ir");
    scripts.edit("dml.sql", "'Auth_Partner'", "'Own'");
    let made = server
        .make(&scripts.wanted, scripts.path(), &password(), None)
        .await
        .unwrap();
    assert_eq!((made.outcome, made.rows), (Outcome::Made, 2));
    assert_eq!(made.left, ["Partner Type"]);
    let types = "SELECT string_agg(code, ' ') FROM \"Partner Type\"";
    assert_eq!(ask(postgres, "sown_partners", types), "Own");
}

#[tokio::test]
async fn a_database_is_dropped_for_its_name_alone() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("keys", "doomed", postgres);
    let wanted = &scripts.wanted;
    server
        .make(wanted, scripts.path(), &password(), None)
        .await
        .unwrap();
    let error = server.drop(wanted, "doomed").await.unwrap_err();
    assert!(matches!(error, PostgresError::Mistyped { .. }), "{error:?}");
    let look = || server.look(std::slice::from_ref(wanted));
    assert_eq!(look().await.unwrap(), [Standing::Holds]);
    server.drop(wanted, "doomed_keys").await.unwrap();
    assert_eq!(look().await.unwrap(), [Standing::Absent]);
}
