//! Cells and tables, with every text escaped.

use std::fmt;

use mosipctl_catalogue::sizing::Basis;

use crate::number::number;

/// A text that no longer means anything to a browser.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The same with names between backticks set apart.
pub(super) fn marked(text: &str) -> String {
    let escaped = escaped(text);
    let parts = escaped.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        0 => part.to_owned(),
        _ => format!("<code>{part}</code>"),
    });
    parts.collect()
}

/// An element.
pub(super) struct Element {
    name: &'static str,
    class: &'static str,
    html: String,
}

impl Element {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            class: "",
            html: String::new(),
        }
    }

    pub(super) fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// What is in it, escaped already.
    pub(super) fn html(mut self, html: &str) -> Self {
        self.html = html.to_owned();
        self
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, class, html } = self;
        match *class {
            "" => writeln!(f, "<{name}>{html}</{name}>"),
            class => writeln!(f, "<{name} class=\"{class}\">{html}</{name}>"),
        }
    }
}

/// A cell of a table.
pub(super) struct Cell(Element);

impl Cell {
    fn of(class: &'static str, html: String) -> Self {
        Self(Element::new("td").class(class).html(&html))
    }

    pub(super) fn text(text: &str) -> Self {
        Self::of("", escaped(text))
    }

    /// A text that is not read at first.
    pub(super) fn small(text: &str) -> Self {
        Self::of("small", escaped(text))
    }

    pub(super) fn strong(text: &str) -> Self {
        Self::of("strong", escaped(text))
    }

    pub(super) fn number(value: f64) -> Self {
        Self::of("number", number(value))
    }

    /// A number with all of its digits.
    pub(super) fn exactly(value: f64) -> Self {
        Self::of("number", value.to_string())
    }

    /// A number with as many digits as another.
    pub(super) fn exactly_as(value: f64, other: f64) -> Self {
        let other = other.to_string();
        let digits = other.split_once('.').map_or(0, |(_, broken)| broken.len());
        Self::of("number", format!("{value:.digits$}"))
    }

    /// A name that others link to.
    pub(super) fn anchor(name: &str) -> Self {
        let name = escaped(name);
        Self::of("", format!("<span id=\"source-{name}\">{name}</span>"))
    }

    /// What a figure rests on, with links to its sources.
    pub(super) fn rests_on(basis: Basis, sources: &[String]) -> Self {
        let basis = basis.as_str();
        let mut html = format!("<span class=\"basis {basis}\">{basis}</span>");
        for source in sources {
            let source = escaped(source);
            html += &format!(" <a href=\"#source-{source}\">{source}</a>");
        }
        Self::of("small", html)
    }
}

/// A table; nothing without rows.
pub(super) fn table(headings: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> String {
    let mut body = String::new();
    let mut numbers = vec![false; headings.len()];
    for row in rows {
        body += "<tr>\n";
        for (index, Cell(cell)) in row.iter().enumerate() {
            body += &cell.to_string();
            if cell.class == "number" {
                numbers[index] = true;
            }
        }
        body += "</tr>\n";
    }
    if body.is_empty() {
        return body;
    }
    let heads = headings.iter().zip(numbers).map(|(text, is_number)| {
        let class = if is_number { "number" } else { "" };
        Element::new("th")
            .class(class)
            .html(&escaped(text))
            .to_string()
    });
    let heads = heads.collect::<String>();
    format!("<table>\n<thead><tr>\n{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let cell = Cell::text("<script>alert(\"x\" & 'y')</script>")
            .0
            .to_string();
        assert_eq!(
            cell,
            "<td>&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;</td>\n"
        );
    }

    #[test]
    fn names_between_backticks_are_set_apart() {
        assert_eq!(marked("set `a<b` there"), "set <code>a&lt;b</code> there");
    }

    #[test]
    fn an_empty_table_is_none() {
        assert_eq!(table(&["of"], std::iter::empty()), "");
    }
}
