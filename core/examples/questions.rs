//! The programs of the page with the questions, docs/questions.md: `cargo run -p procession --example questions -- zombies`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::time::Duration;

use nix::sys::signal::{Signal, raise};
use procession::{Pipe, Process, Queue, exitcode};

type Answer = Result<(), Box<dyn Error>>;

fn zombies() -> Answer {
    let child = Process::new(|| ()).start()?;
    let stat = format!("/proc/{}/stat", child.pid());
    // It has ended; its parent has not asked how.
    while !std::fs::read_to_string(&stat)?.contains(") Z ") {
        std::thread::yield_now();
    }
    println!("before join: a zombie");
    child.join()?;
    println!("after join: {}", if std::fs::exists(&stat)? { "still there" } else { "gone" });
    Ok(())
}

fn threads() -> Answer {
    let _thread = std::thread::spawn(std::thread::park);
    if let Err(error) = Process::new(|| ()).start() {
        println!("{error}");
    }
    Ok(())
}

fn hang() -> Answer {
    let queue = Queue::<u32>::new()?;
    let child = Process::new(|| queue.put(&1)).start()?;
    child.join()?;
    println!("got {}", queue.get()?);
    // Nobody is left who could put, and a queue does not know that: get would wait for ever.
    if let Err(error) = queue.get_timeout(Duration::from_millis(100)) {
        println!("{error}");
    }
    Ok(())
}

fn join_before_get() -> Answer {
    let queue = Queue::new()?;
    let child = Process::new(|| (0..100_000).try_for_each(|i| queue.put(&i))).start()?;
    child.join()?;
    println!("joined, and {} items wait", queue.len()?);
    Ok(())
}

fn daemon() -> Answer {
    let Pipe { sender, receiver } = Pipe::<()>::new()?;
    let master = Process::new(move || -> Result<(), procession::Error> {
        let daemon = Process::new(move || {
            std::thread::sleep(Duration::from_secs(60));
            drop(sender);
        });
        let _daemon = daemon.daemon(true).start()?;
        Ok(())
    });
    master.start()?.join()?;
    // Its end of the pipe is closed: it is gone, and did not sleep to the end.
    println!("the daemon is gone: {}", receiver.recv().is_err());
    Ok(())
}

fn json() -> Answer {
    let queue = Queue::<Option<f64>>::new()?;
    queue.put(&Some(f64::NAN))?;
    println!("Some(NaN) came as {:?}", queue.get()?);
    let queue = Queue::<BTreeMap<(i32, i32), i32>>::new()?;
    if let Err(error) = queue.put(&BTreeMap::from([((1, 2), 3)])) {
        println!("{error}");
    }
    Ok(())
}

fn copy() -> Answer {
    let mut numbers = vec![1, 2, 3];
    let child = Process::new(|| {
        numbers[0] = 100;
        println!("in the child: {numbers:?}");
    });
    child.start()?.join()?;
    println!("in the parent: {numbers:?}");
    Ok(())
}

fn stdin() -> Answer {
    let read = |who: &str| {
        let mut text = String::new();
        let size = std::io::stdin().read_to_string(&mut text).unwrap_or(0);
        println!("{who} read {size} bytes");
    };
    Process::new(|| read("the child")).start()?.join()?;
    read("the parent");
    Ok(())
}

fn ctrl_c() -> Answer {
    let child = Process::new(|| {
        let _ = raise(Signal::SIGINT);
        println!("this is never printed");
    });
    println!("the child ended with {}", exitcode(child.start()?.join()?));
    Ok(())
}

fn crash() -> Answer {
    let child = Process::new(|| std::process::abort()).start()?;
    println!("the child ended with {}, and we go on", exitcode(child.join()?));
    Ok(())
}

fn main() -> Answer {
    match std::env::args().nth(1).as_deref() {
        Some("zombies") => zombies(),
        Some("threads") => threads(),
        Some("hang") => hang(),
        Some("join-before-get") => join_before_get(),
        Some("daemon") => daemon(),
        Some("json") => json(),
        Some("copy") => copy(),
        Some("stdin") => stdin(),
        Some("ctrl-c") => ctrl_c(),
        Some("crash") => crash(),
        _ => {
            Err("which one? zombies threads hang join-before-get daemon json copy stdin ctrl-c crash".into())
        }
    }
}
