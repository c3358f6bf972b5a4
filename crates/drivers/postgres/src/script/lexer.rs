//! Cuts the text of a script into pieces, of which none is lost: joined again they are the text.

use std::ops::Range;

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where it stands, in bytes.
    pub(crate) span: Range<usize>,
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Words, numbers and signs of SQL.
    Code,
    /// Blanks and line ends.
    Blank,
    /// A comment of either sort.
    Comment,
    /// A string, a quoted name or a dollar-quoted body; variables are not looked for in it.
    Quoted,
    /// What a quote, a comment or a dollar tag begins and nothing ends.
    Open,
    /// `:name`, `:'name'`, `:"name"` or `:{?name}`.
    Variable,
    /// The semicolon that ends a statement.
    End,
    /// A backslash and the rest of the line.
    Meta,
    /// The lines after `COPY … FROM STDIN;` up to and with `\.`.
    Data,
}

/// Cuts a text.
pub(crate) fn cut(text: &str) -> Vec<Piece> {
    let mut lexer = Lexer {
        text,
        at: 0,
        depth: 0,
        head: String::new(),
        pieces: Vec::new(),
    };
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.pieces
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Round brackets that are open: a semicolon within them ends nothing.
    depth: usize,
    /// The words of the statement so far, to know a COPY that data follow.
    head: String,
    pieces: Vec<Piece>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn step(&mut self) {
        let rest = self.rest();
        let (kind, length) = match first(rest) {
            blank if blank.is_whitespace() => (Kind::Blank, run(rest, char::is_whitespace)),
            '\\' => (Kind::Meta, line(rest)),
            ';' if self.depth == 0 => (Kind::End, 1),
            '-' if rest.starts_with("--") => (Kind::Comment, line(rest)),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '\'' => string(rest, 0, false),
            '"' => closed(rest, 1, '"'),
            ':' => colon(rest),
            '$' => dollar(rest),
            sign if is_word(sign) => word(rest),
            sign => (Kind::Code, sign.len_utf8()),
        };
        self.push(kind, length);
        if kind == Kind::End {
            self.data();
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let span = self.at..self.at + length;
        let text = &self.text[span.clone()];
        match (kind, text) {
            (Kind::Code, "(") => self.depth += 1,
            (Kind::Code, ")") => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if kind == Kind::Code && self.depth == 0 && self.head.len() < HEAD {
            self.head.push_str(text);
            self.head.push(' ');
        }
        self.pieces.push(Piece { kind, span });
        self.at += length;
    }

    /// Takes the data of a COPY from the script itself.
    fn data(&mut self) {
        let head = std::mem::take(&mut self.head).to_ascii_lowercase();
        let from_here = head.contains(" from stdin") || head.contains(" from pstdin");
        if !(head.starts_with("copy ") && from_here) {
            return;
        }
        let rest = self.rest();
        let mut length = line(rest);
        while length < rest.len() {
            let one = line(&rest[length..]);
            let last = rest[length..length + one].trim_end() == "\\.";
            length += one;
            if last {
                break;
            }
        }
        self.push(Kind::Data, length);
    }
}

/// More than a COPY has before its data, columns left out.
const HEAD: usize = 4096;

fn first(text: &str) -> char {
    text.chars().next().unwrap_or('\0')
}

/// How far all characters are such.
fn run(text: &str, such: impl Fn(char) -> bool) -> usize {
    text.find(|c| !such(c)).unwrap_or(text.len())
}

/// A line with its end.
fn line(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |end| end + 1)
}

/// What a name may begin with, as the server's own lexer has it.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || !c.is_ascii()
}

fn is_in_word(c: char) -> bool {
    is_word(c) || c == '$'
}

/// Block comments nest.
fn block_comment(text: &str) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (2, 1);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (at, depth) = (at + 2, depth + 1),
            Some(b"*/") => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            return (Kind::Comment, at);
        }
    }
    (Kind::Open, text.len())
}

/// Words, and the strings that a letter stands before: only those after an `E` take a backslash.
fn word(text: &str) -> (Kind, usize) {
    let length = run(text, is_in_word);
    let quoted = text[length..].starts_with('\'');
    match &text[..length] {
        "e" | "E" if quoted => string(text, length, true),
        _ => (Kind::Code, length),
    }
}

/// A string whose quote stands at `from`. With backslashes it goes on after a line end, if another quote follows there.
fn string(text: &str, from: usize, backslashes: bool) -> (Kind, usize) {
    let (kind, mut length) = quoted(text, from + 1, backslashes);
    if kind == Kind::Open || !backslashes {
        return (kind, length);
    }
    while let Some(next) = continuation(&text[length..]) {
        let (kind, end) = quoted(text, length + next + 1, backslashes);
        length = end;
        if kind == Kind::Open {
            return (kind, length);
        }
    }
    (Kind::Quoted, length)
}

fn continuation(text: &str) -> Option<usize> {
    let blank = run(text, char::is_whitespace);
    let goes_on = text[..blank].contains('\n') && text[blank..].starts_with('\'');
    goes_on.then_some(blank)
}

fn quoted(text: &str, from: usize, backslashes: bool) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if backslashes => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return (Kind::Quoted, at + 1),
            _ => at += 1,
        }
    }
    (Kind::Open, text.len())
}

/// What begins before `from` and ends with the sign.
fn closed(text: &str, from: usize, sign: char) -> (Kind, usize) {
    match text[from..].find(sign) {
        Some(end) => (Kind::Quoted, from + end + sign.len_utf8()),
        None => (Kind::Open, text.len()),
    }
}

fn dollar(text: &str) -> (Kind, usize) {
    let tag = 1 + run(&text[1..], is_word);
    let numeric = first(&text[1..]).is_ascii_digit();
    if numeric || !text[tag..].starts_with('$') {
        return (Kind::Code, 1);
    }
    let opening = &text[..=tag];
    match text[opening.len()..].find(opening) {
        Some(end) => (Kind::Quoted, end + 2 * opening.len()),
        None => (Kind::Open, text.len()),
    }
}

fn colon(text: &str) -> (Kind, usize) {
    let after = &text[1..];
    match first(after) {
        ':' | '=' => (Kind::Code, 2),
        sign @ ('\'' | '"') => wrapped(after, sign, sign),
        '{' if after.starts_with("{?") => wrapped(&after[1..], '?', '}'),
        sign if is_word(sign) => (Kind::Variable, 1 + run(after, is_word)),
        _ => (Kind::Code, 1),
    }
}

/// A variable in signs; anything else is a lonely colon, as it is to psql.
fn wrapped(text: &str, opening: char, closing: char) -> (Kind, usize) {
    let inner = &text[opening.len_utf8()..];
    let length = run(inner, is_word);
    let before = 1 + usize::from(opening == '?');
    match length > 0 && inner[length..].starts_with(closing) {
        true => (Kind::Variable, before + length + 2),
        false => (Kind::Code, 1),
    }
}
