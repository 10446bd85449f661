//! Blocks of output: each is made again, or fed to the specification of its lesson as a run.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use checks::lessons::LESSONS;
use checks::{Made, Program, Run};

use crate::Lie;
use crate::page::{Code, Page};
use crate::session::{Luck, Step, play, steps};

/// What a page shows of a run.
#[derive(Debug, Clone)]
pub struct Block {
    /// The line of the block.
    pub line: usize,
    judge: Judge,
    steps: Vec<Step>,
}

/// Who says whether it is true.
#[derive(Debug, Clone)]
enum Judge {
    /// The specification of a lesson: its number, and a case for each command with output.
    Lesson(String, Vec<String>),
    /// An example that prints exactly this, and its argument.
    Example(String, String),
    /// The commands are typed again. They need these programs.
    Shell { needs: Vec<String>, luck: Luck },
    /// Nobody, and there is a reason.
    Excused,
    /// Nobody.
    Missing,
}

/// All blocks of a page that show a run.
pub fn blocks(page: &Page) -> Vec<Block> {
    let shown = page.blocks.iter().filter(|block| block.language == "console");
    let block = |block: &Code| {
        let (line, steps) = (block.line, steps(&block.body));
        let shows = steps.iter().any(|step| !step.shown.is_empty());
        shows.then(|| Block { line, judge: judge_of(block.origin.as_deref().unwrap_or_default()), steps })
    };
    shown.filter_map(block).collect()
}

fn judge_of(origin: &str) -> Judge {
    let (by, what) = origin.split_once(": ").unwrap_or((origin, ""));
    let (first, second) = what.split_once(' ').unwrap_or((what, ""));
    match by {
        "judged by" => {
            Judge::Lesson(first.to_owned(), second.split(" | ").map(|case| case.trim().to_owned()).collect())
        }
        "printed by" => Judge::Example(first.to_owned(), second.to_owned()),
        _ if by == "typed" || by.starts_with("typed, ") => shell(origin),
        "not run" => Judge::Excused,
        _ => Judge::Missing,
    }
}

/// `typed, with: ps, pgrep; alike: Dai, Little Yang; any: 1`
fn shell(origin: &str) -> Judge {
    let (mut needs, mut luck) = (Vec::new(), Luck::default());
    for part in origin.trim_start_matches("typed").split(';') {
        let (what, list) = part.trim_matches([',', ' ']).split_once(": ").unwrap_or_default();
        let list = list.split(", ").map(str::to_owned).collect();
        match what {
            "with" => needs = list,
            "alike" => luck.alike = list,
            "any" => luck.any = list,
            "" => {}
            _ => return Judge::Missing,
        }
    }
    Judge::Shell { needs, luck }
}

impl Block {
    /// Whether it cannot be judged here; all programs are in this folder.
    pub fn is_ignored(&self, programs: &Path) -> bool {
        let there = |program: PathBuf| programs.join(program).exists();
        match &self.judge {
            Judge::Excused => true,
            Judge::Missing => false,
            Judge::Lesson(number, _) => !there(format!("lesson-{number}").into()),
            Judge::Example(name, _) => !there(Path::new("examples").join(name)),
            Judge::Shell { needs, .. } => {
                let commands: Vec<&str> = self.steps.iter().map(|step| &*step.command).collect();
                let commands = commands.join(" ");
                let lessons = commands.split("target/debug/").skip(1);
                let built = |rest: &str| {
                    there(rest.split(|c: char| c != '-' && !c.is_alphanumeric()).next().unwrap_or("").into())
                };
                !lessons.into_iter().all(built) || !needs.iter().all(|need| is_in_path(need))
            }
        }
    }
}

fn is_in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

/// Whether this example prints exactly what is shown.
fn compare(shown: &[String], run: Run) -> Result<(), String> {
    let it = run.stdin("hello\n").finish().map_err(|why| why.to_string())?;
    let printed: Vec<&str> = it.lines.iter().map(|line| line.text.as_str()).collect();
    if printed == shown { Ok(()) } else { Err(format!("the program does not print this, but {printed:?}")) }
}

/// Whether this can be a run of this lesson, by this command.
fn can_be(step: &Step, number: &str, case: &str, programs: &Path) -> Result<(), String> {
    let lesson = LESSONS.iter().find(|(slug, _)| slug.starts_with(&format!("{number}-")));
    let cases = lesson.map_or(&[][..], |(_, cases)| cases);
    let case = cases.iter().find(|one| one.name == case);
    let case = case.ok_or_else(|| format!("lesson {number} has no such case"))?;
    let shown = arguments(&step.command, number)
        .ok_or_else(|| format!("`{}` does not run lesson {number}", step.command))?;
    let program = Program::binary(programs.join(format!("lesson-{number}")));
    let made = Made::default();
    let judged = (case.check)(&program.as_shown(&made, &step.shown));
    judged
        .map_err(|complaint| format!("this cannot be a run of lesson {number}: {}", complaint.message()))?;
    // The case may be one about another run.
    let made = made.lock().unwrap_or_else(PoisonError::into_inner);
    let others = made.keys().find(|run| arguments(run, number).as_ref() != Some(&shown));
    match others {
        Some(run) => Err(format!("`{}` is judged by {}, which is about `{run}`", step.command, case.name)),
        None if made.is_empty() => {
            Err(format!("{} looks at no run from its beginning to its end", case.name))
        }
        None => Ok(()),
    }
}

/// What a command gives to the lesson, in one of the ways that pages run it.
fn arguments(command: &str, number: &str) -> Option<Vec<String>> {
    let given = if let Some((_, rest)) = command.split_once(&format!("lesson-{number}")) {
        rest.split(['|', '&', '>', ';']).next()?
    } else {
        let (_, rest) = command.split_once(&format!("make run-{number}"))?;
        match rest.split_once("ARGS=").map(|(_, given)| given) {
            None => "",
            Some(given) => match given.chars().next()? {
                quote @ ('\'' | '"') => given[1..].split(quote).next()?,
                _ => given.split_whitespace().next()?,
            },
        }
    };
    Some(in_any_order(given))
}

/// The words, a number with the option that it belongs to.
fn in_any_order(given: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in given.split_whitespace() {
        match all.last_mut() {
            Some(option) if option.starts_with("--") && word.parse::<f64>().is_ok() => {
                *option = format!("{option} {word}");
            }
            _ => all.push(word.to_owned()),
        }
    }
    all.sort();
    all
}

/// Whether the block is true. All programs are in a folder.
pub fn judge(page: &Page, block: &Block, root: &Path, programs: &Path) -> Option<Lie> {
    let shows: Vec<&Step> = block.steps.iter().filter(|step| !step.shown.is_empty()).collect();
    let told = match &block.judge {
        Judge::Excused => Ok(()),
        Judge::Missing => {
            Err("no comment above this output says who judges it, `<!-- judged by: NN case -->`, \
                               or that it is `<!-- typed -->`"
                .to_owned())
        }
        Judge::Lesson(_, cases) if cases.len() != shows.len() => {
            Err(format!("{} commands have output, and {} cases judge", shows.len(), cases.len()))
        }
        Judge::Lesson(number, cases) => {
            shows.iter().zip(cases).try_for_each(|(step, case)| can_be(step, number, case, programs))
        }
        Judge::Example(name, argument) => {
            let run = || Run::new(programs.join("examples").join(name)).arg(argument);
            shows.iter().try_for_each(|step| compare(&step.shown, run()))
        }
        Judge::Shell { luck, .. } => play(&block.steps, luck, root, programs),
    };
    told.err().map(|what| page.lie(block.line, what))
}
