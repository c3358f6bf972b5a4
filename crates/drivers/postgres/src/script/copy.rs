//! `\COPY`: rows from a file beside the script.

use crate::script::lexer::{self, Kind, Piece};

/// A `\COPY` taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FromFile {
    /// The statement for the server.
    pub(crate) sql: String,
    /// The table.
    pub(crate) table: String,
    /// The file, as the script names it.
    pub(crate) file: String,
}

/// Takes apart what stands after `\COPY`. psql puts no variables into it, so neither is done here.
///
/// # Errors
/// It copies to a file, from a program or from a query.
pub(crate) fn parse(text: &str) -> Result<FromFile, String> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let pieces: Vec<Piece> = lexer::cut(text)
        .into_iter()
        .filter(|piece| piece.kind != Kind::Blank)
        .collect();
    let word = |piece: &Piece| text[piece.span.clone()].to_ascii_lowercase();
    let from = outside_brackets(&pieces, text, |word| word == "from" || word == "to");
    let Some(from) = from.filter(|at| word(&pieces[*at]) == "from") else {
        return Err("only `\\COPY TABLE FROM 'FILE'` is known here".to_owned());
    };
    let file = pieces.get(from + 1);
    let is_name = |file: &&Piece| {
        // a quote that does not end is no name
        file.kind == Kind::Quoted && text[file.span.clone()].starts_with('\'')
    };
    let Some(file) = file.filter(is_name) else {
        return Err("`\\COPY … FROM` takes the name of a file in single quotes here".to_owned());
    };
    let target = text[..pieces[from].span.start].trim_end();
    let options = &text[file.span.end..];
    let table = outside_brackets(&pieces, text, |word| word == "(")
        .filter(|at| *at < from)
        .map_or(target, |at| text[..pieces[at].span.start].trim_end());
    if table.is_empty() {
        return Err("a query cannot be copied from a file".to_owned());
    }
    let quoted = &text[file.span.clone()];
    Ok(FromFile {
        sql: format!("COPY {target} FROM STDIN{options}"),
        table: table.to_owned(),
        file: quoted[1..quoted.len() - 1].replace("''", "'"),
    })
}

/// The first word of that sort that stands outside round brackets; an opening bracket counts as outside.
fn outside_brackets(pieces: &[Piece], text: &str, such: impl Fn(&str) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    pieces.iter().position(|piece| {
        let word = text[piece.span.clone()].to_ascii_lowercase();
        let found = depth == 0 && piece.kind == Kind::Code && such(&word);
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        found
    })
}
