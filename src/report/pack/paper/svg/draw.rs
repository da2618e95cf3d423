//! Shapes of a drawing, written as SVG.

use std::fmt::Write as _;

/// Where a text begins.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

pub(super) struct Drawing {
    text: String,
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
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

impl Drawing {
    pub(super) fn new(title: &str, (width, height): (i64, i64)) -> Self {
        let title = escaped(title);
        let text = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">");
        Self { text }
    }

    /// Writing into a text cannot fail.
    fn add(&mut self, shape: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(shape);
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (i64, i64), (x2, y2): (i64, i64)) {
        let look = look(class);
        self.add(format_args!("<line class=\"{class}\" {look} x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"));
    }

    pub(super) fn text(&mut self, anchor: Anchor, (x, y): (i64, i64), text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (text, look) = (escaped(text), look("text"));
        self.add(format_args!("<text {look} text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{text}</text>"));
    }

    /// A bar between two edges each way, with a label that a pointer shows.
    pub(super) fn bar(&mut self, class: &str, x: (i64, i64), y: (i64, i64), is_negative: bool, label: &str) {
        let (left, right, top, bottom) = (x.0.min(x.1), x.0.max(x.1), y.0.min(y.1), y.0.max(y.1));
        let (width, height) = (right - left, bottom - top);
        let label = escaped(label);
        let (negative, look) = if is_negative { (" neg", look("neg")) } else { ("", look(class)) };
        self.add(format_args!(
            "<rect class=\"{class}{negative}\" {look} x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\">\
             <title>{label}</title></rect>"
        ));
    }

    pub(super) fn dot(&mut self, (x, y): (i64, i64), label: &str) {
        let (label, look) = (escaped(label), look("dot"));
        self.add(format_args!(
            "<circle class=\"dot\" {look} cx=\"{x}\" cy=\"{y}\" r=\"3\"><title>{label}</title></circle>"
        ));
    }

    /// A line through points.
    pub(super) fn path(&mut self, class: &str, points: &[(i64, i64)]) {
        let look = look(class);
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        self.add(format_args!("<polyline class=\"{class}\" {look} points=\"{}\"/>", points.join(" ")));
    }

    pub(super) fn finish(self) -> String {
        self.text + "</svg>"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_names_stay_text() {
        let mut drawing = Drawing::new("\"><script>", (10, 10));
        drawing.bar("s1", (1, 2), (3, 4), true, "</title><script>alert('x')</script>");
        let svg = drawing.finish();
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"), "{svg}");
        assert!(!svg.contains("style="), "{svg}");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
