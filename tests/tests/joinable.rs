//! Joinable queues: every promise about them, each with a scene that breaks off when it is broken.

#[macro_use]
mod scene;

plays! { "joinable_scenes":
    /// There is nothing to wait for at a new queue.
    join_at_once
    /// `join` waits for the tasks in the queue and for those in hands, and for no others.
    counts
    /// `task_done` once too often is an error that changes nothing, in a process that never got a task too.
    too_many_task_done
    /// All processes and threads that wait in `join` go on when the last task is done, and none before.
    several_joiners
    /// Getters and joiners are woken when there is something for them.
    getters_and_joiners_are_woken
    /// `join_timeout` says whether all is done, gives up when the time is over, and not before.
    join_timeout
    /// `join` can be called while others put.
    join_while_others_put
    /// `join` never comes back before the last task is done, however slow and quick the workers are.
    no_false_success
    /// Neither does it with a bound, where producers wait too.
    no_false_success_bounded
    /// Daemon workers that wait for tasks end with main.
    daemon_workers_end_with_main
    /// What could not be put does not count; what could not be read was taken and does.
    errors_count_as_they_should
    /// A queue with tasks is not called empty, nor one with room full, because others are busy with it.
    get_and_put_in_traffic
    /// Calls with a timeout give up when the time is over, and not before.
    timeouts
    /// There are never more tasks in the queue than its bound, and as many as that before it is full.
    maxsize_is_exact
    /// What is put can be got at once.
    visible_at_once
    /// Tasks of any size count as one.
    large_tasks
    /// A worker killed with a task in its hands: `join` tells whose and how many, soon; the rest can be joined.
    killed_with_a_task
    /// Each process that joins is told of a loss, once.
    each_joiner_is_told_once
    /// So is each thread that waits, though they are of one process.
    each_thread_is_told
    /// All workers that died with tasks are named.
    several_killed_with_tasks
    /// All tasks in the hands of one worker are counted, also when another has taken its place.
    killed_with_several_tasks
    /// A worker killed with no task in its hands is no loss.
    killed_while_idle
    /// Whenever workers and producers are killed, `join` comes to an end and tells no more than can be lost.
    killed_at_any_moment
    /// A stopped worker is waited for; it is no loss.
    stopped_with_a_task
    /// A worker that has dropped the queue is waited for until it has ended, and its task is lost then.
    handle_dropped_with_a_task
    /// The process that starts the workers can be one itself.
    main_as_worker
}
