//! A sheet with a heading that stays, columns as wide as their content, and a filter.

use mosipctl_catalogue::sizing::Basis;
use rust_xlsxwriter::{Color, Format, FormatBorder, Formula, Workbook, Worksheet, XlsxError};

/// Widest column, in characters.
const WIDEST: u16 = 60;
/// Rows that a column's width is taken from hold at least this many characters.
const NARROWEST: u16 = 8;

/// What stands in a cell.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(f64),
    /// A number with all of its digits.
    Exact(f64),
    /// A part of a whole.
    Share(f64),
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn basis(basis: Basis) -> Self {
        Self::text(basis.as_str())
    }

    pub(super) fn sources(sources: &[String]) -> Self {
        Self::Text(sources.join(", "))
    }

    fn width(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            _ => 12,
        }
    }
}

/// How cells look.
pub(super) struct Formats {
    heading: Format,
    number: Format,
    exact: Format,
    share: Format,
    text: Format,
    sum: Format,
}

impl Formats {
    pub(super) fn new() -> Self {
        let top = || Format::new().set_align(rust_xlsxwriter::FormatAlign::Top);
        Self {
            heading: Format::new()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(Color::RGB(0x000B_5C8A)),
            number: top().set_num_format("#,##0.##"),
            exact: top(),
            share: top().set_num_format("0%"),
            text: top().set_text_wrap(),
            sum: Format::new()
                .set_bold()
                .set_num_format("#,##0.##")
                .set_border_top(FormatBorder::Thin),
        }
    }
}

/// A sheet.
pub(super) struct Sheet {
    name: &'static str,
    headings: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    sums: Vec<u16>,
}

impl Sheet {
    pub(super) fn new(name: &'static str, headings: &[&'static str]) -> Self {
        Self {
            name,
            headings: headings.to_vec(),
            rows: Vec::new(),
            sums: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Sums of these columns below the last row.
    pub(super) fn sums(&mut self, columns: &[u16]) {
        self.sums = columns.to_vec();
    }

    pub(super) fn write(self, book: &mut Workbook, formats: &Formats) -> Result<(), XlsxError> {
        let sheet = book.add_worksheet();
        sheet.set_name(self.name)?;
        sheet.set_freeze_panes(1, 1)?;
        sheet.set_landscape();
        sheet.set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(0, 0)?;
        for (column, heading) in (0..).zip(&self.headings) {
            sheet.write_with_format(0, column, *heading, &formats.heading)?;
            sheet.set_column_width(column, self.width(column))?;
        }
        for (row, cells) in (1..).zip(&self.rows) {
            for (column, cell) in (0..).zip(cells) {
                write(sheet, row, column, cell, formats)?;
            }
        }
        self.finish(sheet, formats)
    }

    fn finish(&self, sheet: &mut Worksheet, formats: &Formats) -> Result<(), XlsxError> {
        let last = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let columns = u16::try_from(self.headings.len()).unwrap_or(u16::MAX);
        sheet.autofilter(0, 0, last.max(1), columns - 1)?;
        for &column in &self.sums {
            let name = rust_xlsxwriter::utility::column_number_to_name(column);
            let total: f64 = self.rows.iter().map(|row| value(row, column)).sum();
            let formula = Formula::new(format!("=SUM({name}2:{name}{})", last + 1));
            let formula = formula.set_result(total.to_string());
            sheet.write_formula_with_format(last + 1, column, formula, &formats.sum)?;
        }
        Ok(())
    }

    fn width(&self, column: u16) -> u16 {
        let column = usize::from(column);
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(Cell::width).max().unwrap_or_default();
        let heading = self.headings[column].chars().count() + 3;
        let width = u16::try_from(widest.max(heading)).unwrap_or(WIDEST);
        width.clamp(NARROWEST, WIDEST)
    }
}

fn value(row: &[Cell], column: u16) -> f64 {
    match row.get(usize::from(column)) {
        Some(Cell::Number(number)) => *number,
        _ => 0.0,
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => drop(sheet.write_with_format(row, column, text, &formats.text)?),
        Cell::Number(number) => {
            sheet.write_with_format(row, column, *number, &formats.number)?;
        }
        Cell::Exact(number) => {
            sheet.write_with_format(row, column, *number, &formats.exact)?;
        }
        Cell::Share(share) => {
            sheet.write_with_format(row, column, *share, &formats.share)?;
        }
    }
    Ok(())
}
