//! Scenes of joinable queues: `joinable_scenes <scene>`.

#[path = "../common/mod.rs"]
mod common;
mod deaths;
mod joining;

fn main() {
    common::main(checks::scenes! {
        joining {
            join_at_once, counts, too_many_task_done, several_joiners, getters_and_joiners_are_woken, join_timeout, join_while_others_put,
            no_false_success, no_false_success_bounded, daemon_workers_end_with_main, errors_count_as_they_should,
            get_and_put_in_traffic, timeouts, maxsize_is_exact, visible_at_once, large_tasks,
        }
        deaths {
            killed_with_a_task, each_joiner_is_told_once, each_thread_is_told, several_killed_with_tasks, killed_with_several_tasks,
            killed_while_idle, killed_at_any_moment, stopped_with_a_task, handle_dropped_with_a_task,
            main_as_worker,
        }
    });
}
