//! The ticket office while passersby are killed and stopped: the ways that leave it to the store never oversell, and the
//! others do every time.

use std::thread::sleep;
use std::time::Duration;

use checks::lessons::{NO_SERVER, has_redis_server};
use checks::{Program, Verdict, captures};
use trials::{Trial, judge};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson-12");

/// A name, whether it takes long, and the check.
type Case = (&'static str, bool, fn() -> Verdict);

fn main() -> std::process::ExitCode {
    let possible = has_redis_server();
    if !possible {
        eprintln!("{NO_SERVER}");
    }
    let cases: [Case; 6] = [
        // The store never sells what is not there.
        ("conditional_with_kills_and_stops", false, || kill_passersby("conditional", 10)),
        // A stop is longer than the lease, or shorter.
        ("fenced_with_kills_and_stops", false, || kill_passersby("fenced", 10)),
        ("conditional_with_kills_and_stops_200_times", true, || kill_passersby("conditional", 200)),
        ("fenced_with_kills_and_stops_200_times", true, || kill_passersby("fenced", 200)),
        ("naive_oversells_50_times", true, || oversell("naive", 50)),
        ("lease_oversells_50_times", true, || oversell("lease", 50)),
    ];
    let trial = |(name, long, check): Case| {
        Trial::test(name, move || Ok(check()?)).with_ignored_flag(long || !possible)
    };
    judge(cases.into_iter().map(trial).collect())
}

fn kill_passersby(way: &str, times: usize) -> Verdict {
    for _ in 0..times {
        let it = Program::binary(LESSON).run().args(["tickets", way, "--tickets", "3"]);
        let mut it = it.env("LESSON_PACE", "0.1").start()?;
        it.wait_for_lines("<text> Viewed remaining tickets as <number>", 3)?;
        let buyers: Vec<i32> = it.lines().iter().map(|line| line.writer()).collect();
        let (stopped, killed) = (buyers[0], buyers[1]);
        it.stop(stopped);
        sleep(Duration::from_millis(rand::random_range(0..300)));
        it.kill(killed);
        it.go_on(stopped);
        let it = it.finish()?;
        it.succeeds()?;
        let closing = format!("{way}: sold <number> of 3, <number> left at the server, <number> oversold");
        let numbers: Vec<usize> = it.one(&closing)?.iter().filter_map(|number| number.parse().ok()).collect();
        if numbers[0] + numbers[1] != 3 || numbers[2] != 0 {
            return it.complain("expected sold and left to be what there was");
        }
    }
    println!("{way}: {times} sales, in each of them one passerby was killed and one stopped: none oversold");
    Ok(())
}

fn oversell(way: &str, times: usize) -> Verdict {
    for _ in 0..times {
        let it = Program::binary(LESSON).run().args(["tickets", way]).env("LESSON_PACE", "0").finish()?;
        it.succeeds()?;
        let closing =
            format!("{way}: sold <number> of <number>, <number> left at the server, <number> oversold");
        if captures(&closing, &it.lines[it.lines.len() - 1].text).is_none_or(|numbers| numbers[3] == "0") {
            return it.complain("expected it to oversell");
        }
    }
    println!("{way} oversold {times} of {times}");
    Ok(())
}
