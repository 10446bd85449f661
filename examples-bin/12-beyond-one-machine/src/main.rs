//! Lesson 12: beyond one machine.

mod bench;
mod programs;
mod tickets;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lesson::{Args, Result, or_fail, usage_error};
use lesson_12::{Address, Dish, Kitchen, Server};
use procession::Process;
use rand::RngExt;

use programs::Programs;

const ABOUT: &str = "
lesson-12: cooks and eaters that are no relatives, on machines that share nothing but the address of a server.

It starts a Redis server of its own, two programs with three eaters each, and one with two cooks. It ends when all is
eaten, and the server with it.

usage: lesson-12 [--server ADDRESS] [--items N] [--idle MS] [--help]
       lesson-12 tickets [naive|lease|conditional|fenced] [--tickets N] [--passersby N] [--server ADDRESS]
       lesson-12 cook|eat|wait --server ADDRESS [--kitchen NAME] [--items N] [--eaters N] [--first N] [--idle MS]
       lesson-12 --bench [--rounds N] [--chart FILE]

  cook, eat, wait   one of the programs, by hand: two cooks; eaters, until somebody ends them; and a program that ends
                    when all that was put is eaten. Each on whatever machine
  tickets           lesson 09's tickets, at the server, sold in four ways, or in one of them
  --tickets N       how many there are (default 10, at most 1000000)
  --passersby N     how many want one (default 10, at most 100)
  --server ADDRESS  a server that runs: redis://[:PASSWORD@]HOST[:PORT], or the path of its socket
  --kitchen NAME    the programs with the same name work together (default kitchen)
  --items N         how much each cook makes (default 10, at most 1000)
  --eaters N        how many eat (default 3, at most 100)
  --first N         the number of the first eater, by which it gets its name (default 1, at most 1000)
  --idle MS         a dish in the hands of somebody who gives no sign of life for so long, in milliseconds, goes to
                    another (default 1000, at least 10, at most 3600000)
  --bench           tasks a second, over the library's queue and over the stream, with 1 to 16 eaters
  --rounds N        each is measured so often, in turns (default 3, at most 99)
  --chart FILE      draws them, too
  --help            show this text";

fn producer(name: &str, food: &str, items: u64, q: &mut Kitchen) -> Result {
    for i in 0..items {
        let res = format!("{food}{i}");
        lesson::sleep(rand::rng().random_range(1.0..3.0));
        println!("Chef {name} generated {res}"); // before the put: nobody can eat it any sooner
        q.put(&res)?;
    }
    Ok(())
}

fn consumer(name: &str, idle: Duration, q: &mut Kitchen) -> Result {
    while let Some(res) = q.get()? {
        if res.again {
            println!("Eat{name} begins {res} again"); // whoever had it is dead, or slow: nobody can tell
        }
        chew(&res, idle, q)?;
        match q.task_done(&res)? {
            true => println!("Eat{name} ate{res}"),
            false => println!("Eat{name} was too slow: another ate {res}"),
        }
    }
    Ok(())
}

/// Eating takes a while. An eater that says nothing for too long is taken for dead.
fn chew(dish: &Dish, idle: Duration, q: &mut Kitchen) -> Result {
    let end = Instant::now() + lesson::seconds(rand::rng().random_range(1.0..3.0));
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::sleep(left.min(idle / 4));
        q.alive(dish)?;
    }
    Ok(())
}

fn eater(number: u64) -> String {
    match number {
        1 => "Dai".into(),
        2 => "Little Yang".into(),
        n => format!("Eater {n}"),
    }
}

struct Options {
    server: Option<OsString>,
    kitchen: Option<String>,
    items: u64,
    eaters: u64,
    first: u64,
    idle: Duration,
}

fn options(args: &mut Args) -> Options {
    let kitchen = args.text("--kitchen").map(|name| match name.into_string() {
        Ok(name) if !name.is_empty() && name.bytes().all(|c| c.is_ascii_graphic() && !b"{}".contains(&c)) => {
            name
        }
        _ => usage_error("--kitchen must be a name without blanks and braces (try --help)"),
    });
    let idle = args.number("--idle", 3_600_000).unwrap_or(1000);
    if idle < 10 {
        usage_error("--idle must be at least 10 (try --help)");
    }
    Options {
        server: args.text("--server"),
        kitchen,
        items: args.number("--items", 1000).unwrap_or(10),
        eaters: args.number("--eaters", 100).unwrap_or(3),
        first: args.number("--first", 1000).unwrap_or(1),
        idle: Duration::from_millis(idle),
    }
}

/// One of the programs. Its processes have a connection each, made after the fork.
fn part(part: &str, server: &Address, it: &Options) -> Result {
    let kitchen = it.kitchen.as_deref().unwrap_or("kitchen");
    let mut q = Kitchen::open(server, kitchen, "main", it.idle)?; // what is wrong is told once
    match part {
        "cook" => {
            let mut cooks = vec![];
            for (name, food) in [("Little King", "Bun"), ("Cho", "Shredded potato")] {
                let cook = || producer(name, food, it.items, &mut q.for_another(name));
                cooks.push(Process::new(|| or_fail(cook())).daemon(true).start()?);
            }
            lesson::join_all(&cooks)
        }
        "eat" => {
            let mut eaters = vec![];
            for name in (it.first..it.first + it.eaters).map(eater) {
                let eater = || consumer(&name, it.idle, &mut q.for_another(&name));
                eaters.push(Process::new(|| or_fail(eater())).daemon(true).start()?);
            }
            lesson::join_all(&eaters)
        }
        _ => {
            q.join()?;
            let (put, eaten) = q.counts()?;
            println!("{put} dishes were put, and {eaten} were eaten");
            Ok(())
        }
    }
}

/// All of it: each program is started as anybody would start it, on any machine.
fn story(it: &Options) -> Result {
    let mut server = Server::unless_given(it.server.as_deref())?;
    let kitchen = it.kitchen.clone().unwrap_or_else(|| format!("run-{:016x}", rand::random::<u64>()));
    let mut q = Kitchen::open(&Address::parse(server.address())?, &kitchen, "main", it.idle)?;
    let mut programs = Programs::new(server.address(), &kitchen, it.idle)?;
    let items = it.items.to_string();
    let cooks = programs.start(&["cook", "--items", &items])?;
    programs.start(&["eat", "--eaters", "3"])?;
    programs.start(&["eat", "--eaters", "3", "--first", "4"])?;
    programs.wait_for(cooks, &mut server)?; // now everything has been put
    let join = programs.start(&["wait"])?;
    programs.wait_for(join, &mut server)?; // now everything has been eaten
    q.close()?;
    programs.go_home(&mut server)?; // now everybody has said so
    q.clear()
}

fn main() -> ExitCode {
    lesson::main("12", ABOUT, |args| {
        if args.flag("--bench") {
            let (rounds, chart) = (args.number("--rounds", 99).unwrap_or(3), args.text("--chart"));
            args.end();
            if rounds == 0 {
                usage_error("--rounds must be at least 1 (try --help)");
            }
            return bench::run(rounds, chart.as_deref());
        }
        let word = args.word(&["cook", "eat", "wait", "tickets"]);
        let way = if word == Some("tickets") { args.word(&tickets::WAYS) } else { None };
        let options = options(args);
        let tickets = args.number("--tickets", 1_000_000).unwrap_or(10);
        let passersby = args.number("--passersby", 100).unwrap_or(10);
        args.end();
        let address = options.server.as_deref().map(Address::parse).transpose();
        let address = address.unwrap_or_else(|why| usage_error(&format!("--server: {why} (try --help)")));
        match (word, address) {
            (Some("tickets"), _) => {
                let server = Server::unless_given(options.server.as_deref())?;
                let address = Address::parse(server.address())?;
                let mut ways = tickets::WAYS.into_iter().filter(|one| way.is_none_or(|way| way == *one));
                ways.try_for_each(|way| tickets::sell(way, &address, tickets, passersby))
            }
            (Some(word), Some(server)) => part(word, &server, &options),
            (Some(word), None) => usage_error(&format!("{word} needs --server (try --help)")),
            (None, _) => story(&options),
        }
    })
}
