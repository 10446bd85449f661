//! The ticket file of lesson 09 in a storm: passersby are killed at any moment, and whoever looks finds whole JSON.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::unistd::alarm;
use procession::{Child, Lock, Process};

use crate::account::{Account, check};
use crate::common::Dice;
use crate::common::zeroed::{Shareable, Zeroed};
use crate::lesson_09::Tickets;
use crate::watch::{Progress, is_interrupted};
use crate::workers::LIFE;

const PASSERSBY: usize = 6;
const TICKETS: u64 = 1 << 22;
const NAP: Duration = Duration::from_micros(200);
const NAPS_A_SECOND: u32 = 5000;

#[repr(C)]
struct Desk {
    /// How many each passerby says it has bought.
    bought: [AtomicU64; PASSERSBY],
    /// How often the observer has looked, and how often that was no whole JSON, or one with more tickets than before.
    looks: AtomicU64,
    broken: AtomicU64,
    risen: AtomicU64,
}

// SAFETY: atomics, and arrays of them.
unsafe impl Shareable for Desk {}

struct Shop {
    file: PathBuf,
    folder: PathBuf,
    mutex: Lock,
    desk: Zeroed<Desk>,
    /// For each ticket: how often it was sold.
    sold: Zeroed<AtomicU8>,
}

impl Deref for Shop {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk[0]
    }
}

impl Shop {
    fn bought(&self) -> u64 {
        self.desk[0].bought.iter().map(|bought| bought.load(SeqCst)).sum()
    }
}

/// One passerby after the other, on the same place, each as in the lesson: lock, read, write, say so.
fn buy(shop: &Shop, me: usize) {
    alarm::set(LIFE);
    loop {
        let guard = shop.mutex.acquire().expect("a lock");
        let mut tickets = Tickets::read(&shop.file).expect("a ticket file");
        if tickets.take_one() {
            tickets.write(&shop.file, &shop.folder.join(format!("passerby{me}"))).expect("a place to write");
            shop.sold[tickets.count() as usize].fetch_add(1, SeqCst);
            shop.bought[me].fetch_add(1, SeqCst);
        }
        drop(guard);
    }
}

/// Looks without the lock: the file is whole at every moment.
fn observe(shop: &Shop) {
    alarm::set(LIFE);
    let mut before = u64::MAX;
    loop {
        match Tickets::read(&shop.file).map(|tickets| tickets.count()) {
            Ok(now) if now <= before => before = now,
            Ok(_) => drop(shop.risen.fetch_add(1, SeqCst)),
            Err(_) => drop(shop.broken.fetch_add(1, SeqCst)),
        }
        shop.looks.fetch_add(1, SeqCst);
    }
}

pub(crate) fn play(kills: u64, seed: u64) -> Account {
    let folder = std::env::temp_dir();
    let shop = Shop {
        file: folder.join("tickets.json"),
        folder,
        mutex: Lock::new().expect("a lock"),
        desk: Zeroed::new(1),
        sold: Zeroed::new(TICKETS as usize),
    };
    let shop = &shop;
    std::fs::write(&shop.file, format!("{{\"count\": {TICKETS}}}\n")).expect("a ticket file");
    let start = |who| Process::new(move || buy(shop, who)).daemon(true).start().expect("a passerby");
    let mut passersby: Vec<Child> = (0..PASSERSBY).map(start).collect();
    let observer = Process::new(|| observe(shop)).daemon(true).start().expect("an observer");
    let mut progress = Progress::new("tickets", kills);
    let (mut dice, mut faults, mut longest, mut done) = (Dice(seed), Vec::new(), Duration::ZERO, 0);
    while done < kills && !is_interrupted() {
        sleep(Duration::from_micros(dice.below(2000)));
        let victim = dice.below(PASSERSBY as u64) as usize;
        passersby[victim].kill().expect("a child");
        let status = passersby[victim].join().expect("a status");
        check(status.code().is_none(), format!("a passerby ended with {status}"), &mut faults);
        done += 1;
        let Some(stall) = sells_on(shop) else {
            faults.push(format!("nobody bought in a second after kill {done}"));
            break;
        };
        longest = longest.max(stall);
        passersby[victim] = start(victim);
        progress.show(done, format_args!("{} tickets sold", shop.bought()));
    }
    for child in passersby.iter().chain([&observer]) {
        let _ = child.kill();
        let status = child.join().expect("a status");
        check(status.code().is_none(), format!("somebody ended with {status}"), &mut faults);
    }
    account(shop, done, longest, progress.end(), faults)
}

fn sells_on(shop: &Shop) -> Option<Duration> {
    let (before, started) = (shop.bought(), Instant::now());
    for _ in 0..NAPS_A_SECOND {
        if shop.bought() > before {
            return Some(started.elapsed());
        }
        sleep(NAP);
    }
    None
}

fn account(shop: &Shop, kills: u64, longest: Duration, seconds: f64, mut faults: Vec<String>) -> Account {
    let left = Tickets::read(&shop.file).map(|tickets| tickets.count());
    let left = left.unwrap_or_else(|error| {
        faults.push(error.to_string());
        TICKETS
    });
    let (gone, said) = (TICKETS - left, shop.bought());
    let times = |ticket: u64| u64::from(shop.sold[ticket as usize].load(SeqCst));
    let twice = (0..TICKETS).filter(|&ticket| times(ticket) > 1).count() as u64;
    let unsaid = (left..TICKETS).filter(|&ticket| times(ticket) == 0).count() as u64;
    let unsold = (0..left).filter(|&ticket| times(ticket) > 0).count() as u64;
    let died = kills + PASSERSBY as u64;
    let (looks, broken) = (shop.looks.load(SeqCst), shop.broken.load(SeqCst));
    let risen = shop.risen.load(SeqCst);
    check(twice == 0, format!("{twice} tickets sold twice"), &mut faults);
    check(unsold == 0, format!("{unsold} tickets sold and still there"), &mut faults);
    check(unsaid <= died, format!("{unsaid} tickets gone, {died} killed"), &mut faults);
    check(
        (gone - unsaid).abs_diff(said) <= died,
        format!("{gone} gone, {unsaid} unsaid, {said} said"),
        &mut faults,
    );
    check(looks > 0 && broken == 0, format!("{broken} of {looks} looks found no whole JSON"), &mut faults);
    check(risen == 0, format!("{risen} of {looks} looks found more tickets than before"), &mut faults);
    let drafts = drafts(&shop.folder);
    check(drafts <= PASSERSBY, format!("{drafts} drafts are left"), &mut faults);
    let rows = vec![
        ("kills", kills.to_string()),
        ("tickets: gone from the file", gone.to_string()),
        ("  said to be bought", (gone - unsaid).to_string()),
        ("  killed before saying so", unsaid.to_string()),
        ("  sold twice", twice.to_string()),
        ("looks of the observer", looks.to_string()),
        ("  no whole JSON", broken.to_string()),
        ("longest stall, ms", format!("{:.1}", longest.as_secs_f64() * 1e3)),
        ("drafts left", drafts.to_string()),
        ("seconds", format!("{seconds:.1}")),
    ];
    Account { rows, faults }
}

fn drafts(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("passerby")).count()
}
