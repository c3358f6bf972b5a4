//! Columns that line up.

use std::fmt::Write;

use super::Ink;

/// Widest column that is not the last.
const WIDEST: usize = 54;

/// A table. A heading that begins with `>` is of numbers, which stand to the right.
pub(super) struct Table {
    headings: Vec<String>,
    right: Vec<bool>,
    lines: Vec<Line>,
}

enum Line {
    Group(String),
    Row(Vec<String>),
}

impl Table {
    pub(super) fn new(headings: &[&str]) -> Self {
        let right = headings.iter().map(|text| text.starts_with('>'));
        let names = headings.iter().map(|text| text.trim_start_matches('>'));
        Self {
            right: right.collect(),
            headings: names.map(str::to_owned).collect(),
            lines: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn row(&mut self, cells: impl Into<Vec<String>>) {
        self.lines.push(Line::Row(cells.into()));
    }

    pub(super) fn group(&mut self, title: &str) {
        self.lines.push(Line::Group(title.to_owned()));
    }

    pub(super) fn write(&self, text: &mut String, ink: &dyn Ink) {
        let widths = self.widths();
        let heading = self.line(&self.headings, &widths);
        let _ = writeln!(text, "  {}", ink.faint(heading.trim_end()));
        for line in &self.lines {
            let _ = match line {
                Line::Group(title) => writeln!(text, "  {}", ink.faint(title)),
                Line::Row(cells) => writeln!(text, "  {}", self.line(cells, &widths).trim_end()),
            };
        }
    }

    fn widths(&self) -> Vec<usize> {
        let rows = self.lines.iter().filter_map(|line| match line {
            Line::Row(cells) => Some(cells),
            Line::Group(_) => None,
        });
        let mut widths: Vec<usize> = self.headings.iter().map(|text| length(text)).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(length(cell)).min(WIDEST);
            }
        }
        widths
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        let columns = cells.iter().zip(widths).zip(&self.right);
        for ((cell, width), right) in columns {
            let gap = width.saturating_sub(length(cell));
            let _ = match right {
                true => write!(line, "{:gap$}{cell}  ", ""),
                false => write!(line, "{cell}{:gap$}  ", ""),
            };
        }
        line
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}
