//! What `join` waits for.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use checks::scenes::{Bell, until};
use nix::libc;
use procession::{Child, Error, JoinableQueue, Process, Queue};

use crate::common::{
    Dice, Picky, Unwritable, dawdle, gives_up_after, kill_dead, millis, unwritable, well_ended,
};
use crate::is;

pub(crate) fn join_at_once() {
    for queue in [JoinableQueue::<u32>::new(), JoinableQueue::bounded(1)] {
        let queue = queue.expect("a queue");
        queue.join().expect("nothing to wait for");
        is!(queue.join_timeout(Duration::ZERO), Ok(true));
    }
}

/// A task is unfinished from `put` to `task_done`, and `get` makes no difference.
pub(crate) fn counts() {
    let queue = JoinableQueue::<u32>::new().expect("a queue");
    let unfinished = |queue: &JoinableQueue<u32>| !queue.join_timeout(Duration::ZERO).expect("an answer");
    (0..3).for_each(|task| queue.put(&task).expect("room"));
    assert_eq!(queue.len().expect("a length"), 3);
    for _ in 0..3 {
        assert!(unfinished(&queue));
        queue.get().expect("a task");
        assert!(unfinished(&queue));
        queue.task_done().expect("a task in hand");
    }
    assert!(!unfinished(&queue));
    // Two in hand at once, and what is put meanwhile counts too.
    (0..2).for_each(|task| queue.put(&task).expect("room"));
    assert_eq!([queue.get().expect("a task"), queue.get().expect("a task")], [0, 1]);
    queue.task_done().expect("a task in hand");
    assert!(unfinished(&queue));
    queue.put(&9).expect("room");
    queue.task_done().expect("a task in hand");
    assert!(unfinished(&queue));
    queue.get().expect("a task");
    queue.task_done().expect("a task in hand");
    queue.join().expect("all done");
}

pub(crate) fn too_many_task_done() {
    let queue = JoinableQueue::<u32>::new().expect("a queue");
    is!(queue.task_done(), Err(Error::TooManyTaskDone));
    queue.put(&1).expect("room");
    is!(queue.task_done(), Err(Error::TooManyTaskDone));
    let child =
        Process::new(|| is!(queue.task_done(), Err(Error::TooManyTaskDone))).start().expect("a child");
    well_ended(&child);
    queue.get().expect("a task");
    // What is in its parent's hands is not in its own.
    let child =
        Process::new(|| is!(queue.task_done(), Err(Error::TooManyTaskDone))).start().expect("a child");
    well_ended(&child);
    is!(queue.join_timeout(Duration::ZERO), Ok(false));
    queue.task_done().expect("a task in hand");
    is!(queue.task_done(), Err(Error::TooManyTaskDone));
    queue.join().expect("all done");
    // The error has changed nothing.
    queue.put(&2).expect("room");
    is!(queue.join_timeout(Duration::ZERO), Ok(false));
    assert_eq!(queue.get().expect("a task"), 2);
    queue.task_done().expect("a task in hand");
    queue.join().expect("all done");
}

/// Processes and threads that wait in `join` all go on, and none before the last task is done.
pub(crate) fn several_joiners() {
    let queue = JoinableQueue::<u32>::new().expect("a queue");
    let released = Queue::<u32>::new().expect("a queue");
    queue.put(&1).expect("room");
    let join = || queue.join().and_then(|()| released.put(&1));
    let three_threads = || {
        std::thread::scope(|scope| {
            let threads = [(); 3].map(|()| scope.spawn(join));
            threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
        })
    };
    let mut joiners: Vec<Child> = (0..3).map(|_| Process::new(join).start().expect("a child")).collect();
    joiners.push(Process::new(three_threads).start().expect("a child"));
    for joiner in &joiners {
        crate::common::until_inside(joiner, libc::SYS_futex);
    }
    queue.get().expect("a task");
    is!(released.get_timeout(millis(1000)), Err(Error::Empty));
    queue.task_done().expect("a task in hand");
    for _ in 0..6 {
        released.get().expect("a joiner that goes on");
    }
    joiners.iter().for_each(well_ended);
}

/// Whoever waits for a task, or for the last one to be done, is woken. Looking for himself every 100 ms, either would
/// need 20 seconds for this.
pub(crate) fn getters_and_joiners_are_woken() {
    let queue = JoinableQueue::<u32>::new().expect("a queue");
    let work = || -> Result<(), Error> {
        loop {
            queue.get()?;
            // Time for the joiner to fall asleep.
            std::thread::sleep(millis(1));
            queue.task_done()?;
        }
    };
    let _worker = Process::new(work).daemon(true).start().expect("a child");
    let started = Instant::now();
    for task in 0..200 {
        queue.put(&task).expect("room");
        queue.join().expect("all done");
    }
    assert!(started.elapsed() < millis(8000), "it took {:?}", started.elapsed());
}

pub(crate) fn join_timeout() {
    let queue = JoinableQueue::<u32>::new().expect("a queue");
    queue.put(&1).expect("room");
    let late = millis(1000);
    let given_up = || match queue.join_timeout(late) {
        Ok(false) => Err::<(), _>(Error::Timeout),
        other => panic!("{other:?}"),
    };
    is!(gives_up_after(late, given_up), Error::Timeout);
    queue.get().expect("a task");
    queue.task_done().expect("a task in hand");
    is!(queue.join_timeout(Duration::MAX), Ok(true));
}

pub(crate) fn join_while_others_put() {
    let queue = JoinableQueue::<u32>::bounded(10).expect("a queue");
    let done = Queue::<u32>::new().expect("a queue");
    let work = || -> Result<(), Error> {
        loop {
            let task = queue.get()?;
            done.put(&task)?;
            queue.task_done()?;
        }
    };
    let workers: Vec<Child> =
        (0..2).map(|_| Process::new(work).daemon(true).start().expect("a child")).collect();
    let produce = || (0..500).try_for_each(|task| queue.put(&task));
    let producers: Vec<Child> = (0..3).map(|_| Process::new(produce).start().expect("a child")).collect();
    // Whenever it returns, nothing was unfinished at that moment; in the end nothing is.
    while producers.iter().any(|producer| producer.is_alive().expect("an answer")) {
        queue.join().expect("all done");
    }
    queue.join().expect("all done");
    assert_eq!(done.len().expect("a length"), 1500);
    drop(workers);
}

/// Each task is recorded before it is done, so `join` must not return before there are as many records as tasks.
fn all_are_done(queue: &JoinableQueue<u32>, rounds: u32, tasks: u32) {
    let records = Queue::<u32>::new().expect("a queue");
    let work = |seed: u64| {
        let records = &records;
        move || -> Result<(), Error> {
            let mut dice = Dice(seed);
            loop {
                let task = queue.get()?;
                if dice.below(4) == 0 {
                    dawdle(&mut dice);
                }
                records.put(&task)?;
                queue.task_done()?;
            }
        }
    };
    for seed in 0..4 {
        let _worker = Process::new(work(seed)).daemon(true).start().expect("a child");
    }
    for _ in 0..rounds {
        (0..tasks).for_each(|task| queue.put(&task).expect("room"));
        queue.join().expect("all done");
        assert_eq!(records.len().expect("a length"), tasks as usize, "join came back too early");
        let found: HashSet<u32> = (0..tasks).map(|_| records.try_get().expect("a record")).collect();
        assert_eq!(found.len(), tasks as usize);
    }
}

pub(crate) fn no_false_success() {
    all_are_done(&JoinableQueue::new().expect("a queue"), 1, 1000);
    all_are_done(&JoinableQueue::new().expect("a queue"), 200, 3);
}

pub(crate) fn no_false_success_bounded() {
    all_are_done(&JoinableQueue::bounded(1).expect("a queue"), 100, 3);
    all_are_done(&JoinableQueue::bounded(7).expect("a queue"), 2, 300);
}

/// The pattern of the tutorial: workers that never end, `join`, and the end of main. The test looks for survivors.
pub(crate) fn daemon_workers_end_with_main() {
    let queue = JoinableQueue::<u32>::new().expect("a queue");
    let work = || -> Result<(), Error> {
        loop {
            println!("did {}", queue.get()?);
            queue.task_done()?;
        }
    };
    let workers = [(); 3].map(|()| Process::new(work).daemon(true).start().expect("a child"));
    (0..10).for_each(|task| queue.put(&task).expect("room"));
    queue.join().expect("all done");
    assert!(workers.iter().all(|worker| worker.is_alive().expect("an answer")));
    println!("end");
}

/// What was not put does not count; what cannot be read has been taken all the same.
pub(crate) fn errors_count_as_they_should() {
    let queue = JoinableQueue::<Unwritable>::bounded(1).expect("a queue");
    is!(queue.put(&unwritable()), Err(Error::Encode(_)));
    queue.join().expect("nothing was put");
    queue.try_put(&Unwritable::new()).expect("room");
    is!(queue.try_put(&Unwritable::new()), Err(Error::Full));
    queue.get().expect("a task");
    queue.task_done().expect("a task in hand");
    queue.join().expect("all done");

    let queue = JoinableQueue::new().expect("a queue");
    queue.put(&Picky("text".into())).expect("room");
    is!(queue.get(), Err(Error::Decode(_)));
    is!(queue.join_timeout(Duration::ZERO), Ok(false));
    queue.task_done().expect("the task that could not be read");
    queue.join().expect("all done");
}

/// However busy others are, a queue with tasks is never called empty, nor one with room full.
pub(crate) fn get_and_put_in_traffic() {
    let queue = JoinableQueue::bounded(1000).expect("a queue");
    (0..100).for_each(|_| queue.put(&1u32).expect("room"));
    let begun = Bell::new();
    let turn = || -> () {
        begun.ring();
        loop {
            queue.put(&1).expect("room");
            queue.get().expect("a task");
            queue.task_done().expect("a task in hand");
        }
    };
    let hogs: Vec<Child> =
        (0..4).map(|_| Process::new(turn).daemon(true).start().expect("a child")).collect();
    hogs.iter().for_each(|_| begun.wait());
    let started = Instant::now();
    while started.elapsed() < millis(1500) {
        queue.try_put(&1).expect("room for one more");
        queue.try_get().expect("one of 100 tasks");
        queue.task_done().expect("a task in hand");
        let started = Instant::now();
        is!(queue.join_timeout(Duration::ZERO), Ok(false));
        assert!(started.elapsed() < millis(5000));
    }
    hogs.iter().for_each(kill_dead);
}

pub(crate) fn timeouts() {
    let late = millis(1000);
    let empty = JoinableQueue::<u32>::new().expect("a queue");
    let full = JoinableQueue::bounded(1).expect("a queue");
    full.put(&vec![0]).expect("room");
    is!(empty.try_get(), Err(Error::Empty));
    is!(full.try_put(&vec![1; 1000]), Err(Error::Full));
    std::thread::scope(|scope| {
        scope.spawn(|| is!(gives_up_after(late, || empty.get_timeout(late)), Error::Empty));
        scope.spawn(|| is!(gives_up_after(late, || full.put_timeout(&vec![1], late)), Error::Full));
        scope.spawn(|| is!(gives_up_after(late, || full.put_timeout(&vec![1; 1000], late)), Error::Full));
    });
    is!(empty.task_done(), Err(Error::TooManyTaskDone));
    assert_eq!(full.len().expect("a length"), 1);
}

pub(crate) fn maxsize_is_exact() {
    for maxsize in [1, 3, 100] {
        let queue = JoinableQueue::bounded(maxsize).expect("a queue");
        let put = || (0..500).try_for_each(|task| queue.put(&task));
        let get = || (0..500).try_for_each(|_| queue.get().and_then(|_: u32| queue.task_done()));
        let mut children: Vec<Child> = (0..4).map(|_| Process::new(put).start().expect("a child")).collect();
        until("it is full", || queue.is_full().expect("an answer"));
        is!(queue.try_put(&0), Err(Error::Full));
        children.extend((0..4).map(|_| Process::new(get).start().expect("a child")));
        while children.iter().any(|child| child.is_alive().expect("an answer")) {
            let len = queue.len().expect("a length");
            assert!(len <= maxsize, "{len} tasks in a queue for {maxsize}");
        }
        children.iter().for_each(well_ended);
        queue.join().expect("all done");
    }
}

pub(crate) fn visible_at_once() {
    for queue in [JoinableQueue::new(), JoinableQueue::bounded(2)] {
        let queue = queue.expect("a queue");
        for task in 0..5000 {
            queue.put(&task).expect("room");
            assert_eq!(queue.len().expect("a length"), 1);
            assert_eq!(queue.try_get().expect("the task"), task);
            queue.task_done().expect("a task in hand");
        }
        queue.join().expect("all done");
    }
}

pub(crate) fn large_tasks() {
    let queue = JoinableQueue::<String>::bounded(3).expect("a queue");
    let work = || -> Result<(), Error> {
        for _ in 0..20 {
            assert_eq!(queue.get()?, "x".repeat(100_000));
            queue.task_done()?;
        }
        Ok(())
    };
    let workers = [(); 2].map(|()| Process::new(work).start().expect("a child"));
    (0..40).for_each(|_| queue.put(&"x".repeat(100_000)).expect("room"));
    queue.join().expect("all done");
    workers.iter().for_each(well_ended);
}
