//! Processes killed and stopped at random, thousands of times, while others use the same queue; and the ledger of it.
//!
//! `make storm`, or `storm --help`. A death at every *step* of an operation is the business of `fault_scenes`; this one
//! finds what nobody has thought of.

mod account;
mod books;
#[path = "../common/mod.rs"]
mod common;
mod item;
#[path = "../../../../examples-bin/09-mutex-lock/src/tickets.rs"]
#[allow(dead_code, reason = "the lesson's own file, of which the storm needs a part")]
mod lesson_09;
mod python;
mod room;
mod storm;
mod tickets;
mod watch;
mod workers;

use std::process::ExitCode;

use account::Account;

const QUEUES: [&str; 5] = ["unbounded", "lagging", "bounded", "joinable", "tasks"];

const ABOUT: &str = "
storm: three producers and three consumers of one queue, killed and stopped at random; every item is accounted for.

usage: storm [--kills N] [--seed N] [--queue KIND] [--tickets N] [--alone]

  --kills N       so many deaths for each kind of queue (default 3000)
  --seed N        of the moments and the items (default: a new one); the system's part in it does not come again
  --queue KIND    only this kind: unbounded, lagging (consumers so slow that always more waits than the pipe holds),
                  bounded (to 10 items), joinable, or tasks (joinable, and only consumers are killed: then it is known
                  exactly how many tasks are lost); or all
  --tickets N     so many deaths of passersby in front of lesson 09's ticket file (default: a third of --kills, or none
                  with --queue)
  --alone         without CPython";

struct Options {
    kills: u64,
    seed: u64,
    queues: Vec<&'static str>,
    tickets: u64,
    alone: bool,
}

fn options() -> Result<Options, String> {
    let mut args = std::env::args().skip(1);
    let (mut kills, mut seed, mut queues, mut tickets, mut alone) = (3000, rand::random(), None, None, false);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{arg}: {text:?} is no number"));
        match arg.as_str() {
            "--kills" => kills = number(value()?)?,
            "--seed" => seed = number(value()?)?,
            "--tickets" => tickets = Some(number(value()?)?),
            "--alone" => alone = true,
            "--queue" => match value()?.as_str() {
                "all" => queues = None,
                name => {
                    let known = QUEUES.into_iter().find(|known| *known == name);
                    queues = Some(vec![known.ok_or(format!("there is no queue {name:?}"))?]);
                }
            },
            _ => return Err(format!("what is {arg:?}?")),
        }
    }
    let tickets = tickets.unwrap_or(if queues.is_none() { kills / 3 } else { 0 });
    Ok(Options { kills, seed, queues: queues.unwrap_or(QUEUES.to_vec()), tickets, alone })
}

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--help") {
        println!("{}", ABOUT.trim());
        return ExitCode::SUCCESS;
    }
    let options = match options() {
        Ok(options) => options,
        Err(what) => {
            eprintln!("storm: {what} (try --help)");
            return ExitCode::from(2);
        }
    };
    watch::mind_signals();
    nix::unistd::alarm::set(workers::LIFE);
    // The tickets lie in a place of their own: in memory, unless TMPDIR says otherwise. No queue leaves anything there.
    let folder = match std::env::var_os("TMPDIR") {
        None => tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()),
        Some(_) => tempfile::tempdir(),
    };
    let folder = folder.expect("a folder");
    // SAFETY: there is one thread.
    unsafe { std::env::set_var("TMPDIR", folder.path()) };
    println!("seed {}", options.seed);
    let faults = all(&options);
    for fault in &faults {
        println!("FAULT: {fault}");
    }
    if watch::is_interrupted() {
        println!("interrupted");
        return ExitCode::from(130);
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays everything, prints the ledgers, and says what is wrong.
fn all(options: &Options) -> Vec<String> {
    let Options { kills, seed, ref queues, tickets, alone } = *options;
    let mut faults = Vec::new();
    let python = if alone { None } else { checks::python_version() };
    let mut columns = Vec::new();
    for name in queues.iter().filter(|_| kills > 0) {
        if watch::is_interrupted() {
            break;
        }
        let account = storm::play(name, kills, seed);
        faults.extend(account.faults.iter().map(|fault| format!("{name}: {fault}")));
        columns.push((name.to_string(), account));
    }
    let twins =
        queues.iter().filter(|name| python.is_some() && kills > 0 && !["tasks", "lagging"].contains(name));
    for name in twins {
        if watch::is_interrupted() {
            break;
        }
        columns.push((format!("Python, {name}"), python::play(name, kills, seed)));
    }
    print(&columns);
    match python {
        Some(version) => println!("({version}; !: stuck, for three seconds nothing moved)"),
        None if !alone => println!("There is no python3 to compare with."),
        None => {}
    }
    if tickets > 0 && !watch::is_interrupted() {
        let account = tickets::play(tickets, seed);
        faults.extend(account.faults.iter().map(|fault| format!("tickets: {fault}")));
        println!();
        print(&[("tickets".to_owned(), account)]);
    }
    faults
}

/// The rows of the first column are those of the table.
fn print(columns: &[(String, Account)]) {
    let Some((_, first)) = columns.first() else { return };
    let width = |name: &str| name.len().max(14) + 2;
    print!("{:<32}", "");
    columns.iter().for_each(|(name, _)| print!("{name:>0$}", width(name)));
    println!();
    for (row, _) in &first.rows {
        print!("{row:<32}");
        for (name, account) in columns {
            let value = account.rows.iter().find(|(known, _)| known == row).map_or("", |(_, value)| value);
            print!("{value:>0$}", width(name));
        }
        println!();
    }
}
