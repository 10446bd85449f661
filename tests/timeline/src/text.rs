//! The story as text, as wide as the terminal.

use std::fmt::Write as _;

use crate::layout::{fits, rows};
use crate::story::{Kind, Lane, Story, What};

/// How a kind of time looks.
fn sign(kind: Kind) -> char {
    match kind {
        Kind::Sleep => '─',
        Kind::ForLock => '▒',
        Kind::ForRoom => '▓',
        Kind::ForItem => '░',
        Kind::ForEnd => '·',
        Kind::Lock => '=',
        Kind::Task => '~',
    }
}

/// Draws it in so many columns.
pub(crate) fn draw(story: &Story, columns: usize) -> String {
    let columns = columns.max(20);
    let column = |at: f64| (at / story.end.max(1e-6) * (columns - 1) as f64).round() as usize;
    let mut out = String::new();
    for (index, lane) in story.lanes.iter().enumerate() {
        let _ = writeln!(out, "{}", fits(&head(story, index, lane), columns));
        let mut bar = vec![' '; columns];
        fill(&mut bar, column(lane.from), column(lane.to), '█');
        for rest in &lane.rests {
            // The columns at both ends belong to what came before and after.
            let (from, to) = (column(rest.from) + 1, column(rest.to));
            if from < to {
                fill(&mut bar, from, to - 1, sign(rest.kind));
            }
        }
        if lane.cause.as_deref().is_some_and(|cause| cause.starts_with("killed")) {
            bar[column(lane.to)] = '✗';
        }
        push(&mut out, bar);
        if !lane.holds.is_empty() {
            let mut strip = vec![' '; columns];
            for hold in &lane.holds {
                fill(&mut strip, column(hold.from), column(hold.to), sign(hold.kind));
            }
            push(&mut out, strip);
        }
        lines(&mut out, lane, columns, &column);
    }
    legend(&mut out, story, columns);
    out
}

fn head(story: &Story, index: usize, lane: &Lane) -> String {
    let mut head = format!("{}, pid {}, {:.2} s to {:.2} s", lane.name, lane.pid, lane.from, lane.to);
    let start = story.arrows.iter().find(|arrow| arrow.what == What::Start && arrow.to.0 == index);
    if let Some(start) = start {
        let _ = write!(head, ", started by {}", story.lanes[start.from.0].name);
    }
    if let Some(cause) = &lane.cause {
        let _ = write!(head, ", {cause}");
    }
    head
}

fn fill(bar: &mut [char], from: usize, to: usize, sign: char) {
    let to = to.min(bar.len() - 1);
    bar[from.min(to)..=to].fill(sign);
}

fn push(out: &mut String, line: Vec<char>) {
    let line: String = line.into_iter().collect();
    out.push_str(line.trim_end());
    out.push('\n');
}

/// What it printed, each line under its moment.
fn lines(out: &mut String, lane: &Lane, columns: usize, column: &impl Fn(f64) -> usize) {
    let wanted: Vec<(usize, char, String)> = lane
        .lines
        .iter()
        .map(|line| {
            let mark = if line.wrong { '✗' } else { '^' };
            (column(line.at), mark, fits(&line.text, columns - 2))
        })
        .collect();
    let sizes = wanted.iter().map(|(at, _, text)| (*at as f64, text.chars().count() as f64 + 3.0));
    let (placed, count) = rows(sizes, -2.0, columns as f64 + 1.0);
    let mut all = vec![vec![' '; columns]; count];
    for ((_, mark, text), place) in wanted.iter().zip(placed) {
        // Before its moment, it ends with the mark.
        let (begin, text) = match place.before {
            true => (place.begin + 2.0, format!("{text} {mark}")),
            false => (place.begin, format!("{mark} {text}")),
        };
        for (place, sign) in all[place.row].iter_mut().skip(begin.max(0.0) as usize).zip(text.chars()) {
            *place = sign;
        }
    }
    all.into_iter().for_each(|line| push(out, line));
}

fn legend(out: &mut String, story: &Story, columns: usize) {
    let spans = || story.lanes.iter().flat_map(|lane| lane.rests.iter().chain(&lane.holds));
    let seen =
        |kind: &Kind| spans().any(|span| span.kind == *kind && span.to - span.from > story.end / 200.0);
    let kinds = Kind::ALL.into_iter().filter(seen).map(|kind| format!("{} {}", sign(kind), kind.in_words()));
    let mut line = String::from("█ runs");
    out.push('\n');
    for kind in kinds.chain(["^ prints".to_owned(), format!("{:.2} s in all", story.end)]) {
        if line.chars().count() + 3 + kind.chars().count() > columns {
            let _ = writeln!(out, "{line}");
            line = kind;
        } else {
            let _ = write!(line, "   {kind}");
        }
    }
    let _ = writeln!(out, "{line}");
}
