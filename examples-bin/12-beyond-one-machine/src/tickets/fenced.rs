//! The lease, and a store that looks at its number.
//!
//! Each lease has a number, one higher than that of the lease before: a fencing number. Whoever asks the store for
//! something shows the number of its lease, also when it only reads. The store keeps the highest that it has seen, and
//! refuses every lower one. So as soon as a new holder has read, an older one can write no more.

use std::sync::LazyLock;
use std::thread::sleep;
use std::time::Duration;

use lesson::Result;
use redis::{Script, cmd};

use super::{Office, RELEASE, lease_time};

/// Whoever asks again because the answer was lost has the lease already, and gets the same number.
static LEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('GET', KEYS[2]) end
         if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end
         return false",
    )
});

/// The reader's number is kept. Else an older holder could still write after this one has read, and before it writes.
static READ: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[1]) or 0) then return false end
         redis.call('SET', KEYS[1], ARGV[1])
         return redis.call('GET', KEYS[2])",
    )
});

static WRITE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('SISMEMBER', KEYS[3], ARGV[3]) == 1 then return true end
         if tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[1])) then return false end
         redis.call('SET', KEYS[2], ARGV[2])
         redis.call('SADD', KEYS[3], ARGV[3])
         return true",
    )
});

impl Office {
    pub(super) fn fenced(&mut self, name: &str) -> Result<bool> {
        loop {
            let mine = format!("{name}-{:016x}", rand::random::<u64>());
            let bought = self.try_fenced(name, &mine)?;
            let lock = &self.keys.lock;
            self.link.ask(|server| RELEASE.key(lock).arg(&mine).invoke::<()>(server))?;
            match bought {
                Some(bought) => return Ok(bought),
                None => println!("{name} was refused: its lease is over"),
            }
        }
    }

    /// Nothing if the store refuses: somebody else has the lease by now, and has been at the store.
    fn try_fenced(&mut self, name: &str, mine: &str) -> Result<Option<bool>> {
        let number = self.numbered_lease(mine)?;
        let (count, sold, seen) = (self.keys.count.clone(), self.keys.sold.clone(), self.keys.seen.clone());
        let left: Option<u64> =
            self.link.ask(|server| READ.key(&seen).key(&count).arg(number).invoke(server))?;
        let Some(left) = left else { return Ok(None) };
        lesson::sleep(0.2); // the network
        // The worst moment to wake up: the next holder has read, and has not written.
        self.nap(left, |office| {
            let highest: u64 = office.link.ask(|server| cmd("GET").arg(&seen).query(server))?;
            Ok(highest > number)
        })?;
        let Some(less) = left.checked_sub(1) else { return Ok(Some(false)) };
        let written: bool = self.link.ask(|server| {
            let mut write = WRITE.key(&seen);
            write.key(&count).key(&sold).arg(number).arg(less).arg(name).invoke(server)
        })?;
        Ok(written.then_some(true))
    }

    fn numbered_lease(&mut self, mine: &str) -> Result<u64> {
        loop {
            let (lock, last) = (&self.keys.lock, &self.keys.last);
            let number: Option<u64> = self
                .link
                .ask(|server| LEASE.key(lock).key(last).arg(mine).arg(lease_time()).invoke(server))?;
            match number {
                Some(number) => return Ok(number),
                None => sleep(Duration::from_millis(5)),
            }
        }
    }
}
