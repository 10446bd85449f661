//! Servers that will not do, that are full, or whose answers get lost; eaters that are slow, or dead; and what is left of a
//! run that was killed.

#[path = "server/fake.rs"]
mod fake;
#[path = "server/proxy.rs"]
mod proxy;
mod server;

use std::time::{Duration, Instant};

use checks::exercise::{HELD, SOON};
use checks::lessons::{NO_SERVER, has_redis_server};
use checks::{Call, Complaint, Outcome, Pace, Program, Signal, Verdict, captures};
use redis::cmd;
use trials::{Trial, judge};

use fake::{fake, hangs_up, listener};
use proxy::Proxy;
use server::{DISHES, LESSON, Server, dishes, eventually};

const GENERATED: &str = "Chef <text> generated <text>";
const ATE: &str = "Eat<text> ate<text>";
/// Longer than it takes to say that there is no server that will do, and shorter than one is waited for that was there once.
const AT_ONCE: Duration = Duration::from_secs(25);

/// A name, and the check.
type Case = (&'static str, fn() -> Verdict);

fn main() -> std::process::ExitCode {
    let possible = has_redis_server();
    if !possible {
        eprintln!("{NO_SERVER}");
    }
    let cases: &[Case] = &[
        ("no_server", no_server),
        ("not_a_server", not_a_server),
        ("an_older_server", an_older_server),
        ("a_server_without_streams", a_server_without_streams),
        ("a_password_is_wanted", a_password_is_wanted),
        ("somebody_elses_keys", somebody_elses_keys),
        ("somebody_elses_stream", somebody_elses_stream),
        ("a_full_server", a_full_server),
        ("answers_to_the_cooks_are_lost", answers_to_the_cooks_are_lost),
        ("answers_to_the_eaters_are_lost", answers_to_the_eaters_are_lost),
        ("answers_to_the_passersby_are_lost", answers_to_the_passersby_are_lost),
        ("a_slow_eater_gives_signs_of_life", a_slow_eater_gives_signs_of_life),
        ("a_dead_eaters_dish_goes_to_another", a_dead_eaters_dish_goes_to_another),
        ("a_slow_eaters_dish_stays_with_the_other", a_slow_eaters_dish_stays_with_the_other),
        ("two_runs_at_one_server", two_runs_at_one_server),
        ("the_last_words_are_waited_for", the_last_words_are_waited_for),
        ("a_killed_run_leaves_nothing", a_killed_run_leaves_nothing),
    ];
    let trial = |&(name, check): &Case| Trial::test(name, move || Ok(check()?)).with_ignored_flag(!possible);
    judge(cases.iter().map(trial).collect())
}

/// Whoever is sent to this address says so in one line with these words, and ends.
fn refuses(address: &str, words: &str) -> Verdict {
    let mut parts = [&[][..], &["cook"], &["eat"], &["wait"], &["tickets", "conditional"]].into_iter();
    parts.try_for_each(|part| part_refuses(part, address, words))
}

fn part_refuses(part: &[&str], address: &str, words: &str) -> Verdict {
    let run = Program::binary(LESSON).run().pace(Pace::NONE).args(part).args(["--server", address]);
    run.deadline(AT_ONCE).finish()?.refuses(1, &["lesson-12: ", words])
}

fn no_server() -> Verdict {
    let (listener, address) = listener()?;
    drop(listener);
    refuses(&address, "no server answers at 127.0.0.1:")?;
    refuses("/no/such/socket", "no server answers at /no/such/socket")
}

fn not_a_server() -> Verdict {
    refuses(&fake(|_| "HTTP/1.1 400 Bad Request\r\n\r\n")?, "is no Redis")?;
    refuses(&hangs_up()?, "no server answers at 127.0.0.1:")?;
    // The kernel lets in whoever comes, and nobody speaks to them: that takes a while.
    let (_listener, address) = listener()?;
    part_refuses(&["cook"], &address, "no server answers at 127.0.0.1:")
}

fn an_older_server() -> Verdict {
    let older = fake(|words| match words[0].as_str() {
        "INFO" => "$20\r\nredis_version:6.2.14\r\n",
        _ => "+OK\r\n",
    })?;
    refuses(&older, "has version 6.2.14: it must be Redis 7 or later")?;
    let unknown = fake(|words| match words[0].as_str() {
        "INFO" => "$10\r\nno version\r\n",
        _ => "+OK\r\n",
    })?;
    refuses(&unknown, "has version unknown: it must be Redis 7 or later")
}

fn a_server_without_streams() -> Verdict {
    let address = fake(|words| match words[0].as_str() {
        "INFO" => "$19\r\nredis_version:7.0.0\r\n",
        "TYPE" => "+none\r\n",
        "EXISTS" => ":0\r\n",
        "CLIENT" => "+OK\r\n",
        _ => "-ERR unknown command\r\n",
    })?;
    refuses(&address, "must be Redis 7 or later, or Valkey")
}

fn a_password_is_wanted() -> Verdict {
    let server = Server::start(&["--requirepass", "secret"])?;
    refuses(&server.socket(), "wants another password")?;
    refuses(&format!("unix://{}?pass=wrong", server.socket()), "wants another password")?;
    let right = format!("unix://{}?pass=secret", server.socket());
    let run = Program::binary(LESSON).run().pace(Pace::NONE).args(["--server", &right, "--items", "1"]);
    run.finish()?.succeeds()
}

/// Under each of the kitchen's keys there may be something else.
fn somebody_elses_keys() -> Verdict {
    let server = Server::start(&[])?;
    for key in ["dishes", "ledger", "eaten", "closed"] {
        let key = format!("lesson-12:{{kitchen}}:{key}");
        server.ask::<()>(cmd("ZADD").arg(&key).arg(1).arg("mine"))?;
        for part in ["cook", "eat", "wait"] {
            server.part(&[part]).deadline(AT_ONCE).finish()?.refuses(1, &[&key, "is a zset and not a"])?;
        }
        match server.ask::<usize>(cmd("ZCARD").arg(&key))? {
            1 => server.ask::<()>(cmd("DEL").arg(&key))?,
            _ => return Err(Complaint::new(format!("expected nothing to be lost under {key}"))),
        }
    }
    Ok(())
}

fn somebody_elses_stream() -> Verdict {
    let server = Server::start(&[])?;
    server.ask::<String>(cmd("XADD").arg(DISHES).arg("*").arg("a").arg("b"))?;
    let it = server.part(&["eat"]).deadline(AT_ONCE).finish()?;
    it.refuses(1, &["somebody else has put"])?;
    match server.ask::<usize>(cmd("XLEN").arg(DISHES))? {
        1 => Ok(()),
        _ => it.complain("expected the other's entry to be there still"),
    }
}

/// Nothing can be put, what is there can be eaten, and nothing is lost.
fn a_full_server() -> Verdict {
    const FULL: &str = "is full. What it has is safe";
    let mut server = Server::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"])?;
    refuses(&server.socket(), "is full. What it has is safe")?;
    let memory = |bytes: &str| cmd("CONFIG").arg(&["SET", "maxmemory", bytes]).clone();
    server.ask::<()>(&memory("0"))?;
    server.part(&["cook", "--items", "10"]).finish()?.succeeds()?;
    server.ask::<()>(&memory("1"))?;
    let it = server.part(&["cook", "--items", "10"]).finish()?;
    it.exits(1)?;
    it.stderr_is_one_line()?;
    it.stderr_contains(FULL)?;
    it.is_clean()?;
    let eaters = server.part(&["eat"]).start()?;
    server.all_eaten()?;
    drop(eaters);
    server.ledger(10)?;
    server.kill()?;
    server.start_again()?;
    server.ledger(10)
}

/// A cook asks again, and the dish is put once.
fn answers_to_the_cooks_are_lost() -> Verdict {
    let server = Server::start(&[])?;
    let way = Proxy::to(server.socket())?;
    let cook = Program::binary(LESSON).run().pace(Pace::NONE);
    let it = cook.args(["cook", "--items", "5", "--server", &way.address]).finish()?;
    it.succeeds()?;
    lost(&way, 10)?;
    match server.ask::<usize>(cmd("XLEN").arg(DISHES))? {
        10 => Ok(()),
        many => it.complain(format!("expected 10 dishes to be put once each; {many} were put")),
    }
}

/// An eater asks again, is told that its dish counts, and it counts once.
fn answers_to_the_eaters_are_lost() -> Verdict {
    let server = Server::start(&[])?;
    let way = Proxy::to(server.socket())?;
    server.part(&["cook", "--items", "5"]).finish()?.succeeds()?;
    // Nobody is taken for dead.
    let eat = ["eat", "--idle", "3600000", "--server", &way.address];
    let mut eaters = Program::binary(LESSON).run().pace(Pace::NONE).args(eat).start()?;
    server.all_eaten()?;
    for dish in dishes(5) {
        eaters.wait_for_line(&format!("Eat<text> ate{dish}"))?;
    }
    drop(eaters);
    lost(&way, 10)?;
    server.ledger(5)
}

/// A passerby asks again, and buys one ticket.
fn answers_to_the_passersby_are_lost() -> Verdict {
    for way in ["conditional", "fenced"] {
        let server = Server::start(&[])?;
        let proxy = Proxy::to(server.socket())?;
        // To ask again takes a while, and a lease may be over then.
        let run = Program::binary(LESSON).run().pace(Pace::NONE).deadline(Duration::from_secs(120));
        let run = run.args(["tickets", way, "--passersby", "6", "--server", &proxy.address]);
        let it = run.finish()?;
        it.succeeds()?;
        lost(&proxy, 6)?;
        it.one(&format!("{way}: sold 6 of 10, 4 left at the server, 0 oversold"))?;
        it.times("<text> Ticket Purchased Successfully", 6)?;
    }
    Ok(())
}

fn lost(way: &Proxy, count: usize) -> Verdict {
    match way.lost() {
        found if found >= count => Ok(()),
        found => Err(Complaint::new(format!("expected {count} answers to be lost on the way; {found} were"))),
    }
}

/// An eater that chews for an hour keeps its dish: its signs of life begin the server's count of its silence anew.
fn a_slow_eater_gives_signs_of_life() -> Verdict {
    let server = Server::start(&[])?;
    server.part(&["cook", "--items", "1"]).finish()?.succeeds()?;
    let eater = server.part(&["eat", "--eaters", "1"]).pace(Pace(1000.0)).start()?;
    signs_of_life(&server, 3)?;
    drop(eater);
    Ok(())
}

/// Waits until whoever has the first dish in hand has said so many times that it lives.
fn signs_of_life(server: &Server, count: usize) -> Verdict {
    let mut before = 0;
    let mut signs = 0;
    eventually("signs of life of an eater that is slow", || {
        let Some((_, _, idle, times)) = held(server)? else { return Ok(None) };
        if times > 1 {
            return Err(Complaint::new(format!(
                "expected a dish to be given once; it was given {times} times"
            )));
        }
        signs += usize::from(idle < before);
        before = idle;
        Ok((signs >= count).then_some(()))
    })
}

/// The first dish that is in somebody's hands: its entry, who has it, for how long without a sign, and how often it was given to
/// somebody.
fn held(server: &Server) -> Verdict<Option<(String, String, u64, u64)>> {
    let held: Vec<_> = server.ask(cmd("XPENDING").arg(&[DISHES, "eaters", "-", "+", "1"]))?;
    Ok(held.into_iter().next())
}

fn a_dead_eaters_dish_goes_to_another() -> Verdict {
    let server = Server::start(&[])?;
    server.part(&["cook", "--items", "1"]).finish()?.succeeds()?;
    let dead = server.part(&["eat", "--eaters", "1"]).pace(Pace(1000.0)).start()?;
    signs_of_life(&server, 1)?;
    dead.signal_main(Signal::SIGKILL);
    dead.finish()?.no_survivors()?;
    let mut other = server.part(&["eat", "--eaters", "1", "--first", "2"]).pace(Pace::NONE).start()?;
    other.wait_for_line("EatLittle Yang begins <text> again")?;
    server.all_eaten()?;
    drop(other);
    server.ledger(1)
}

/// An eater that was stopped goes on, and its signs of life do not take the dish back from the one that has it now.
fn a_slow_eaters_dish_stays_with_the_other() -> Verdict {
    let server = Server::start(&[])?;
    server.part(&["cook", "--items", "1"]).finish()?.succeeds()?;
    let mut slow = server.part(&["eat", "--eaters", "1"]).pace(Pace(1000.0)).start()?;
    signs_of_life(&server, 1)?;
    slow.pump()?;
    let eaters: Vec<i32> = slow.pids().into_iter().filter(|pid| *pid != slow.main()).collect();
    eaters.iter().for_each(|eater| _ = slow.stop(*eater));
    // Two: there is a second dish.
    let mut others = server.part(&["eat", "--eaters", "2", "--first", "2"]).pace(Pace(1000.0)).start()?;
    others.wait_for_line("Eat<text> begins <text> again")?;
    eaters.iter().for_each(|eater| slow.go_on(*eater));
    let (mut before, mut signs) = (0, 0);
    eventually("signs of life of the other eater", || {
        let Some((_, eater, idle, _)) = held(&server)? else { return Ok(None) };
        if eater.starts_with("Dai") {
            return Err(Complaint::new(format!(
                "expected the dish to stay with another; {eater} has it again"
            )));
        }
        signs += usize::from(idle < before);
        before = idle;
        Ok((signs >= 10).then_some(()))
    })
}

fn two_runs_at_one_server() -> Verdict {
    let server = Server::start(&[])?;
    let run = || {
        let run = Program::binary(LESSON).run().args(["--items", "20", "--server", &server.socket()]);
        run.pace(Pace(0.01)).deadline(Duration::from_secs(150)).start()
    };
    let (one, other) = (run()?, run()?);
    for it in [one.finish()?, other.finish()?] {
        it.succeeds()?;
        each_once(&it, 20)?;
    }
    match server.ask::<usize>(&cmd("DBSIZE"))? {
        0 => Ok(()),
        keys => {
            Err(Complaint::new(format!("expected nothing to be left at the server; there are {keys} keys")))
        }
    }
}

/// An eater that is held when its dish is done, and before it has said so, says it all the same.
fn the_last_words_are_waited_for() -> Verdict {
    let run = Program::binary(LESSON).run().args(["--items", "1"]).pace(Pace::NONE);
    let mut run = run.gated().deadline(Duration::from_secs(120)).start()?;
    run.hold(says_that_it_ate);
    if run.all_held(2, 10 * SOON)?.len() < 2 {
        return run.fail("expected two eaters to say what they ate");
    }
    run.looks_on(HELD)?;
    run.release_all();
    let it = run.finish()?;
    it.succeeds()?;
    each_once(&it, 1)
}

fn says_that_it_ate(call: &Call) -> bool {
    call.line().is_some_and(|line| captures(ATE, &line).is_some())
}

fn each_once(it: &Outcome, items: usize) -> Verdict {
    for dish in dishes(items) {
        it.times(&format!("Chef <text> generated {dish}"), 1)?;
        it.times(&format!("Eat<text> ate{dish}"), 1)?;
    }
    it.times(GENERATED, 2 * items)?;
    it.times(ATE, 2 * items)
}

/// Neither the server nor its folder, and nobody who cooks or eats.
fn a_killed_run_leaves_nothing() -> Verdict {
    /// The first one; the server, and who removes its folder; a program with two cooks, and two with three eaters each.
    const ALL: usize = 1 + 2 + 3 + 2 * 4;
    let run = Program::binary(LESSON).run().pace(Pace(1000.0)).deadline(Duration::from_secs(150));
    let mut run = run.start()?;
    while run.pids().len() < ALL && !run.over() {
        run.pump()?;
    }
    run.signal_main(Signal::SIGKILL);
    // That the machine is slow is no mistake.
    let killed = Instant::now();
    while !run.pids().is_empty() && killed.elapsed() < 10 * SOON {
        run.pump()?;
    }
    let it = run.finish()?;
    it.dies_of(Signal::SIGKILL)?;
    it.no_survivors()?;
    it.no_leftovers()
}
