//! Lesson 09: the lock, and the race for the tickets.

mod meeting;
mod tickets;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use lesson::{Result, or_fail, usage_error};
use procession::{Lock, Process, Queue};
use rand::RngExt;

use meeting::{Invitation, Meeting};
use tickets::Tickets;

const ABOUT: &str = "
lesson-09: many passersby, few tickets: without a lock the same ticket is sold again and again.

Three ways to sell, one after another, each with a fresh ticket file: unlocked (all at once), joined (each passerby
starts when the one before has gone), locked (all look at once, and buy one at a time).

usage: lesson-09 [unlocked|joined|locked] [--tickets N] [--passersby N] [--file PATH] [--help]

  unlocked, joined, locked
                  only this way
  --tickets N     tickets in the fresh file (default 10, at most 1000000)
  --passersby N   passersby (default 10, at most 1000); unlocked oversells if there are two of them, and a ticket
  --file PATH     with one way: sell from this ticket file, as it stands: {\"count\": 10}, a whole number from 0 on
  --help          show this text";

fn search(name: &str, file: &Path) -> Result {
    let count = Tickets::read(file)?.count();
    lesson::sleep(rand::rng().random_range(0.0..0.3)); // looking takes a while
    println!("{name} Viewed remaining tickets as {count}");
    Ok(())
}

fn get(name: &str, shop: &Shop, meeting: Option<Invitation>) -> Result {
    let mut tickets = Tickets::read(&shop.file)?;
    lesson::sleep(0.2); // the network
    if let Some(meeting) = meeting {
        meeting.meet();
    }
    if tickets.take_one() {
        // One less than was read a while ago, which need not be what is there now.
        tickets.write(&shop.file, &shop.folder.join(name))?;
        println!("{name} Ticket Purchased Successfully");
        shop.sold.put(&name.to_owned())?;
    } else {
        println!("{name} Viewed no more tickets");
    }
    Ok(())
}

fn task(name: &str, shop: &Shop, meeting: Option<Invitation>) -> Result {
    search(name, &shop.file)?; // reading does no harm: all at once
    let _guard = match shop.way {
        "locked" => Some(shop.mutex.acquire()?), // reading and then writing: one at a time
        _ => None,
    };
    get(name, shop, meeting)
}

/// Where tickets are sold, and how.
struct Shop {
    way: &'static str,
    file: PathBuf,
    /// For what is not yet to be seen.
    folder: PathBuf,
    mutex: Lock,
    sold: Queue<String>,
}

fn sell(way: &'static str, file: &Path, folder: &Path, passersby: u64) -> Result<[String; 5]> {
    let before = Tickets::read(file)?.count();
    let (mutex, sold) = (Lock::new()?, Queue::new()?);
    let shop = Shop { way, file: file.into(), folder: folder.into(), mutex, sold };
    let start = Instant::now();
    let (mut meeting, mut p_l) = (Meeting::default(), vec![]);
    for i in 0..passersby {
        // What happens by bad luck now and then, the meeting makes happen every time.
        let invitation = if way == "unlocked" { Some(meeting.invite()?) } else { None };
        let shop = &shop;
        let p = Process::new(move || or_fail(task(&format!("passerby{i}"), shop, invitation))).start()?;
        if way == "joined" {
            p.join()?; // join makes the whole task serial, the looking too
        }
        p_l.push(p);
    }
    meeting.hold();
    lesson::join_all(&p_l)?;
    let (sold, left) = (shop.sold.len()? as u64, Tickets::read(file)?.count());
    let oversold = (u128::from(sold) + u128::from(left)).saturating_sub(before.into());
    println!("{way}: sold {sold} of {before}, {left} left in the file, {oversold} oversold");
    let seconds = format!("{:.2}", start.elapsed().as_secs_f64());
    Ok([way.into(), sold.to_string(), left.to_string(), oversold.to_string(), seconds])
}

fn main() -> ExitCode {
    lesson::main("09", ABOUT, |args| {
        let way = args.word(&["unlocked", "joined", "locked"]);
        let tickets = args.number("--tickets", 1_000_000);
        let passersby = args.number("--passersby", 1000).unwrap_or(10);
        let file = args.text("--file").map(PathBuf::from);
        args.end();
        if let Some(file) = file {
            let Some(way) = way else {
                usage_error("--file needs one way: unlocked, joined or locked (try --help)")
            };
            if tickets.is_some() {
                usage_error(
                    "--tickets and --file exclude each other: the file says how many there are (try --help)",
                );
            }
            let (file, folder) = tickets::beside(&file)?;
            return sell(way, &file, &folder, passersby).map(drop);
        }
        let folder = lesson::private_folder(None)?;
        let file = folder.join("tickets.json");
        let mut table = vec![["way", "sold", "left", "oversold", "seconds"].map(String::from)];
        for way in
            ["unlocked", "joined", "locked"].into_iter().filter(|one| way.is_none_or(|way| way == *one))
        {
            let written = std::fs::write(&file, format!("{{\"count\": {}}}\n", tickets.unwrap_or(10)));
            written.map_err(|e| format!("ticket file {file:?}: {e}"))?;
            table.push(sell(way, &file, &folder, passersby)?);
        }
        if way.is_none() {
            let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or(0);
            let [way, sold, left, oversold] = [0, 1, 2, 3].map(width);
            for [w, s, l, o, seconds] in &table {
                println!("{w:<way$}  {s:<sold$}  {l:<left$}  {o:<oversold$}  {seconds}");
            }
        }
        Ok(())
    })
}
