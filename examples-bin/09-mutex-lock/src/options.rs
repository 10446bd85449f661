//! What the command line asks for.

use std::path::PathBuf;

use lesson::{Args, usage_error};

pub(crate) const ABOUT: &str = "
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

pub(crate) const WAYS: [&str; 3] = ["unlocked", "joined", "locked"];

pub(crate) struct Options {
    /// One way, or all three.
    pub(crate) way: Option<&'static str>,
    pub(crate) tickets: u64,
    pub(crate) passersby: u64,
    /// The user's ticket file and the one way to sell from it.
    pub(crate) file: Option<(PathBuf, &'static str)>,
}

pub(crate) fn read(args: &mut Args) -> Options {
    let way = args.word(&WAYS);
    let tickets = args.number("--tickets", 1_000_000);
    let passersby = args.number("--passersby", 1000).unwrap_or(10);
    let file = args.text("--file").map(PathBuf::from);
    args.end();
    let file = file.map(|file| {
        let Some(way) = way else {
            usage_error("--file needs one way: unlocked, joined or locked (try --help)")
        };
        if tickets.is_some() {
            usage_error(
                "--tickets and --file exclude each other: the file says how many there are (try --help)",
            );
        }
        (file, way)
    });
    Options { way, tickets: tickets.unwrap_or(10), passersby, file }
}
