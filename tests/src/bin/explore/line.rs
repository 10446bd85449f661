//! A schedule as a line of text, and back: `queue(1): put | get / A > put: written / B > end / A killed`.
//!
//! First the scenario. Then who goes on, up to which step; whose sleep is over (`A wakes`); who is `killed` or `stopped`.
//! After the last of it everybody goes on as if nobody interfered.

use crate::history::letter;
use crate::play::{Guide, Move};
use crate::scenario::Scenario;
use crate::scheduler::{Act, Choice, Position, Scheduler};
use crate::stage::MOST;

/// Writes down the moves, up to the last that was not made by default.
pub(crate) fn write(scenario: &Scenario, moves: &[Move]) -> String {
    let moves: Vec<&Move> = moves.iter().filter(|one| !one.is_forced).collect();
    let decisive = moves.iter().rposition(|one| !one.is_default).map_or(0, |last| last + 1);
    let mut line = scenario.to_string();
    let mut at = 0;
    while at < decisive {
        let Choice { who, act } = moves[at].choice;
        line += &match act {
            Act::Go => {
                // As far as it goes in one go, unless it would come to that place twice.
                let same = moves[at..].iter().take_while(|one| one.choice == moves[at].choice);
                let mut places = same.map(|one| one.position.to_string()).collect::<Vec<_>>();
                let is_first = |end: &usize| !places[..*end].contains(&places[*end]);
                let end = (0..places.len().min(decisive - at)).rev().find(is_first).unwrap_or(0);
                at += end;
                format!(" / {} > {}", letter(who), places.swap_remove(end))
            }
            Act::Wake => format!(" / {} wakes", letter(who)),
            Act::Kill => format!(" / {} killed", letter(who)),
            Act::Stop => format!(" / {} stopped", letter(who)),
        };
        at += 1;
    }
    line
}

/// Something to be done, out of a line.
#[derive(Debug)]
struct Order {
    choice: Choice,
    /// For one who goes on: until it is there.
    until: String,
    has_moved: bool,
}

/// Follows a line.
#[derive(Debug)]
pub(crate) struct Replay {
    orders: std::vec::IntoIter<Order>,
    now: Option<Order>,
}

/// Reads a line.
pub(crate) fn read(line: &str) -> Result<(Scenario, Replay), String> {
    let mut parts = line.split(" / ");
    let scenario = Scenario::parse(parts.next().unwrap_or_default())?;
    let order = |part: &str| {
        let wrong = || format!("{part:?}: expected `A > step`, `A wakes`, `A killed` or `A stopped`");
        let (letter_, rest) = part.trim().split_once(' ').ok_or_else(wrong)?;
        let who = (0..MOST).find(|&who| letter_ == letter(who).to_string()).ok_or_else(wrong)?;
        let (act, until) = match rest.split_once("> ") {
            Some(("", step)) => (Act::Go, step),
            None if rest == "wakes" => (Act::Wake, ""),
            None if rest == "killed" => (Act::Kill, ""),
            None if rest == "stopped" => (Act::Stop, ""),
            _ => return Err(wrong()),
        };
        if who >= scenario.scripts.len() {
            return Err(format!("{part:?}: there are only {} processes", scenario.scripts.len()));
        }
        Ok(Order { choice: Choice { who, act }, until: until.to_owned(), has_moved: false })
    };
    let orders = parts.map(order).collect::<Result<Vec<_>, String>>()?;
    Ok((scenario, Replay { orders: orders.into_iter(), now: None }))
}

impl Guide for Replay {
    fn choose(&mut self, scheduler: &Scheduler, choices: &[(Choice, u32)]) -> Result<Choice, String> {
        let has_come = |Order { choice, until, has_moved }: &Order| {
            *has_moved && (choice.act != Act::Go || scheduler.position(choice.who).to_string() == *until)
        };
        if self.now.as_ref().is_none_or(has_come) {
            self.now = self.orders.next();
        }
        let Some(Order { choice, until, has_moved }) = &mut self.now else { return Ok(choices[0].0) };
        *has_moved = true;
        let choice = *choice;
        if !choices.iter().any(|(possible, _)| *possible == choice) {
            let (who, position) = (letter(choice.who), scheduler.position(choice.who));
            let wanted =
                if until.is_empty() { format!("{:?}", choice.act) } else { format!("come to {until:?}") };
            return Err(format!("{who} cannot {wanted}, for it is here: {position}"));
        }
        Ok(choice)
    }
}

impl Replay {
    /// What of the line was not come to.
    pub(crate) fn is_left(&self) -> bool {
        self.orders.len() > 0
    }
}

/// The position of whoever moved, for people.
pub(crate) fn describe(one: &Move) -> String {
    let who = letter(one.choice.who);
    match (one.choice.act, &one.position) {
        (Act::Go, position) => format!("{who} > {position}"),
        (Act::Wake, Position::At(step)) => format!("{who} wakes > {step}"),
        (Act::Wake, position) => format!("{who} wakes > {position}"),
        (Act::Kill, _) => format!("{who} killed"),
        (Act::Stop, _) => format!("{who} stopped"),
    }
}
