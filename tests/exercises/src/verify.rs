//! Proof that the checks are right: the starter and every wrong answer are rejected, the solution and every other right
//! answer never are. A rejection for another reason than the intended one is shown as such.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use checks::cargo::Built;
use checks::lessons::{NO_SERVER, has_redis_server};

use super::Answer;
use super::answers::{self, Kept};
use super::doing::Doing;
use super::folder::{Exercise, read};
use super::judge::{Judgement, all, at_a_time, judge};
use super::state;

/// How often an answer is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeats {
    right: usize,
    wrong: usize,
}

/// Nobody trusts a check that has passed once. More than this would take longer than anybody waits.
pub(crate) const USUAL: Repeats = Repeats { right: 2, wrong: 1 };
/// For who has changed something else.
pub(crate) const ONCE: Repeats = Repeats { right: 1, wrong: 1 };
/// For who has changed a check.
pub(crate) const THOROUGH: Repeats = Repeats { right: 20, wrong: 10 };

/// So many wrong answers an exercise must have, besides its starter.
const WRONG: usize = 3;
/// How many lines a task may have, the line about the check included.
const TASK: std::ops::RangeInclusive<usize> = 3..=6;

/// Judges everything, with the processors busy, and prints a line for each answer.
pub(crate) fn verify(mut exercises: Vec<Exercise>, fresh: bool, repeats: Repeats) -> Answer {
    let started = Instant::now();
    if exercises.iter().any(|exercise| exercise.number == "12") && !has_redis_server() {
        println!("{NO_SERVER}");
        exercises.retain(|exercise| exercise.number != "12");
    }
    let mut faults = exercises.iter().map(|one| form(one, fresh)).collect::<Result<Vec<_>, _>>()?.concat();
    let kept = exercises.iter().map(answers::of).collect::<Result<Vec<_>, _>>()?;
    let kept: Vec<Kept> = kept.into_iter().flatten().collect();
    for exercise in &exercises {
        let wrong =
            kept.iter().filter(|kept| kept.number == exercise.number && kept.rejected.is_some()).count();
        if wrong <= WRONG {
            faults.push(format!(
                "exercise {} has only {} wrong answers",
                exercise.number,
                wrong.saturating_sub(1)
            ));
        }
    }
    let doing = Doing::new("building", None);
    let checks = state::build(&exercises.iter().collect::<Vec<_>>(), &|text| doing.is(text))?;
    let programs = answers::build(&exercises, &kept, &|text| doing.is(text))?;
    drop(doing);
    println!(
        "built in {:.0} s; now every right answer {}, and every wrong one {}",
        started.elapsed().as_secs_f64(),
        times(repeats.right),
        times(repeats.wrong),
    );
    // Longest first would be quicker by a little; the same answer's repeats apart shows more.
    let often = |kept: &Kept| if kept.rejected.is_none() { repeats.right } else { repeats.wrong };
    let rounds = (0..repeats.right).flat_map(|round| kept.iter().filter(move |kept| round < often(kept)));
    let jobs: Vec<&Kept> = rounds.collect();
    let doing = Doing::new("judging", Some(jobs.len()));
    let tell = |done| doing.has_done(done, jobs.len());
    let judgements =
        with_busy_processors(|| all(&jobs, at_a_time(), |kept| judged(kept, &checks, &programs), tell));
    drop(doing);
    guard::go_on();
    let mut slowest = Slowest::default();
    for one in &kept {
        let mine = jobs.iter().zip(&judgements).filter(|(kept, _)| kept.path == one.path);
        let mine: Vec<&Result<Judgement, String>> = mine.map(|(_, judgement)| judgement).collect();
        mine.iter().filter_map(|it| it.as_ref().ok()).for_each(|it| slowest.may_be(one, it.took));
        match verdict(one, &mine) {
            Ok(words) => println!("{}  {:<32}  {words}", one.number, one.name),
            Err(why) => {
                println!("{}  {:<32}  WRONG", one.number, one.name);
                faults.push(format!("{}: {why}", Exercise::shown(&one.path)));
            }
        }
    }
    let count = |so: fn(&Kept) -> bool| kept.iter().filter(|kept| so(kept)).count();
    println!(
        "\n{} starters, {} right answers, {} wrong ones, in {:.0} s",
        count(|kept| kept.name == "starter"),
        count(|kept| kept.rejected.is_none()),
        count(|kept| kept.rejected.is_some() && kept.name != "starter"),
        started.elapsed().as_secs_f64()
    );
    println!(
        "The slowest check of a right one: {}, of a wrong one: {}.",
        in_words(slowest.right),
        in_words(slowest.wrong)
    );
    for fault in &faults {
        println!("\nWRONG: {fault}");
    }
    if faults.is_empty() {
        println!("Every starter and every wrong answer is rejected, and no right one is.");
    }
    Ok(faults.is_empty())
}

/// The checks that took longest: a learner waits for each.
#[derive(Default)]
struct Slowest<'kept> {
    right: Option<(Duration, &'kept Kept)>,
    wrong: Option<(Duration, &'kept Kept)>,
}

impl<'kept> Slowest<'kept> {
    fn may_be(&mut self, kept: &'kept Kept, took: Duration) {
        let slowest = if kept.rejected.is_some() { &mut self.wrong } else { &mut self.right };
        if slowest.is_none_or(|(longest, _)| longest < took) {
            *slowest = Some((took, kept));
        }
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

fn in_words(slowest: Option<(Duration, &Kept)>) -> String {
    slowest.map_or_else(
        || "none".to_owned(),
        |(took, kept)| format!("{:.1} s ({} {})", took.as_secs_f64(), kept.number, kept.name),
    )
}

/// What is wrong with the folder itself.
fn form(exercise: &Exercise, fresh: bool) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    let main = Exercise::shown(&exercise.main());
    if !exercise.untouched()? {
        match fresh {
            true => faults.push(format!("{main} differs from .answers/starter.rs, which must be its copy")),
            false => println!("{main} has been worked on: judged is the starter, .answers/starter.rs"),
        }
    }
    let starter = exercise.starter()?;
    let solution = read(&exercise.answers().join("solution.rs"))?;
    if let Some(fault) = begins_otherwise(&solution, &starter) {
        faults.push(format!(
            "the solution of exercise {} shall begin as its starter: {fault}",
            exercise.number
        ));
    }
    let head = starter.lines().take_while(|line| line.starts_with("//!"));
    let task = head.skip(1).filter(|line| line.len() > "//!".len()).count();
    if !TASK.contains(&task) {
        faults.push(format!("the task in {main} has {task} lines; it shall have 3 to 6"));
    }
    Ok(faults)
}

/// Whether a solution has another task than its starter, or needs a `use` that the starter has not brought: then `make
/// solution-NN` shows more than the solution, and nobody has told the learner's compiler where to look.
fn begins_otherwise(solution: &str, starter: &str) -> Option<String> {
    let task = |text: &str| -> Vec<String> {
        text.lines().take_while(|line| line.starts_with("//!")).map(str::to_owned).collect()
    };
    if task(solution) != task(starter) {
        return Some("its first lines are others".to_owned());
    }
    let mut uses = solution.lines().filter(|line| line.starts_with("use "));
    let other = uses.find(|line| !starter.lines().any(|other| other == *line))?;
    Some(format!("the starter has no `{other}`"))
}

fn judged(kept: &Kept, checks: &Built, programs: &Built) -> Result<Judgement, String> {
    let name = kept.program();
    if let Some(error) = programs.errors.get(&name) {
        return Err(format!("it must compile without a warning:\n{error}"));
    }
    let missing =
        |what: &str| format!("{what} was not built: is it among the targets of the exercise's Cargo.toml?");
    let check = format!("exercise-{}", kept.number);
    let check: &Path = checks.tests.get(&check).ok_or_else(|| missing(&check))?;
    let program = programs.programs.get(&name).ok_or_else(|| missing(&name))?;
    judge(check, program, || true)?.ok_or_else(|| "it was not judged".to_owned())
}

/// Whether the judgements are the intended ones: in words, or why not.
fn verdict(kept: &Kept, judgements: &[&Result<Judgement, String>]) -> Result<String, String> {
    let mut longest = Duration::ZERO;
    let mut told = None;
    for judgement in judgements {
        let judgement = judgement.as_ref().map_err(String::clone)?;
        longest = longest.max(judgement.took);
        match (&kept.rejected, judgement.message()) {
            (None, None) => {}
            (None, Some(_)) => {
                let complaint = judgement.complaint.as_deref().unwrap_or_default();
                return Err(format!("it is right, and was rejected:\n{complaint}"));
            }
            (Some(words), None) => return Err(format!("it must be rejected with `{words}`; it has passed")),
            // What is wrong in two ways may be told either, by who is first: to be read, and no failure.
            (Some(words), Some(message)) if !message.contains(words.as_str()) => {
                told = Some(message.to_owned());
            }
            (Some(_), Some(_)) => {}
        }
    }
    Ok(match (&kept.rejected, told) {
        (None, _) => format!("passed {} times, in {:.1} s at most", judgements.len(), longest.as_secs_f64()),
        (Some(words), None) => format!("rejected: {words}"),
        (Some(words), Some(told)) => format!("rejected, not with `{words}`: {told}"),
    })
}

/// Does something while every processor has something else to do.
fn with_busy_processors<T>(work: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    (0..10_000).for_each(|n| {
                        black_box(n);
                    })
                }
            });
        }
        let result = work();
        over.store(true, Relaxed);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::begins_otherwise;

    #[test]
    fn a_solution_begins_as_its_starter() {
        let starter = "//! One.\n//! Two.\nuse a::{B, C};\nfn main() {}\n";
        assert_eq!(begins_otherwise("//! One.\n//! Two.\nuse a::{B, C};\nfn it() {}\n", starter), None);
        let told = |solution| begins_otherwise(solution, starter).unwrap_or_default();
        assert_eq!(told("//! One.\nuse a::{B, C};\n"), "its first lines are others");
        assert_eq!(told("//! One.\n//! Two.\nuse a::D;\n"), "the starter has no `use a::D;`");
    }
}
