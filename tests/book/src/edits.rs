//! Changes of a run, in words: what breaks a row of a table, and what a free row allows.

use std::time::Duration;

use checks::{Line, Outcome, Survivor, Waiting, captures};

/// A change of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    /// `X` before `Y`: all lines like X before the first one like Y.
    Before(String, String),
    /// in this order `X`, `Y`, …: the first lines like these take each other's places.
    InThisOrder(Vec<String>),
    /// `X` reads `Y`: in each line like X. `<1>` in Y is what X's first placeholder stands for.
    Reads(String, String),
    /// `X` and `Y` swapped: these words, in all lines.
    Swapped(String, String),
    /// `X` by who wrote `Y`.
    By(String, String),
    /// `X` twice: the first line like X.
    Twice(String),
    /// no `X`.
    No(String),
    /// a child says `X`, at the end, once. `<child>` and `<main>` are their pids.
    Says(String),
    /// a process is left
    Left,
    /// it took no time
    TookNoTime,
}

impl Edit {
    /// What the words mean.
    pub(crate) fn parse(words: &str) -> Result<Edit, String> {
        let pieces: Vec<&str> = words.trim().split('`').map(str::trim).collect();
        let two = |make: fn(String, String) -> Edit, x: &str, y: &str| make(x.to_owned(), y.to_owned());
        Ok(match pieces[..] {
            ["", x, "before", y, ""] => two(Edit::Before, x, y),
            ["in this order", ..] => {
                Edit::InThisOrder(pieces[1..].iter().step_by(2).map(|x| (*x).to_owned()).collect())
            }
            ["", x, "reads", y, ""] => two(Edit::Reads, x, y),
            ["", x, "and", y, "swapped"] => two(Edit::Swapped, x, y),
            ["", x, "by who wrote", y, ""] => two(Edit::By, x, y),
            ["", x, "twice"] => Edit::Twice(x.to_owned()),
            ["no", x, ""] => Edit::No(x.to_owned()),
            ["a child says", x, ""] => Edit::Says(x.to_owned()),
            ["a process is left"] => Edit::Left,
            ["it took no time"] => Edit::TookNoTime,
            _ => return Err(format!("nobody understands `{}`", words.trim())),
        })
    }

    /// The run with this change, and whether it had the lines that are to be changed.
    pub(crate) fn of(&self, mut it: Outcome) -> (Outcome, bool) {
        let like = |x: &str, line: &Line| captures(x, &line.text).is_some();
        let found = match self {
            Edit::Before(x, y) => {
                let (moved, mut rest): (Vec<Line>, Vec<Line>) =
                    it.lines.into_iter().partition(|line| like(x, line));
                let place = rest.iter().position(|line| like(y, line));
                let found = !moved.is_empty() && place.is_some();
                rest.splice(place.unwrap_or(0)..place.unwrap_or(0), moved);
                it.lines = rest;
                found
            }
            Edit::InThisOrder(all) => {
                let place = |x: &String| it.lines.iter().position(|line| like(x, line));
                let found: Vec<usize> = all.iter().filter_map(place).collect();
                let lines: Vec<Line> = found.iter().map(|&place| it.lines[place].clone()).collect();
                let mut places = found.clone();
                places.sort_unstable();
                places.iter().zip(lines).for_each(|(&place, line)| it.lines[place] = line);
                found.len() == all.len()
            }
            Edit::Reads(x, y) => {
                let mut found = false;
                for line in &mut it.lines {
                    found |= line.text == *y;
                    let Some(captured) = captures(x, &line.text) else { continue };
                    found = true;
                    let numbered = captured.iter().enumerate();
                    line.text = numbered.fold(y.clone(), |text, (at, captured)| {
                        text.replace(&format!("<{}>", at + 1), captured)
                    });
                }
                found
            }
            Edit::Swapped(x, y) => {
                let found = it.lines.iter().any(|line| line.text.contains(&**x) || line.text.contains(&**y));
                for line in &mut it.lines {
                    let swapped = line.text.split(&**x).map(|piece| piece.replace(&**y, x));
                    line.text = swapped.collect::<Vec<_>>().join(y);
                }
                found
            }
            Edit::By(x, y) => {
                let writers = it.lines.iter().find(|line| like(y, line)).map(|line| line.writers.clone());
                let mut found = false;
                for line in it.lines.iter_mut().filter(|line| like(x, line)) {
                    found = writers.is_some();
                    line.writers = writers.clone().unwrap_or_default();
                }
                found
            }
            Edit::Twice(x) => {
                let place = it.lines.iter().position(|line| like(x, line));
                let again = place.map(|place| (place, it.lines[place].clone()));
                again.into_iter().map(|(place, line)| it.lines.insert(place, line)).count() == 1
            }
            Edit::No(x) => {
                it.lines.retain(|line| !like(x, line));
                true
            }
            Edit::Says(x) => {
                let said = it.lines.iter().map(Line::writer).find(|&pid| pid != it.main);
                let child = said.unwrap_or(it.main + 1);
                let pattern = x.replace("<child>", "<pid>").replace("<main>", "<pid>");
                let text = x.replace("<child>", &child.to_string()).replace("<main>", &it.main.to_string());
                it.lines.retain(|line| !like(&pattern, line));
                it.lines.push(Line { text, writers: vec![child], at: it.took, complete: true });
                true
            }
            Edit::Left => {
                let doing = Waiting { pid: it.main, name: "it".into(), on: "sleep".into(), since: None };
                it.survivors.push(Survivor { doing, last_line: None });
                true
            }
            Edit::TookNoTime => {
                it.took = Duration::ZERO;
                true
            }
        };
        (it, found)
    }
}
