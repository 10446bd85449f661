//! Two machines, each with a network of its own, and a server that both reach over TCP. One of them is cut off for a while:
//! it is not dead, but nobody can tell.
//!
//! The networks have no names. Each is there as long as a process is in it, or this test has it open; and a cable ends with
//! the network that one of its ends is in. So they are gone with the processes, also when this test is killed.

#[expect(dead_code, reason = "other tests kill the server")]
mod server;

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::process::{ExitCode, id};

use checks::lessons::{NO_SERVER, has_redis_server};
use checks::{Complaint, Run, Running, Verdict};
use nix::sched::{CloneFlags, setns, unshare};
use redis::cmd;
use trials::{Trial, judge};

use server::{Server, eventually};

/// What each of the two cooks makes.
const ITEMS: usize = 5;
/// A connection that is asked for, and not there, in `/proc/PID/net/tcp`.
const SYN_SENT: &str = "02";

fn main() -> ExitCode {
    let mut possible = has_redis_server();
    if !possible {
        eprintln!("{NO_SERVER}");
    } else if let Err(why) = Machine::new().and_then(|machine| machine.cable(1).map(drop)) {
        eprintln!(
            "a_machine_is_cut_off: no networks can be made here, and it is ignored (it takes root, and iproute2). {}",
            why.message()
        );
        possible = false;
    }
    let cut_off = || Ok(a_machine_is_cut_off()?);
    judge(vec![Trial::test("a_machine_is_cut_off", cut_off).with_ignored_flag(!possible)])
}

fn a_machine_is_cut_off() -> Verdict {
    let hub = Machine::new()?;
    let settings = ["--port", "6379", "--bind", "0.0.0.0", "--protected-mode", "no"];
    let server = hub.on(|| Server::start(&settings))?;
    let (west, east) = (hub.cable(1)?, hub.cable(2)?);
    let part = |at: &Cable, args: &[&str], pace: &str| {
        let run = server.part(args).args(["--server", &at.address()]).env("LESSON_PACE", pace);
        at.machine.on(|| run.start())
    };

    // It takes its time, so that it is cut off with a dish in its hands.
    let mut slow = part(&west, &["eat", "--eaters", "1"], "1")?;
    let cook = ["cook", "--items", &ITEMS.to_string()];
    ends_well(part(&east, &cook, "0")?)?;
    loop {
        eventually("a dish in the hands of the west", || Ok((server.in_hands()? > 0).then_some(())))?;
        hub.set(&west, "down")?;
        if server.in_hands()? > 0 {
            break;
        }
        hub.set(&west, "up")?; // it had just put one down
    }

    // Its dish is given to another.
    let mut others = part(&east, &["eat", "--first", "2"], "0.02")?;
    others.wait_for_line("Eat<text> begins <text> again")?;
    ends_well(part(&east, &["wait"], "0")?)?;
    server.ledger(ITEMS)?;
    drop(others);
    eventually("the west without its connection", || Ok(is_cut_off(&slow).then_some(())))?;

    // It is back, and says that it has eaten: that is too late, and does not count.
    hub.set(&west, "up")?;
    slow.wait_for_line("EatDai was too slow: another ate <text>")?;
    server.ledger(ITEMS)?;

    // And it goes on.
    server.ask::<()>(cmd("DEL").arg("lesson-12:{kitchen}:eaten"))?;
    ends_well(part(&east, &cook, "0")?)?;
    eventually("a dish that the west has eaten", || {
        slow.pump()?;
        Ok(slow.lines().last().is_some_and(|line| line.text.starts_with("EatDai ate")).then_some(()))
    })?;
    let others = part(&east, &["eat", "--first", "2"], "0.02")?;
    ends_well(part(&west, &["wait"], "0")?)?;
    drop(others);
    server.ledger(ITEMS)
}

fn ends_well(program: Running) -> Verdict {
    program.finish()?.succeeds()
}

/// Whether it asks for a connection, and gets none.
fn is_cut_off(program: &Running) -> bool {
    let connections = fs::read_to_string(format!("/proc/{}/net/tcp", program.main())).unwrap_or_default();
    connections.lines().any(|line| line.split_whitespace().nth(3) == Some(SYN_SENT))
}

fn network_of_this_thread() -> io::Result<File> {
    File::open("/proc/thread-self/ns/net")
}

/// A machine, as far as others can tell: a network of its own.
struct Machine {
    network: File,
}

/// From the hub to a machine.
struct Cable {
    number: u8,
    machine: Machine,
}

impl Machine {
    fn new() -> Verdict<Machine> {
        let make = || {
            let ours = network_of_this_thread()?;
            unshare(CloneFlags::CLONE_NEWNET)?;
            let network = network_of_this_thread()?;
            setns(ours, CloneFlags::CLONE_NEWNET)?;
            Ok(Machine { network })
        };
        make().map_err(|why: io::Error| Complaint::new(format!("a network cannot be made: {why}")))
    }

    /// Does it there: what it starts is there, too.
    fn on<T>(&self, work: impl FnOnce() -> Verdict<T>) -> Verdict<T> {
        let go = |network: &File| {
            setns(network, CloneFlags::CLONE_NEWNET).map_err(|why| Complaint::new(format!("setns: {why}")))
        };
        let ours = network_of_this_thread().map_err(|why| Complaint::new(why.to_string()))?;
        go(&self.network)?;
        let done = work();
        go(&ours)?;
        done
    }

    fn ip(&self, command: &str) -> Verdict {
        self.on(|| Run::new("ip").args(command.split(' ')).finish()?.succeeds())
    }

    /// A machine at the other end of a cable.
    fn cable(&self, number: u8) -> Verdict<Cable> {
        let machine = Machine::new()?;
        let there = format!("/proc/{}/fd/{}", id(), machine.network.as_raw_fd());
        self.ip(&format!("link add cable{number} type veth peer name cable netns {there}"))?;
        self.ip(&format!("address add 10.12.{number}.1/24 dev cable{number}"))?;
        machine.ip(&format!("address add 10.12.{number}.2/24 dev cable"))?;
        self.ip(&format!("link set cable{number} up"))?;
        machine.ip("link set cable up")?;
        Ok(Cable { number, machine })
    }

    /// Pulls the cable out of the hub, or puts it back.
    fn set(&self, cable: &Cable, state: &str) -> Verdict {
        self.ip(&format!("link set cable{} {state}", cable.number))
    }
}

impl Cable {
    /// Where the server is, seen from the machine.
    fn address(&self) -> String {
        format!("redis://10.12.{}.1:6379", self.number)
    }
}
