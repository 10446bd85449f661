//! Processes: how they start and end, what they see of each other, and what they leave behind. The scenes themselves
//! are in `src/bin/process_scenes`.

#[macro_use]
mod scene;

use checks::{OrFail, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_process_scenes");

/// Scenes in which text is held in stdout's buffer around a start, and the whole of what must come out.
const HELD: &[(&str, &[&str])] = &[
    ("held_at_the_start", &["held child", "parent"]),
    ("held_by_the_child", &["held parent"]),
    ("held_by_a_child_that_exits", &["parent held parent"]),
    ("held_by_a_child_that_panics", &["held parent"]),
    ("held_by_a_child_that_fails", &["held parent"]),
    ("held_at_the_start_of_a_child_that_exits", &["held parent"]),
    ("held_in_three_generations", &["one two three two one"]),
    ("held_at_a_refused_start", &["held parent"]),
    ("held_at_the_start_of_a_killed_child", &["held parent"]),
];

/// Text that is held when a process starts or ends comes out once: not twice, and not never.
#[test]
fn held_text_comes_out_once() {
    for (scene, lines) in HELD {
        let outcome = Run::new(PROGRAM).arg(scene).finish().or_fail();
        outcome.exits(0).or_fail();
        outcome.no_survivors().or_fail();
        let found: Vec<&str> = outcome.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(found, *lines, "{scene}: {outcome}");
    }
}

/// However a child ends, frames of its parent are dropped once, by the parent; so it is with exit handlers, but for musl,
/// where a child that calls `exit` runs them, too.
#[test]
fn nothing_of_the_parent_runs_in_a_child() {
    let outcome = checks::plays(PROGRAM, "nothing_of_the_parent_runs_in_a_child").or_fail();
    let exits = if cfg!(target_env = "musl") { 2 } else { 0 };
    outcome.times("exit handler", 1 + exits).or_fail();
    outcome.writers(&["exit handler"], 1 + exits).or_fail();
    assert!(outcome.lines.last().is_some_and(|line| outcome.is_main(line.writer())), "{outcome}");
}

/// What stands after `start` runs in the parent only, however the child ends.
#[test]
fn code_after_start_runs_once() {
    let outcome = checks::plays(PROGRAM, "code_after_start_runs_once").or_fail();
    let lines = ["after 0", "after 1", "after 2", "after 3"];
    outcome.prints(&lines).or_fail();
    outcome.by_main(&lines).or_fail();
}

/// A panic in a child is told on stderr with the name of the process, an error with its text, each in one line.
#[test]
fn failures_are_told_with_the_name() {
    let outcome = Run::new(PROGRAM).arg("held_by_a_child_that_fails").finish().or_fail();
    outcome.stderr_is_one_line().or_fail();
    outcome.stderr_contains("Process-1: on purpose").or_fail();
    let outcome = Run::new(PROGRAM).arg("held_by_a_child_that_panics").finish().or_fail();
    outcome.stderr_contains("Process-1: ended by a panic").or_fail();
    outcome.stderr_contains("on purpose").or_fail();
}

/// The parent's stdin is not the child's: the child reads the end of file, and takes nothing from the parent.
#[test]
fn stdin_is_empty() {
    let run = Run::new(PROGRAM)
        .env("RUST_BACKTRACE", "0")
        .arg("stdin_is_empty")
        .stdin("for the parent\nalone\n")
        .finish()
        .or_fail();
    run.succeeds().or_fail();
}

/// What the parent has read ahead from stdin the child has, too; it takes nothing from the parent.
#[test]
fn stdin_read_ahead() {
    let run = Run::new(PROGRAM)
        .env("RUST_BACKTRACE", "0")
        .arg("stdin_read_ahead")
        .stdin("for the parent\nalone\n")
        .finish()
        .or_fail();
    run.succeeds().or_fail();
}

plays! { "process_scenes":
    /// What was moved into the closure is dropped in the child when the closure ends, by return or panic.
    the_child_drops_its_own_values
    /// A child that exits runs the exit handlers that it set itself, and no others.
    exit_handlers_of_the_child
    /// Thread-local values of the parent are not dropped by a child that returns or panics, but by one that exits.
    thread_locals_of_the_parent

    /// A folder with a guard can be lent to a child: it is removed once, by the parent.
    a_borrowed_folder
    /// A folder with a guard can be given away to a child: it is removed once, by the child.
    a_folder_moved_in_manually_drop
    /// A moved value is dropped in the parent before `start` returns, and in the child at the end.
    a_moved_value_is_dropped_twice
    /// A lock that is moved into a child still excludes parent and child from each other.
    a_moved_lock
    /// To move a guard into a child releases the lock, and the child's copy of the guard does nothing.
    a_moved_guard
    /// To lend a guard to a child leaves the lock with the parent.
    a_borrowed_guard
    /// An end of a pipe that is moved into a child has no copy left in the parent, and the other none in the child.
    moved_ends_of_a_pipe
    /// An end of a pipe that is lent to a child says so there, and stays the parent's.
    borrowed_ends_of_a_pipe

    /// A process with threads starts none, from whichever thread, and drops the closure unused.
    by_threads
    /// A thread that was joined a moment ago is no reason to refuse: 500 times in a row.
    by_threads_never_in_vain
    /// A daemon starts no process, whatever that one was to be.
    by_a_daemon
    /// A process object made by the parent cannot be started by the child.
    by_another_process
    /// When the system refuses, the error tells why, nothing is left open, and later it works.
    by_the_system
    /// The same with pipes and locks: what was lent is still there, what was moved is gone.
    by_the_system_with_pipes_open

    /// Numbers in names count the objects made, named and unnamed, started or not.
    default_names
    /// Numbers begin anew in each child, and do not depend on its name.
    nested_names
    /// Any name will do, also twice.
    names_given
    /// The first process is `MainProcess`, in each of its threads, and has no parent.
    the_first_process
    /// A process that was not started is shown as Python shows it.
    a_process_to_be
    /// A process that runs is shown as Python shows it.
    a_child_started
    /// A process that has ended is shown as Python shows it, whatever ended it.
    a_child_stopped
    /// Siblings, and a child whose status somebody else has taken, are shown as unknown.
    a_child_of_somebody_else
    /// A child shows itself as Python does.
    the_current_child
    /// A child knows the name and pid of its parent.
    the_parent
    /// A child learns that its parent was killed.
    the_parent_ends

    /// Each exit code from 0 to 255 arrives.
    statuses
    /// Of a larger exit code the low eight bits arrive: 256 is 0.
    wide_statuses
    /// Each signal that kills arrives, real-time signals too.
    statuses_of_signals
    /// A status can be asked for again, by any handle and call.
    join_again
    /// A join with a time limit comes back in time and not before, and with the end if that is sooner.
    join_with_a_time_limit
    /// A grandchild that lives on, with all it has inherited, does not keep a join waiting.
    join_while_a_grandchild_lives
    /// Several threads may wait for one child, with and without a limit: all get the same status.
    join_by_several_threads
    /// Signals that interrupt do not disturb a join.
    join_despite_signals
    /// A stopped child is alive; SIGTERM waits for it to go on, SIGKILL does not.
    join_a_stopped_child
    /// Only its parent can wait for a child or signal it.
    join_by_another_process
    /// A child that was reaped behind the library's back is lost: every call says so, and none hangs.
    lost_to_waitpid
    /// So is a child that ends while SIGCHLD is ignored.
    lost_to_an_ignored_sigchld
    /// To terminate what has ended changes nothing; to terminate what has just started ends it.
    signals_after_the_end
    /// The list of active children is complete, in the order of their start, and reaps those who have ended.
    active_children_and_their_order
    /// In a child, whoever forked it, the list is empty.
    no_active_children_in_a_child
    /// A child whose handle was dropped goes on, and can be found and waited for.
    a_dropped_handle

    /// 200 children leave no zombie, no descriptor and no mapping.
    two_hundred_leave_nothing
    /// The parent's stdin is not the child's, whatever it is.
    stdin_is_a_device
    /// Where stdin is closed, a child finds it empty, and pipes and locks that got its number still work.
    stdin_was_closed
    /// A child has the descriptors that it inherits, less those that are only its parent's.
    descriptors_of_a_child
    /// Random numbers differ between parent, children and grandchildren, though the parent drew some before.
    random_numbers_differ
}
