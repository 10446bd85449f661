//! Deaths and stops at every step of every operation: `cargo test -p checks --features fault`.

#[macro_use]
mod scene;

plays! { "fault_scenes":
    /// Each step that the library's source names belongs to one of these scenes.
    every_step_has_a_scene
    /// Whoever dies anywhere in `put` has put an item or has not: no room is lost, and nothing half-done is found.
    killed_in_put
    /// Whoever dies anywhere in `get` takes one item with it at most, and a joinable queue tells of just that one.
    killed_in_get
    /// A task is lost until `task_done` has counted it, and is done from then on.
    killed_in_task_done
    /// A death in `join` is none of the others' business.
    killed_in_join
    /// Who finishes what a dead one was about may die of it too, and the next one finishes it, once.
    killed_in_settling
    /// So it is with one that takes a dead one's place, and the tasks that had been in its hands.
    killed_at_the_place_of_a_dead_one
    /// Nobody else has in its hands what a dead one took, for as short a time as it may be.
    a_newcomer_does_not_inherit
    /// Who dies waiting for the mutex takes nothing with it, whoever holds it, stopped or dead.
    killed_waiting_for_the_mutex
    /// A death while memory is given back costs no item, and no room.
    killed_in_giving_back
    /// A copy of a process that was forked in the middle of `put` gives back nothing that is the parent's.
    forked_in_put
    /// Nor does one forked in the middle of `get`.
    forked_in_get
    /// A lock is free wherever its holder dies, and those who wait get it.
    killed_in_acquire_and_release
    /// A receiver has all that was sent, and then the end, wherever the sender dies.
    killed_in_send
    /// A sender is told wherever the receiver dies.
    killed_in_receive
    /// Half a message is no message.
    killed_in_the_middle_of_a_message
    /// An item is put when its record is in the queue, whatever is refused after that.
    refused_after_the_append
    /// Whoever is stopped in `put` holds up others no longer than they want to wait, and loses nothing.
    stopped_in_put
    /// The same in `get`.
    stopped_in_get
    /// And nobody frees the slot of a large item that it is about to take.
    stopped_while_it_takes_a_large_item
    /// The same in `join`.
    stopped_in_join
}
