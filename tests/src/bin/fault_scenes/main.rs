//! Scenes in which a process dies or stops at a named step of an operation: `fault_scenes <scene>`.

#[path = "../common/mod.rs"]
mod common;
mod deaths;
mod stops;
mod victim;

fn main() {
    common::main(checks::scenes! {
        deaths { killed_in_put, killed_in_get, killed_in_task_done, killed_in_join }
        stops { stopped_in_put, stopped_in_get, stopped_in_join }
    });
}
