//! The bar chart: how many times faster than CPython.

use std::fmt::Write;

use crate::rows::{Against, Column, Unit, three_digits};
use crate::stats::Found;

/// As wide as a page of the book.
const WIDTH: f64 = 720.0;
/// Where the bars begin, and where a bar of the largest ratio ends: behind it there is room for the figure.
const LEFT: f64 = 220.0;
const RIGHT: f64 = 655.0;
const LINE: f64 = 22.0;
const BAR: f64 = 13.0;
const TOP: f64 = 74.0;

/// Colours of their own for light and for dark, and no background: it is the page's.
const STYLE: &str = "
  text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #24292f }
  .title { font-size: 17px; font-weight: 600 }
  .group { font-weight: 600 }
  .soft { fill: #57606a; font-size: 12px }
  .value { font-variant-numeric: tabular-nums }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .one { stroke: #57606a; stroke-width: 1.2 }
  .bar { fill: #1f77b4 }
  .slower { fill: #c2410c }
  .must { stroke: #d97706; stroke-width: 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .soft { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .one { stroke: #9198a1 }
    .bar { fill: #4c9be0 }
    .slower { fill: #f0883e }
    .must { stroke: #f2cc60 }
  }";

struct Bar<'a> {
    group: &'a str,
    name: &'a str,
    ratio: f64,
    must: Option<f64>,
}

/// A logarithmic scale.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn over(bars: &[Bar<'_>]) -> Scale {
        let ends = bars.iter().flat_map(|bar| [bar.ratio, bar.must.unwrap_or(bar.ratio)]);
        let (least, most) =
            ends.fold((1.0, 2.0), |(low, high): (f64, f64), end| (low.min(end), high.max(end)));
        Scale { low: least, high: most }
    }

    fn x(&self, ratio: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (ratio / self.low).ln() / (self.high / self.low).ln()
    }

    /// 1, 2, 5, 10, 20 and so on, as far as they are in it.
    fn marks(&self) -> Vec<f64> {
        let all = (-3..6).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
        all.filter(|mark| (self.low..=self.high).contains(mark)).collect()
    }
}

pub(crate) fn draw(found: &[Found]) -> String {
    let bars: Vec<Bar<'_>> = found.iter().filter_map(bar).collect();
    let scale = Scale::over(&bars);
    let mut body = String::new();
    let (mut y, mut group) = (TOP, "");
    for bar in &bars {
        if bar.group != group {
            group = bar.group;
            y += if y > TOP { LINE * 0.45 } else { 0.0 };
            text(&mut body, 16.0, y + LINE * 0.7, "group", "start", group);
            y += LINE;
        }
        let middle = y + LINE / 2.0;
        let (from, to) = (scale.x(bar.ratio.min(1.0)), scale.x(bar.ratio.max(1.0)));
        let class = if bar.ratio < 1.0 { "bar slower" } else { "bar" };
        text(&mut body, LEFT - 10.0, middle + 4.5, "", "end", bar.name);
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\"/>",
            middle - BAR / 2.0,
            (to - from).max(1.0),
        );
        let mut behind = to;
        if let Some(must) = bar.must {
            let x = scale.x(must);
            vertical(&mut body, "must", x, middle - 9.0, middle + 9.0);
            if (to - 3.0..to + 44.0).contains(&x) {
                behind = x; // the figure stands behind both
            }
        }
        let value = format!("{}×", three_digits(bar.ratio));
        text(&mut body, behind + 7.0, middle + 4.5, "value", "start", &value);
        y += LINE;
    }
    let mut grid = String::new();
    for mark in scale.marks() {
        let x = scale.x(mark);
        vertical(&mut grid, if mark == 1.0 { "one" } else { "grid" }, x, TOP - 4.0, y + 4.0);
        text(&mut grid, x, TOP - 10.0, "soft", "middle", &format!("{mark}×"));
    }
    let height = y + 16.0;
    let mut head = String::new();
    text(&mut head, 16.0, 26.0, "title", "start", "How many times faster than CPython");
    text(
        &mut head,
        16.0,
        45.0,
        "soft",
        "start",
        "more is better; logarithmic scale; upright line: must be reached",
    );
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"Bar chart: how many times faster than CPython\">\n\
         <style>{STYLE}\n</style>\n{head}{grid}{body}</svg>\n"
    )
}

/// Only of what takes time: fewer wake-ups or descriptors are not faster.
fn bar(found: &Found) -> Option<Bar<'_>> {
    if !matches!(found.row.unit, Unit::Time | Unit::Rate) {
        return None;
    }
    let ratio = found.faster(Column::Python)?.median;
    let about_python = found.row.targets.iter().find(|target| target.against == Against::Python);
    let must = about_python.map(|target| target.must);
    (ratio.is_finite() && ratio > 0.0).then_some(Bar {
        group: found.row.group,
        name: &found.row.name,
        ratio,
        must,
    })
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
    );
}

fn vertical(svg: &mut String, class: &str, x: f64, from: f64, to: f64) {
    let _ = writeln!(
        svg,
        "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{from:.1}\" x2=\"{x:.1}\" y2=\"{to:.1}\"/>"
    );
}
