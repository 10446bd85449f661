//! Lesson 09's tickets at a server, sold in four ways.

mod fenced;

use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lesson::{Result, or_fail};
use lesson_12::{Address, Link};
use procession::Process;
use rand::RngExt;
use redis::{Script, cmd};

pub(crate) const WAYS: [&str; 4] = ["naive", "lease", "conditional", "fenced"];

/// The store itself refuses. Whoever asks again because the answer was lost gets the same answer.
static TAKE_ONE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return true end
         if tonumber(redis.call('GET', KEYS[1])) < 1 then return false end
         redis.call('DECR', KEYS[1])
         redis.call('SADD', KEYS[2], ARGV[1])
         return true",
    )
});

/// Gives the lock back, unless the lease is over and it is another's.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end")
});

/// Where tickets are sold. Each passerby has a connection of its own.
struct Office {
    link: Link,
    keys: Keys,
    passersby: u64,
}

/// What is kept at the server, under which key.
#[derive(Clone)]
struct Keys {
    /// How many are left.
    count: String,
    /// Who has bought.
    sold: String,
    lock: String,
    /// The number of the last lease, and the highest that was shown to the store.
    last: String,
    seen: String,
    /// Who has read, in the naive way.
    meeting: String,
    /// Whether somebody has dozed off.
    nap: String,
}

impl Keys {
    fn of(run: &str) -> Keys {
        let key = |key: &str| format!("lesson-12:{{{run}}}:{key}");
        Keys {
            count: key("count"),
            sold: key("sold"),
            lock: key("lock"),
            last: key("last"),
            seen: key("seen"),
            meeting: key("meeting"),
            nap: key("nap"),
        }
    }

    fn all(&self) -> [&String; 7] {
        [&self.count, &self.sold, &self.lock, &self.last, &self.seen, &self.meeting, &self.nap]
    }
}

/// How long a lease lasts, in milliseconds.
fn lease_time() -> u64 {
    (lesson::seconds(0.4) + Duration::from_millis(100)).as_millis() as u64
}

impl Office {
    fn open(server: &Address, run: &str, passersby: u64) -> Result<Office> {
        Ok(Office { link: Link::new(server)?, keys: Keys::of(run), passersby })
    }

    /// The same office for another process, which connects when it first asks.
    fn for_another(&self) -> Office {
        Office { link: self.link.for_another(), keys: self.keys.clone(), passersby: self.passersby }
    }

    fn count(&mut self) -> Result<u64> {
        self.link.ask(|server| cmd("GET").arg(&self.keys.count).query(server))
    }

    /// Writes one less than was read a while ago, which need not be what is there now.
    fn write(&mut self, name: &str, read: u64) -> Result<bool> {
        let Some(less) = read.checked_sub(1) else { return Ok(false) };
        self.link.ask(|server| {
            let mut both = redis::pipe();
            both.atomic().cmd("SET").arg(&self.keys.count).arg(less).ignore();
            both.cmd("SADD").arg(&self.keys.sold).arg(name).ignore().exec(server)
        })?;
        Ok(true)
    }

    fn naive(&mut self, name: &str) -> Result<bool> {
        let count = self.count()?;
        lesson::sleep(0.2); // the network
        self.meet(name)?;
        self.write(name, count)
    }

    fn lease(&mut self, name: &str) -> Result<bool> {
        let mine = format!("{name}-{:016x}", rand::random::<u64>());
        let take = |server: &mut redis::Connection| {
            let mut take = cmd("SET");
            take.arg(&self.keys.lock)
                .arg(&mine)
                .arg("NX")
                .arg("PX")
                .arg(lease_time())
                .query::<Option<String>>(server)
        };
        while self.link.ask(take)?.is_none() {
            sleep(Duration::from_millis(5));
        }
        let count = self.count()?;
        lesson::sleep(0.2);
        self.nap(count, |office| Ok(office.count()? != count))?; // until another has bought
        let bought = self.write(name, count)?;
        self.link.ask(|server| RELEASE.key(&self.keys.lock).arg(&mine).invoke::<()>(server))?;
        Ok(bought)
    }

    fn conditional(&mut self, name: &str) -> Result<bool> {
        lesson::sleep(0.2);
        self.link.ask(|server| TAKE_ONE.key(&self.keys.count).key(&self.keys.sold).arg(name).invoke(server))
    }

    /// Waits until all have read. What happens by bad luck now and then, the meeting makes happen every time.
    fn meet(&mut self, name: &str) -> Result {
        self.link.ask(|server| cmd("SADD").arg(&self.keys.meeting).arg(name).query::<()>(server))?;
        let patience = Instant::now(); // somebody may be killed before
        while self.link.ask(|server| cmd("SCARD").arg(&self.keys.meeting).query::<u64>(server))?
            < self.passersby
            && patience.elapsed() < Duration::from_secs(20)
        {
            sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// The first holder of the lock stops for longer than its lease, as a machine does that is out of memory, or a laptop
    /// whose lid is closed: so long that the others have gone on meanwhile.
    fn nap(&mut self, left: u64, is_over: impl Fn(&mut Office) -> Result<bool>) -> Result {
        let first: bool = self.link.ask(|server| cmd("SETNX").arg(&self.keys.nap).arg(1).query(server))?;
        let asleep = Instant::now();
        let others = left > 0 && self.passersby > 1;
        while first && others && !is_over(self)? && asleep.elapsed() < Duration::from_secs(20) {
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

fn passerby(name: &str, way: &str, office: &mut Office) -> Result {
    let count = office.count()?;
    lesson::sleep(rand::rng().random_range(0.0..0.3)); // looking takes a while
    println!("{name} Viewed remaining tickets as {count}");
    let bought = match way {
        "naive" => office.naive(name)?,
        "lease" => office.lease(name)?,
        "fenced" => office.fenced(name)?,
        _ => office.conditional(name)?,
    };
    match bought {
        true => println!("{name} Ticket Purchased Successfully"),
        false => println!("{name} Viewed no more tickets"),
    }
    Ok(())
}

pub(crate) fn sell(way: &str, server: &Address, tickets: u64, passersby: u64) -> Result {
    let run = format!("run-{:016x}", rand::random::<u64>());
    let mut office = Office::open(server, &run, passersby)?;
    office.link.ask(|server| cmd("SET").arg(&office.keys.count).arg(tickets).query::<()>(server))?;
    let mut p_l = vec![];
    for name in (0..passersby).map(|i| format!("passerby{i}")) {
        let buy = || passerby(&name, way, &mut office.for_another());
        p_l.push(Process::new(|| or_fail(buy())).daemon(true).start()?);
    }
    lesson::join_all(&p_l)?;
    let left = office.count()?;
    let sold: u64 = office.link.ask(|server| cmd("SCARD").arg(&office.keys.sold).query(server))?;
    office.link.ask(|server| cmd("DEL").arg(&office.keys.all()).query::<()>(server))?;
    let oversold = (sold + left).saturating_sub(tickets);
    println!("{way}: sold {sold} of {tickets}, {left} left at the server, {oversold} oversold");
    Ok(())
}
