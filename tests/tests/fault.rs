//! Deaths and stops at every step of every operation: `cargo test -p checks --features fault`.

#[macro_use]
mod scene;

plays! { "fault_scenes":
    /// Whoever dies anywhere in `put` has put an item or has not: no room is lost, and nothing half-done is found.
    killed_in_put
    /// Whoever dies anywhere in `get` takes one item with him at most, and a joinable queue tells of just that one.
    killed_in_get
    /// A task is lost until `task_done` has counted it, and is done from then on.
    killed_in_task_done
    /// A death in `join` is none of the others' business.
    killed_in_join
    /// Whoever is stopped in `put` holds up others no longer than they want to wait, and loses nothing.
    stopped_in_put
    /// The same in `get`.
    stopped_in_get
    /// The same in `join`.
    stopped_in_join
}
