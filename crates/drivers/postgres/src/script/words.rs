//! What can be told about a statement from its words.

use crate::script::lexer::{self, Kind};

/// The first words of a statement in lower case, without comments; what is quoted is as it is written, with its quotes.
pub(crate) fn words(sql: &str, count: usize) -> Vec<String> {
    let pieces = lexer::cut(sql).into_iter();
    pieces
        .filter(|piece| !matches!(piece.kind, Kind::Blank | Kind::Comment))
        .take(count)
        .map(|piece| match piece.kind {
            Kind::Quoted => sql[piece.span].to_owned(),
            _ => sql[piece.span].to_ascii_lowercase(),
        })
        .collect()
}

/// Whether a name is among its words.
pub(crate) fn mentions(sql: &str, name: &str) -> bool {
    words(sql, usize::MAX)
        .iter()
        .any(|word| word.trim_matches('"') == name)
}

/// The table that a CREATE TABLE makes, without its schema.
pub(crate) fn created_table(sql: &str) -> Option<String> {
    let words = words(sql, 16);
    let table = words.iter().take(4).position(|word| word == "table")?;
    if words.first()? != "create" {
        return None;
    }
    let mut name = &words[table + 1..];
    if name.starts_with(&["if", "not", "exists"].map(str::to_owned)) {
        name = &name[3..];
    }
    let parts: Vec<&String> = name.iter().take_while(|word| *word != "(").collect();
    // either `schema . table` or the table alone
    let table = match parts.as_slice() {
        [_, dot, table, ..] if *dot == "." => table,
        [table, ..] => table,
        [] => return None,
    };
    Some(table.trim_matches('"').to_owned())
}
