//! The pages as a PDF that needs no other program: plainer than what a converter makes of the HTML, with the same
//! numbers. The fonts are those that every reader has, so they are not in the file.

mod font;
mod sheet;
mod table;

use self::font::{Face, lines, width};
use self::sheet::{HEIGHT, Ink, Mark, WIDTH};
use super::chart::{Anchor, Drawing, Shape};
use super::document::{Block, Chart, Fact, Page};

/// The field that is written on, in tenths of a point.
const LEFT: i64 = 430;
const RIGHT: i64 = WIDTH - LEFT;
const TOP: i64 = 480;
const BOTTOM: i64 = HEIGHT - 560;
/// Sizes of the letters.
const BODY: i64 = 80;
const SMALL: i64 = 70;
/// From one line to the next.
const fn leading(size: i64) -> i64 {
    size * 15 / 12
}

/// The heading of a page with what its numbers agree with.
const HEADING: i64 = 420;

/// What stands on every sheet.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) kind: &'a str,
    pub(super) footer: &'a str,
    pub(super) page_word: &'a str,
    pub(super) of_word: &'a str,
    pub(super) ties_word: &'a str,
    pub(super) none_word: &'a str,
    pub(super) language: &'a str,
}

/// Lays the pages out.
///
/// # Errors
/// When the compression fails, which memory does not.
pub(super) fn pdf(pages: &[Page], frame: &Frame<'_>) -> std::io::Result<Vec<u8>> {
    let mut paper = Paper { sheets: vec![Vec::new()], y: TOP, none: frame.none_word };
    paper.line(LEFT, SMALL, Face::Regular, Ink::Soft, frame.kind);
    paper.y += 90;
    paper.line(LEFT, 170, Face::Bold, Ink::Blue, frame.title);
    for page in pages {
        paper.page(page, frame);
    }
    let count = paper.sheets.len();
    for (index, marks) in paper.sheets.iter_mut().enumerate() {
        let number = format!("{} {} {} {count}", frame.page_word, index + 1, frame.of_word);
        let y = HEIGHT - 360;
        marks.push(text((LEFT, y), SMALL, Face::Regular, Ink::Soft, frame.footer));
        marks.push(text((RIGHT - width(&number, Face::Regular, SMALL), y), SMALL, Face::Regular, Ink::Soft, &number));
    }
    sheet::pdf(frame.title, frame.language, &paper.sheets)
}

fn text(at: (i64, i64), size: i64, face: Face, ink: Ink, text: &str) -> Mark {
    Mark::Text { at, size, face, ink, text: text.to_owned() }
}

/// Sheets that are written from top to bottom.
struct Paper<'a> {
    sheets: Vec<Vec<Mark>>,
    /// Where the next line begins.
    y: i64,
    none: &'a str,
}

impl Paper<'_> {
    fn mark(&mut self, mark: Mark) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.push(mark);
        }
    }

    fn new_sheet(&mut self) {
        self.sheets.push(Vec::new());
        self.y = TOP;
    }

    /// Begins another sheet unless so much fits on this one.
    fn need(&mut self, height: i64) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.new_sheet();
        }
    }

    /// One line, and on to the next.
    fn line(&mut self, x: i64, size: i64, face: Face, ink: Ink, words: &str) {
        self.need(leading(size));
        self.y += leading(size);
        let at = (x, self.y);
        self.mark(text(at, size, face, ink, words));
    }

    fn rule(&mut self, ink: Ink, y: i64) {
        self.mark(Mark::Path { ink, thickness: 6, points: vec![(LEFT, y), (RIGHT, y)] });
    }

    fn page(&mut self, page: &Page, frame: &Frame<'_>) {
        if page.breaks {
            self.new_sheet();
        } else {
            self.y += 180;
            // A heading does not stay behind alone.
            let first = page.blocks.first().map_or(0, |block| match block {
                Block::Table(table) => self.needed(table),
                _ => 0,
            });
            self.need((HEADING + first).max(900));
        }
        self.line(LEFT, 125, Face::Bold, Ink::Black, &format!("{}  {}", page.number, page.title));
        if let Some(currency) = &page.currency {
            let at = (RIGHT - width(currency, Face::Regular, 125), self.y);
            self.mark(text(at, 125, Face::Regular, Ink::Soft, currency));
        }
        self.rule(Ink::Line, self.y + 45);
        self.y += 45;
        if let Some(ties_to) = page.ties_to {
            self.line(LEFT, SMALL, Face::Regular, Ink::Soft, &format!("{}: {ties_to}", frame.ties_word));
        }
        self.y += 60;
        for block in &page.blocks {
            match block {
                Block::Facts(facts) => self.facts(facts),
                Block::Note(note) => {
                    for line in lines(note, Face::Regular, SMALL, RIGHT - LEFT) {
                        self.line(LEFT, SMALL, Face::Regular, Ink::Soft, &line);
                    }
                    self.y += 60;
                }
                Block::Chart(chart) => self.chart(chart),
                Block::Table(table) => self.table(table),
            }
        }
    }

    fn facts(&mut self, facts: &[Fact]) {
        const NAMES: i64 = 1600;
        for fact in facts {
            let size = if fact.is_code { SMALL } else { BODY };
            let values = lines(&fact.value, Face::Regular, size, RIGHT - LEFT - NAMES);
            // Somebody writes by hand where nothing is printed.
            self.y += if fact.value.is_empty() { 150 } else { 0 };
            self.line(LEFT, BODY, Face::Regular, Ink::Soft, fact.name);
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    self.y += leading(size);
                }
                let at = (LEFT + NAMES, self.y);
                self.mark(text(at, size, Face::Regular, Ink::Black, value));
            }
            self.y += 8;
            self.rule(if fact.value.is_empty() { Ink::Soft } else { Ink::Line }, self.y + 20);
            self.y += 14;
        }
        self.y += 60;
    }

    fn chart(&mut self, chart: &Chart) {
        let height = chart.drawing.as_ref().map_or(0, |drawing| drawing.size.1 * SCALE);
        self.need(height + 2 * leading(BODY));
        self.line(LEFT, 90, Face::Bold, Ink::Black, &chart.title);
        let mut x = LEFT + width(&chart.title, Face::Bold, 90) + 200;
        for (class, name) in &chart.legend {
            let at = (x, self.y - 50);
            self.mark(Mark::Bar { ink: ink_of(class), at, size: (90, 50), is_filled: true });
            let at = (x + 120, self.y);
            self.mark(text(at, SMALL, Face::Regular, Ink::Soft, name));
            x += 300 + width(name, Face::Regular, SMALL);
        }
        match &chart.drawing {
            Some(drawing) => self.drawing(drawing),
            None => self.line(LEFT, BODY, Face::Regular, Ink::Soft, self.none),
        }
        self.y += 80;
    }

    fn drawing(&mut self, drawing: &Drawing) {
        let top = self.y + 20;
        let at = |(x, y): (i64, i64)| (LEFT + x * SCALE, top + y * SCALE);
        for shape in &drawing.shapes {
            let mark = match shape {
                Shape::Line { class, from, to } => {
                    Mark::Path { ink: ink_of(class), thickness: 5, points: vec![at(*from), at(*to)] }
                }
                Shape::Text { anchor, at: place, text: words } => {
                    let (x, y) = at(*place);
                    let wide = width(words, Face::Regular, LABEL);
                    let x = match anchor {
                        Anchor::Start => x,
                        Anchor::Middle => x - wide / 2,
                        Anchor::End => x - wide,
                    };
                    text((x, y), LABEL, Face::Regular, Ink::Soft, words)
                }
                Shape::Bar { class, at: place, size: (width, height), is_negative, .. } => Mark::Bar {
                    ink: if *is_negative { Ink::Red } else { ink_of(class) },
                    at: at(*place),
                    size: (width * SCALE, height * SCALE),
                    is_filled: !*is_negative,
                },
                Shape::Dot { at: place, .. } => {
                    let (x, y) = at(*place);
                    Mark::Bar { ink: Ink::Green, at: (x - 15, y - 15), size: (30, 30), is_filled: true }
                }
                Shape::Path { class, points } => Mark::Path {
                    ink: ink_of(class),
                    thickness: 12,
                    points: points.iter().map(|place| at(*place)).collect(),
                },
            };
            self.mark(mark);
        }
        self.y = top + drawing.size.1 * SCALE;
    }
}

/// Tenths of a point of a unit of a drawing, so that it is as wide as the page; and the size of its letters.
const SCALE: i64 = 7;
const LABEL: i64 = 66;

fn ink_of(class: &str) -> Ink {
    match class {
        "grid" => Ink::Line,
        "s1" => Ink::Blue,
        "s2" => Ink::Orange,
        "s3" => Ink::Green,
        _ => Ink::Soft,
    }
}
