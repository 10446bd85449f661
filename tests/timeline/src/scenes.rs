//! Small programs whose pictures the book shows, where no lesson does it: somebody dies.

use std::os::unix::process::parent_id;
use std::thread::sleep;
use std::time::Duration;

use procession::{Error, JoinableQueue, Lock, Pipe, Process, Queue};

/// Runs a scene by its name.
pub(crate) fn run(name: &str) -> Result<(), String> {
    let scene = match name {
        "full-basket" => full_basket,
        "orphan" => orphan,
        "killed-worker" => killed_worker,
        "killed-holder" => killed_holder,
        _ => {
            return Err(format!(
                "there is no scene {name:?}: full-basket, orphan, killed-worker, killed-holder"
            ));
        }
    };
    scene().map_err(|why: Error| why.to_string())
}

fn wait(tenths: u64) {
    sleep(Duration::from_millis(100 * tenths));
}

/// A basket of three is full, and whoever puts waits for whoever gets.
fn full_basket() -> Result<(), Error> {
    let basket = Queue::bounded(3)?;
    let eater = Process::new(|| -> Result<(), Error> {
        wait(4);
        for _ in 0..6 {
            println!("got {}", basket.get()?);
            wait(3);
        }
        Ok(())
    });
    let _eater = eater.name("Eater").start()?;
    for bun in 1..=6 {
        basket.put(&bun)?;
        println!("put {bun}");
    }
    Ok(())
}

/// A father dies, and his child gets another one.
fn orphan() -> Result<(), Error> {
    let (born, done) = (Pipe::new()?, Pipe::<()>::new()?);
    let (born_here, done_here) = (born.receiver, done.receiver);
    let child = move || -> Result<(), Error> {
        println!("my father is {}", parent_id());
        let father = parent_id();
        born.sender.send(&())?;
        while parent_id() == father {
            wait(1);
        }
        println!("now it is {}", parent_id());
        wait(3);
        drop(done.sender);
        Ok(())
    };
    let father = Process::new(move || -> Result<(), Error> {
        let _child = Process::new(child).name("Child").start()?;
        wait(600);
        Ok(())
    });
    let father = father.name("Father").start()?;
    born_here.recv()?;
    wait(4);
    father.kill()?;
    father.join()?;
    let _ = done_here.recv();
    Ok(())
}

/// A worker is killed with a task in its hands.
fn killed_worker() -> Result<(), Error> {
    let tasks = JoinableQueue::new()?;
    for task in ["A", "B", "C", "D"] {
        tasks.put(&task.to_owned())?;
    }
    let begun = Pipe::new()?;
    let (tasks, receiver, sender) = (&tasks, begun.receiver, begun.sender);
    let victim = Process::new(move || -> Result<(), Error> {
        println!("got {}", tasks.get()?);
        sender.send(&())?;
        wait(600);
        Ok(())
    });
    let victim = victim.name("Worker-1").daemon(true).start()?;
    receiver.recv()?;
    let other = Process::new(|| -> Result<(), Error> {
        loop {
            let task = tasks.get()?;
            wait(3);
            println!("did {task}");
            tasks.task_done()?;
        }
    });
    let _other = other.name("Worker-2").daemon(true).start()?;
    wait(4);
    victim.kill()?;
    if let Err(error) = tasks.join() {
        println!("{error}");
    }
    tasks.join()?;
    println!("the rest is done");
    Ok(())
}

/// The holder of a lock is killed, and the next one takes it.
fn killed_holder() -> Result<(), Error> {
    let lock = Lock::new()?;
    let held = Pipe::new()?;
    let (lock, receiver, sender) = (&lock, held.receiver, held.sender);
    let holder = Process::new(move || -> Result<(), Error> {
        let _guard = lock.acquire()?;
        println!("I have it");
        sender.send(&())?;
        wait(600);
        Ok(())
    });
    let holder = holder.name("Holder").start()?;
    receiver.recv()?;
    let next = Process::new(|| -> Result<(), Error> {
        let guard = lock.acquire()?;
        println!("I have it; owner_died: {}", guard.owner_died());
        wait(3);
        Ok(())
    });
    let next = next.name("Next").start()?;
    wait(4);
    holder.kill()?;
    holder.join()?;
    next.join()?;
    Ok(())
}
