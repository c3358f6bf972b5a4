//! Tests of reading scripts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::lexer::{Kind, cut};
use super::*;

fn files(given: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
    given.iter().map(owned).collect()
}

fn read_with(given: &[(&str, &str)], variables: &[(&str, &str)]) -> Vec<Statement> {
    let mut set = Variables::default();
    for (name, value) in variables {
        set.set(*name, *value);
    }
    read(&files(given), "a.sql", &mut set).unwrap()
}

/// Each statement as `FILE:LINE text`.
fn shown(given: &[(&str, &str)]) -> Vec<String> {
    let show = |statement: &Statement| {
        let text = match &statement.action {
            Action::Sql(sql) => sql.clone(),
            Action::Copy(copy) => {
                let rows = match &copy.rows {
                    Rows::Here(rows) => String::from_utf8_lossy(rows),
                    Rows::File(file) => file.into(),
                };
                format!("{} <- {rows}", copy.sql)
            }
            Action::Connect { database, user } => format!("connect {database:?} {user:?}"),
            Action::Echo(text) => format!("echo {text}"),
        };
        format!("{} {text}", statement.place)
    };
    read_with(given, &[]).iter().map(show).collect()
}

fn one(text: &str) -> Vec<String> {
    shown(&[("a.sql", text)])
}

fn problem(given: &[(&str, &str)]) -> String {
    let error = read(&files(given), "a.sql", &mut Variables::default());
    error.unwrap_err().to_string()
}

#[test]
fn statements_know_their_lines_and_the_last_needs_no_semicolon() {
    let text =
        "-- it's; a comment\n\nSELECT 1;\r\n/* a /* nested; */ one */ SELECT\n  2 ; SELECT 3";
    assert_eq!(
        one(text),
        [
            "a.sql:3 SELECT 1",
            "a.sql:4 SELECT\n  2",
            "a.sql:5 SELECT 3"
        ]
    );
}

#[test]
fn semicolons_in_quotes_comments_and_brackets_end_nothing() {
    for text in [
        "SELECT 'a;''b'",
        r"SELECT E'a\';b', E'x''\';'",
        "SELECT E'a'\n  '\\';'",
        "SELECT $$ ; $$, $tag$ ; $$ ; $tag$, $1",
        "SELECT \"a;b\"\"c;\" COLLATE pg_catalog.\"default\"",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "SELECT 1 -- it's; so\n+ 1",
        "SELECT 'two\nlines;'",
        "SELECT name$a$, 'ünï;'",
    ] {
        assert_eq!(one(&format!("{text};")), [format!("a.sql:1 {text}")]);
    }
}

#[test]
fn variables_are_put_in_but_not_into_quotes_or_comments() {
    let text = "SELECT :a, :'b', :\"b\", ':a', \":a\", x::a, y[1:2], :{?a}, :none /* :a */;";
    let statements = read_with(&[("a.sql", text)], &[("a", "'p;w'"), ("b", r"it's \ so")]);
    let expected = r#"SELECT 'p;w',  E'it''s \\ so', "it's \ so", ':a', ":a", x::a, y[1:2], TRUE, :none /* :a */"#;
    assert_eq!(statements[0].action, Action::Sql(expected.to_owned()));
    assert_eq!(statements.len(), 1);
}

#[test]
fn variables_print_without_their_values() {
    let mut variables = Variables::default();
    variables.set("dbuserpwd", "hidden");
    assert_eq!(format!("{variables:?}"), r#"{"dbuserpwd"}"#);
}

#[test]
fn files_are_included_from_where_psql_looks() {
    let given = [
        (
            "a.sql",
            "\u{feff}\\c base postgres\n\\ir ddl/b.sql\nSELECT 4;",
        ),
        ("ddl/b.sql", "SELECT 1;\n\\ir c.sql\n\\i d.sql\nSELECT 3"),
        ("ddl/c.sql", "\\echo 'it''s' here\nSELECT\n2"),
        ("d.sql", "\\set x 7\n\\connect - other\nSELECT :x;"),
    ];
    assert_eq!(
        shown(&given),
        [
            "a.sql:1 connect Some(\"base\") Some(\"postgres\")",
            "ddl/b.sql:1 SELECT 1",
            "ddl/c.sql:1 echo it's here",
            "ddl/c.sql:2 SELECT\n2",
            "d.sql:2 connect None Some(\"other\")",
            "d.sql:3 SELECT 7",
            "ddl/b.sql:4 SELECT 3",
            "a.sql:3 SELECT 4",
        ]
    );
}

#[test]
fn rows_come_from_a_file_or_from_the_script() {
    let given = [
        (
            "a.sql",
            "\\COPY s.t (a,\"from\") FROM './dml/t.csv' delimiter ',' HEADER  csv;\nCOPY s.\"U u\" (a) FROM stdin;\n1;\n2\n\\.\nSELECT 1;",
        ),
        ("dml/t.csv", "\u{feff}a,b\n1,2"),
    ];
    assert_eq!(
        shown(&given),
        [
            "a.sql:1 COPY s.t (a,\"from\") FROM STDIN delimiter ',' HEADER  csv <- dml/t.csv",
            "a.sql:2 COPY s.\"U u\" (a) FROM stdin <- 1;\n2\n",
            "a.sql:6 SELECT 1",
        ]
    );
    let tables: Vec<String> = read_with(&given, &[])
        .into_iter()
        .filter_map(|statement| match statement.action {
            Action::Copy(copy) => Some(copy.table),
            _ => None,
        })
        .collect();
    assert_eq!(tables, ["s.t", "s.\"U u\""]);
}

#[test]
fn a_copy_at_the_end_of_a_script_has_no_rows() {
    assert_eq!(one("COPY t FROM STDIN;"), ["a.sql:1 COPY t FROM STDIN <- "]);
}

#[test]
fn what_is_not_known_is_an_error_with_its_line() {
    for (text, expected) in [
        ("\n\\gexec", "read a.sql:2: `\\gexec` is not known here"),
        (
            "SELECT 1;\n'abc",
            "read a.sql:2: what begins here does not end",
        ),
        (
            "/* a /* b */",
            "read a.sql:1: what begins here does not end",
        ),
        (
            "\\set x `id`",
            "read a.sql:1: a shell in backticks is not run",
        ),
        (
            "\\i ../b.sql",
            "read a.sql:1: `../b.sql` lies outside the folder of the scripts",
        ),
        (
            "\\i /etc/passwd",
            "read a.sql:1: `/etc/passwd` lies outside the folder of the scripts",
        ),
        ("\\i b.sql", "read `b.sql`, which a.sql:1 names"),
        ("\\copy t from 'b.csv'", "read `b.csv`, which a.sql:1 names"),
        (
            "\\copy t to 'x'",
            "read a.sql:1: only `\\COPY TABLE FROM 'FILE'` is known here",
        ),
        (
            "\\copy t from '",
            "read a.sql:1: `\\COPY … FROM` takes the name of a file in single quotes here",
        ),
        (
            "\\i a.sql",
            "read a.sql:1: files include each other without end",
        ),
    ] {
        assert_eq!(problem(&[("a.sql", text)]), expected);
    }
    let mut latin = BTreeMap::new();
    latin.insert("a.sql".to_owned(), b"--\n-- \xe9\n".to_vec());
    let error = read(&latin, "a.sql", &mut Variables::default()).unwrap_err();
    assert_eq!(error.to_string(), "read a.sql:2: it is not UTF-8");
}

#[test]
fn tables_are_known_by_their_statement() {
    for (sql, table) in [
        ("CREATE TABLE keymgr.key_alias(id int)", Some("key_alias")),
        (
            "create table if not exists \"Master\".\"T x\" (a int)",
            Some("T x"),
        ),
        ("CREATE /* x */ UNLOGGED TABLE t AS SELECT 1", Some("t")),
        ("ALTER TABLE t ADD x int", None),
    ] {
        assert_eq!(created_table(sql).as_deref(), table, "{sql}");
    }
}

/// Texts in which all that means something to the lexer stands close together.
fn scripts() -> impl Strategy<Value = String> {
    let signs = "' \" $$ $a$ $ -- /* */ \\ \\. ; : :: :a :'a' :\"a\" :{?a} E' e ( ) a 1 ü \u{feff}";
    let mut parts: Vec<&str> = signs.split(' ').collect();
    parts.extend([" ", "\n", "\r\n", "COPY t FROM STDIN;"]);
    parts.extend(["\\ir b\n", "\\copy t from 'x'\n"]);
    let parts = prop::sample::select(parts);
    prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat())
}

/// Texts of statements alone.
fn statements() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "'a;'",
        "E'\\';'",
        "\"b;\"",
        "$$;$$",
        "-- c;'\n",
        "/* ;/**/' */",
        ";",
        "(",
        ")",
        " ",
        "d",
        "\n",
    ]);
    prop::collection::vec(parts, 0..40).prop_map(|parts| parts.join(" "))
}

/// The text without what says nothing to a server.
fn plain(text: &str) -> String {
    let keep = |kind| !matches!(kind, Kind::Blank | Kind::Comment | Kind::End);
    let pieces = cut(text).into_iter().filter(|piece| keep(piece.kind));
    pieces.map(|piece| &text[piece.span]).collect()
}

proptest! {
    #[test]
    fn no_text_makes_the_lexer_panic_or_lose_a_byte(text in prop_oneof![scripts(), any::<String>()]) {
        let pieces = cut(&text);
        let joined: String = pieces.iter().map(|piece| &text[piece.span.clone()]).collect();
        prop_assert_eq!(&joined, &text);
        // a COPY at the very end has no rows, and is one all the same
        prop_assert!(pieces.iter().all(|piece| piece.kind == Kind::Data || !piece.span.is_empty()));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in scripts()) {
        let _ = read(&files(&[("a.sql", &text), ("b", ""), ("x", "")]), "a.sql", &mut Variables::default());
    }

    #[test]
    fn what_is_sent_is_what_is_written(text in statements()) {
        let sent = read_with(&[("a.sql", &text)], &[]).into_iter().map(|statement| match statement.action {
            Action::Sql(sql) => plain(&sql),
            other => format!("{other:?}"),
        });
        prop_assert_eq!(sent.collect::<String>(), plain(&text));
    }
}
