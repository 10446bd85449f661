//! What somebody types into a shell, and what comes: each command when the lines above it have come.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use checks::{Complaint, Line, Run, Running, Verdict};

/// A command, and what a page shows under it.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) shown: Vec<String>,
}

/// The steps of a block.
pub(crate) fn steps(body: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in body.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step { command: command.to_owned(), shown: Vec::new() }),
            (None, Some(step)) if step.shown.is_empty() && step.command.ends_with('\\') => {
                step.command += &format!("\n{line}");
            }
            (None, Some(step)) => step.shown.push(line.to_owned()),
            (None, None) => {}
        }
    }
    steps
}

/// What is luck in a session besides its pids, times and addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Luck {
    /// These names are given out by luck: who is called so on the page may be called otherwise, each time.
    pub(crate) alike: Vec<String>,
    /// These numbers may be others.
    pub(crate) any: Vec<String>,
}

/// How a session went.
enum Went {
    AsShown,
    /// Nothing hung and nothing was left; but this came instead.
    Otherwise(String),
}

/// How often a session is tried. What a page shows *can* happen; where it is luck, other things can happen as well.
const TRIES: usize = 3;

/// Types the steps into a shell, in a folder with the project's programs, and compares.
pub(crate) fn play(steps: &[Step], luck: &Luck, root: &Path, programs: &Path) -> Result<(), String> {
    let mut last = String::new();
    for _ in 0..TRIES {
        match once(steps, luck, root, programs).map_err(|complaint| complaint.to_string())? {
            Went::AsShown => return Ok(()),
            Went::Otherwise(what) => last = what,
        }
    }
    Err(format!("three times, other things came: {last}"))
}

fn once(steps: &[Step], luck: &Luck, root: &Path, programs: &Path) -> Verdict<Went> {
    let folder = place(root, programs).map_err(|why| Complaint::new(format!("no folder: {why}")))?;
    let run =
        Run::new("bash").args(["--norc", "--noprofile", "-s"]).cwd(folder.path()).env("LC_ALL", "C").typed();
    let mut running = run.deadline(Duration::from_secs(100)).start()?;
    let (mut wanted, mut missing) = (Vec::new(), None);
    for (at, step) in steps.iter().enumerate() {
        let from = [running.lines().len(), running.stderr().len()];
        wanted.extend(step.shown.iter().map(|text| Wanted { text, from, luck }));
        running.types(&step.command)?;
        running.types(&format!("echo '{MARK}{at}'"))?;
        missing = loop {
            let quiet = nothing_more(&running, at);
            running.pump()?;
            let came = came([running.lines(), running.stderr()]);
            match matches(&wanted, &came, false) {
                Ok(()) => break None,
                // Nobody need wait for it: it will not come again.
                Err(what) if matches(&wanted, &came, true).is_ok() => {
                    return Ok(Went::Otherwise(format!("{what}: it came before its command")));
                }
                Err(what) if quiet || running.over() => break Some(what),
                Err(_) => {}
            }
        };
        if missing.is_some() {
            break;
        }
    }
    running.types("wait")?;
    running.types_no_more();
    let it = running.finish()?;
    it.ended()?;
    it.no_survivors()?;
    let all = came([&it.lines, &it.stderr]);
    let texts: Vec<&str> = all.iter().map(|came| &*came.line.text).collect();
    Ok(match missing {
        None if all.len() == wanted.len() => Went::AsShown,
        None => Went::Otherwise(format!("{} lines, and not {}: {texts:?}", all.len(), wanted.len())),
        Some(what) => Went::Otherwise(format!("{what}; these came: {texts:?}")),
    })
}

/// An empty folder, but for the names by which a page calls the programs.
fn place(root: &Path, programs: &Path) -> std::io::Result<tempfile::TempDir> {
    let folder = checks::folder()?;
    fs::create_dir(folder.path().join("target"))?;
    symlink(programs, folder.path().join("target/debug"))?;
    symlink(root.join("examples-bin"), folder.path().join("examples-bin"))?;
    Ok(folder)
}

const MARK: &str = "-- step ";

/// What the shell itself says of a job is not what a program has printed.
fn is_output(line: &Line) -> bool {
    !line.text.starts_with(MARK) && !line.text.starts_with("bash: line ")
}

/// A line that a page shows. What had come before its command was typed, is not it.
struct Wanted<'a> {
    text: &'a str,
    from: [usize; 2],
    luck: &'a Luck,
}

/// A line of stdout or stderr, and its place there.
struct Came<'a> {
    stream: usize,
    place: usize,
    line: &'a Line,
}

fn came(streams: [&[Line]; 2]) -> Vec<Came<'_>> {
    let [stdout, stderr] = streams.map(|lines| lines.iter().enumerate());
    let of = |stream| move |(place, line)| Came { stream, place, line };
    let all = stdout.map(of(0)).chain(stderr.map(of(1)));
    all.filter(|came| is_output(came.line)).collect()
}

/// Whether the command is through, and nobody is left who could print.
fn nothing_more(running: &Running, step: usize) -> bool {
    let through = running.lines().iter().any(|line| line.text == format!("{MARK}{step}"));
    through && running.pids() == [running.main()]
}

/// Whether each line that is shown has come, `early` or not; else one that has not. What one process prints keeps its
/// order.
fn matches(wanted: &[Wanted<'_>], came: &[Came<'_>], early: bool) -> Result<(), String> {
    let mut furthest = 0;
    match assign(wanted, came, early, &mut Vec::new(), &HashMap::new(), &mut furthest) {
        true => Ok(()),
        false => Err(format!("`{}` did not come as it is shown", wanted[furthest].text)),
    }
}

fn assign(
    wanted: &[Wanted<'_>],
    came: &[Came<'_>],
    early: bool,
    taken: &mut Vec<usize>,
    known: &HashMap<String, String>,
    furthest: &mut usize,
) -> bool {
    let Some(next) = wanted.get(taken.len()) else { return true };
    *furthest = (*furthest).max(taken.len());
    for (at, it) in came.iter().enumerate() {
        let same = |other: &Came<'_>| other.stream == it.stream && other.line.writers == it.line.writers;
        let in_order = taken.iter().all(|&earlier| earlier < at || !same(&came[earlier]));
        let mut known = known.clone();
        if taken.contains(&at) || !in_order || (it.place < next.from[it.stream] && !early) {
            continue;
        }
        if is_like(next, &it.line.text, &mut known) {
            taken.push(at);
            if assign(wanted, came, early, taken, &known, furthest) {
                return true;
            }
            taken.pop();
        }
    }
    false
}

/// The same words. Of pids, times and addresses only the kind; and the same pid is the same again.
fn is_like(wanted: &Wanted<'_>, came: &str, known: &mut HashMap<String, String>) -> bool {
    let (ones, others) = (words(wanted.text), words(came));
    let is_name = |word: &str| wanted.luck.alike.iter().any(|name| name == word);
    let any = |word: &str| wanted.luck.any.iter().any(|number| number == word);
    ones.len() == others.len()
        && ones.iter().zip(&others).all(|(one, other)| match (kind(one), kind(other)) {
            (Kind::Word, Kind::Word) if is_name(one) && is_name(other) => {
                let taken = known.iter().any(|(name, who)| name != one && who == other);
                !taken && known.entry((*one).to_owned()).or_insert((*other).to_owned()) == other
            }
            // Another number, and none of those that have a meaning here.
            (Kind::Number, Kind::Pid | Kind::Number) if any(one) => !known.values().any(|pid| pid == other),
            (Kind::Pid, Kind::Pid | Kind::Number) | (Kind::Address, Kind::Address) => {
                known.entry((*one).to_owned()).or_insert((*other).to_owned()) == other
            }
            (Kind::Time, Kind::Time) => true,
            _ => one == other,
        })
}

#[derive(PartialEq, Eq)]
enum Kind {
    Word,
    /// Four digits or more, on a page; any number, in a run.
    Pid,
    Number,
    Time,
    Address,
}

fn kind(word: &str) -> Kind {
    let digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    match word {
        _ if digits && word.len() >= 4 => Kind::Pid,
        _ if digits => Kind::Number,
        _ if word.starts_with("0x") => Kind::Address,
        _ if word.contains('.') && word.bytes().all(|b| b.is_ascii_digit() || b == b'.') => Kind::Time,
        _ => Kind::Word,
    }
}

/// Letters, numbers and signs, each for itself; spaces are nothing.
fn words(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        _ if c.is_ascii_digit() || c == '.' => 0,
        _ if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        if word.starts_with("0x") || word.chars().all(char::is_alphanumeric) {
            words.push(word);
            continue;
        }
        let mut from = 0;
        let chars: Vec<(usize, char)> = word.char_indices().collect();
        for pair in chars.windows(2) {
            if class(pair[0].1) != class(pair[1].1) {
                words.push(&word[from..pair[1].0]);
                from = pair[1].0;
            }
        }
        words.push(&word[from..]);
    }
    words
}
