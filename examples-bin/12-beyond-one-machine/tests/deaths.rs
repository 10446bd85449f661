//! Machines die, and the server dies: nothing that was put is lost, and nothing counts twice. The ledger is the server's
//! own list of what was eaten.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use checks::lessons::{NO_SERVER, has_redis_server};
use checks::{Complaint, Program, Run, Running, Signal, Verdict, captures};
use redis::{Client, Connection, cmd};
use tempfile::TempDir;
use trials::{Trial, judge};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson-12");
const SETTINGS: &str =
    "--port 0 --save  --appendonly yes --appendfsync always --appenddirname . --logfile log --unixsocket";
/// What each of the two cooks makes.
const ITEMS: usize = 100;

/// A name, whether it takes long, and the check.
type Case = (&'static str, bool, fn() -> Verdict);

fn main() -> std::process::ExitCode {
    let possible = has_redis_server();
    if !possible {
        eprintln!("{NO_SERVER}");
    }
    let cases: [Case; 8] = [
        // Whole programs of eaters are killed with dishes in their hands.
        ("eaters_are_killed", false, || kill_eaters(5)),
        // An eater that is stopped loses its dish to another, goes on, and is told that it was too slow.
        ("an_eater_is_stopped", false, stop_an_eater),
        // The server is killed, and started again on its file.
        ("the_server_is_killed", false, || kill_the_server(5)),
        // Passersby are killed and stopped: the store never sells what is not there.
        ("passersby_are_killed_and_stopped", false, || kill_passersby(10)),
        ("eaters_are_killed_50_times", true, || kill_eaters(50)),
        ("the_server_is_killed_50_times", true, || kill_the_server(50)),
        ("passersby_are_killed_and_stopped_200_times", true, || kill_passersby(200)),
        // Each of these oversells, every time.
        ("naive_and_lease_oversell_50_times", true, || oversell(50)),
    ];
    let trial = |(name, long, check): Case| {
        Trial::test(name, move || Ok(check()?)).with_ignored_flag(long || !possible)
    };
    judge(cases.into_iter().map(trial).collect())
}

/// A server that the test can kill.
struct Server {
    folder: TempDir,
    running: Option<Running>,
}

impl Server {
    fn start() -> Verdict<Server> {
        let folder = checks::folder().map_err(|why| Complaint::new(why.to_string()))?;
        let mut server = Server { folder, running: None };
        server.start_again()?;
        Ok(server)
    }

    fn socket(&self) -> String {
        self.folder.path().join("socket").display().to_string()
    }

    fn start_again(&mut self) -> Verdict {
        let run = Run::new("redis-server").args(SETTINGS.split(' ')).arg(self.socket());
        self.running = Some(run.cwd(self.folder.path()).deadline(Duration::from_secs(200)).start()?);
        self.connection().map(drop)
    }

    fn kill(&mut self) -> Verdict {
        let Some(running) = self.running.take() else { return Ok(()) };
        running.signal_main(Signal::SIGKILL);
        running.finish()?.dies_of(Signal::SIGKILL)
    }

    fn connection(&self) -> Verdict<Connection> {
        let started = Instant::now();
        loop {
            let client = Client::open(format!("unix://{}", self.socket()));
            let connection = client.and_then(|client| client.get_connection()).and_then(|mut connection| {
                cmd("DBSIZE").query::<u64>(&mut connection)?;
                Ok(connection)
            });
            match connection {
                Ok(connection) => return Ok(connection),
                Err(why) if started.elapsed() > Duration::from_secs(10) => {
                    return Err(Complaint::new(format!("redis-server does not answer: {why}")));
                }
                Err(_) => sleep(Duration::from_millis(5)),
            }
        }
    }

    fn part(&self, args: &[&str]) -> Run {
        let run =
            Program::binary(LESSON).run().args(args).args(["--server", &self.socket(), "--idle", "300"]);
        run.deadline(Duration::from_secs(150)).env("LESSON_PACE", "0.02")
    }

    /// The dishes that are in somebody's hands.
    fn in_hands(&self, connection: &mut Connection) -> Verdict<usize> {
        let pending =
            cmd("XPENDING").arg("lesson-12:{kitchen}:dishes").arg("eaters").query::<redis::Value>(connection);
        match pending {
            Ok(redis::Value::Array(parts)) => match parts.first() {
                Some(redis::Value::Int(count)) => Ok(*count as usize),
                _ => Ok(0),
            },
            Ok(_) => Ok(0),
            Err(why) => Err(Complaint::new(format!("XPENDING: {why}"))),
        }
    }

    /// Each dish of `ITEMS` has been eaten once, and nothing is left in the stream.
    fn ledger(&self) -> Verdict {
        let mut connection = self.connection()?;
        let mut ask = |command: &str, rest: &[&str]| -> Verdict<Vec<String>> {
            let answer = cmd(command).arg(rest).query(&mut connection);
            answer.map_err(|why| Complaint::new(format!("{command}: {why}")))
        };
        let mut eaten = BTreeMap::new();
        for dish in ask("LRANGE", &["lesson-12:{kitchen}:eaten", "0", "-1"])? {
            *eaten.entry(dish).or_insert(0) += 1;
        }
        for dish in (0..ITEMS).flat_map(|i| [format!("Bun{i}"), format!("Shredded potato{i}")]) {
            match eaten.remove(&dish).unwrap_or(0) {
                1 => {}
                times => {
                    return Err(Complaint::new(format!(
                        "expected {dish} to count once; it counts {times} times"
                    )));
                }
            }
        }
        if let Some(dish) = eaten.keys().next() {
            return Err(Complaint::new(format!("nobody has put {dish}, and it was eaten")));
        }
        match self.in_hands(&mut connection)? {
            0 => Ok(()),
            left => {
                Err(Complaint::new(format!("expected nothing in anybody's hands; there are {left} dishes")))
            }
        }
    }
}

fn ends_well(program: Running) -> Verdict {
    program.finish()?.succeeds()
}

/// A dish for each of the eaters is in its hands, or nothing is left to take.
fn wait_for_hands(server: &Server) -> Verdict<usize> {
    let mut connection = server.connection()?;
    let started = Instant::now();
    loop {
        let hands = server.in_hands(&mut connection)?;
        if hands > 0 || started.elapsed() > Duration::from_secs(10) {
            return Ok(hands);
        }
        sleep(Duration::from_millis(1));
    }
}

fn kill_eaters(times: usize) -> Verdict {
    let server = Server::start()?;
    let items = ITEMS.to_string();
    // Slow cooks, so that somebody has something to eat when the last one is killed.
    let cooks =
        server.part(&["cook", "--items", &items]).env("LESSON_PACE", (0.0004 * times as f64).to_string());
    let cooks = cooks.start()?;
    let mut with_dishes = 0;
    for _ in 0..times {
        let eaters = server.part(&["eat"]).start()?;
        with_dishes += usize::from(wait_for_hands(&server)? > 0);
        eaters.signal_main(Signal::SIGKILL);
        eaters.finish()?.no_survivors()?;
    }
    let eaters = server.part(&["eat"]).start()?;
    ends_well(cooks)?;
    ends_well(server.part(&["wait"]).start()?)?;
    drop(eaters);
    server.ledger()?;
    println!(
        "{times} programs of three eaters killed, {with_dishes} of them with dishes in their hands; each dish counts once"
    );
    match with_dishes * 2 >= times {
        true => Ok(()),
        false => Err(Complaint::new(format!("only {with_dishes} of {times} kills met an eater with a dish"))),
    }
}

fn stop_an_eater() -> Verdict {
    let server = Server::start()?;
    let mut slow = server.part(&["eat", "--eaters", "1"]).env("LESSON_PACE", "0.3").start()?;
    let items = ITEMS.to_string();
    ends_well(server.part(&["cook", "--items", &items]).env("LESSON_PACE", "0").start()?)?;
    wait_for_hands(&server)?;
    slow.signal_group(Signal::SIGSTOP);
    let eaters = server.part(&["eat", "--first", "2"]).start()?;
    ends_well(server.part(&["wait"]).start()?)?;
    slow.signal_group(Signal::SIGCONT);
    slow.wait_for_line("EatDai was too slow: another ate <text>")?;
    drop((slow, eaters));
    server.ledger()
}

fn kill_the_server(times: usize) -> Verdict {
    let mut server = Server::start()?;
    let items = ITEMS.to_string();
    let pace = (0.001 * times as f64).to_string();
    let cooks = server.part(&["cook", "--items", &items]).env("LESSON_PACE", pace).start()?;
    let eaters = [server.part(&["eat"]).start()?, server.part(&["eat", "--first", "4"]).start()?];
    let mut at_work = 0;
    for _ in 0..times {
        at_work += usize::from(wait_for_hands(&server)? > 0);
        sleep(Duration::from_millis(rand::random_range(0..40)));
        server.kill()?;
        server.start_again()?;
    }
    ends_well(cooks)?;
    ends_well(server.part(&["wait"]).start()?)?;
    drop(eaters);
    server.ledger()?;
    println!(
        "the server was killed {times} times, {at_work} of them with dishes in hands; each dish counts once"
    );
    Ok(())
}

fn kill_passersby(times: usize) -> Verdict {
    for _ in 0..times {
        let mut it = Program::binary(LESSON).run().args(["tickets", "conditional", "--tickets", "3"]);
        it = it.env("LESSON_PACE", "0.1");
        let mut it = it.start()?;
        it.wait_for_lines("<text> Viewed remaining tickets as <number>", 3)?;
        let buyers: Vec<i32> = it.lines().iter().map(|line| line.writer()).collect();
        let (stopped, killed) = (buyers[0], buyers[1]);
        it.stop(stopped);
        sleep(Duration::from_millis(rand::random_range(0..30)));
        it.kill(killed);
        it.go_on(stopped);
        let it = it.finish()?;
        it.succeeds()?;
        let closing = "conditional: sold <number> of 3, <number> left at the server, <number> oversold";
        let numbers: Vec<usize> = it.one(closing)?.iter().filter_map(|number| number.parse().ok()).collect();
        if numbers[0] + numbers[1] != 3 || numbers[2] != 0 {
            return it.complain("expected sold and left to be what there was");
        }
    }
    println!("{times} sales, in each of them one passerby was killed and one stopped: none oversold");
    Ok(())
}

fn oversell(times: usize) -> Verdict {
    for way in ["naive", "lease"] {
        for _ in 0..times {
            let it = Program::binary(LESSON).run().args(["tickets", way]).env("LESSON_PACE", "0").finish()?;
            it.succeeds()?;
            let closing =
                format!("{way}: sold <number> of <number>, <number> left at the server, <number> oversold");
            if captures(&closing, &it.lines[it.lines.len() - 1].text).is_none_or(|numbers| numbers[3] == "0")
            {
                return it.complain("expected it to oversell");
            }
        }
        println!("{way} oversold {times} of {times}");
    }
    Ok(())
}
