//! Families that are not a parent and its children.

use std::cell::RefCell;

use checks::scenes::{Bell, until};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use procession::{JoinableQueue, Process, Queue};

use crate::common::well_ended;
use crate::large::large;

/// A queue made in a child serves its children; main knows nothing of it.
pub(crate) fn made_in_a_child() {
    let child = Process::new(|| {
        let queue = Queue::new().expect("a queue");
        let grandchild = Process::new(|| {
            queue.put(&large()).expect("room");
            queue.put(&"small".to_string()).expect("room");
        });
        let grandchild = grandchild.start().expect("a grandchild");
        assert_eq!(queue.get().expect("an item"), large());
        assert_eq!(queue.get().expect("an item"), "small");
        well_ended(&grandchild);
    });
    well_ended(&child.start().expect("a child"));
}

/// After a fork that is not ours both processes make a queue, and the items of one are not taken for those of the other.
pub(crate) fn made_after_a_fork_of_others() {
    let mine = |who: &str| format!("{who}{}", large());
    let _ = rand::random::<u64>(); // a generator that the fork copies
    for _ in 0..2 {
        let (have_put, may_get) = (Bell::new(), Bell::new());
        // SAFETY: this process has one thread.
        let child = match unsafe { fork() }.expect("a fork") {
            ForkResult::Child => None,
            ForkResult::Parent { child } => Some(child),
        };
        let queue = Queue::new().expect("a queue");
        let who = if child.is_some() { "parent" } else { "child" };
        queue.put(&mine(who)).expect("room");
        match child {
            None => {
                have_put.ring();
                may_get.wait();
                assert_eq!(queue.get().expect("an item"), mine(who));
                std::process::exit(0);
            }
            Some(child) => {
                have_put.wait();
                assert_eq!(queue.get().expect("an item"), mine(who));
                may_get.ring();
                assert_eq!(
                    waitpid(child, None),
                    Ok(WaitStatus::Exited(child, 0)),
                    "what was asserted in the child"
                );
            }
        }
    }
}

pub(crate) fn moved_into_the_closure() {
    let queue = Queue::<String>::new().expect("a queue");
    queue.put(&large()).expect("room");
    let child = Process::new(move || {
        assert_eq!(queue.get().expect("the item"), large());
        queue.put(&large()).expect("room");
        queue.get().expect("the item");
    });
    well_ended(&child.start().expect("a child"));
}

/// The children have the queue, and the parent has nothing of it any more.
pub(crate) fn dropped_in_the_parent() {
    let queue = RefCell::new(Some(Queue::<String>::bounded(2).expect("a queue")));
    let taken = || queue.borrow_mut().take().expect("a queue");
    let putter = Process::new(|| {
        let queue = taken();
        (0..50).try_for_each(|_| queue.put(&large()))
    });
    let getter = Process::new(|| {
        let queue = taken();
        (0..50).try_for_each(|_| queue.get().map(|item| assert_eq!(item, large())))
    });
    let children = [putter.start().expect("a child"), getter.start().expect("a child")];
    drop(taken());
    // The parent's next queue is another one.
    let next = Queue::new().expect("a queue");
    next.put(&"another".repeat(1000)).expect("room");
    assert_eq!(next.get().expect("an item"), "another".repeat(1000));
    children.iter().for_each(well_ended);
}

/// Four generations, three children each: all at one queue.
pub(crate) fn nested() {
    fn level(depth: u32, queue: &Queue<u32>, tasks: &JoinableQueue<u32>) {
        queue.put(&depth).expect("room");
        tasks.put(&depth).expect("room");
        if depth < 3 {
            let start = |_| Process::new(|| level(depth + 1, queue, tasks)).start().expect("a child");
            let children: Vec<_> = (0..3).map(start).collect();
            children.iter().for_each(well_ended);
        }
        tasks.get().expect("a task");
        tasks.task_done().expect("a task in hand");
    }
    let queue = Queue::new().expect("a queue");
    let tasks = JoinableQueue::new().expect("a queue");
    level(0, &queue, &tasks);
    tasks.join().expect("all done");
    let mut count = [0; 4];
    for _ in 0..40 {
        count[queue.try_get().expect("an item") as usize] += 1;
    }
    assert_eq!(count, [1, 3, 9, 27]);
    until("nothing is left", || queue.is_empty().expect("an answer"));
}

/// Needs root's rights.
pub(crate) fn a_child_in_another_namespace() {
    let queue = Queue::new().expect("a queue");
    queue.put(&large()).expect("room");
    let child = Process::new(|| {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).expect("root may");
        queue.put(&large()).expect("room");
    });
    well_ended(&child.start().expect("a child"));
    assert_eq!(queue.get().expect("the item"), large());
    assert_eq!(queue.get().expect("the item"), large());
}

pub(crate) fn shown() {
    let queue = Queue::bounded(3).expect("a queue");
    queue.put(&1).expect("room");
    let shown = format!("{queue:?}");
    assert!(shown.contains("Queue") && shown.contains('1') && shown.contains('3'), "{shown}");
}
