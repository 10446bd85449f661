//! What each of the three ways must print.

use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::VIEW;
use crate::{Line, Outcome, Pace, Program, Run, Running, Verdict, captures};

const BOUGHT: &str = "<text> Ticket Purchased Successfully";
const NO_MORE: &str = "<text> Viewed no more tickets";
const COLUMNS: [&str; 5] = ["way", "sold", "left", "oversold", "seconds"];

/// A way to sell tickets.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    Unlocked,
    Joined,
    Locked,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Unlocked => "unlocked",
            Way::Joined => "joined",
            Way::Locked => "locked",
        }
    }

    /// The line that closes it.
    fn closing(self) -> String {
        let name = self.name();
        format!("{name}: sold <number> of <number>, <number> left in the file, <number> oversold")
    }
}

/// Tickets sold, left in the file, and sold more than once.
type Count = [usize; 3];

/// Runs one way by its name.
pub(super) fn judge_one(run: &Run, way: Way, tickets: usize, passersby: usize) -> Verdict {
    let it = run.clone().arg(way.name()).finish()?;
    it.succeeds()?;
    judge(&it, way, tickets, passersby).map(drop)
}

/// Runs all three, one after another, with a table at the end.
pub(super) fn judge_all(run: &Run, tickets: usize, passersby: usize) -> Verdict {
    let mut it = run.clone().finish()?;
    it.succeeds()?;
    let whole = it.clone();
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    for way in [Way::Unlocked, Way::Joined, Way::Locked] {
        whole.one(&way.closing())?;
        let end = it.lines.iter().position(|line| captures(&way.closing(), &line.text).is_some());
        let rest = it.lines.split_off(end.map_or(0, |end| end + 1));
        let [sold, left, oversold] = judge(&it, way, tickets, passersby)?;
        rows.push(
            [way.name().to_owned()]
                .into_iter()
                .chain([sold, left, oversold].map(|n| n.to_string()))
                .collect(),
        );
        it.lines = rest;
    }
    let table = it.lines.iter().map(|line| line.text.split_whitespace().collect::<Vec<_>>());
    let table: Vec<Vec<&str>> = table.collect();
    let same = |row: &Vec<&str>, wanted: &Vec<String>| {
        row.len() == COLUMNS.len() && wanted.iter().zip(row).all(|(wanted, found)| wanted == found)
    };
    if table.len() != rows.len() || !table.iter().zip(&rows).all(|(row, wanted)| same(row, wanted)) {
        let rows: Vec<String> = rows.iter().map(|row| format!("\n  {}", row.join("  "))).collect();
        return whole
            .complain(format!("expected a closing table that begins, in each row, with{}", rows.concat()));
    }
    match table[1..].iter().find(|row| row[4].parse::<f64>().is_err()) {
        None => whole.by_main(&["way  <text>"]),
        Some(row) => whole.complain(format!("expected seconds at the end of the row; found `{}`", row[4])),
    }
}

/// Judges the lines of one way, and tells what was sold.
fn judge(it: &Outcome, way: Way, tickets: usize, passersby: usize) -> Verdict<Count> {
    let count = closing(it, way, tickets, passersby)?;
    everyone_looks_and_buys_or_not(it, passersby)?;
    let [sold, left, oversold] = count;
    let bought = it.all(BOUGHT).len();
    if sold != bought {
        return it
            .complain(format!("expected `sold {bought}`, as {bought} have bought; found `sold {sold}`"));
    }
    if sold + left != tickets + oversold {
        let right = (sold + left).saturating_sub(tickets);
        return it.complain(format!(
            "{sold} sold and {left} left of {tickets}: {right} oversold; found {oversold}"
        ));
    }
    if way == Way::Unlocked {
        if oversold == 0 && tickets > 0 && passersby > 1 {
            return it
                .complain("expected an unlocked sale to sell some ticket twice, every time; it did not");
        }
        return Ok(count);
    }
    if [sold, oversold] != [tickets.min(passersby), 0] {
        let expected = tickets.min(passersby);
        return it.complain(format!("expected {expected} sold and 0 oversold; found {sold} and {oversold}"));
    }
    // Each in his turn prints what he got, so the sold-out come last.
    it.all_before(&[BOUGHT], &[NO_MORE])?;
    if way == Way::Joined {
        one_after_another(it, tickets, passersby)?;
    }
    Ok(count)
}

/// The numbers of the closing line, which is the last one.
fn closing(it: &Outcome, way: Way, tickets: usize, passersby: usize) -> Verdict<Count> {
    it.last(&way.closing())?;
    it.by_main(&[&way.closing()])?;
    let numbers: Vec<usize> =
        it.one(&way.closing())?.iter().filter_map(|number| number.parse().ok()).collect();
    let [sold, of, left, oversold] = numbers[..] else { return it.complain("the numbers are too large") };
    if of != tickets {
        return it.complain(format!("expected `sold {sold} of {tickets}`; found `of {of}`"));
    }
    match it.lines.len() - 1 {
        lines if lines == 2 * passersby => Ok([sold, left, oversold]),
        lines => it.complain(format!(
            "expected two lines of each of {passersby} passersby; there are {lines} in all"
        )),
    }
}

/// Each prints one view, and then that he bought, or that there were no more; each is a process of his own.
fn everyone_looks_and_buys_or_not(it: &Outcome, passersby: usize) -> Verdict {
    for name in (0..passersby).map(|number| format!("passerby{number}")) {
        let view = VIEW.replace("<text>", &name);
        let (bought, no_more) = (BOUGHT.replace("<text>", &name), NO_MORE.replace("<text>", &name));
        it.times(&view, 1)?;
        let got = if it.all(&bought).is_empty() { &no_more } else { &bought };
        it.times(&bought, usize::from(*got == bought))?;
        it.times(&no_more, usize::from(*got == no_more))?;
        it.before(&view, got)?;
        it.by_children(&[&view, got])?;
        it.same_writer(&[&view, got])?;
    }
    match passersby {
        0 => Ok(()),
        count => it.writers(&[VIEW], count),
    }
}

/// Joined, nobody comes before the one before him has gone: every line is certain.
fn one_after_another(it: &Outcome, tickets: usize, passersby: usize) -> Verdict {
    let lines = (0..passersby).flat_map(|number| {
        let got = if number < tickets { BOUGHT } else { NO_MORE };
        let view = format!("<text> Viewed remaining tickets as {}", tickets.saturating_sub(number));
        [view, got.to_owned()].map(|line| line.replace("<text>", &format!("passerby{number}")))
    });
    it.in_order(&lines.collect::<Vec<_>>())
}

/// The one who holds the lock is killed: the others still buy, and the count is right.
pub(super) fn a_death_under_the_lock(program: &Program) -> Verdict {
    let mut running = program.run().pace(Pace(2.0)).args(["locked", "--passersby", "6"]).start()?;
    // All have looked, and one has just bought: now the next one sleeps, under the lock, and the others wait for it.
    running.wait_for_lines(VIEW, 6)?;
    let bought = running.lines().iter().filter(|line| captures(BOUGHT, &line.text).is_some()).count();
    running.wait_for_lines(BOUGHT, bought + 1)?;
    let Some(killed) = the_one_who_sleeps(&running) else {
        return running
            .finish()?
            .complain("expected one process, the one that buys, to sleep; there is none");
    };
    // ESRCH: it has just ended; then it has bought, and nobody is killed.
    let _ = kill(Pid::from_raw(killed), Signal::SIGKILL);
    let it = running.finish()?;
    it.ended()?;
    it.no_survivors()?;
    it.no_leftovers()?;
    let left_out = it
        .all(VIEW)
        .into_iter()
        .map(Line::writer)
        .find(|&pid| pid != killed && !it.all(BOUGHT).iter().any(|line| line.writer() == pid));
    if let Some(pid) = left_out {
        return it.complain(format!(
            "process {killed} was killed as it bought, under the lock; expected the others to buy; process {pid} did not"
        ));
    }
    let sold = it.all(BOUGHT).len();
    it.times(&format!("locked: sold {sold} of 10, {} left in the file, 0 oversold", 10 - sold), 1)
}

/// The only child that sleeps.
fn the_one_who_sleeps(running: &Running) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        let mut asleep = running.waiting();
        asleep.retain(|waiting| waiting.pid != running.main() && waiting.on == "sleep");
        if let [buyer] = &asleep[..] {
            return Some(buyer.pid);
        }
        sleep(Duration::from_millis(2));
    }
    None
}
