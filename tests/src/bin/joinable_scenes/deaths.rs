//! Workers that die, or stop, with tasks in their hands or without.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use checks::scenes::Bell;
use nix::libc;
use nix::sys::signal::Signal;
use procession::{Child, Error, JoinableQueue, Process};

use crate::common::{Dice, dawdle, die, kill_dead, millis, send, until_inside, well_ended};
use crate::is;

fn tasks(count: u32) -> JoinableQueue<u32> {
    let queue = JoinableQueue::new().expect("a queue");
    (0..count).for_each(|task| queue.put(&task).expect("room"));
    queue
}

/// A worker that dies with so many tasks in its hands.
fn dies_with(queue: &JoinableQueue<u32>, count: u32) -> Child {
    let child = Process::new(|| {
        for _ in 0..count {
            queue.get().expect("a task");
        }
        die()
    });
    child.start().expect("a child")
}

fn does_all(queue: &JoinableQueue<u32>) -> Child {
    let work = || -> Result<(), Error> {
        while queue.try_get().is_ok() {
            queue.task_done()?;
        }
        Ok(())
    };
    Process::new(work).start().expect("a child")
}

/// Told, by numbers and by pids, that these died with so many tasks.
#[track_caller]
fn lost(answer: Result<(), Error>, count: u32, whose: &[u32]) {
    let error = answer.expect_err("tasks were lost");
    let text = error.to_string();
    let Error::TasksLost { tasks, workers } = error else { panic!("{error:?}") };
    let pids = |pids: &[u32]| pids.iter().copied().collect::<HashSet<u32>>();
    assert_eq!((tasks, pids(&workers)), (count, pids(whose)));
    assert!(whose.iter().all(|pid| text.contains(&pid.to_string())), "{text}");
}

/// A joiner that waits already is told soon. The rest can still be joined.
pub(crate) fn killed_with_a_task() {
    let queue = tasks(3);
    let has = Bell::new();
    let victim = Process::new(|| {
        queue.get().expect("a task");
        has.ring();
        loop {
            std::thread::park();
        }
    });
    let victim = victim.start().expect("a child");
    has.wait();
    let joiner = Process::new(|| lost(queue.join(), 1, &[victim.pid()])).start().expect("a child");
    until_inside(&joiner, libc::SYS_futex);
    kill_dead(&victim);
    let killed = Instant::now();
    well_ended(&joiner);
    assert!(killed.elapsed() < millis(10_000), "it took {:?}", killed.elapsed());
    lost(queue.join(), 1, &[victim.pid()]);
    is!(queue.join_timeout(Duration::ZERO), Ok(false));
    well_ended(&does_all(&queue));
    queue.join().expect("the rest is done");
}

/// Each process that joins is told, and none twice.
pub(crate) fn each_joiner_is_told_once() {
    let queue = tasks(1);
    let victim = dies_with(&queue, 1);
    let _ = victim.join();
    let join = || {
        lost(queue.join(), 1, &[victim.pid()]);
        (0..3).for_each(|_| queue.join().expect("told already, and nothing is left"));
    };
    let joiners: Vec<Child> = (0..3).map(|_| Process::new(join).start().expect("a child")).collect();
    joiners.iter().for_each(well_ended);
    join();
    // What is lost later is told again, by itself.
    queue.put(&1).expect("room");
    let victim = dies_with(&queue, 1);
    let _ = victim.join();
    lost(queue.join(), 1, &[victim.pid()]);
    is!(queue.join_timeout(Duration::ZERO), Ok(true));
}

pub(crate) fn each_thread_is_told() {
    let queue = tasks(1);
    let victim = dies_later_with(&queue);
    std::thread::scope(|scope| {
        let joiners: Vec<_> =
            (0..3).map(|_| scope.spawn(|| lost(queue.join(), 1, &[victim.pid()]))).collect();
        // All of them sleep in join, which is the only futex they sleep by.
        while threads_in_a_futex() < joiners.len() {
            std::thread::yield_now();
        }
        kill_dead(&victim);
        joiners.into_iter().for_each(|joiner| joiner.join().expect("a joiner that was told"));
    });
    queue.join().expect("told already, and nothing is left");
}

fn threads_in_a_futex() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("/proc");
    let calls =
        tasks.flatten().map(|task| std::fs::read_to_string(task.path().join("syscall")).unwrap_or_default());
    calls.filter(|call| call.starts_with(&format!("{} ", nix::libc::SYS_futex))).count()
}

/// A process with a task in its hands that it will never be done with.
fn dies_later_with(queue: &JoinableQueue<u32>) -> Child {
    let ready = Bell::new();
    let take = || {
        queue.get().expect("a task");
        ready.ring();
        loop {
            std::thread::park();
        }
    };
    let victim = Process::new(|| -> () { take() }).start().expect("a child");
    ready.wait();
    victim
}

pub(crate) fn several_killed_with_tasks() {
    let queue = tasks(10);
    let ready = Bell::new();
    let take = || {
        queue.get().expect("a task");
        ready.ring();
        loop {
            std::thread::park();
        }
    };
    let victims: Vec<Child> =
        (0..4).map(|_| Process::new(|| -> () { take() }).start().expect("a child")).collect();
    victims.iter().for_each(|_| ready.wait());
    victims.iter().for_each(kill_dead);
    lost(queue.join(), 4, &victims.iter().map(Child::pid).collect::<Vec<_>>());
    well_ended(&does_all(&queue));
    queue.join().expect("the rest is done");
}

pub(crate) fn killed_with_several_tasks() {
    let queue = tasks(10);
    let victim = dies_with(&queue, 7);
    let _ = victim.join();
    // The next one at work takes the place of the dead one, and does not take its tasks away.
    well_ended(&does_all(&queue));
    lost(queue.join(), 7, &[victim.pid()]);
    queue.join().expect("the rest is done");
}

/// No task, no loss.
pub(crate) fn killed_while_idle() {
    let queue = tasks(0);
    let idle = || queue.get().map(|_| ());
    let victims: Vec<Child> = (0..4).map(|_| Process::new(idle).start().expect("a child")).collect();
    victims.iter().for_each(|victim| until_inside(victim, libc::SYS_futex));
    victims.iter().for_each(kill_dead);
    queue.join().expect("nothing was lost");
    queue.put(&1).expect("room");
    let done = Process::new(|| queue.get().and_then(|_| queue.task_done()).and_then(|()| die_idle()));
    assert!(!done.start().expect("a child").join().expect("a status").success());
    queue.join().expect("it was done before the death");
}

fn die_idle() -> Result<(), Error> {
    die()
}

/// Workers and producers killed at random: `join` ends, and what was done and what was lost is what was put.
pub(crate) fn killed_at_any_moment() {
    let queue = JoinableQueue::<u32>::bounded(20).expect("a queue");
    let work = || -> Result<(), Error> {
        loop {
            queue.get()?;
            queue.task_done()?;
        }
    };
    let produce = || (0..).try_for_each(|task| queue.put(&task));
    let mut dice = Dice(7);
    let mut told = 0;
    for _ in 0..60 {
        let children = [
            Process::new(work).start().expect("a child"),
            Process::new(work).start().expect("a child"),
            Process::new(produce).start().expect("a child"),
        ];
        dawdle(&mut dice);
        dawdle(&mut dice);
        children.iter().for_each(kill_dead);
        well_ended(&does_all(&queue));
        match queue.join_timeout(millis(10_000)) {
            Ok(true) => {}
            Err(Error::TasksLost { tasks, workers }) => {
                assert!((1..=2).contains(&tasks) && workers.len() <= 2, "{tasks} of {workers:?}");
                assert!(workers.iter().all(|pid| children.iter().any(|child| child.pid() == *pid)));
                told += tasks;
                is!(queue.join_timeout(millis(10_000)), Ok(true));
            }
            other => panic!("{other:?}"),
        }
        assert!(queue.is_empty().expect("an answer"));
    }
    println!("{told} tasks lost");
}

/// A stopped worker is slow and not dead.
pub(crate) fn stopped_with_a_task() {
    let queue = tasks(1);
    let (has, go) = (Bell::new(), Bell::new());
    let slow = Process::new(|| {
        queue.get().expect("a task");
        has.ring();
        go.wait();
        queue.task_done().expect("a task in hand");
    });
    let slow = slow.start().expect("a child");
    has.wait();
    send(&slow, Signal::SIGSTOP);
    is!(queue.join_timeout(millis(1500)), Ok(false));
    go.ring();
    let joiner = Process::new(|| queue.join()).start().expect("a child");
    until_inside(&joiner, libc::SYS_futex);
    send(&slow, Signal::SIGCONT);
    well_ended(&joiner);
    queue.join().expect("all done");
    well_ended(&slow);
}

/// Without the queue nobody can say `task_done`, alive or not.
pub(crate) fn handle_dropped_with_a_task() {
    let queue = tasks(1);
    let over = Bell::new();
    let bell = &over;
    let has = Bell::new();
    let told = &has;
    let other = queue.clone();
    let worker = Process::new(move || {
        other.get().expect("a task");
        drop(other);
        told.ring();
        bell.wait();
    });
    let worker = worker.start().expect("a child");
    has.wait();
    // Its copy of the parent's handle keeps the queue there.
    is!(queue.join_timeout(millis(1000)), Ok(false));
    over.ring();
    well_ended(&worker);
    lost(queue.join(), 1, &[worker.pid()]);
}

/// Main itself can be the worker, and have a task in its hands while it starts others.
pub(crate) fn main_as_worker() {
    let queue = tasks(2);
    queue.get().expect("a task");
    let child = Process::new(|| {
        is!(queue.join_timeout(millis(300)), Ok(false));
        queue.get().expect("a task");
        queue.task_done().expect("a task in hand");
    });
    well_ended(&child.start().expect("a child"));
    is!(queue.join_timeout(Duration::ZERO), Ok(false));
    queue.task_done().expect("a task in hand");
    queue.join().expect("all done");
}
