//! Lesson 11: producers and consumers.

use std::process::ExitCode;

use lesson::{Result, or_fail, usage_error};
use procession::{JoinableQueue, Process};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

fn producer(name: &str, food: &str, items: u64, mut waits: StdRng, q: &JoinableQueue<String>) -> Result {
    for i in 0..items {
        let res = format!("{food}{i}");
        lesson::sleep(waits.random_range(1.0..3.0));
        println!("Chef {name} generated {res}"); // before the put: nobody can eat it any sooner
        q.put(&res)?;
    }
    Ok(())
}

fn consumer(name: &str, mut waits: StdRng, q: &JoinableQueue<String>) -> Result {
    loop {
        let res = q.get()?;
        lesson::sleep(waits.random_range(1.0..3.0));
        println!("Eat{name} ate{res}");
        q.task_done()?; // one less to wait for
    }
}

fn meal(producers: u64, consumers: u64, items: u64, seed: Option<u64>) -> Result {
    let q = JoinableQueue::new()?;
    let mut cooks = vec![];
    for number in 1..=producers {
        let ((name, food), waits) = (cook(number), waits(seed, number));
        cooks.push(Process::new(|| or_fail(producer(&name, &food, items, waits, &q))).start()?);
    }
    for number in 1..=consumers {
        let (name, waits) = (eater(number), waits(seed, producers + number));
        let _eater = Process::new(|| or_fail(consumer(&name, waits, &q))).daemon(true).start()?;
    }
    lesson::join_all(&cooks)?; // now everything has been put
    q.join()?; // now everything has been eaten: the eaters wait at an empty queue, and end with us
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("11", ABOUT, |args| {
        let producers = args.number("--producers", 100).unwrap_or(2);
        let consumers = args.number("--consumers", 100).unwrap_or(2);
        let items = args.number("--items", 1000).unwrap_or(10);
        let seed = args.number("--seed", u64::MAX);
        args.end();
        if consumers == 0 && producers > 0 && items > 0 {
            usage_error("with --consumers 0 nobody eats, and the lesson would never end (try --help)");
        }
        meal(producers, consumers, items, seed)
    })
}

/// A generator for one process alone: copied by fork, one generator would give all of them the same waits.
fn waits(seed: Option<u64>, process: u64) -> StdRng {
    match seed {
        Some(seed) => StdRng::seed_from_u64(seed.wrapping_mul(1000).wrapping_add(process)),
        None => rand::make_rng(),
    }
}

fn cook(number: u64) -> (String, String) {
    match number {
        1 => ("Little King".into(), "Bun".into()),
        2 => ("Cho".into(), "Shredded potato".into()),
        n => (format!("Chef {n}"), format!("Dish{n}-")),
    }
}

fn eater(number: u64) -> String {
    match number {
        1 => "Dai".into(),
        2 => "Little Yang".into(),
        n => format!("Eater {n}"),
    }
}

const ABOUT: &str = "
lesson-11: cooks put food into a queue, eaters take it out and say when they are done with it.

When the cooks are through and all is eaten, the program ends, and the eaters, who are daemons, end with it.

usage: lesson-11 [--producers N] [--consumers N] [--items N] [--seed N] [--help]

  --producers N   how many cook (default 2, at most 100)
  --consumers N   how many eat (default 2, at most 100)
  --items N       how much each cook makes (default 10, at most 1000)
  --seed N        the same waits in every run; each process still has its own
  --help          show this text";
