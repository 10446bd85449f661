//! The random waits, as far as the times of the lines tell them.
//!
//! Two processes with the same waits are a few milliseconds apart at every line, others at hardly any. A loaded
//! machine makes equal waits look different, and never different ones equal: so what must differ is asked once, and
//! what must be equal has several tries.

use crate::{Outcome, Pace, Program, Running, Verdict, captures};

const PACE: Pace = Pace(0.1);
const ITEMS: &str = "12";

/// Two waits that differ by less may be the same. They are 100 to 300 ms long.
const SAME: f64 = 0.03;

/// The two chefs of one run.
pub(super) fn siblings_differ(program: &Program) -> Verdict {
    let it = start(program, Some(7))?.finish()?;
    it.succeeds()?;
    if share_of_equal(&waits(&it, "Little King"), &waits(&it, "Cho")) > 0.9 {
        return it.complain("expected each process to wait at random; the two chefs wait for the same times");
    }
    Ok(())
}

/// The same chef in two runs.
pub(super) fn runs_differ(program: &Program) -> Verdict {
    let [one, other] = two_runs(program, [None, None])?;
    if equal(&one, &other) > 0.9 {
        return other.complain("expected every run to wait at random; two runs wait for the same times");
    }
    Ok(())
}

/// The same with a seed, and with another one.
pub(super) fn seeds_repeat(program: &Program) -> Verdict {
    let [one, other] = two_runs(program, [Some(1), Some(2)])?;
    if equal(&one, &other) > 0.9 {
        return other
            .complain("expected other waits with another seed; `--seed 1` and `--seed 2` give the same");
    }
    for last_try in [false, false, false, true] {
        let [one, other] = two_runs(program, [Some(1), Some(1)])?;
        if equal(&one, &other) > 0.75 {
            break;
        }
        if last_try {
            return other
                .complain("expected the same waits with the same seed; two runs with `--seed 1` differ");
        }
    }
    Ok(())
}

/// Two runs at the same time.
fn two_runs(program: &Program, seeds: [Option<u32>; 2]) -> Verdict<[Outcome; 2]> {
    let [one, other] = seeds.map(|seed| start(program, seed));
    let (one, other) = (one?, other?);
    // Each is read by a thread of its own: the times of the lines are those of the reading.
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| one.finish());
        let other = other.finish();
        (one.join().expect("no panic in finish"), other)
    });
    let both = [one?, other?];
    both.iter().try_for_each(Outcome::succeeds)?;
    Ok(both)
}

fn start(program: &Program, seed: Option<u32>) -> Verdict<Running> {
    let seed = seed.map(|seed| ["--seed".to_owned(), seed.to_string()]);
    program.run().pace(PACE).args(["--items", ITEMS]).args(seed.into_iter().flatten()).start()
}

/// How much of the waits of the two chefs is the same in two runs, from 0 to 1.
fn equal(one: &Outcome, other: &Outcome) -> f64 {
    let share = |chef| share_of_equal(&waits(one, chef), &waits(other, chef));
    (share("Little King") + share("Cho")) / 2.0
}

fn share_of_equal(one: &[f64], other: &[f64]) -> f64 {
    let equal = one.iter().zip(other).filter(|(one, other)| (*one - *other).abs() < SAME).count();
    equal as f64 / one.len().max(1) as f64
}

/// The times between a chef's lines.
fn waits(it: &Outcome, chef: &str) -> Vec<f64> {
    let pattern = format!("Chef {chef} generated <text>");
    let lines = it.lines.iter().filter(|line| captures(&pattern, &line.text).is_some());
    let times: Vec<f64> = lines.map(|line| line.at.as_secs_f64()).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}
