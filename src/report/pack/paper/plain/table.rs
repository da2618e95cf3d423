//! Tables on plain paper: columns as wide as what is in them, amounts under one another, the head on every sheet.

use super::font::{Face, lines, width};
use super::sheet::Ink;
use super::{BODY, LEFT, Paper, RIGHT, leading, text};
use crate::report::pack::paper::document::{Look, Row, Table};

/// Between two columns.
const GAP: i64 = 70;
/// Between two rows.
const ROW_GAP: i64 = 12;
/// No column of words is narrower, if it has more.
const NARROWEST: i64 = 450;

/// Sizes of the letters, the largest first: the first one is taken in which a table fits.
const SIZES: [i64; 3] = [BODY, 72, 64];
const SMALLEST: i64 = 58;

struct Columns {
    size: i64,
    widths: Vec<i64>,
}

fn face_of(row: &Row) -> Face {
    if row.is_total { Face::Bold } else { Face::Regular }
}

impl Columns {
    fn of(table: &Table) -> Self {
        let natural = |size: i64| -> Vec<i64> {
            let wide = |(index, column): (usize, &super::super::document::Column)| {
                let cells =
                    table.rows.iter().filter_map(|row| Some(width(&row.cells.get(index)?.text, face_of(row), size)));
                cells.max().unwrap_or(0).max(width(&column.title, Face::Bold, size)) + GAP
            };
            table.columns.iter().enumerate().map(wide).collect()
        };
        let fits = |widths: &[i64]| widths.iter().sum::<i64>() <= RIGHT - LEFT;
        let size = SIZES.into_iter().find(|size| fits(&natural(*size))).unwrap_or(SMALLEST);
        let mut widths = natural(size);
        // Words are broken into lines; amounts never are.
        while !fits(&widths) {
            let excess = widths.iter().sum::<i64>() - (RIGHT - LEFT);
            let words = widths.iter_mut().zip(&table.columns).filter(|(_, column)| !column.is_number);
            let Some(widest) = words.map(|(width, _)| width).max().filter(|width| **width > NARROWEST) else { break };
            *widest = (*widest - excess).max(NARROWEST);
        }
        // What is left goes to all of them alike.
        let left = (RIGHT - LEFT - widths.iter().sum::<i64>()).max(0);
        let share = i64::try_from(widths.len()).map_or(0, |count| left / count.max(1));
        widths.iter_mut().for_each(|width| *width += share);
        Self { size, widths }
    }
}

impl Paper<'_> {
    pub(super) fn table(&mut self, table: &Table) {
        let columns = Columns::of(table);
        self.need(self.height_of(table, &columns));
        if let Some(title) = &table.title {
            self.y += 40;
            self.line(LEFT, 90, Face::Bold, Ink::Black, title);
            self.y += 25;
        }
        if !table.rows.is_empty() {
            self.head(table, &columns);
        }
        if !table.has_rows() {
            self.line(LEFT, columns.size, Face::Regular, Ink::Soft, self.none);
            self.y += ROW_GAP;
        }
        for row in &table.rows {
            self.row(table, &columns, row);
        }
        self.y += 110;
    }

    /// How much a table needs of the sheet on which it begins.
    pub(super) fn needed(&self, table: &Table) -> i64 {
        self.height_of(table, &Columns::of(table))
    }

    /// How much must be left on the sheet: a short table stays together, of another one the beginning does.
    fn height_of(&self, table: &Table, columns: &Columns) -> i64 {
        let of = |row: &Row| {
            let cells: Vec<(String, Look)> = row.cells.iter().map(|cell| (cell.text.clone(), cell.look)).collect();
            self.height(columns, &cells, face_of(row)) + ROW_GAP
        };
        let rows = if table.is_short() { table.rows.len() } else { 3 };
        3 * leading(90) + table.rows.iter().take(rows).map(of).sum::<i64>()
    }

    fn head(&mut self, table: &Table, columns: &Columns) {
        let titles: Vec<(String, Look)> = table
            .columns
            .iter()
            .map(|column| (column.title.to_string(), if column.is_number { Look::Number } else { Look::Text }))
            .collect();
        self.cells(columns, &titles, Face::Bold, Some(Ink::Soft));
        self.rule(Ink::Soft, self.y + 28);
        self.y += 18;
    }

    fn row(&mut self, table: &Table, columns: &Columns, row: &Row) {
        let cells: Vec<(String, Look)> = row.cells.iter().map(|cell| (cell.text.clone(), cell.look)).collect();
        let sheets = self.sheets.len();
        self.need(self.height(columns, &cells, face_of(row)) + 40);
        if self.sheets.len() > sheets {
            self.head(table, columns);
        }
        if row.is_total {
            self.rule(Ink::Black, self.y + 14);
        }
        self.cells(columns, &cells, face_of(row), None);
        self.rule(Ink::Line, self.y + 28);
        self.y += ROW_GAP;
    }

    fn height(&self, columns: &Columns, cells: &[(String, Look)], face: Face) -> i64 {
        let of = |((words, look), width): (&(String, Look), &i64)| match is_number(*look) {
            true => 1,
            false => lines(words, face, columns.size, width - GAP).len(),
        };
        let most = cells.iter().zip(&columns.widths).map(of).max().unwrap_or(1);
        leading(columns.size) * i64::try_from(most).unwrap_or(1)
    }

    fn cells(&mut self, columns: &Columns, cells: &[(String, Look)], face: Face, ink: Option<Ink>) {
        let (size, top) = (columns.size, self.y);
        let height = self.height(columns, cells, face);
        let last = columns.widths.len().saturating_sub(1);
        let mut x = LEFT;
        for (index, ((words, look), wide)) in cells.iter().zip(&columns.widths).enumerate() {
            // Red alone says nothing on a black-and-white printer.
            let face = if *look == Look::Failed { Face::Bold } else { face };
            let ink = ink.unwrap_or(match look {
                Look::Failed => Ink::Red,
                Look::Passed => Ink::Green,
                Look::NotChecked => Ink::Soft,
                Look::Text | Look::Code | Look::Number | Look::Negative => Ink::Black,
            });
            if is_number(*look) {
                let gap = if index == last { 0 } else { GAP };
                let at = (x + wide - gap - width(words, face, size), top + leading(size));
                self.mark(text(at, size, face, ink, words));
            } else {
                let mut y = top;
                for line in lines(words, face, size, wide - GAP) {
                    y += leading(size);
                    self.mark(text((x, y), size, face, ink, &line));
                }
            }
            x += wide;
        }
        self.y = top + height;
    }
}

fn is_number(look: Look) -> bool {
    matches!(look, Look::Number | Look::Negative)
}
