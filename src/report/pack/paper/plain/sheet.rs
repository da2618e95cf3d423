//! Sheets of paper: marks at their places in tenths of a point from the top left, and how they become a PDF.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::font::{Face, encoded};

/// A4, in tenths of a point.
pub(super) const WIDTH: i64 = 5950;
pub(super) const HEIGHT: i64 = 8420;

/// The colours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Black,
    Soft,
    Line,
    Blue,
    Orange,
    Green,
    Red,
}

impl Ink {
    const fn rgb(self) -> [f32; 3] {
        match self {
            Self::Black => [0.10, 0.11, 0.13],
            Self::Soft => [0.35, 0.38, 0.41],
            Self::Line => [0.83, 0.85, 0.87],
            Self::Blue => [0.17, 0.36, 0.62],
            Self::Orange => [0.70, 0.33, 0.12],
            Self::Green => [0.17, 0.48, 0.36],
            Self::Red => [0.64, 0.09, 0.12],
        }
    }
}

/// What stands on a sheet.
pub(super) enum Mark {
    Text {
        at: (i64, i64),
        size: i64,
        face: Face,
        ink: Ink,
        text: String,
    },
    /// A line through points.
    Path {
        ink: Ink,
        thickness: i64,
        points: Vec<(i64, i64)>,
    },
    /// A filled bar; one that is not filled has an outline.
    Bar {
        ink: Ink,
        at: (i64, i64),
        size: (i64, i64),
        is_filled: bool,
    },
}

/// Whole numbers that are on a sheet are exact; what is not on it is at its edge.
fn number(value: i64) -> f32 {
    f32::from(i16::try_from(value).unwrap_or(i16::MAX))
}

fn draw(content: &mut Content, mark: &Mark) {
    match mark {
        Mark::Text { at: (x, y), size, face, ink, text } => {
            let [r, g, b] = ink.rgb();
            let font = if *face == Face::Bold { Name(b"F2") } else { Name(b"F1") };
            content.begin_text().set_fill_rgb(r, g, b).set_font(font, number(*size));
            content.next_line(number(*x), number(HEIGHT - y)).show(Str(&encoded(text))).end_text();
        }
        Mark::Path { ink, thickness, points } => {
            let [r, g, b] = ink.rgb();
            content.set_stroke_rgb(r, g, b).set_line_width(number(*thickness));
            for (index, (x, y)) in points.iter().enumerate() {
                let (x, y) = (number(*x), number(HEIGHT - y));
                if index == 0 {
                    content.move_to(x, y)
                } else {
                    content.line_to(x, y)
                };
            }
            content.stroke();
        }
        Mark::Bar { ink, at: (x, y), size: (width, height), is_filled } => {
            let [r, g, b] = ink.rgb();
            let (x, y, width, height) = (number(*x), number(HEIGHT - y - height), number(*width), number(*height));
            content.set_fill_rgb(r, g, b).set_stroke_rgb(r, g, b).set_line_width(number(8)).rect(x, y, width, height);
            if *is_filled {
                content.fill_nonzero()
            } else {
                content.stroke()
            };
        }
    }
}

/// The sheets as a PDF with the two fonts that need no file.
///
/// # Errors
/// When the compression fails, which memory does not.
pub(super) fn pdf(title: &str, language: &str, sheets: &[Vec<Mark>]) -> std::io::Result<Vec<u8>> {
    let count = i32::try_from(sheets.len()).unwrap_or(i32::MAX);
    let (catalog, tree, regular, bold, info) = (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4), Ref::new(5));
    let page_of = |index: i32| Ref::new(6 + 2 * index);
    let content_of = |index: i32| Ref::new(7 + 2 * index);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr(language));
    pdf.document_info(info).title(TextStr(title));
    pdf.pages(tree).kids((0..count).map(page_of)).count(count);
    for (id, name) in [(regular, Name(b"Helvetica")), (bold, Name(b"Helvetica-Bold"))] {
        pdf.type1_font(id).base_font(name).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for (index, marks) in (0..count).zip(sheets) {
        let mut page = pdf.page(page_of(index));
        page.media_box(Rect::new(0.0, 0.0, 595.0, 842.0)).parent(tree).contents(content_of(index));
        page.resources().fonts().pair(Name(b"F1"), regular).pair(Name(b"F2"), bold);
        page.finish();
        let mut content = Content::new();
        // From tenths of a point.
        content.transform([0.1, 0.0, 0.0, 0.1, 0.0, 0.0]);
        marks.iter().for_each(|mark| draw(&mut content, mark));
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&content.finish())?;
        pdf.stream(content_of(index), &packed.finish()?).filter(Filter::FlateDecode);
    }
    Ok(pdf.finish())
}
