//! Scenes about locks, for `tests/lock.rs`: `lock_scenes <scene>`.

mod deaths;
mod exclusion;
mod paths;
mod rules;

use std::env;

use checks::scenes::{Scene, play};
use procession::{Child, Outcome, Process};

const SCENES: &[Scene] = checks::scenes! {
    exclusion {
        processes_exclude_each_other, without_the_lock_an_update_is_lost,
        with_an_inherited_descriptor_an_update_is_lost, threads_exclude_each_other, clones_exclude_each_other,
        paths_exclude_each_other, a_child_of_the_holder_sees_it_taken, a_lock_made_by_a_child, a_fork_that_is_not_ours,
    }
    rules {
        reentry_is_an_error, a_time_limit_is_kept, a_waiter_gets_it_in_time, a_waiter_is_interrupted,
        a_guard_dropped_in_a_child_releases_nothing, a_guard_released, as_python_shows_it,
        used_first_by_a_child, threads_of_a_child,
    }
    deaths {
        a_holder_is_killed, a_holder_exits, a_holder_is_killed_while_its_child_lives,
        a_holder_is_killed_while_its_sleeping_programs_live, a_waiter_is_killed, a_guard_is_forgotten,
    }
    paths {
        one_path_two_locks, a_missing_folder, a_file_that_may_only_be_read, the_kernels_own_flock,
        a_file_lock_reenters, a_holder_of_a_path_is_killed, the_file_stays,
    }
};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["hold", path] => paths::hold(path),
        ["count", path, times] => paths::count(path, times.parse().expect("a number")),
        [scene] => play(SCENES, scene),
        other => panic!("unknown: {other:?}"),
    }
}

/// Starts a child that must be startable.
#[track_caller]
fn start<T: Outcome>(work: impl FnOnce() -> T) -> Child {
    Process::new(work).start().expect("a child")
}

/// Waits for a child, and shows its exit status as Python does.
#[track_caller]
fn shown(child: &Child) -> String {
    procession::exitcode(child.join().expect("a status")).to_string()
}

/// Runs the rest of a scene in a child; what it asserts must hold there.
#[track_caller]
fn in_a_child<T: Outcome>(work: impl FnOnce() -> T) {
    assert_eq!(shown(&start(work)), "0", "what was asserted in the child");
}
