//! Lesson 11's queue, at a server: for programs on any machine that know the server's address and the kitchen's name.

mod batch;

use std::fmt;
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lesson::Result;
use redis::streams::{StreamAutoClaimReply, StreamId, StreamReadReply};
use redis::{Script, cmd, from_redis_value_ref};

use crate::{Address, Link};

/// A put that is asked for twice, because the server died before it had answered, puts once.
static PUT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('HSETNX', KEYS[2], ARGV[1], '') == 1 then
            redis.call('XADD', KEYS[1], '*', 'once', ARGV[1], 'dish', ARGV[2])
         end",
    )
});

/// The effect, and with it the word that the dish is done: both or none, and only for the first who says so.
static DONE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('XACK', KEYS[1], 'eaters', ARGV[1]) == 1 then
            redis.call('XDEL', KEYS[1], ARGV[1])
            redis.call('RPUSH', KEYS[3], ARGV[3])
            redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
         end
         return redis.call('HGET', KEYS[2], ARGV[2])",
    )
});

/// A sign of life, unless the dish has been given to another meanwhile.
static ALIVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if #redis.call('XPENDING', KEYS[1], 'eaters', ARGV[1], ARGV[1], 1, ARGV[2]) == 0 then return false end
         redis.call('XCLAIM', KEYS[1], 'eaters', ARGV[2], 0, ARGV[1], 'JUSTID')
         return true",
    )
});

/// What was put.
#[derive(Debug)]
pub struct Dish {
    /// What the cook called it.
    pub name: String,
    /// Whether somebody has begun it before, and has given no sign of life for too long.
    pub again: bool,
    /// The number that the server gave it.
    entry: String,
    /// The number that the cook gave it.
    once: String,
}

impl fmt::Display for Dish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// A queue at a server, with lesson 11's four verbs.
#[derive(Debug)]
pub struct Kitchen {
    link: Link,
    /// The stream; what is known of each dish: nothing yet, or who has eaten it; the effect: what was eaten; and whether
    /// the kitchen is closed.
    keys: [String; 4],
    me: String,
    idle: Duration,
    looked: Instant,
}

impl Kitchen {
    /// The kitchen with this name, for somebody who eats or cooks there. A dish that is in somebody's hands without a sign
    /// of life for as long as `idle` goes to another.
    pub fn open(address: &Address, name: &str, me: &str, idle: Duration) -> Result<Kitchen> {
        let mut link = Link::new(address)?;
        // The braces: in a cluster, keys with the same text in braces are on the same machine.
        let keys = ["dishes", "ledger", "eaten", "closed"].map(|key| format!("lesson-12:{{{name}}}:{key}"));
        for (key, kind) in keys.iter().zip(["stream", "hash", "list", "string"]) {
            let found: String = link.ask(|server| cmd("TYPE").arg(key).query(server))?;
            if found != kind && found != "none" {
                return Err(format!(
                    "the key {key} at the server is a {found} and not a {kind}: somebody else's? Take another --kitchen"
                )
                .into());
            }
        }
        link.ask(|server| {
            // One that is there already is no mistake; and a full server is none as long as nobody cooks.
            let there: bool = cmd("EXISTS").arg(&keys[0]).query(server)?;
            let made =
                cmd("XGROUP").arg(&["CREATE", &keys[0], "eaters", "0", "MKSTREAM"]).query::<()>(server);
            made.or_else(|why| match why.code() {
                Some("BUSYGROUP") => Ok(()),
                Some("OOM") if there => Ok(()),
                _ => Err(why),
            })
        })?;
        Ok(Kitchen { link, keys, me: named(me), idle, looked: Instant::now() })
    }

    /// The same kitchen for another process, which connects when it first asks.
    pub fn for_another(&self, me: &str) -> Kitchen {
        let (link, keys) = (self.link.for_another(), self.keys.clone());
        Kitchen { link, keys, me: named(me), idle: self.idle, looked: Instant::now() }
    }

    /// Puts a dish. When this returns, the dish is in the server's file.
    pub fn put(&mut self, dish: &str) -> Result {
        let once = format!("{:032x}", rand::random::<u128>());
        self.link.ask(|server| PUT.key(&self.keys).arg(&once).arg(dish).invoke(server))
    }

    /// Takes a dish, and waits for one if there is none. `None`: there is none, and the kitchen is closed.
    pub fn get(&mut self) -> Result<Option<Dish>> {
        let stream = &self.keys[0];
        let pause = (self.idle / 2).clamp(Duration::from_millis(1), Duration::from_secs(1));
        loop {
            if self.looked.elapsed() >= pause {
                let idle = self.idle.as_millis() as u64;
                let left: StreamAutoClaimReply = self.link.ask(|server| {
                    let mut claim = cmd("XAUTOCLAIM");
                    claim.arg(stream).arg("eaters").arg(&self.me).arg(idle).arg("0").arg("COUNT").arg(1);
                    claim.query(server)
                })?;
                if let Some(entry) = left.claimed.first() {
                    return dish(entry, true).map(Some);
                }
                self.looked = Instant::now();
            }
            let new: Option<StreamReadReply> = self.link.ask(|server| {
                let mut read = cmd("XREADGROUP");
                read.arg("GROUP").arg("eaters").arg(&self.me).arg("COUNT").arg(1);
                read.arg("BLOCK").arg(pause.as_millis() as u64).arg("STREAMS").arg(stream).arg(">");
                read.query(server)
            })?;
            if let Some(entry) = new.iter().flat_map(|new| &new.keys).flat_map(|key| &key.ids).next() {
                return dish(entry, false).map(Some);
            }
            if self.link.ask(|server| cmd("EXISTS").arg(&self.keys[3]).query(server))? {
                return Ok(None);
            }
        }
    }

    /// A sign of life of one who takes its time. Whether the dish is still its own.
    pub fn alive(&mut self, dish: &Dish) -> Result<bool> {
        self.link.ask(|server| ALIVE.key(&self.keys).arg(&dish.entry).arg(&self.me).invoke(server))
    }

    /// The dish is eaten: whether it counts, or another was first.
    pub fn task_done(&mut self, dish: &Dish) -> Result<bool> {
        let by: Option<String> = self.link.ask(|server| {
            let mut done = DONE.key(&self.keys);
            done.arg(&dish.entry).arg(&dish.once).arg(&dish.name).arg(&self.me).invoke(server)
        })?;
        Ok(by.as_ref() == Some(&self.me))
    }

    /// Waits until all that was put is eaten. What is done is deleted, so what is left waits, or is in somebody's hands.
    pub fn join(&mut self) -> Result {
        while self.link.ask(|server| cmd("XLEN").arg(&self.keys[0]).query::<u64>(server))? > 0 {
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Sends the eaters home: whoever finds nothing to eat from now on need not wait.
    pub fn close(&mut self) -> Result {
        self.link.ask(|server| cmd("SET").arg(&self.keys[3]).arg("").query(server))
    }

    /// How many dishes were put, and how many are eaten.
    pub fn counts(&mut self) -> Result<(u64, u64)> {
        self.link.ask(|server| {
            redis::pipe().cmd("HLEN").arg(&self.keys[1]).cmd("LLEN").arg(&self.keys[2]).query(server)
        })
    }

    /// Leaves nothing of the kitchen at the server.
    pub fn clear(mut self) -> Result {
        self.link.ask(|server| cmd("DEL").arg(&self.keys).query(server))
    }
}

/// A name that nobody else has.
fn named(me: &str) -> String {
    format!("{me}-{:08x}", rand::random::<u32>())
}

fn dish(entry: &StreamId, again: bool) -> Result<Dish> {
    let field = |name| match entry.map.get(name).map(from_redis_value_ref) {
        Some(Ok(text)) => Ok(text),
        _ => Err(format!("somebody else has put {} into the kitchen: it has no {name:?}", entry.id)),
    };
    Ok(Dish { name: field("dish")?, again, entry: entry.id.clone(), once: field("once")? })
}
