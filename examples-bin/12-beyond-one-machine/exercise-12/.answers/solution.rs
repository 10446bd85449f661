//! Exercise 12: a worker dies, and another does its task.
//!
//! Four tasks at a server, two workers; and somebody kills a worker in the middle of a task (try it: `kill -9`). The
//! server gives its task to another, as long as nobody has called `task_done`; but these workers call it too early, and
//! then nobody does the task. Have every task done, and each said to be done once: a worker that was too slow may find
//! that another has done its task as well, and `task_done` answers whose work counts.
//! `make check-12` checks it, `make try-12` runs it, `make reset-12` gives you this file back.

use std::process::ExitCode;

use lesson::{Result, or_fail};
use lesson_12::{Address, Kitchen, Server};
use procession::Process;

fn worker(tasks: &mut Kitchen) -> Result {
    while let Some(task) = tasks.get()? {
        println!("{task} begins, with {}", std::process::id());
        lesson::sleep(1.0); // the work
        if tasks.task_done(&task)? {
            println!("{task} is done");
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("12", "exercise-12: four tasks at a server, two workers, and a death", |_| {
        let server = Server::start()?;
        let address = Address::parse(server.address())?;
        let mut tasks = Kitchen::open(&address, "tasks", "main", lesson::seconds(2.0))?;
        for task in 0..4 {
            tasks.put(&format!("task {task}"))?;
        }
        let mut workers = vec![];
        for name in ["one", "two"] {
            let work = || worker(&mut tasks.for_another(name));
            workers.push(Process::new(|| or_fail(work())).daemon(true).start()?);
        }
        tasks.join()?;
        tasks.close()?;
        lesson::join_all(&workers)?;
        println!("4 tasks are done");
        Ok(())
    })
}
