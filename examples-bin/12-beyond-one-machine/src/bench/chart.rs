//! The chart: a line for each way, from one eater to sixteen.

use std::fmt::Write;

use super::{CREWS, Row, shown};

/// Narrow, with large letters: scaled down to the width of a phone, they can still be read.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 500.0;
/// The rectangle that the lines are in. Above it are their names.
const LEFT: f64 = 66.0;
const RIGHT: f64 = 412.0;
const TOP: f64 = 172.0;
const BOTTOM: f64 = 442.0;
/// How far apart the names are.
const LINE: f64 = 24.0;

/// Colours of their own for light and for dark, and no background: it is the page's. One by one, the lines are also told
/// apart by the order of their names, and the fourth is dashed.
const STYLE: &str = "
  text { font: 17px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .soft { fill: #57606a }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  path { fill: none; stroke-width: 2.5 }
  .way0 { stroke: #1f77b4 } circle.way0 { fill: #1f77b4 }
  .way1 { stroke: #c2410c } circle.way1 { fill: #c2410c }
  .way2 { stroke: #15803d } circle.way2 { fill: #15803d }
  .way3 { stroke: #8b5cf6 } circle.way3 { fill: #8b5cf6 } path.way3 { stroke-dasharray: 6 4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .soft { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .way0 { stroke: #4c9be0 } circle.way0 { fill: #4c9be0 }
    .way1 { stroke: #f0883e } circle.way1 { fill: #f0883e }
    .way2 { stroke: #4ade80 } circle.way2 { fill: #4ade80 }
    .way3 { stroke: #b79af9 } circle.way3 { fill: #b79af9 }
  }";

/// A logarithmic scale, from a power of ten to another.
struct Scale {
    low: i32,
    high: i32,
}

impl Scale {
    fn over(rows: &[Row]) -> Scale {
        let rates: Vec<f64> = rows.iter().flat_map(Row::medians).map(|rate| rate.max(1.0)).collect();
        let (least, most) = rates.iter().fold((f64::MAX, 1.0_f64), |(l, m), r| (l.min(*r), m.max(*r)));
        let low = (least.log10().floor() as i32).min(most.log10() as i32);
        Scale { low, high: (most.log10().ceil() as i32).max(low + 1) }
    }

    fn y(&self, rate: f64) -> f64 {
        let part = (rate.max(1.0).log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        BOTTOM - (BOTTOM - TOP) * part
    }
}

fn x(crew: usize) -> f64 {
    LEFT + 20.0 + (RIGHT - LEFT - 40.0) * crew as f64 / (CREWS.len() - 1) as f64
}

pub(super) fn draw(rows: &[Row]) -> String {
    let scale = Scale::over(rows);
    let mut body = String::new();
    text(&mut body, 8.0, 24.0, "title", "start", "Tasks a second: put, got and declared done");
    text(&mut body, 8.0, 48.0, "soft", "start", "more is better; logarithmic scale");
    for power in scale.low..=scale.high {
        let (rate, y) = (10_f64.powi(power), scale.y(10_f64.powi(power)));
        let _ = writeln!(
            body,
            "<line class=\"grid\" x1=\"{LEFT:.1}\" y1=\"{y:.1}\" x2=\"{RIGHT:.1}\" y2=\"{y:.1}\"/>"
        );
        text(&mut body, LEFT - 8.0, y + 6.0, "soft", "end", &round(rate));
    }
    for (at, crew) in CREWS.iter().enumerate() {
        text(&mut body, x(at), BOTTOM + 24.0, "soft", "middle", &crew.to_string());
    }
    text(&mut body, (LEFT + RIGHT) / 2.0, BOTTOM + 48.0, "soft", "middle", "eaters, and as many cooks");
    for (which, row) in rows.iter().enumerate() {
        let points = row.medians().into_iter().enumerate().map(|(at, rate)| (x(at), scale.y(rate)));
        let points: Vec<(f64, f64)> = points.collect();
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let _ = writeln!(body, "<path class=\"way{which}\" d=\"M{}\"/>", path.join(" L"));
        for (x, y) in points {
            let _ = writeln!(body, "<circle class=\"way{which}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
        }
    }
    for (at, (which, row)) in from_the_top(rows).into_iter().enumerate() {
        let y = 78.0 + LINE * at as f64;
        let _ = writeln!(body, "<path class=\"way{which}\" d=\"M8 {:.1} L44 {:.1}\"/>", y - 6.0, y - 6.0);
        text(&mut body, 54.0, y, "", "start", &row.way.name());
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n<style>{STYLE}\n</style>\n{body}</svg>\n",
        alternative(rows),
    )
}

/// In the order of the lines at their right ends.
fn from_the_top(rows: &[Row]) -> Vec<(usize, &Row)> {
    let mut rows: Vec<(usize, &Row)> = rows.iter().enumerate().collect();
    let last = |row: &Row| row.medians()[CREWS.len() - 1];
    rows.sort_by(|one, other| last(other.1).total_cmp(&last(one.1)));
    rows
}

/// What the chart says, in words.
fn alternative(rows: &[Row]) -> String {
    let ways = rows.iter().map(|row| {
        let (first, last) = (row.medians()[0], row.medians()[CREWS.len() - 1]);
        format!("{}: {} with one eater, {} with 16", row.way.name(), shown(first), shown(last))
    });
    format!("Tasks a second. {}.", ways.collect::<Vec<_>>().join("; "))
}

/// "1000" is "1 k".
fn round(power_of_ten: f64) -> String {
    match power_of_ten {
        1e6.. => format!("{} M", power_of_ten / 1e6),
        1e3.. => format!("{} k", power_of_ten / 1e3),
        _ => power_of_ten.to_string(),
    }
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, anchor: &str, text: &str) {
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
    );
}
