//! What stands after a command of psql.

use crate::script::lexer::{self, Kind};
use crate::script::variables::Variables;

/// The arguments of a command, with quotes taken off and variables put in. Semicolons at the end of the line are no part of
/// them, since people write them there.
///
/// # Errors
/// A quote does not end, or a shell is asked for.
pub(crate) fn split(text: &str, variables: &Variables) -> Result<Vec<String>, String> {
    let mut arguments = Vec::new();
    let mut rest = text.trim().trim_end_matches(';').trim();
    while !rest.is_empty() {
        let (argument, length) = one(rest, variables)?;
        arguments.push(argument);
        rest = rest[length..].trim_start();
    }
    Ok(arguments)
}

/// The first argument and how long it is in the text.
fn one(text: &str, variables: &Variables) -> Result<(String, usize), String> {
    let mut argument = String::new();
    let mut at = 0;
    while let Some(sign) = text[at..].chars().next() {
        let rest = &text[at..];
        let (part, length) = match sign {
            blank if blank.is_whitespace() => break,
            '`' => return Err("a shell in backticks is not run".to_owned()),
            '\'' => string(rest)?,
            '"' => name(rest)?,
            ':' => variable(rest, variables),
            '\\' => return Err("a second command in the line is not known here".to_owned()),
            sign => (sign.to_string(), sign.len_utf8()),
        };
        argument.push_str(&part);
        at += length;
    }
    Ok((argument, at))
}

fn variable(text: &str, variables: &Variables) -> (String, usize) {
    match lexer::cut(text).first() {
        Some(piece) if piece.kind == Kind::Variable => {
            let length = piece.span.end;
            (variables.expand(&text[..length]), length)
        }
        _ => (":".to_owned(), 1),
    }
}

/// A string in single quotes, with a doubled quote and backslashes as psql reads them.
fn string(text: &str) -> Result<(String, usize), String> {
    let mut out = String::new();
    let mut signs = text.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\'' if signs.peek().is_some_and(|(_, next)| *next == '\'') => {
                signs.next();
                out.push('\'');
            }
            '\'' => return Ok((out, at + 1)),
            '\\' => match signs.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, other)) => out.push(other),
                None => break,
            },
            sign => out.push(sign),
        }
    }
    Err("a quote does not end in its line".to_owned())
}

/// A name in double quotes.
fn name(text: &str) -> Result<(String, usize), String> {
    let end = text[1..].find('"');
    let end = end.ok_or("a quote does not end in its line")?;
    Ok((text[1..=end].to_owned(), end + 2))
}
