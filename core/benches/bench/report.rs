//! The table, and where it is written.

use std::fmt::Write;
use std::path::Path;

use crate::Result;
use crate::rows::{Against, Column, Target, Unit, three_digits};
use crate::stats::{Found, Spread};

const BEGIN: &str = "<!-- table: begin -->";
const END: &str = "<!-- table: end -->";

const HEAD: [&str; 9] = [
    "",
    "ours",
    "raw limit",
    "ours : raw",
    "CPython",
    "times CPython",
    "crates",
    "to reach (aim)",
    "reached",
];

/// Everything that was found: what was measured on what, the table, and what was missed.
pub(crate) fn findings(machine: &str, rounds: usize, found: &[Found]) -> String {
    let mut text =
        format!("`make bench`, rounds: {rounds}; median (least to most). {machine}.\n\n{}", table(found));
    let missed = missed(found);
    if !missed.is_empty() {
        let _ = write!(text, "\nNot reached:\n\n{}", missed.concat());
    }
    text
}

/// The table, in Markdown, with columns that can be read as plain text, too.
fn table(found: &[Found]) -> String {
    let mut lines = vec![HEAD.map(String::from)];
    let mut group = "";
    for found in found {
        if found.row.group != group {
            group = found.row.group;
            let mut title: [String; 9] = Default::default();
            title[0] = format!("**{group}**");
            lines.push(title);
        }
        lines.push(line(found));
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let right = if (1..=5).contains(&column) { ":" } else { "-" };
                let _ = write!(text, "|-{}{right}", "-".repeat(*width));
            }
            text.push_str("|\n");
        }
    }
    text
}

fn line(found: &Found) -> [String; 9] {
    let row = &found.row;
    let peers = row.sides.iter().filter_map(|side| match side.column {
        Column::Peer(name) => Some(peer(found, name)),
        _ => None,
    });
    let peers: Vec<String> = peers.collect();
    let targets: Vec<String> = row.targets.iter().map(|target| in_words(target, row.unit)).collect();
    let reached: Vec<&str> = row.targets.iter().map(|target| verdict(found, target)).collect();
    [
        row.name.clone(),
        figure(found, Column::Ours),
        figure(found, Column::Raw),
        ratio(found.quotient(Column::Raw)),
        figure(found, Column::Python),
        ratio(found.faster(Column::Python)),
        peers.join("; "),
        targets.join("; "),
        reached.join("; "),
    ]
}

/// "1.2 M/s (1.1 to 1.3)"
fn figure(found: &Found, column: Column) -> String {
    let unit = found.row.unit;
    match (found.figures(column), found.failure(column)) {
        (Some(Spread { median, least, most }), failure) => {
            let (from, to) = if unit == Unit::Rate { (most, least) } else { (least, most) };
            let some = if failure.is_some() { ", not in every round" } else { "" };
            if unit.show(from) == unit.show(to) {
                return format!("{}{some}", unit.show(median));
            }
            format!("{} ({} to {}{some})", unit.show(median), unit.show(from), unit.show(to))
        }
        (None, Some(failure)) => failure.to_owned(),
        (None, None) => "–".to_owned(),
    }
}

fn ratio(ratio: Option<Spread>) -> String {
    ratio.map_or("–".to_owned(), |ratio| three_digits(ratio.median))
}

/// "ipc-channel 593 k/s (ours: 2.1 times that)"
fn peer(found: &Found, name: &'static str) -> String {
    let column = Column::Peer(name);
    match (found.figures(column), found.faster(column)) {
        (Some(figures), Some(faster)) => {
            let than = three_digits(faster.median);
            format!("{name} {} (ours {than} times as fast)", found.row.unit.show(figures.median))
        }
        _ => format!("{name}: {}", found.failure(column).unwrap_or("no answer")),
    }
}

fn in_words(target: &Target, unit: Unit) -> String {
    let against = match target.against {
        Against::Itself if unit == Unit::Bytes => "KiB",
        Against::Itself => "",
        Against::Raw => "raw",
        Against::Python => "CPython",
        Against::Peer(name) => name,
    };
    let sign = if target.at_most { "≤" } else { "≥" };
    let aim = if target.aim == target.must { String::new() } else { format!(" ({})", target.aim) };
    format!("{against} {sign} {}{aim}", target.must).trim().to_owned()
}

fn verdict(found: &Found, target: &Target) -> &'static str {
    let Some(reached) = found.reached(target) else { return "not measured" };
    let good = |limit: f64| if target.at_most { reached <= limit } else { reached >= limit };
    match (good(target.must), good(target.aim)) {
        (_, true) if target.aim == target.must => "yes",
        (_, true) => "yes, the aim too",
        (true, false) => "yes",
        (false, _) => "**no**",
    }
}

/// What was not reached, and by how much.
fn missed(found: &[Found]) -> Vec<String> {
    let mut lines = vec![];
    for found in found {
        for target in &found.row.targets {
            if verdict(found, target) == "**no**" {
                let reached = found.reached(target).map_or(String::new(), three_digits);
                let (name, wanted) = (found.row.full_name(), in_words(target, found.row.unit));
                lines.push(format!("- {name}: {wanted}, found {reached}\n"));
            }
        }
    }
    lines
}

/// Puts the findings between their marks. What is written around them stays.
pub(crate) fn write(path: &Path, findings: &str) -> Result {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        // A place to try things out, where there is nothing yet.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => format!("{BEGIN}\n{END}\n"),
        Err(e) => return Err(format!("{}: {e}", path.display()).into()),
    };
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or(format!("{}: no {BEGIN} … {END} in it", path.display()))?;
    Ok(std::fs::write(path, format!("{before}{BEGIN}\n{findings}{END}{after}"))?)
}
