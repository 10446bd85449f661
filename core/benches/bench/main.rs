//! `make bench`: how fast the library is, against the raw system calls, against CPython and against other crates.
//!
//! Each row is measured in rounds, and in each round every side of it (ours, raw, CPython, the crates) once, one right
//! after the other: what disturbs the machine disturbs all of them, and the ratios of one round can be believed even
//! where the absolute figures cannot. Each measurement is a program of its own, so none inherits another's memory,
//! descriptors or threads; all of them print one figure, nanoseconds per operation as a rule.
//!
//! - `rows.rs` says what is measured, and what is to be reached
//! - `sides/` measures: ours and raw; `../cpython.py` and `../peers/` are the same for Python and the crates
//! - `run.rs` runs one side, `stats.rs` makes figures of the samples
//! - `report.rs`, `chart.rs` and `machine.rs` write what was found

// The library is for older compilers; who measures it has a new one.
#![allow(clippy::incompatible_msrv)]

mod chart;
mod crew;
mod items;
mod machine;
mod others;
mod report;
mod rows;
mod run;
mod sample;
mod sides;
mod stats;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use others::Others;
use rows::Row;
use run::{Answer, Runner};

/// Whatever goes wrong in a benchmark is told, and ends it.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const ABOUT: &str = "usage: make bench [ARGS='[--quick] [--only TEXT] [--out FOLDER]']

  --quick        everything small: whether it works, not how fast it is
  --only TEXT    only rows with this text in their name
  --out FOLDER   write performance.md and performance.svg there; without --quick and --only that is docs/

BENCH_ROUNDS=N   how often each row is measured (default 7)
BENCH_SAMPLE=MS  how long a measurement takes at the least (default 300)
BENCH_PATIENCE=S on a busy machine: up to S seconds in all are spent to wait until others are quiet, and to measure a
                 row again in which they were not (default 0)";

struct Options {
    quick: bool,
    only: Option<String>,
    out: Option<PathBuf>,
    rounds: usize,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["--side", side, ref work @ ..] => sides::measure(side, work).map(|figure| println!("{figure}")),
        ["--help"] => {
            println!("{ABOUT}");
            Ok(())
        }
        _ => options(&words).and_then(|options| compare(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(words: &[&str]) -> Result<Options> {
    let mut options = Options { quick: false, only: None, out: None, rounds: 7 };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value (try --help)"));
        match *word {
            "--quick" => options.quick = true,
            "--only" => options.only = Some(value()?.to_string()),
            "--out" => options.out = Some(value()?.into()),
            unknown => return Err(format!("unknown argument {unknown:?} (try --help)").into()),
        }
    }
    if options.quick {
        options.rounds = 1;
    } else if options.only.is_none() && options.out.is_none() {
        options.out = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs"));
    }
    if let Ok(rounds) = std::env::var("BENCH_ROUNDS") {
        options.rounds =
            rounds.parse().ok().filter(|n| *n > 0).ok_or("BENCH_ROUNDS must be a number above 0")?;
    }
    Ok(options)
}

fn compare(options: &Options) -> Result {
    let wanted = |row: &Row| options.only.as_ref().is_none_or(|text| row.full_name().contains(text));
    let rows: Vec<Row> = rows::all().into_iter().filter(wanted).collect();
    let runner = Runner::new(options.quick)?;
    let mut machine = machine::describe();
    eprintln!("{machine}\n");
    let mut others = Others::new();

    let mut answers: Vec<Vec<Vec<Answer>>> =
        rows.iter().map(|row| row.sides.iter().map(|_| Vec::new()).collect()).collect();
    for round in 0..options.rounds {
        for (row, answers) in rows.iter().zip(&mut answers) {
            let found = others.undisturbed(|| {
                eprint!("round {}/{}  {:<48}", round + 1, options.rounds, row.full_name());
                one_round(row, round, &runner)
            });
            for (answers, answer) in answers.iter_mut().zip(found) {
                answers.push(answer);
            }
        }
    }
    let found = rows
        .into_iter()
        .zip(answers)
        .map(|(row, answers)| stats::Found::new(row, answers))
        .collect::<Vec<_>>();
    machine += &format!("; other programs took {} % of the processors meanwhile", others.percent());
    let findings = report::findings(&machine, options.rounds, &found);
    println!("{findings}");
    if let Some(out) = &options.out {
        report::write(&out.join("performance.md"), &findings)?;
        std::fs::write(out.join("performance.svg"), chart::draw(&found))?;
        eprintln!("\nwritten: {0}/performance.md and {0}/performance.svg", out.display());
    }
    Ok(())
}

/// Measures all sides of a row, in their order.
fn one_round(row: &Row, round: usize, runner: &Runner) -> Vec<Answer> {
    let sides = row.sides.len();
    // Nobody is always the first, or always behind the same one.
    let first = round % sides;
    let mut answers: Vec<Answer> = (0..sides)
        .map(|at| {
            let side = &row.sides[(first + at) % sides];
            let answer = runner.run(side);
            match &answer {
                Ok(figure) => eprint!("  {} {}", side.column, row.unit.show(*figure)),
                Err(reason) => eprint!("  {}: {reason}", side.column),
            }
            answer
        })
        .collect();
    eprintln!();
    answers.rotate_right(first);
    answers
}
