//! `make verify-exercises ARGS=--mutants`: from each solution every small change that a learner could make, and what the
//! check says to it. One that is accepted is the same program in other words, and is listed in `equal.txt` with the reason;
//! or there is a hole in the check.

mod change;
mod equal;
mod stmts;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use change::Mutant;
use equal::Equal;
use exercises::answers::{self, Kept};
use exercises::doing::Doing;
use exercises::folder::{self, Exercise, read};
use exercises::judge::{all, at_a_time, judge};
use exercises::state;

/// So often each is judged: what is wrong only sometimes must always be rejected, and what is right never.
const ROUNDS: usize = 2;

/// What became of the mutants of an exercise.
#[derive(Debug, Default)]
struct Found {
    made: usize,
    no_program: usize,
    rejected: usize,
    equal: usize,
    faults: Vec<String>,
}

fn main() -> ExitCode {
    let numbers: Vec<String> = std::env::args().skip(1).collect();
    let answer = prepare().and_then(|()| run(&numbers));
    guard::end();
    match answer {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("mutants: {why}");
            ExitCode::from(2)
        }
    }
}

fn prepare() -> Result<(), String> {
    let prepared = guard::watch().and_then(|()| guard::end_first());
    prepared.map_err(|why| format!("nobody can clean up after this command: {why}"))
}

fn run(numbers: &[String]) -> Result<bool, String> {
    let mut exercises = folder::exercises()?;
    for number in numbers {
        folder::one(&exercises, number)?;
    }
    exercises.retain(|exercise| numbers.is_empty() || numbers.contains(&exercise.number));
    let equal = Equal::read()?;
    let mut sum = Found::default();
    for exercise in &exercises {
        let found = judge_all(exercise, &equal)?;
        println!("{}  {}", exercise.number, found.in_words());
        found.faults.iter().for_each(|fault| println!("    {fault}"));
        sum.made += found.made;
        sum.no_program += found.no_program;
        sum.rejected += found.rejected;
        sum.equal += found.equal;
        sum.faults.extend(found.faults);
    }
    println!("\nin all: {}", sum.in_words());
    Ok(sum.faults.is_empty())
}

impl Found {
    fn in_words(&self) -> String {
        format!(
            "{} made, {} do not compile, {} rejected, {} equal, {} faults",
            self.made,
            self.no_program,
            self.rejected,
            self.equal,
            self.faults.len()
        )
    }
}

/// Makes the mutants of a solution, builds them, and has them judged.
fn judge_all(exercise: &Exercise, equal: &Equal) -> Result<Found, String> {
    let solution = read(&exercise.answers().join("solution.rs"))?;
    let solution = syn::parse_file(&solution).map_err(|why| why.to_string())?;
    let mutants = change::all(&solution);
    let place = checks::folder().map_err(|why| why.to_string())?;
    let kept = mutants.iter().enumerate().map(|(at, mutant)| keep(exercise, at, mutant, place.path()));
    let kept = kept.collect::<Result<Vec<Kept>, _>>()?;
    let doing = Doing::new(format_args!("exercise {}", exercise.number), None);
    let checks = state::build(&[exercise], &|text| doing.is(text))?;
    let check = checks.tests.get(&exercise.name()).ok_or("the check was not built")?;
    let built = answers::build(std::slice::from_ref(exercise), &kept, &|text| doing.is(text))?;
    drop(doing);
    let programs = kept.iter().zip(&mutants);
    let programs = programs.filter_map(|(kept, mutant)| Some((built.programs.get(&kept.program())?, mutant)));
    let programs: Vec<_> = programs.collect();
    let doing = Doing::new(format_args!("judging {}", exercise.number), Some(programs.len()));
    let judged = all(
        &programs,
        at_a_time(),
        |(program, mutant)| {
            let is_right = equal.lists(&exercise.number, &mutant.what);
            for _ in 0..ROUNDS {
                let judgement = judge(check, program, || true)?;
                let complaint = judgement.and_then(|it| it.message().map(str::to_owned));
                if complaint.is_none() != is_right {
                    return Ok::<_, String>((is_right, Some(complaint)));
                }
            }
            Ok((is_right, None))
        },
        |done| doing.has_done(done, programs.len()),
    );
    drop(doing);
    guard::go_on();
    programs.iter().for_each(|(program, _)| _ = fs::remove_file(program));
    let mut found =
        Found { made: mutants.len(), no_program: mutants.len() - programs.len(), ..Found::default() };
    for ((_, mutant), judged) in programs.iter().zip(judged) {
        match judged? {
            (false, None) => found.rejected += 1,
            (true, None) => found.equal += 1,
            (_, Some(None)) => found.faults.push(format!("ACCEPTED  {}", mutant.what)),
            (_, Some(Some(complaint))) => {
                found.faults.push(format!("REJECTED  {}: {complaint}", mutant.what));
            }
        }
    }
    let is_there = |what: &&String| programs.iter().any(|(_, mutant)| mutant.what == **what);
    let gone = equal.of(&exercise.number).filter(|what| !is_there(what));
    found.faults.extend(gone.map(|what| format!("NOT MADE  {what}")));
    Ok(found)
}

/// Writes a mutant into a file. A learner's program may have warnings.
fn keep(exercise: &Exercise, at: usize, mutant: &Mutant, place: &Path) -> Result<Kept, String> {
    let name = format!("mutant{at:03}");
    let path = place.join(format!("{name}.rs"));
    let text = format!("#![allow(warnings)]\n{}", mutant.text);
    fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(Kept { number: exercise.number.clone(), name, path, rejected: None })
}
