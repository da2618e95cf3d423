//! Shapes of a drawing, in whole numbers: written as SVG, and drawn on plain paper.

use std::fmt::Write as _;

/// Where a text begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A place from the top left.
pub(crate) type Place = (i64, i64);

/// A class says what a shape is: `grid`, `axis`, or the number of its series.
pub(crate) enum Shape {
    Line {
        class: &'static str,
        from: Place,
        to: Place,
    },
    Text {
        anchor: Anchor,
        at: Place,
        text: String,
    },
    /// With a label that a pointer shows.
    Bar {
        class: &'static str,
        at: Place,
        size: (i64, i64),
        is_negative: bool,
        label: String,
    },
    Dot {
        at: Place,
        label: String,
    },
    Path {
        class: &'static str,
        points: Vec<Place>,
    },
}

pub(crate) struct Drawing {
    pub(crate) size: (i64, i64),
    pub(crate) shapes: Vec<Shape>,
    title: String,
}

/// A text that is safe in an attribute and between tags.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            other => safe.push(other),
        }
    }
    crate::report::format::printable(&safe)
}

/// Attributes for readers that take no style from the page, such as some that make PDF; classes are stronger.
fn look(class: &str) -> &'static str {
    match class {
        "grid" => "stroke=\"#d4d8de\"",
        "axis" => "stroke=\"#5a6068\"",
        "s1" => "fill=\"#2b5c9e\"",
        "s2" => "fill=\"none\" stroke=\"#b3541e\" stroke-width=\"1.5\"",
        "s3" => "fill=\"none\" stroke=\"#2c7a5b\" stroke-width=\"2\"",
        "dot" => "fill=\"#2c7a5b\"",
        "neg" => "fill=\"#ffffff\" stroke=\"#a3161f\" stroke-dasharray=\"3 2\"",
        _ => "fill=\"#5a6068\" font-size=\"11\" font-family=\"DejaVu Sans, sans-serif\"",
    }
}

/// A name that fits.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

impl Shape {
    fn svg(&self) -> String {
        match self {
            Self::Line { class, from: (x1, y1), to: (x2, y2) } => {
                let look = look(class);
                format!("<line class=\"{class}\" {look} x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>")
            }
            Self::Text { anchor, at: (x, y), text } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                let (text, look) = (escaped(text), look("text"));
                format!("<text {look} text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{text}</text>")
            }
            Self::Bar { class, at: (x, y), size: (width, height), is_negative, label } => {
                let (negative, look) = if *is_negative { (" neg", look("neg")) } else { ("", look(class)) };
                let label = escaped(label);
                format!(
                    "<rect class=\"{class}{negative}\" {look} x=\"{x}\" y=\"{y}\" width=\"{width}\" \
                     height=\"{height}\"><title>{label}</title></rect>"
                )
            }
            Self::Dot { at: (x, y), label } => {
                let (label, look) = (escaped(label), look("dot"));
                format!("<circle class=\"dot\" {look} cx=\"{x}\" cy=\"{y}\" r=\"3\"><title>{label}</title></circle>")
            }
            Self::Path { class, points } => {
                let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
                format!("<polyline class=\"{class}\" {} points=\"{}\"/>", look(class), points.join(" "))
            }
        }
    }
}

impl Drawing {
    pub(crate) fn new(title: &str, size: (i64, i64)) -> Self {
        Self { size, shapes: Vec::new(), title: title.to_owned() }
    }

    pub(crate) fn line(&mut self, class: &'static str, from: Place, to: Place) {
        self.shapes.push(Shape::Line { class, from, to });
    }

    pub(crate) fn text(&mut self, anchor: Anchor, at: Place, text: &str) {
        self.shapes.push(Shape::Text { anchor, at, text: text.to_owned() });
    }

    /// A bar between two edges each way.
    pub(crate) fn bar(&mut self, class: &'static str, x: Place, y: Place, is_negative: bool, label: &str) {
        let (left, right, top, bottom) = (x.0.min(x.1), x.0.max(x.1), y.0.min(y.1), y.0.max(y.1));
        let size = (right - left, bottom - top);
        self.shapes.push(Shape::Bar { class, at: (left, top), size, is_negative, label: label.to_owned() });
    }

    pub(crate) fn dot(&mut self, at: Place, label: &str) {
        self.shapes.push(Shape::Dot { at, label: label.to_owned() });
    }

    /// A line through points.
    pub(crate) fn path(&mut self, class: &'static str, points: &[Place]) {
        self.shapes.push(Shape::Path { class, points: points.to_vec() });
    }

    /// Safe to be put into HTML.
    pub(crate) fn svg(&self) -> String {
        let ((width, height), title) = (self.size, escaped(&self.title));
        let mut text = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">");
        for shape in &self.shapes {
            // Writing into a text cannot fail.
            let _ = write!(text, "{}", shape.svg());
        }
        text + "</svg>"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_names_stay_text() {
        let mut drawing = Drawing::new("\"><script>", (10, 10));
        drawing.bar("s1", (1, 2), (3, 4), true, "</title><script>alert('x')</script>");
        let svg = drawing.svg();
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"), "{svg}");
        assert!(!svg.contains("style="), "{svg}");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
