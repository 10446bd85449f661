//! Lesson 09: the lock, and the race for the tickets.

mod meeting;
mod options;
mod shop;
mod tickets;

use std::process::ExitCode;

use lesson::{Result, or_fail};
use procession::Process;
use rand::RngExt;

use meeting::{Invitation, Meeting};
use shop::Shop;
use tickets::Tickets;

fn search(name: &str, shop: &Shop) -> Result {
    let tickets = Tickets::read(&shop.file)?;
    lesson::sleep(rand::rng().random_range(0.0..0.3)); // looking takes a while
    println!("{name} Viewed remaining tickets as {}", tickets.count());
    Ok(())
}

fn get(name: &str, shop: &Shop, meeting: Invitation) -> Result {
    let mut tickets = Tickets::read(&shop.file)?;
    lesson::sleep(0.2); // the network
    meeting.meet(); // unlocked, bad luck comes every time
    if tickets.take_one() {
        tickets.write(&shop.file, &shop.folder.join(name))?; // less than was read, whatever is there now
        println!("{name} Ticket Purchased Successfully");
        shop.sold.put(&name.to_owned())?;
    } else {
        println!("{name} Viewed no more tickets");
    }
    Ok(())
}

fn task(name: &str, shop: &Shop, meeting: Invitation) -> Result {
    search(name, shop)?; // reading does no harm: all at once
    let _guard = match shop.way {
        "locked" => Some(shop.mutex.acquire()?), // reading and then writing: one at a time
        _ => None,
    };
    get(name, shop, meeting)
}

fn sell(shop: &Shop) -> Result {
    let (mut meeting, mut p_l) = (Meeting::new(shop.way == "unlocked"), vec![]);
    for i in 0..shop.passersby {
        let invitation = meeting.invite()?;
        let p = Process::new(move || or_fail(task(&format!("passerby{i}"), shop, invitation))).start()?;
        if shop.way == "joined" {
            p.join()?; // join makes the whole task serial, the looking too
        }
        p_l.push(p);
    }
    meeting.hold();
    lesson::join_all(&p_l)
}

fn main() -> ExitCode {
    lesson::main("09", options::ABOUT, |args| shop::in_each_way(&options::read(args), sell))
}
