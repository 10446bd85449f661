//! Scenes about processes, for `tests/process*.rs`, `tests/exit.rs` and their like: `process_scenes <scene>`.

mod active;
mod borders;
mod children;
mod ends;
mod hostile;
mod moved;
mod names;
mod output;
mod refused;
mod room;

use std::env;

use checks::scenes::{Scene, play};
use procession::{Child, Outcome, Process};

const SCENES: &[Scene] = checks::scenes! {
    output {
        held_at_the_start, held_by_the_child, held_by_a_child_that_exits, held_by_a_child_that_panics,
        held_by_a_child_that_fails, held_at_the_start_of_a_child_that_exits, held_in_three_generations,
        held_at_a_refused_start, held_at_the_start_of_a_killed_child,
    }
    borders {
        nothing_of_the_parent_runs_in_a_child, the_child_drops_its_own_values, code_after_start_runs_once,
        exit_handlers_of_the_child, thread_locals_of_the_parent,
    }
    moved {
        a_borrowed_folder, a_folder_moved_in_manually_drop, a_moved_value_is_dropped_twice, a_moved_lock,
        a_moved_guard, a_borrowed_guard, moved_ends_of_a_pipe, borrowed_ends_of_a_pipe,
    }
    refused {
        by_threads, by_threads_never_in_vain, by_a_daemon, by_another_process, by_the_system,
        by_the_system_with_pipes_open,
    }
    names {
        default_names, nested_names, names_given, the_first_process, a_process_to_be, a_child_started,
        a_child_stopped, a_child_of_somebody_else, the_current_child, the_parent, the_parent_ends,
    }
    children {
        statuses, wide_statuses, statuses_of_signals, join_again, join_with_a_time_limit,
        join_while_a_grandchild_lives, join_by_several_threads, join_despite_signals, join_a_stopped_child,
        join_by_another_process, lost_to_waitpid, lost_to_an_ignored_sigchld, a_reaped_pid_is_never_signalled,
        a_reaped_pid_may_come_back_as_a_child, signals_after_the_end,
    }
    active { active_children_and_their_order, no_active_children_in_a_child, a_dropped_handle }
    room {
        two_hundred_leave_nothing, stdin_is_empty, stdin_is_a_device, stdin_was_closed, stdin_read_ahead, descriptors_of_a_child,
        random_numbers_differ,
    }
    hostile {
        start_in_a_drop, start_in_the_drop_of_a_moved_value, start_in_a_panic_hook, start_while_unwinding,
        start_in_a_thread_while_main_is_gone, exit_from_a_thread_of_a_child,
        huge_closures, never_and_nested_results, panics_in_drop, payloads_that_panic_in_drop,
        a_panic_in_the_drop_of_a_moved_value, ways_to_end,
    }
};

fn main() -> Result<(), String> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["end", level, children, how] => return ends::end(level, children, how),
        ["stubborn", kinds @ ..] => ends::stubborn(kinds),
        ["broken-streams", redirection] => hostile::broken_streams(redirection),
        [scene] => play(SCENES, scene),
        other => panic!("unknown: {other:?}"),
    }
    Ok(())
}

/// Starts a child that must be startable.
#[track_caller]
fn start<T: Outcome>(work: impl FnOnce() -> T) -> Child {
    Process::new(work).start().expect("a child")
}

/// Starts a child, waits for it, and shows its exit status as Python does.
#[track_caller]
fn ending<T: Outcome>(work: impl FnOnce() -> T) -> String {
    shown(&start(work))
}

/// Waits for a child, and shows its exit status as Python does.
#[track_caller]
fn shown(child: &Child) -> String {
    procession::exitcode(child.join().expect("a status")).to_string()
}

/// Runs the rest of a scene in a child; what it asserts must hold there.
#[track_caller]
fn in_a_child<T: Outcome>(work: impl FnOnce() -> T) {
    assert_eq!(ending(work), "0", "what was asserted in the child");
}
