//! Lesson 01: what is a process?

use std::hint::black_box;
use std::process::ExitCode;

use lesson::Result;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use procession::{Error, Pipe, Process, Receiver, Sender};

/// Rounds of doing nothing: a fraction of a second of one CPU.
const WORK: u32 = 40_000_000;

/// When a child began, when it ended, and how much CPU time it used in between, in seconds.
type Report = (f64, f64, f64);

fn busy(gun: Receiver<()>, report: Sender<Report>) -> std::result::Result<(), Error> {
    let _ = gun.recv(); // all begin together: the end of file is the starting gun
    let (start, used) = (now(ClockId::CLOCK_MONOTONIC), now(ClockId::CLOCK_PROCESS_CPUTIME_ID));
    let mut round = 0;
    while round < WORK {
        round = black_box(round + 1);
    }
    let used = now(ClockId::CLOCK_PROCESS_CPUTIME_ID) - used;
    report.send(&(start, now(ClockId::CLOCK_MONOTONIC), used))
}

fn main() -> ExitCode {
    lesson::main("01", ABOUT, |args| {
        args.end();
        let program = std::env::current_exe()?;
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        println!("{} is a process running {name}", std::process::id());

        let allowed = sched_getaffinity(Pid::this())?;
        let cpus: Vec<_> = (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu) == Ok(true)).collect();
        println!("children  CPUs  CPU s each  wall s");
        measure(1, &cpus[..1])?;
        measure(2, &cpus[..1])?; // the same CPU time each, but they take turns: twice the wall time
        match cpus.get(..2) {
            Some(two) => measure(2, two),
            None => {
                println!("2         2     (this machine gives only one CPU)");
                Ok(())
            }
        }
    })
}

/// One row of the table: so many busy children at once on these CPUs.
fn measure(children: usize, cpus: &[usize]) -> Result {
    let mut only = CpuSet::new();
    for cpu in cpus {
        only.set(*cpu)?;
    }
    sched_setaffinity(Pid::this(), &only)?; // the children inherit it
    let (mut guns, mut reports, mut running) = (vec![], vec![], vec![]);
    for _ in 0..children {
        let (gun, report) = (Pipe::new()?, Pipe::new()?);
        running.push(Process::new(move || busy(gun.receiver, report.sender)).start()?);
        guns.push(gun.sender);
        reports.push(report.receiver);
    }
    drop(guns);
    let reports = reports.iter().map(Receiver::recv).collect::<std::result::Result<Vec<Report>, _>>()?;
    lesson::join_all(&running)?;
    let first = reports.iter().map(|report| report.0).fold(f64::MAX, f64::min);
    let last = reports.iter().map(|report| report.1).fold(f64::MIN, f64::max);
    let used = reports.iter().map(|report| report.2).sum::<f64>() / children as f64;
    println!("{children:<8}  {:<4}  {used:<10.2}  {:.2}", cpus.len(), last - first);
    Ok(())
}

fn now(clock: ClockId) -> f64 {
    clock_gettime(clock).map_or(f64::NAN, |time| time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9)
}

const ABOUT: &str = "
lesson-01: a process is a running program, and one CPU does one thing at a time.

One busy child alone, then two at once on the same CPU, then two on two CPUs. Each does the same work.

usage: lesson-01 [--help]

  --help          show this text";
