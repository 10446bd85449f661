//! What a run was like, as a table: time goes down, and each process has a column. Or, plainly, a sentence for each thing
//! that happened.

use std::collections::HashSet;
use std::env;
use std::fmt::Write;
use std::time::Duration;

use crate::shown_safely::{cut, safe};
use crate::{End, Outcome};

/// The environment variable that asks for sentences instead of a table: for who listens instead of looking.
pub const PLAIN: &str = "PLAIN";
/// The environment variable that tells how wide the terminal is.
pub const COLUMNS: &str = "COLUMNS";

/// The widest that a terminal is sure to be.
const WIDTH: usize = 80;
/// Before the columns: `  0.000 s`.
const TIME: usize = 9;
/// A column that is narrower can hardly be read. The last one is for all processes that have none.
const NARROW: usize = 14;
/// Where a terminal is narrower than this, its lines are broken.
const NARROWEST: usize = 60;
/// More rows than this help nobody.
const ROWS: usize = 40;
/// Nor more lines for one row.
const LINES: usize = 3;
/// Nor longer sentences.
const LENGTH: usize = 200;
/// Nor more processes of which it is told where they were.
const PROCESSES: usize = 12;

/// Something that happened: when, to whom, what.
type Event = (Duration, i32, String);

/// The table, or the sentences, and how it ended: as the environment wants it.
pub(crate) fn of(it: &Outcome) -> String {
    if env::var_os(PLAIN).is_some_and(|plain| !plain.is_empty() && plain != "0") {
        return plainly(it);
    }
    let width = env::var(COLUMNS).ok().and_then(|width| width.parse().ok()).unwrap_or(WIDTH);
    table(it, width)
}

fn plainly(it: &Outcome) -> String {
    let events = events(it);
    let mut text = format!("What the processes of `{}` did:\n", safe(&it.command));
    for (at, pid, what) in events.iter().take(ROWS) {
        let _ = writeln!(text, "{:.3} s, {}: {}", at.as_secs_f64(), whose(it, *pid), cut(what, LENGTH));
    }
    if events.len() > ROWS {
        let _ = writeln!(text, "and {} lines more", events.len() - ROWS);
    }
    text + &ending(it, LENGTH)
}

fn table(it: &Outcome, screen: usize) -> String {
    let screen = screen.clamp(NARROWEST, 200);
    let events = events(it);
    let columns = columns(it, &events);
    let shown = columns.len().min((screen - TIME) / (NARROW + 3)).max(1);
    let width = (screen - TIME) / shown - 3;
    let mut heads: Vec<String> = columns.iter().take(shown).map(|&pid| whose(it, pid)).collect();
    if columns.len() > shown {
        heads[shown - 1] = "the others".to_owned();
    }
    let mut table =
        cut(&format!("What the processes of `{}` did, each in its column.", safe(&it.command)), screen);
    table += "\n[in brackets]: what the check did. !: on stderr.\n\n";
    table += &row("", &heads.iter().map(|head| format!("{head:<width$}")).collect::<Vec<_>>());
    let mut rows = 0;
    let mut told = 0;
    for (at, pid, what) in &events {
        let column = columns.iter().position(|column| column == pid).unwrap_or(0);
        let others = column + 1 >= shown && columns.len() > shown;
        let what = if others { format!("{pid}: {what}") } else { what.clone() };
        let lines = wrapped(&what, width);
        if rows + lines.len() > ROWS {
            break;
        }
        (rows, told) = (rows + lines.len(), told + 1);
        for (at_line, line) in lines.iter().enumerate() {
            let time = if at_line == 0 { format!("{:.3} s", at.as_secs_f64()) } else { String::new() };
            let mut cells = vec![" ".repeat(width); column.min(shown - 1)];
            cells.push(line.clone());
            table += &row(&time, &cells);
        }
    }
    if events.len() > told {
        table += &format!("          … and {} lines more\n", events.len() - told);
    }
    table + "\n" + &ending(it, screen)
}

fn row(time: &str, cells: &[String]) -> String {
    let cells = cells.iter().map(|cell| format!(" | {cell}"));
    format!("{time:>TIME$}{}", cells.collect::<String>()).trim_end().to_owned() + "\n"
}

/// A text in lines of this width, which end between words where that is possible.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = cut(text, LINES * width);
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let mut word = word;
        let length = |text: &str| text.trim_end().chars().count();
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + length(word) > width {
            lines.push(String::new());
        }
        while length(word) > width {
            let end = word.char_indices().nth(width).map_or(word.len(), |(end, _)| end);
            lines.last_mut().expect("there is one").push_str(&word[..end]);
            lines.push(String::new());
            word = &word[end..];
        }
        lines.last_mut().expect("there is one").push_str(word);
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    if lines.len() > LINES {
        lines.truncate(LINES);
        let last = lines.last_mut().expect("there are some");
        *last = last.chars().take(width - 1).chain(['…']).collect();
    }
    lines
}

fn events(it: &Outcome) -> Vec<Event> {
    let lines = it.lines.iter().map(|line| (line.at, line.writer(), safe(&line.text)));
    let stderr = it.stderr.iter().map(|line| (line.at, line.writer(), format!("!{}", safe(&line.text))));
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
    let mut seen = HashSet::from([it.main]);
    let mut columns = vec![it.main];
    columns.extend(events.iter().map(|event| event.1).chain(silent).filter(|&pid| seen.insert(pid)));
    columns
}

/// How it ended, and, if it did not, where every process was.
fn ending(it: &Outcome, width: usize) -> String {
    let End::Hung(alive) = &it.end else { return it.end_in_words() };
    let mut text = format!("After {:.1} s the check ended it.", it.took.as_secs_f64());
    if !alive.is_empty() {
        text += " Where each process was:";
    }
    for waiting in alive.iter().take(PROCESSES) {
        let since = waiting.since.map(|since| format!(", for {:.1} s or longer", since.as_secs_f64()));
        let line = format!("  {:<14}  {}{}", whose(it, waiting.pid), waiting.on, since.unwrap_or_default());
        text += "\n";
        text += &cut(&safe(&line), width);
    }
    if alive.len() > PROCESSES {
        let _ = write!(text, "\n  … and {} processes more", alive.len() - PROCESSES);
    }
    text
}

fn whose(it: &Outcome, pid: i32) -> String {
    let whose = if it.is_main(pid) { "main" } else { "child" };
    format!("{whose} {pid}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{NARROWEST, PROCESSES, ROWS, plainly, table, wrapped};
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

    /// However many processes there are, however long their lines, and however narrow the terminal, the table fits.
    #[test]
    fn the_table_is_never_wide() {
        for (processes, width) in [(2, 80), (2, 60), (5, NARROWEST), (5, 80), (1000, 100)] {
            let table = table(&outcome(processes), width);
            let widest = table.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{widest:?}\n{table}");
            assert!(table.lines().count() < ROWS + PROCESSES + 8, "{table}");
        }
    }

    /// A line is broken between words, and no word is lost.
    #[test]
    fn long_lines_are_wrapped_at_words() {
        assert_eq!(wrapped("Little King1 is running", 14), ["Little King1", "is running"]);
        assert_eq!(wrapped("abcdefghijklmnop q", 10), ["abcdefghij", "klmnop q"]);
        assert_eq!(wrapped(&"word ".repeat(100), 10), ["word word", "word word", "word word…"]);
    }

    /// What could move the cursor is shown, and does not.
    #[test]
    fn nothing_reaches_the_terminal_that_is_no_text() {
        let mut it = outcome(1);
        it.lines[0].text = "\u{1b}[2Jgone\r\0\u{202e}".to_owned();
        for shown in [table(&it, 80), plainly(&it)] {
            assert!(shown.contains("\\u{1b}[2Jgone"), "{shown}");
            assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown}");
        }
    }

    /// A sentence for each thing that happened, without columns.
    #[test]
    fn it_can_be_told_plainly() {
        let told = plainly(&outcome(1000));
        assert!(told.contains("\n0.007 s, main 100: 0 says what is long"), "{told}");
        assert!(
            told.contains("\nand 962 lines more\n") && told.lines().count() < ROWS + PROCESSES + 8,
            "{told}"
        );
    }

    /// Each line stands in the column of its process; what the check did too; and the end tells who waits in what.
    #[test]
    fn each_process_has_a_column() {
        let table = table(&outcome(2), 100);
        let columns =
            |text: &str| table.lines().find(|line| line.contains(text)).map(|line| line.matches('|').count());
        assert_eq!(columns(" | 0 says"), Some(1), "{table}");
        assert_eq!(columns(" | 1 says"), Some(2), "{table}");
        assert_eq!(columns("!1 says"), Some(2), "{table}");
        assert_eq!(columns("[stopped by the"), Some(2), "{table}");
        assert!(table.ends_with("main 100        sleep, for 3.0 s or longer"), "{table}");
    }
}
