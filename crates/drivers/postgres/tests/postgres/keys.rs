//! Keys are read from the table of the key manager.

use mosipctl_postgres::KeyAlias;

use crate::support::{ask, driver, postgres};

const TABLE: &str = "CREATE SCHEMA keymgr; CREATE TABLE keymgr.key_alias(id varchar(36), app_id varchar(36), ref_id varchar(128), \
    key_gen_dtimes timestamp, key_expire_dtimes timestamp, is_deleted boolean)";
const ROWS: &str = "INSERT INTO keymgr.key_alias VALUES \
    ('a', 'ROOT', NULL, '2020-01-01', '2999-12-31', NULL), ('b', 'KERNEL', 'SIGN', '2020-01-01', '2021-01-01', false), \
    ('c', 'KERNEL', 'SIGN', '2998-01-01', '2999-01-01', false), ('d', 'PMS', '', '2020-01-01', NULL, true)";

#[tokio::test]
async fn keys_are_read_and_those_that_may_be_used_are_told() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let none = server.keys("key_table", "keymgr").await.unwrap();
    assert_eq!(none, [], "there is no database");
    ask(postgres, "postgres", "CREATE DATABASE key_table");
    let none = server.keys("key_table", "keymgr").await.unwrap();
    assert_eq!(none, [], "there is no table");
    ask(postgres, "key_table", TABLE);
    ask(postgres, "key_table", ROWS);
    let key =
        |id: &str, application: &str, reference: &str, until: &str, is_current: bool| KeyAlias {
            id: id.to_owned(),
            application: application.to_owned(),
            reference: reference.to_owned(),
            until: until.to_owned(),
            is_current,
        };
    let wanted = [
        key("b", "KERNEL", "SIGN", "2021-01-01", false),
        key("c", "KERNEL", "SIGN", "2999-01-01", false),
        key("d", "PMS", "", "", false),
        key("a", "ROOT", "", "2999-12-31", true),
    ];
    assert_eq!(server.keys("key_table", "keymgr").await.unwrap(), wanted);
}
