//! Puts the pieces of scripts together, as psql would send them.

use std::sync::Arc;

use crate::script::arguments::split;
use crate::script::error::ScriptError;
use crate::script::files::{Files, folder_of, within};
use crate::script::lexer::{self, Kind, Piece};
use crate::script::place::{Place, line_ends};
use crate::script::variables::Variables;
use crate::script::words::words;
use crate::script::{Action, BYTE_ORDER_MARK, Copy, Rows, Statement, copy};

/// psql has no limit; a file that includes itself would never end.
const DEPTH: usize = 16;

/// Reads scripts.
pub(crate) struct Reader<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) variables: &'a mut Variables,
    pub(crate) statements: Vec<Statement>,
    /// The files that are being read, the outermost first.
    pub(crate) open: Vec<Arc<str>>,
}

/// A statement that is not ended yet.
#[derive(Default)]
struct Pending {
    text: String,
    line: usize,
}

impl Reader<'_> {
    /// Reads a file, from its first line on.
    pub(crate) fn file(&mut self, path: &str, by: Option<&Place>) -> Result<(), ScriptError> {
        let bytes = self.files.read(path);
        let bytes = bytes.map_err(|source| missing(path, by, source))?;
        let file: Arc<str> = path.into();
        let text = String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            wrong(&file, line, "it is not UTF-8")
        })?;
        if self.open.len() >= DEPTH {
            return Err(wrong(&file, 1, "files include each other without end"));
        }
        self.open.push(Arc::clone(&file));
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
        self.text(&file, text)?;
        self.open.pop();
        Ok(())
    }

    fn text(&mut self, file: &Arc<str>, text: &str) -> Result<(), ScriptError> {
        let mut pending = Pending::default();
        let mut line = 1;
        let pieces = lexer::cut(text);
        let mut pieces = pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            let data = pieces.next_if(|next| next.kind == Kind::Data);
            let part = &text[piece.span.clone()];
            let data = data.map(|data| &text[data.span.clone()]);
            self.piece(file, line, piece, (part, data), &mut pending)?;
            line += line_ends(part) + data.map_or(0, line_ends);
        }
        self.end(file, &mut pending, None);
        Ok(())
    }

    fn piece(
        &mut self,
        file: &Arc<str>,
        line: usize,
        piece: &Piece,
        (part, data): (&str, Option<&str>),
        pending: &mut Pending,
    ) -> Result<(), ScriptError> {
        match piece.kind {
            Kind::Open => return Err(wrong(file, line, "what begins here does not end")),
            Kind::Meta => self.meta(&at(file, line), part.trim())?,
            Kind::End => self.end(file, pending, data),
            Kind::Variable => pending.push(line, &self.variables.expand(part)),
            // what stands before a statement is no part of it
            Kind::Blank | Kind::Comment if pending.text.is_empty() => {}
            Kind::Data => {}
            Kind::Code | Kind::Quoted | Kind::Blank | Kind::Comment => pending.push(line, part),
        }
        Ok(())
    }

    fn end(&mut self, file: &Arc<str>, pending: &mut Pending, data: Option<&str>) {
        let Pending { text, line } = std::mem::take(pending);
        let sql = text.trim_end().to_owned();
        if sql.is_empty() {
            return;
        }
        let action = match data {
            Some(data) => Action::Copy(Copy {
                table: copied_to(&sql),
                sql,
                rows: Rows::Here(inline_rows(data)),
            }),
            None => Action::Sql(sql),
        };
        self.push(at(file, line), action);
    }

    fn push(&mut self, place: Place, action: Action) {
        self.statements.push(Statement { place, action });
    }

    fn meta(&mut self, place: &Place, line: &str) -> Result<(), ScriptError> {
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let problem = |problem: String| ScriptError::Line {
            place: place.clone(),
            problem,
        };
        let command = command.trim_end_matches(';');
        if command.eq_ignore_ascii_case("\\copy") {
            return self.copy(place, copy::parse(rest).map_err(problem)?);
        }
        let arguments = split(rest, self.variables).map_err(problem)?;
        match (command, arguments.as_slice()) {
            ("\\c" | "\\connect", arguments) if arguments.len() <= 2 => {
                self.connect(place, arguments);
            }
            ("\\i" | "\\include", [name]) => self.include(place, "", name)?,
            ("\\ir" | "\\include_relative", [name]) => {
                self.include(place, folder_of(&place.file), name)?;
            }
            ("\\echo" | "\\qecho" | "\\warn", words) => {
                self.push(place.clone(), Action::Echo(words.join(" ")));
            }
            ("\\set", [name, values @ ..]) => self.variables.set(name, values.concat()),
            ("\\unset", [name]) => self.variables.unset(name),
            _ => return Err(problem(format!("`{line}` is not known here"))),
        }
        Ok(())
    }

    fn connect(&mut self, place: &Place, arguments: &[String]) {
        // a dash says that it stays as it is
        let given = |at: usize| arguments.get(at).filter(|text| *text != "-").cloned();
        let (database, user) = (given(0), given(1));
        self.push(place.clone(), Action::Connect { database, user });
    }

    fn include(&mut self, place: &Place, base: &str, name: &str) -> Result<(), ScriptError> {
        let path = inside(place, base, name)?;
        self.file(&path, Some(place))
    }

    fn copy(&mut self, place: &Place, copy: copy::FromFile) -> Result<(), ScriptError> {
        let path = inside(place, "", &copy.file)?;
        let found = self.files.find(&path);
        found.map_err(|source| missing(&path, Some(place), source))?;
        let (sql, table) = (copy.sql, copy.table);
        let rows = Rows::File(path);
        self.push(place.clone(), Action::Copy(Copy { sql, table, rows }));
        Ok(())
    }
}

impl Pending {
    fn push(&mut self, line: usize, part: &str) {
        if self.text.is_empty() {
            self.line = line;
        }
        self.text.push_str(part);
    }
}

fn at(file: &Arc<str>, line: usize) -> Place {
    Place {
        file: Arc::clone(file),
        line,
    }
}

fn wrong(file: &Arc<str>, line: usize, problem: &str) -> ScriptError {
    ScriptError::Line {
        place: at(file, line),
        problem: problem.to_owned(),
    }
}

fn missing(path: &str, by: Option<&Place>, source: std::io::Error) -> ScriptError {
    ScriptError::File {
        file: path.to_owned(),
        by: by.cloned(),
        source,
    }
}

fn inside(place: &Place, base: &str, name: &str) -> Result<String, ScriptError> {
    within(base, name).ok_or_else(|| {
        let problem = format!("`{name}` lies outside the folder of the scripts");
        wrong(&place.file, place.line, &problem)
    })
}

/// The table of a COPY whose rows stand in the script.
fn copied_to(sql: &str) -> String {
    let words = words(sql, 4);
    match words.as_slice() {
        [_, schema, dot, table] if dot == "." => format!("{schema}.{table}"),
        [_, table, ..] => table.clone(),
        _ => String::new(),
    }
}

/// The rows between the line of the COPY and `\.`.
fn inline_rows(data: &str) -> Vec<u8> {
    let rows = data.split_once('\n').map_or("", |(_, rows)| rows);
    let mut out = String::new();
    for row in rows.split_inclusive('\n') {
        if row.trim_end() == "\\." {
            break;
        }
        out.push_str(row);
    }
    out.into_bytes()
}
