//! A picture of figures over the size of the book: both axes logarithmic, so that what costs the same lies flat and what
//! doubles rises everywhere by as much.

use std::fmt::Write as _;

/// Width and height of what is drawn, without the margins.
const SIZE: (f64, f64) = (560.0, 240.0);
const MARGIN: f64 = 60.0;
/// One for each line; both are seen on a light and on a dark ground.
const COLOURS: [&str; 2] = ["#2f7fd1", "#d1702f"];

/// Figures by the number of orders.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    points: Vec<(f64, f64)>,
}

impl Line {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, points: Vec::new() }
    }

    pub(crate) fn point(&mut self, orders: u64, figure: f64) {
        self.points.push((orders as f64, figure));
    }

    pub(crate) fn last(&self) -> f64 {
        self.points.last().map_or(f64::NAN, |(_, figure)| *figure)
    }
}

/// The lines as SVG, with a mark and a figure at each point.
pub(crate) fn svg(title: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let decades = |values: &mut dyn Iterator<Item = f64>| {
        let (least, most) =
            values.fold((f64::MAX, 1.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        (least.log10().floor(), most.log10().ceil())
    };
    let (left, right) = decades(&mut points().map(|(orders, _)| *orders));
    let (bottom, top) = decades(&mut points().map(|(_, figure)| *figure));
    let x = |orders: f64| MARGIN + SIZE.0 * (orders.log10() - left) / (right - left).max(1.0);
    let y = |figure: f64| MARGIN + SIZE.1 * (top - figure.log10()) / (top - bottom).max(1.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#808080\">\n",
        SIZE.0 + 2.0 * MARGIN,
        SIZE.1 + 2.0 * MARGIN,
    );
    let mut draw = |element: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = writeln!(svg, "{element}");
    };
    for (axis, from, to) in [("x", left, right), ("y", bottom, top)] {
        let mut decade = from;
        while decade <= to {
            let value = 10_f64.powf(decade);
            let (x1, y1, x2, y2) = match axis {
                "x" => (x(value), MARGIN, x(value), MARGIN + SIZE.1),
                _ => (MARGIN, y(value), MARGIN + SIZE.0, y(value)),
            };
            let (at_x, at_y, anchor) =
                if axis == "x" { (x1, y2 + 16.0, "middle") } else { (x1 - 6.0, y1 + 4.0, "end") };
            draw(format_args!(
                "<line x1=\"{x1:.0}\" y1=\"{y1:.0}\" x2=\"{x2:.0}\" y2=\"{y2:.0}\" stroke=\"#80808060\"/>\
                 <text x=\"{at_x:.0}\" y=\"{at_y:.0}\" text-anchor=\"{anchor}\">{}</text>",
                grouped(value),
            ));
            decade += 1.0;
        }
    }
    draw(format_args!(
        "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{title}</text>",
        MARGIN + SIZE.0 / 2.0,
        MARGIN + SIZE.1 + 40.0,
    ));
    for ((line, colour), row) in lines.iter().zip(COLOURS).zip(0_u8..) {
        let path: Vec<String> =
            line.points.iter().map(|(orders, figure)| format!("{:.1},{:.1}", x(*orders), y(*figure))).collect();
        draw(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        ));
        draw(format_args!(
            "<text x=\"{MARGIN}\" y=\"{:.0}\" fill=\"{colour}\">{}</text>",
            20.0 + 16.0 * f64::from(row),
            line.name
        ));
        for (orders, figure) in &line.points {
            draw(format_args!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{colour}\">{}</text>",
                x(*orders),
                y(*figure),
                x(*orders),
                y(*figure) - 8.0,
                grouped(figure.round()),
            ));
        }
    }
    svg + "</svg>\n"
}

/// A whole number in groups of three digits.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}
