//! The calls in a template: identifiers inside `{{ }}` that are no fields, variables, texts or comments.

/// Each function that is called, with its line from 1.
pub(super) fn functions(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut scanner = Scanner { text, at: 0 };
    while let Some(start) = scanner.text[scanner.at..].find("{{") {
        scanner.at += start + 2;
        scanner.action(&mut found);
    }
    found
        .into_iter()
        .map(|(start, end)| (&text[start..end], line_of(text, start)))
        .collect()
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    /// Reads one action to its end.
    fn action(&mut self, found: &mut Vec<(usize, usize)>) {
        if self.is_comment() {
            self.skip_past("*/");
        }
        while let Some(byte) = self.byte() {
            match byte {
                b'}' if self.text[self.at..].starts_with("}}") => {
                    self.at += 2;
                    return;
                }
                b'"' => self.quoted(),
                b'`' => {
                    self.at += 1;
                    self.skip_past("`");
                }
                b'.' | b'$' => {
                    self.at += 1;
                    self.word();
                }
                byte if is_first(byte) => {
                    let start = self.at;
                    self.word();
                    found.push((start, self.at));
                }
                _ => self.at += 1,
            }
        }
    }

    /// `{{/*` or `{{- /*`.
    fn is_comment(&self) -> bool {
        let rest = &self.text[self.at..];
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        rest.trim_start().starts_with("/*")
    }

    /// A text in quotes, with escapes. One that does not end on its line is an error that Helm tells.
    fn quoted(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' | b'\n' => return,
                _ => {}
            }
        }
    }

    fn word(&mut self) {
        while self.byte().is_some_and(is_part) {
            self.at += 1;
        }
    }

    fn skip_past(&mut self, end: &str) {
        match self.text.get(self.at..).and_then(|rest| rest.find(end)) {
            Some(found) => self.at += found + end.len(),
            None => self.at = self.text.len(),
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// Letters of other alphabets are part of words too.
fn is_first(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

/// A field of a field (`.a.b`) belongs to the same word.
fn is_part(byte: u8) -> bool {
    is_first(byte) || byte.is_ascii_digit() || byte == b'.'
}
