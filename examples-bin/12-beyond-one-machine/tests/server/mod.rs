//! A Redis server of a test, and what can be asked about the kitchen there.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use checks::{Complaint, Program, RedisServer, Run, Verdict};
use redis::{Client, Cmd, Connection, FromRedisValue, Value, cmd};

/// The lesson's program.
pub(crate) const LESSON: &str = env!("CARGO_BIN_EXE_lesson-12");

/// The key of the stream, in a kitchen that nobody has named.
pub(crate) const DISHES: &str = "lesson-12:{kitchen}:dishes";

/// A server, and the kitchen there.
pub(crate) struct Server {
    redis: RedisServer,
}

impl Server {
    /// Starts one, with these settings besides the usual ones.
    pub(crate) fn start(settings: &[&str]) -> Verdict<Server> {
        Ok(Server { redis: RedisServer::start(settings)? })
    }

    /// Starts it again on its file, once it was killed.
    pub(crate) fn start_again(&mut self) -> Verdict {
        self.redis.start_again()?;
        self.connection().map(drop)
    }

    /// Kills it, as the loss of its machine would.
    pub(crate) fn kill(&mut self) -> Verdict {
        self.redis.kill()
    }

    /// Where it is.
    pub(crate) fn socket(&self) -> String {
        self.redis.socket()
    }

    /// A connection to it, as soon as it answers.
    pub(crate) fn connection(&self) -> Verdict<Connection> {
        let mut last = String::new();
        let connected = || {
            let client = Client::open(format!("unix://{}", self.socket()));
            client.and_then(|client| client.get_connection()).and_then(|mut connection| {
                cmd("DBSIZE").query::<u64>(&mut connection)?;
                Ok(connection)
            })
        };
        eventually("an answer of redis-server", || match connected() {
            Ok(connection) => Ok(Some(connection)),
            Err(why) => {
                last = why.to_string();
                Ok(None)
            }
        })
        .map_err(|complaint: Complaint| Complaint::new(format!("{}: {last}", complaint.message())))
    }

    /// Asks it one thing.
    pub(crate) fn ask<T: FromRedisValue>(&self, question: &Cmd) -> Verdict<T> {
        let answer = question.query(&mut self.connection()?);
        answer.map_err(|why| Complaint::new(format!("redis-server does not answer a test: {why}")))
    }

    /// One of the lesson's programs that works here.
    pub(crate) fn part(&self, args: &[&str]) -> Run {
        let run =
            Program::binary(LESSON).run().args(args).args(["--server", &self.socket(), "--idle", "300"]);
        run.deadline(Duration::from_secs(150)).env("LESSON_PACE", "0.02")
    }

    /// Waits until all that was put is eaten. A complaint if it does not get less for a minute.
    pub(crate) fn all_eaten(&self) -> Verdict {
        let mut left: usize = self.ask(cmd("XLEN").arg(DISHES))?;
        while left > 0 {
            let before = left;
            let less = || {
                left = self.ask(cmd("XLEN").arg(DISHES))?;
                Ok((left < before).then_some(()))
            };
            if let Err(complaint) = eventually("the dishes to be eaten", less) {
                let hands = self.in_hands()?;
                return Err(Complaint::new(format!(
                    "{}: {before} are left, and {hands} of them in somebody's hands",
                    complaint.message()
                )));
            }
        }
        Ok(())
    }

    /// What was eaten: what each of the two cooks makes, `items` of it, counts once; and nothing is left in anybody's hands.
    pub(crate) fn ledger(&self, items: usize) -> Verdict {
        let list = cmd("LRANGE").arg("lesson-12:{kitchen}:eaten").arg(0).arg(-1).clone();
        let mut eaten = BTreeMap::new();
        for dish in self.ask::<Vec<String>>(&list)? {
            *eaten.entry(dish).or_insert(0) += 1;
        }
        for dish in dishes(items) {
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
        match self.in_hands()? {
            0 => Ok(()),
            left => {
                Err(Complaint::new(format!("expected nothing in anybody's hands; there are {left} dishes")))
            }
        }
    }

    /// How many dishes are in somebody's hands.
    pub(crate) fn in_hands(&self) -> Verdict<usize> {
        let pending = cmd("XPENDING").arg(DISHES).arg("eaters").query::<Value>(&mut self.connection()?);
        match pending {
            Ok(Value::Array(parts)) => match parts.first() {
                Some(Value::Int(count)) => Ok(*count as usize),
                _ => Ok(0),
            },
            Ok(_) => Ok(0),
            // Nobody has opened the kitchen yet.
            Err(why) if why.code() == Some("NOGROUP") => Ok(0),
            Err(why) => Err(Complaint::new(format!("XPENDING: {why}"))),
        }
    }
}

/// What the two cooks make.
pub(crate) fn dishes(items: usize) -> impl Iterator<Item = String> {
    (0..items).flat_map(|i| [format!("Bun{i}"), format!("Shredded potato{i}")])
}

/// Looks until there is something to be seen. So long only where it never comes: then a complaint that names it.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Verdict<Option<T>>) -> Verdict<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if started.elapsed() > Duration::from_secs(60) {
            return Err(Complaint::new(format!("expected {what}; a minute went by without")));
        }
        sleep(Duration::from_millis(2));
    }
}
