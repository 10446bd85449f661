//! Every schedule of two or three processes, through every step of what they do: `make explore`, or `explore --help`.
//!
//! The page about it is `docs/interleavings.md`.

mod actor;
mod calls;
mod history;
mod line;
mod models;
mod naive;
mod object;
mod operations;
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

/// So many schedules are few, and more changes of process can be looked at, too.
const FEW: u64 = 4000;

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
    let texts = if only.is_empty() { scenarios::ALL.map(str::to_owned).to_vec() } else { only };
    let scenarios = texts.iter().map(|text| Scenario::parse(text)).collect::<Result<Vec<_>, _>>();
    scenarios.map_or_else(|wrong| refuse(&wrong), |scenarios| explore(&scenarios, short))
}

fn refuse(what: &str) -> ExitCode {
    eprintln!("explore: {what} (try --help)");
    ExitCode::from(2)
}

/// Explores them all, on all processors.
fn explore(scenarios: &[Scenario], short: bool) -> ExitCode {
    let tally = Stage::new();
    let all = sched_getaffinity(Pid::from_raw(0)).expect("the processors");
    let processors = (0..CpuSet::count()).filter(|&one| all.is_set(one) == Ok(true));
    let worker = |processor| {
        // On one processor a change of process costs least.
        let mut mine = CpuSet::new();
        mine.set(processor).and_then(|()| sched_setaffinity(Pid::from_raw(0), &mine)).expect("a processor");
        let stage = Stage::new();
        while let Some(scenario) = scenarios.get(tally.next_scenario()) {
            tally.count(explore_one(scenario, short, stage));
        }
    };
    let workers: Result<Vec<_>, _> =
        processors.map(|one| Process::new(move || worker(one)).start()).collect();
    for worker in workers.expect("a process") {
        assert!(worker.join().expect("its status").success(), "a worker of the explorer has failed");
    }
    let (schedules, faults) = tally.counted();
    println!("{schedules} schedules of {} scenarios, {faults} faults", scenarios.len());
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// All schedules of one scenario, within limits that are widened as long as there are few. Answers how many were played,
/// and whether one shows a fault.
fn explore_one(scenario: &Scenario, short: bool, stage: &'static Stage) -> (u64, bool) {
    let (mut limits, mut schedules) = (Limits::of(scenario, short), 0);
    loop {
        let mut search = Search::new(limits);
        let (count, fault) = first_fault(scenario, &mut search, stage);
        schedules += count;
        if let Some(fault) = fault {
            // The first that was found may be more twisted than need be.
            let simpler =
                (0..limits.changes).map(|changes| Limits { changes, struck: limits.struck.min(changes) });
            let simplest = simpler.map(|limits| first_fault(scenario, &mut Search::new(limits), stage).1);
            let Played { moves, fault, .. } = simplest.flatten().next().unwrap_or(fault);
            let line = line::write(scenario, &moves);
            println!("FAULT after {schedules} schedules: {}\n  {line}", fault.unwrap_or_default());
            return (schedules, true);
        }
        if search.is_limited && count < FEW && !short {
            limits = Limits { changes: limits.changes + 1, struck: limits.struck + 1 };
            continue;
        }
        let reach = if search.is_limited { limits.to_string() } else { "all".to_owned() };
        println!("{count:>8} {reach:<24} {scenario}");
        return (schedules, false);
    }
}

/// Plays all schedules, up to the first that shows a fault. Answers how many there were.
fn first_fault(scenario: &Scenario, search: &mut Search, stage: &'static Stage) -> (u64, Option<Played>) {
    let folder = tempfile::tempdir().expect("a folder");
    for schedules in 1.. {
        let played = play(scenario, stage, folder.path(), search);
        if played.fault.is_some() {
            return (schedules, Some(played));
        }
        if !search.next() {
            return (schedules, None);
        }
    }
    unreachable!("more schedules than can be counted")
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
