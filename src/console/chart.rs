//! Bars over time, drawn as those of the month pack are.

use crate::report::pack::paper::chart::draw::{Anchor, Drawing};
use crate::report::pack::paper::chart::scale::Scale;

/// The size of a drawing in its own units: that of a phone, so that its text can be read there.
const WIDTH: i64 = 400;
const HEIGHT: i64 = 150;
const LEFT: i64 = 62;
const RIGHT: i64 = 396;
const TOP: i64 = 10;
const BOTTOM: i64 = 124;
/// Names below the axis that fit beside each other.
const NAMES: i64 = 12;

/// A bar: its name below the axis, its name for the pointer, its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) short: String,
    pub(super) long: String,
    pub(super) value: i64,
}

/// The SVG of bars; `None` when there is nothing but zeros. `axis` writes a value at the scale, `exact` one of a bar.
pub(super) fn bars(
    title: &str,
    bars: &[Bar],
    axis: impl Fn(i64) -> String,
    exact: impl Fn(i64) -> String,
) -> Option<String> {
    let scale = Scale::of(bars.iter().map(|bar| bar.value), (TOP, BOTTOM))?;
    let count = i64::try_from(bars.len()).ok().filter(|count| *count > 0)?;
    let mut drawing = Drawing::new(title, (WIDTH, HEIGHT));
    for step in scale.steps() {
        let y = scale.place(step);
        drawing.line("grid", (LEFT, y), (RIGHT, y));
        drawing.text(Anchor::End, (LEFT - 6, y + 4), &axis(step));
    }
    drawing.line("axis", (LEFT, scale.place(0)), (RIGHT, scale.place(0)));
    let every = (count + NAMES - 1) / NAMES;
    for (index, bar) in (0_i64..).zip(bars) {
        let (from, to) = (LEFT + (RIGHT - LEFT) * index / count, LEFT + (RIGHT - LEFT) * (index + 1) / count);
        let gap = ((to - from) / 6).max(1);
        let label = format!("{}: {}", bar.long, exact(bar.value));
        let edges = (scale.place(bar.value), scale.place(0));
        drawing.bar("s1", (from + gap, to - gap), edges, bar.value < 0, &label);
        if index % every == 0 {
            drawing.text(Anchor::Middle, ((from + to) / 2, HEIGHT - 10), &bar.short);
        }
    }
    Some(drawing.svg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_its_value_to_the_cent() {
        let bar = |short: &str, value| Bar { short: short.to_owned(), long: format!("month {short}"), value };
        let write = |value: i64| value.to_string();
        let svg = bars("Revenue", &[bar("10", 9_007_199_254_740_993), bar("11", -5)], write, write).unwrap();
        assert!(svg.contains("<title>month 10: 9007199254740993</title>"), "{svg}");
        assert!(svg.contains("month 11: -5") && !svg.contains("style="), "{svg}");
        assert_eq!(bars("Revenue", &[bar("10", 0)], write, write), None);
    }
}
