//! What a run was like, as a table: time goes down, and each process has a column.

use std::fmt::Write;
use std::time::Duration;

use crate::{End, Outcome};

/// The widest that a terminal is sure to be.
const WIDTH: usize = 100;
/// Before the columns: `  0.000 s`.
const TIME: usize = 9;
/// More columns than this are too narrow to be read; the last one is then for all other processes.
const COLUMNS: usize = 6;
/// More rows than this help nobody.
const ROWS: usize = 40;

/// Something that happened: when, to whom, what.
type Event = (Duration, i32, String);

/// The table, and how it ended.
pub(crate) fn of(it: &Outcome) -> String {
    let events = events(it);
    let columns = columns(it, &events);
    let shown = columns.len().min(COLUMNS);
    let width = (WIDTH - TIME) / shown - 3;
    let mut table = format!("`{}`: time goes down, each process has a column", it.command);
    table += "; [what the check did]; !what is on stderr\n\n";
    let mut row = |time: &str, column: usize, text: &str| {
        let empty = " |".to_owned() + &" ".repeat(width + 1);
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{time:>TIME$}{} | {}", empty.repeat(column), cut(text, width));
    };
    for (at, pid) in columns.iter().enumerate().take(shown) {
        let others = at == COLUMNS - 1 && columns.len() > COLUMNS;
        let head = if others { "the others".to_owned() } else { whose(it, *pid) };
        row("", at, &head);
    }
    for (at, pid, text) in events.iter().take(ROWS) {
        let column = columns.iter().position(|column| column == pid).unwrap_or(0).min(COLUMNS - 1);
        row(&format!("{:.3} s", at.as_secs_f64()), column, text);
    }
    if events.len() > ROWS {
        row("", 0, &format!("… and {} lines more", events.len() - ROWS));
    }
    table + "\n" + &ending(it)
}

fn events(it: &Outcome) -> Vec<Event> {
    let lines = it.lines.iter().map(|line| (line.at, line.writer(), line.text.clone()));
    let stderr = it.stderr.iter().map(|line| (line.at, line.writer(), format!("!{}", line.text)));
    let marks = it.marks.iter().map(|mark| (mark.at, mark.pid, format!("[{}]", mark.text)));
    let mut events: Vec<Event> = lines.chain(stderr).chain(marks).collect();
    events.sort_by_key(|event| event.0); // A stable sort: the order of the lines stays.
    events
}

/// The processes in the order of their appearance, the first one first, and those that never said anything last.
fn columns(it: &Outcome, events: &[Event]) -> Vec<i32> {
    let silent = match &it.end {
        End::Hung(alive) => alive.iter().map(|waiting| waiting.pid).collect(),
        _ => Vec::new(),
    };
    let mut columns = vec![it.main];
    for pid in events.iter().map(|event| event.1).chain(silent) {
        if !columns.contains(&pid) {
            columns.push(pid);
        }
    }
    columns
}

/// How it ended, and, if it did not, where every process was.
fn ending(it: &Outcome) -> String {
    let End::Hung(alive) = &it.end else { return it.end_in_words() };
    let mut text =
        format!("After {:.1} s it was ended by the check. Where each process was:", it.took.as_secs_f64());
    for waiting in alive {
        let since = waiting.since.map(|since| format!(", for {:.1} s or longer", since.as_secs_f64()));
        let since = since.unwrap_or_default();
        let _ = write!(text, "\n  {:<14}  {}{since}", whose(it, waiting.pid), waiting.on);
    }
    text
}

fn whose(it: &Outcome, pid: i32) -> String {
    let whose = if it.is_main(pid) { "main" } else { "child" };
    format!("{whose} {pid}")
}

fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => text.chars().take(width - 1).chain(['…']).collect(),
    }
}
