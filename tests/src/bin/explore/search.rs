//! All schedules of a scenario, one after the other: the last choice that can be made otherwise is made otherwise, until
//! there is none. Every schedule is played from the beginning.

use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::play::Guide;
use crate::scenario::Scenario;
use crate::scheduler::{Act, Choice, Scheduler};

/// How far a search goes: so many changes of process that nothing forces, without and with a death or stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) changes: u32,
    pub(crate) struck: u32,
}

impl Limits {
    /// How far a search goes at first. What is forced, because the process before has ended or waits, costs nothing: with
    /// two processes that both come to their ends there is always one change more.
    pub(crate) fn of(scenario: &Scenario, short: bool) -> Limits {
        let longest = scenario.scripts.iter().map(Vec::len).max().unwrap_or(0);
        match (short, scenario.scripts.len()) {
            (true, _) => Limits { changes: 1, struck: 0 },
            (false, _) if longest > 5 => Limits { changes: 1, struck: 0 },
            (false, ..3) if longest > 1 => Limits { changes: 3, struck: 1 },
            (false, ..3) => Limits { changes: 3, struck: 2 },
            (false, _) => Limits { changes: 2, struck: 1 },
        }
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} changes, {} if struck", self.changes, self.struck)
    }
}

struct Point {
    choices: Vec<(Choice, u32)>,
    taken: usize,
    /// What had been spent before, and whether somebody had been struck.
    spent: u32,
    is_struck: bool,
    /// Where all processes were.
    here: u64,
}

impl Point {
    fn allows(&self, choice: (Choice, u32), limits: Limits) -> bool {
        let (Choice { act, .. }, cost) = choice;
        let struck = self.is_struck || matches!(act, Act::Kill | Act::Stop);
        self.spent + cost <= if struck { limits.struck } else { limits.changes }
    }
}

pub(crate) struct Search {
    limits: Limits,
    points: Vec<Point>,
    at: usize,
    /// There are schedules beyond the limits.
    pub(crate) is_limited: bool,
}

impl Search {
    pub(crate) fn new(limits: Limits) -> Search {
        Search { limits, points: Vec::new(), at: 0, is_limited: false }
    }

    /// Goes on to the next schedule; false if there is none.
    pub(crate) fn next(&mut self) -> bool {
        self.at = 0;
        let limits = self.limits;
        while let Some(mut point) = self.points.pop() {
            for untried in point.taken + 1..point.choices.len() {
                if point.allows(point.choices[untried], limits) {
                    point.taken = untried;
                    self.points.push(point);
                    return true;
                }
                self.is_limited = true;
            }
        }
        false
    }
}

impl Guide for Search {
    fn choose(&mut self, scheduler: &Scheduler, choices: &[(Choice, u32)]) -> Result<Choice, String> {
        let mut here = DefaultHasher::new();
        scheduler.positions().for_each(|(who, position)| (who, position.to_string()).hash(&mut here));
        let here = here.finish();
        if self.at == self.points.len() {
            let last = self.points.last().map(|last| (last, last.choices[last.taken]));
            let spent = last.map_or(0, |(last, (_, cost))| last.spent + cost);
            let is_struck = scheduler.is_struck();
            self.points.push(Point { choices: choices.to_vec(), taken: 0, spent, is_struck, here });
        }
        let point = &self.points[self.at];
        if point.here != here || point.choices != choices {
            return Err("it went otherwise than last time, for the same choices".to_owned());
        }
        self.at += 1;
        Ok(point.choices[point.taken].0)
    }
}
