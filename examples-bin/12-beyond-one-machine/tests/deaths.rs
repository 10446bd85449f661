//! Machines die, and the server dies: nothing that was put is lost, and nothing counts twice. The ledger is the server's
//! own list of what was eaten.

mod server;

use std::thread::sleep;
use std::time::{Duration, Instant};

use checks::exercise::SOON;
use checks::lessons::{NO_SERVER, has_redis_server};
use checks::{Complaint, Running, Signal, Verdict, captures};
use redis::cmd;
use trials::{Trial, judge};

use server::{DISHES, Server};

/// What each of the two cooks makes.
const ITEMS: usize = 100;

/// A name, whether it takes long, and the check.
type Case = (&'static str, bool, fn() -> Verdict);

fn main() -> std::process::ExitCode {
    let possible = has_redis_server();
    if !possible {
        eprintln!("{NO_SERVER}");
    }
    let cases: [Case; 5] = [
        // Whole programs of eaters are killed with dishes in their hands.
        ("eaters_are_killed", false, || kill_eaters(5)),
        // An eater that is stopped loses its dish to another, goes on, and is told that it was too slow.
        ("an_eater_is_stopped", false, stop_an_eater),
        // The server is killed, and started again on its file.
        ("the_server_is_killed", false, || kill_the_server(5)),
        ("eaters_are_killed_50_times", true, || kill_eaters(50)),
        ("the_server_is_killed_50_times", true, || kill_the_server(50)),
    ];
    let trial = |(name, long, check): Case| {
        Trial::test(name, move || Ok(check()?)).with_ignored_flag(long || !possible)
    };
    judge(cases.into_iter().map(trial).collect())
}

fn ends_well(program: Running) -> Verdict {
    program.finish()?.succeeds()
}

/// Waits until a dish is in somebody's hands: whether it comes to that. A complaint if nobody takes what is there.
fn wait_for_hands(server: &Server) -> Verdict<bool> {
    let started = Instant::now();
    while server.in_hands()? == 0 {
        if started.elapsed() > Duration::from_secs(30) {
            return match server.ask::<usize>(cmd("XLEN").arg(DISHES))? {
                0 => Ok(false),
                left => Err(Complaint::new(format!(
                    "expected an eater with a dish in its hands; {left} dishes wait, and nobody has one"
                ))),
            };
        }
        sleep(Duration::from_millis(1));
    }
    Ok(true)
}

fn kill_eaters(times: usize) -> Verdict {
    let server = Server::start(&[])?;
    let items = ITEMS.to_string();
    // Slow cooks, so that somebody has something to eat when the last one is killed.
    let cooks =
        server.part(&["cook", "--items", &items]).env("LESSON_PACE", (0.0004 * times as f64).to_string());
    let cooks = cooks.start()?;
    let mut with_dishes = 0;
    for _ in 0..times {
        let eaters = server.part(&["eat"]).start()?;
        with_dishes += usize::from(wait_for_hands(&server)?);
        eaters.signal_main(Signal::SIGKILL);
        eaters.finish()?.no_survivors()?;
    }
    let eaters = server.part(&["eat"]).start()?;
    ends_well(cooks)?;
    server.all_eaten()?;
    ends_well(server.part(&["wait"]).start()?)?;
    drop(eaters);
    server.ledger(ITEMS)?;
    println!(
        "{times} programs of three eaters killed, {with_dishes} of them with dishes in their hands; each dish counts once"
    );
    match with_dishes * 2 >= times {
        true => Ok(()),
        false => Err(Complaint::new(format!("only {with_dishes} of {times} kills met an eater with a dish"))),
    }
}

/// Held in the middle of a dish, at the gate: a signal could come between two of them.
fn stop_an_eater() -> Verdict {
    let server = Server::start(&[])?;
    let items = ITEMS.to_string();
    ends_well(server.part(&["cook", "--items", &items]).env("LESSON_PACE", "0").start()?)?;
    let mut slow = server.part(&["eat", "--eaters", "1"]).gated().start()?;
    let main = slow.main();
    slow.hold(move |call| call.pid != main && call.sleeps());
    if slow.held(10 * SOON)?.is_none() {
        return slow.fail("expected an eater to take its time");
    }
    let eaters = server.part(&["eat", "--first", "2"]).start()?;
    server.all_eaten()?;
    ends_well(server.part(&["wait"]).start()?)?;
    slow.release_all();
    slow.wait_for_line("EatDai <text>")?; // its dish is done, as far as it knows
    server.ledger(ITEMS)?;
    if slow
        .lines()
        .iter()
        .all(|line| captures("EatDai was too slow: another ate <text>", &line.text).is_none())
    {
        return slow.fail("expected the eater that was stopped to be told that it was too slow");
    }
    drop(eaters);
    Ok(())
}

fn kill_the_server(times: usize) -> Verdict {
    let mut server = Server::start(&[])?;
    let items = ITEMS.to_string();
    let pace = (0.001 * times as f64).to_string();
    let cooks = server.part(&["cook", "--items", &items]).env("LESSON_PACE", pace).start()?;
    let eaters = [server.part(&["eat"]).start()?, server.part(&["eat", "--first", "4"]).start()?];
    let mut at_work = 0;
    for _ in 0..times {
        at_work += usize::from(wait_for_hands(&server)?);
        sleep(Duration::from_millis(rand::random_range(0..40)));
        server.kill()?;
        server.start_again()?;
    }
    ends_well(cooks)?;
    server.all_eaten()?;
    ends_well(server.part(&["wait"]).start()?)?;
    drop(eaters);
    server.ledger(ITEMS)?;
    println!(
        "the server was killed {times} times, {at_work} of them with dishes in hands; each dish counts once"
    );
    Ok(())
}
