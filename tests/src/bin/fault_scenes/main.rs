//! Scenes in which a process dies or stops at a named step of an operation: `fault_scenes <scene>`.

mod cases;
#[path = "../common/mod.rs"]
mod common;
mod deaths;
mod forks;
mod locks;
mod pipes;
mod refusals;
mod stops;
mod victim;

fn main() {
    common::main(checks::scenes! {
        cases { every_step_has_a_scene }
        deaths {
            killed_in_put, killed_in_get, killed_in_task_done, killed_in_join, killed_in_settling,
            killed_at_the_place_of_a_dead_one, a_newcomer_does_not_inherit, killed_waiting_for_the_mutex,
            killed_in_giving_back,
        }
        forks { forked_in_put, forked_in_get }
        locks { killed_in_acquire_and_release }
        pipes { killed_in_send, killed_in_receive, killed_in_the_middle_of_a_message }
        refusals { refused_after_the_append }
        stops { stopped_in_put, stopped_in_get, stopped_while_it_takes_a_large_item, stopped_in_join }
    });
}
