//! Every schedule of two or three processes, through every step of what they do: `make explore`, or `explore --help`.
//!
//! The page about it is `docs/interleavings.md`.

mod actor;
mod calls;
mod history;
mod line;
mod models;
mod object;
mod play;
mod scenario;
mod scenarios;
mod scheduler;
mod search;
mod stage;

use std::process::ExitCode;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use procession::Process;

use play::{Played, play};
use scenario::Scenario;
use search::{Limits, Search};
use stage::Stage;

const ABOUT: &str = "
explore: walks two or three processes through all schedules, kills and stops them at each step, and checks what is left.

usage: explore [--short] [--only SCENARIO]... [--replay SCHEDULE]

  --short             fewer changes of process: what `make test` does
  --only SCENARIO     only this one, such as 'queue(1): put | get'; it need not be one of the list
  --replay SCHEDULE   plays this one schedule, and shows each step of it";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (mut short, mut only, mut replayed) = (false, Vec::new(), None);
    while let Some(arg) = args.next() {
        match (arg.as_str(), args.len()) {
            ("--short", _) => short = true,
            ("--only", 1..) => only.extend(args.next()),
            ("--replay", 1..) => replayed = args.next(),
            ("--help", _) => {
                println!("{}", ABOUT.trim());
                return ExitCode::SUCCESS;
            }
            _ => return refuse(&format!("{arg:?} is no option, or has no value")),
        }
    }
    calls::heed_time();
    if let Some(line) = replayed {
        return replay(&line).unwrap_or_else(|wrong| refuse(&wrong));
    }
    let list = scenarios::all(short).into_iter().filter(|_| only.is_empty());
    let only = only.iter().map(|text| (text.as_str(), scenarios::limits(text, short)));
    let scenarios: Result<Vec<_>, String> =
        only.chain(list).map(|(text, limits)| Ok((Scenario::parse(text)?, limits))).collect();
    scenarios.map_or_else(|wrong| refuse(&wrong), |scenarios| explore(&scenarios))
}

fn refuse(what: &str) -> ExitCode {
    eprintln!("explore: {what} (try --help)");
    ExitCode::from(2)
}

/// Explores them all, on all processors.
fn explore(scenarios: &[(Scenario, Limits)]) -> ExitCode {
    let tally = Stage::new();
    let all = sched_getaffinity(Pid::from_raw(0)).expect("the processors");
    let processors = (0..CpuSet::count()).filter(|&one| all.is_set(one) == Ok(true));
    let worker = |processor| {
        // On one processor, a change of process costs least, and the others have theirs.
        let mut mine = CpuSet::new();
        mine.set(processor).and_then(|()| sched_setaffinity(Pid::from_raw(0), &mine)).expect("a processor");
        let stage = Stage::new();
        while let Some((scenario, limits)) = scenarios.get(tally.next_scenario()) {
            tally.count(explore_one(scenario, *limits, stage));
        }
    };
    let workers: Result<Vec<_>, _> = processors.map(|one| Process::new(move || worker(one)).start()).collect();
    for worker in workers.expect("a process") {
        assert!(worker.join().expect("its status").success(), "a worker of the explorer has failed");
    }
    let (schedules, faults) = tally.counted();
    println!("{schedules} schedules of {} scenarios, {faults} faults", scenarios.len());
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// All schedules of one scenario, up to the first that shows a fault. Answers how many there were, and whether one did.
fn explore_one(scenario: &Scenario, limits: Limits, stage: &'static Stage) -> (u64, bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut search = Search::new(limits);
    let mut schedules = 0;
    loop {
        let played = play(scenario, stage, folder.path(), &mut search);
        schedules += 1;
        if let Some(fault) = &played.fault {
            println!("FAULT after {schedules} schedules: {fault}\n  {}", line::write(scenario, &played.moves));
            return (schedules, true);
        }
        if !search.next() {
            println!("{schedules:>9} schedules  {scenario}");
            return (schedules, false);
        }
    }
}

/// Plays one schedule, and shows it.
fn replay(text: &str) -> Result<ExitCode, String> {
    let (scenario, mut guide) = line::read(text)?;
    let folder = tempfile::tempdir().expect("a folder");
    let Played { moves, events, mut fault } = play(&scenario, Stage::new(), folder.path(), &mut guide);
    if fault.is_none() && guide.is_left() {
        fault = Some("it was over before all of the line was done".to_owned());
    }
    moves.iter().for_each(|one| println!("{}", line::describe(one)));
    println!();
    events.iter().for_each(|event| println!("{event}"));
    match fault {
        Some(fault) => {
            println!("\nFAULT: {fault}");
            Ok(ExitCode::FAILURE)
        }
        None => Ok(ExitCode::SUCCESS),
    }
}
