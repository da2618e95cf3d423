//! The three charts, drawn in whole numbers. Looks come from classes, so a content security policy that refuses inline
//! styles shows them too; what a chart says is also said by words and tables.

pub(crate) mod draw;
pub(crate) mod scale;

pub(super) use self::draw::{Anchor, Drawing, Shape};
use self::scale::Scale;
use super::accounts::method;
use super::document::Chart;
use super::writer::Writer;
use crate::report::pack::Section;

/// The size of a drawing in its own units.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 190;
/// The field of the bars and lines within it.
const LEFT: i64 = 70;
const RIGHT: i64 = 712;
const TOP: i64 = 12;
const BOTTOM: i64 = 162;
/// Horizontal bars that fit on half a page.
const METHODS: usize = 10;

fn chart(title: &str, drawing: Option<Drawing>) -> Chart {
    Chart { title: title.to_owned(), legend: Vec::new(), drawing }
}

/// Lines at the steps of the scale, with their amounts.
fn axis(drawing: &mut Drawing, scale: &Scale, write: &Writer<'_>) {
    for step in scale.steps() {
        let y = scale.place(step);
        drawing.line("grid", (LEFT, y), (RIGHT, y));
        drawing.text(Anchor::End, (LEFT - 6, y + 4), &write.language.scale(step, write.currency));
    }
    drawing.line("axis", (LEFT, scale.place(0)), (RIGHT, scale.place(0)));
}

/// Bars of this period and a thin line of the year before.
pub(super) fn revenue(section: &Section, write: &Writer<'_>, by_day: bool) -> Chart {
    let words = write.words;
    let title = if by_day { words.chart_revenue } else { words.chart_revenue_months };
    let bars = &section.charts.revenue;
    let values = || bars.iter().flat_map(|bar| [bar.net_minor, bar.year_before_minor]);
    let (Some(scale), Ok(count)) = (Scale::of(values(), (TOP, BOTTOM)), i64::try_from(bars.len())) else {
        return chart(title, None);
    };
    let mut drawing = Drawing::new(title, (WIDTH, HEIGHT));
    axis(&mut drawing, &scale, write);
    let slot = |index: i64| (LEFT + (RIGHT - LEFT) * index / count, LEFT + (RIGHT - LEFT) * (index + 1) / count);
    let mut before = Vec::new();
    for (index, bar) in (0_i64..).zip(bars) {
        let (from, to) = slot(index);
        let gap = ((to - from) / 6).max(1);
        let label = format!("{}: {}", bar.on, write.money(bar.net_minor));
        let label = format!("{label} ({}: {})", words.year_before, write.money(bar.year_before_minor));
        drawing.bar(
            "s1",
            (from + gap, to - gap),
            (scale.place(bar.net_minor), scale.place(0)),
            bar.net_minor < 0,
            &label,
        );
        before.push(((from + to) / 2, scale.place(bar.year_before_minor)));
        // The day, or the month, is the end of its name.
        let short = bar.on.rsplit('-').next().unwrap_or_default();
        if by_day && index % 2 == 1 && count > 16 {
            continue;
        }
        drawing.text(Anchor::Middle, ((from + to) / 2, HEIGHT - 12), short);
    }
    let has_year_before = bars.iter().any(|bar| bar.year_before_minor != 0);
    if has_year_before {
        drawing.path("s2", &before);
    }
    let mut chart = chart(title, Some(drawing));
    chart.legend.push(("s1", words.this_period.to_owned()));
    if has_year_before {
        chart.legend.push(("s2", words.year_before.to_owned()));
    }
    chart
}

/// Horizontal bars with their amounts; what is below zero is dashed and has its minus sign.
pub(super) fn payments(section: &Section, write: &Writer<'_>) -> Chart {
    let title = write.words.chart_payments;
    let net = |paid: i64, refunded: i64| paid.saturating_add(refunded);
    let mut methods: Vec<(&str, i64)> = section
        .clearing
        .iter()
        .map(|row| (method(&row.account), net(row.sum.paid_minor, row.sum.refunded_minor)))
        .filter(|(_, minor)| *minor != 0)
        .collect();
    methods.sort_by_key(|(name, minor)| (std::cmp::Reverse(*minor), *name));
    // The small ones in the middle go together.
    let rest = methods.split_off(methods.len().min(METHODS));
    let largest = methods.iter().map(|(_, minor)| minor.unsigned_abs()).max().unwrap_or(0);
    if largest == 0 {
        return chart(title, None);
    }
    const ROW: i64 = 21;
    let (names, amounts) = (200, 120);
    let height = ROW * i64::try_from(methods.len() + usize::from(!rest.is_empty())).unwrap_or(0) + 8;
    let mut drawing = Drawing::new(title, (WIDTH, height));
    let mut y = 4;
    for (name, minor) in &methods {
        let full = i128::from(WIDTH - names - amounts);
        let length = full * i128::from(minor.unsigned_abs()) / i128::from(largest);
        let length = i64::try_from(length).unwrap_or(0).max(1);
        drawing.text(Anchor::End, (names - 8, y + 14), &draw::cut(name, 30));
        let label = format!("{name}: {}", write.money(*minor));
        drawing.bar("s1", (names, names + length), (y + 3, y + ROW - 3), *minor < 0, &label);
        drawing.text(Anchor::Start, (names + length + 8, y + 14), &write.money(*minor));
        y += ROW;
    }
    if !rest.is_empty() {
        let minor = rest.iter().fold(0_i64, |sum, (_, minor)| sum.saturating_add(*minor));
        let name = format!("{} {}", write.words.more, rest.len());
        drawing.text(Anchor::End, (names - 8, y + 14), &name);
        drawing.text(Anchor::Start, (names + 8, y + 14), &write.money(minor));
    }
    chart(title, Some(drawing))
}

/// A line through the ends of thirteen months.
pub(super) fn stored_value(section: &Section, write: &Writer<'_>) -> Chart {
    let title = write.words.chart_stored_value;
    let ends = &section.charts.stored_value;
    let values = ends.iter().map(|end| end.balance_minor);
    let (Some(scale), Ok(steps)) = (Scale::of(values, (TOP, BOTTOM)), i64::try_from(ends.len().max(2) - 1)) else {
        return chart(title, None);
    };
    let mut drawing = Drawing::new(title, (WIDTH, HEIGHT));
    axis(&mut drawing, &scale, write);
    let x = |index: i64| LEFT + 20 + (RIGHT - LEFT - 40) * index / steps;
    let points: Vec<(i64, i64)> =
        (0_i64..).zip(ends).map(|(index, end)| (x(index), scale.place(end.balance_minor))).collect();
    drawing.path("s3", &points);
    for (point, end) in points.iter().zip(ends) {
        drawing.dot(*point, &format!("{}: {}", end.month, write.money(end.balance_minor)));
        drawing.text(Anchor::Middle, (point.0, HEIGHT - 12), &end.month);
    }
    chart(title, Some(drawing))
}
