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
    let mut heads: Vec<String> = columns.iter().take(shown).map(|&pid| whose(it, pid)).collect();
    if columns.len() > COLUMNS {
        heads[COLUMNS - 1] = "the others".to_owned();
    }
    let mut table = format!("What the processes of `{}` did, each in its column.\n", it.command);
    table += "[in brackets]: what the check did. !: on stderr.\n\n";
    table += &row("", &heads, width);
    for (at, pid, text) in events.iter().take(ROWS) {
        let column = columns.iter().position(|column| column == pid).unwrap_or(0).min(COLUMNS - 1);
        let mut cells = vec![String::new(); column];
        cells.push(text.clone());
        table += &row(&format!("{:.3} s", at.as_secs_f64()), &cells, width);
    }
    if events.len() > ROWS {
        table += &row("", &[format!("… and {} lines more", events.len() - ROWS)], width);
    }
    table + "\n" + &ending(it)
}

fn row(time: &str, cells: &[String], width: usize) -> String {
    let cells = cells.iter().map(|cell| format!(" | {:<width$}", cut(cell, width)));
    format!("{time:>TIME$}{}", cells.collect::<String>()).trim_end().to_owned() + "\n"
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
    let mut text = format!("After {:.1} s the check ended it.", it.took.as_secs_f64());
    if !alive.is_empty() {
        text += " Where each process was:";
    }
    for waiting in alive {
        let since = waiting.since.map(|since| format!(", for {:.1} s or longer", since.as_secs_f64()));
        let since = since.unwrap_or_default();
        // Writing to a String cannot fail.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{COLUMNS, ROWS, WIDTH, of};
    use crate::{End, Line, Mark, Outcome, Waiting};

    fn line(number: i32) -> Line {
        let (text, at) =
            (format!("{number} says what is long: żółw {}", "x".repeat(200)), Duration::from_millis(7));
        Line { text, writers: vec![100 + number], at, complete: true }
    }

    fn outcome(processes: i32) -> Outcome {
        let on =
            Waiting { pid: 100, name: "it".into(), on: "sleep".into(), since: Some(Duration::from_secs(3)) };
        Outcome {
            command: "it".into(),
            main: 100,
            lines: (0..processes).map(line).collect(),
            stderr: vec![line(1)],
            marks: vec![Mark { at: Duration::from_secs(1), pid: 101, text: "stopped by the check" }],
            end: End::Hung(vec![on]),
            took: Duration::from_secs(4),
            survivors: Vec::new(),
            leftovers: Vec::new(),
            cut: false,
        }
    }

    /// However many processes there are, and however long their lines, the table fits into a terminal.
    #[test]
    fn the_table_is_never_wide() {
        for processes in [2, COLUMNS as i32, COLUMNS as i32 + 1, 3 * ROWS as i32] {
            let table = of(&outcome(processes));
            let widest = table.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(WIDTH), "{widest:?}\n{table}");
            assert!(table.lines().count() < ROWS + 12, "{table}");
        }
    }

    /// Each line stands in the column of its process; what the check did too; and the end tells who waits in what.
    #[test]
    fn each_process_has_a_column() {
        let table = of(&outcome(2));
        let columns =
            |text: &str| table.lines().find(|line| line.contains(text)).map(|line| line.matches('|').count());
        assert_eq!(columns(" | 0 says"), Some(1), "{table}");
        assert_eq!(columns(" | 1 says"), Some(2), "{table}");
        assert_eq!(columns("!1 says"), Some(2), "{table}");
        assert_eq!(columns("[stopped by the check]"), Some(2), "{table}");
        assert!(table.ends_with("main 100        sleep, for 3.0 s or longer"), "{table}");
    }
}
