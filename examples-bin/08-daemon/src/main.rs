//! Lesson 08: daemons.

use std::process::ExitCode;
use std::time::Duration;

use procession::{Error, Pipe, Process, Receiver, Sender};

fn task(name: &str, up: Sender<()>, emperor: Receiver<()>) -> Result<(), Error> {
    println!("{name} alive");
    up.send(&())?;
    let _ = emperor.recv(); // nothing ever comes but the end of file, when the Emperor lets go of its end
    std::thread::sleep(Duration::from_secs(3)); // real time at every pace: a daemon does not see the end of it
    println!("{name} normal death");
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("08", ABOUT, |args| {
        let not_daemon = args.flag("--not-daemon");
        args.end();

        let (up, emperor) = (Pipe::new()?, Pipe::new()?);
        let p1 = Process::new(move || task("Old Eunuch", up.sender, emperor.receiver));
        let _p1 = p1.daemon(!not_daemon).start()?; // a daemon or not: that is settled before the start
        up.receiver.recv()?; // the Emperor's last second begins when the eunuch is up
        lesson::sleep(1.0);
        println!("The Emperor is dying");
        Ok(())
    })
}

const ABOUT: &str = "
lesson-08: a daemon does not outlive its master: when the main process ends, it is ended with it.

usage: lesson-08 [--not-daemon] [--help]

  --not-daemon    an ordinary process instead: the program waits for it
  --help          show this text";
