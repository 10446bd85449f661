//! The random waits, by what the chefs ask the system for. At this pace everybody sleeps for more than a day: nothing
//! has to be measured, and each chef is still in its first wait when it is looked at.

use crate::waiting::asleep_for;
use crate::{Pace, Program, Running, Verdict};

const PACE: Pace = Pace(1e5);

/// In seconds. Who sleeps until a moment, as Python does, has slept for a while when it is looked at. Waits are 100,000
/// to 300,000 seconds: of chance, two are no more apart than this once in a thousand times, and both chefs' once in a
/// million.
const SAME: f64 = 60.0;

/// The first waits of the two chefs, the shorter one first, and the run, in which they still wait.
struct Waits {
    run: Running,
    chefs: [f64; 2],
}

/// The two chefs of one run.
pub(super) fn siblings_differ(program: &Program) -> Verdict {
    let mut it = look(program, Some(7))?;
    if it.chefs[1] - it.chefs[0] < SAME {
        return it.run.fail("expected each process to wait at random; the two chefs wait for the same time");
    }
    Ok(())
}

/// The same chefs in two runs.
pub(super) fn runs_differ(program: &Program) -> Verdict {
    let (one, mut other) = (look(program, None)?, look(program, None)?);
    if one.are_those_of(&other) {
        return other.run.fail("expected every run to wait at random; two runs wait for the same times");
    }
    Ok(())
}

/// The same with a seed, and with another one.
pub(super) fn seeds_repeat(program: &Program) -> Verdict {
    let (one, mut again) = (look(program, Some(1))?, look(program, Some(1))?);
    if !one.are_those_of(&again) {
        return again.run.fail("expected the same waits with the same seed; two runs with `--seed 1` differ");
    }
    let mut other = look(program, Some(2))?;
    if one.are_those_of(&other) {
        return other
            .run
            .fail("expected other waits with another seed; `--seed 1` and `--seed 2` give the same");
    }
    Ok(())
}

impl Waits {
    fn are_those_of(&self, other: &Waits) -> bool {
        self.chefs.iter().zip(&other.chefs).all(|(one, other)| (one - other).abs() < SAME)
    }
}

fn look(program: &Program, seed: Option<u32>) -> Verdict<Waits> {
    let seed = seed.map(|seed| ["--seed".to_owned(), seed.to_string()]);
    let mut run = program.run().pace(PACE).args(seed.into_iter().flatten()).start()?;
    loop {
        let mut waits: Vec<f64> = run.pids().into_iter().filter_map(asleep_for).collect();
        waits.sort_by(f64::total_cmp);
        if let [one, other] = waits[..] {
            return Ok(Waits { run, chefs: [one, other] });
        }
        if run.over() {
            return run.fail("expected two chefs to be asleep");
        }
        run.pump()?;
    }
}
