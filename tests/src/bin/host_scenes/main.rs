//! Scenes about where a program runs and what it inherits, for `tests/hosts.rs`: `host_scenes <scene>`.

mod files;
mod refusals;
mod signals;
mod worlds;
mod zombies;

use std::env;

use checks::scenes::{Scene, play};
use procession::{Child, Outcome, Process};

const SCENES: &[Scene] = checks::scenes! {
    signals {
        sigchld_ignored, sigchld_handled_without_zombies, sigchld_blocked, sigterm_ignored, sigterm_blocked,
        a_daemon_is_ended_though_sigterm_is_ignored, sigpipe_not_ignored, an_alarm_again_and_again,
        a_traced_child_that_is_stopped,
    }
    zombies {
        a_server_that_looks_at_no_child, a_held_handle_keeps_its_status, children_of_somebody_else,
        children_of_the_program_before, orphans_that_are_adopted,
    }
    refusals {
        pidfd_open_unknown, pidfd_open_forbidden, pidfd_signals_unknown, pidfd_signals_forbidden, no_descriptor_left,
        no_descriptor_allowed, a_daemon_without_prctl, memfd_unknown, memfd_forbidden, fallocate_unknown, waitid_unknown,
        forks_forbidden, no_word_about_threads, one_thread_without_proc, no_random_numbers,
    }
    files {
        a_named_pipe, a_folder, links, devices, a_socket, a_program_that_runs, strange_names, no_file_may_grow,
        the_folder_is_gone, the_folder_is_another, the_umask_forbids, locks_only_for_writers, no_locks_at_all,
        a_file_that_only_the_owner_reads,
    }
    worlds {
        without_proc, without_dev, a_file_system_to_read_only, a_full_file_system, the_first_process,
        a_child_that_is_the_first_process, a_proc_of_other_processes, another_user_later, not_to_be_looked_at,
        memfds_only_without_execution,
    }
};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["after-exec", pid] => zombies::after_exec(pid.parse().expect("a pid")),
        ["as-first"] => worlds::as_first(),
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
