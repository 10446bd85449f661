//! Locks: whom they keep out, and what is left of them when somebody dies. The scenes are in `src/bin/lock_scenes`.

#[macro_use]
mod scene;

plays! { "lock_scenes":
    /// No addition is lost, though the lock was held once before its users were started.
    processes_exclude_each_other
    /// Without a lock an addition is lost, so the scene above can fail.
    without_the_lock_an_update_is_lost
    /// With a bare flock on an inherited descriptor one is lost, too.
    with_an_inherited_descriptor_an_update_is_lost
    /// A lock keeps out the threads of one process, and another process at the same time.
    threads_exclude_each_other
    /// So does a clone of it.
    clones_exclude_each_other
    /// So does a lock on a path.
    paths_exclude_each_other
    /// Who is started by the holder does not have the lock, and gets it when the holder releases it.
    a_child_of_the_holder_sees_it_taken
    /// A lock that was made by a child works for the child's children.
    a_lock_made_by_a_child
    /// A process that was forked without the library does not have the lock either, and cannot release it.
    a_fork_that_is_not_ours

    /// The holder's second acquire is an error and not a wait; its try finds the lock taken.
    reentry_is_an_error
    /// A wait with a limit comes back in time and not before.
    a_time_limit_is_kept
    /// A wait, limited or not, ends when the lock is released.
    a_waiter_gets_it_in_time
    /// Signals that interrupt do not disturb a wait.
    a_waiter_is_interrupted
    /// A copy of a guard that is dropped by a child leaves the lock with the parent.
    a_guard_dropped_in_a_child_releases_nothing
    /// A lock is released by `release`, and by a panic.
    a_guard_released
    /// Python's words for a lock: owned by nobody, by this process, by some other one.
    as_python_shows_it
    /// It makes no difference who uses the lock first.
    used_first_by_a_child
    /// A holder in the parent is in the way of a child's threads only as long as it holds the lock.
    threads_of_a_child

    /// When the holder is killed the next one gets the lock and is told, and the one after that is not.
    a_holder_is_killed
    /// To exit without releasing is told, too; to return or to panic releases.
    a_holder_exits
    /// A child of the dead holder, started while the lock was held, does not keep it.
    a_holder_is_killed_while_its_child_lives
    /// Nor does another program that the holder has run.
    a_holder_is_killed_while_its_sleeping_programs_live
    /// The death of a waiter harms nobody.
    a_waiter_is_killed
    /// A lock that a process forgot to release is free when the process has ended.
    a_guard_is_forgotten

    /// Whoever locks the same path takes part: another object, another program.
    one_path_two_locks
    /// Where the file cannot be made, the error names it; where it can be made later, the lock works.
    a_missing_folder
    /// A file that may only be read can be locked, and keeps its text.
    a_file_that_may_only_be_read
    /// The lock is the kernel's flock: whoever uses that takes part.
    the_kernels_own_flock
    /// The rules for a second acquire, and for copies of guards, hold for paths.
    a_file_lock_reenters
    /// When the holder of a path is killed the lock is free, though a child of the holder lives.
    a_holder_of_a_path_is_killed
    /// The file is made by the first acquire, and stays, with what is in it.
    the_file_stays
}
