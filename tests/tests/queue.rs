//! Queues: every promise about them, each with a scene that breaks off when it is broken.

#[macro_use]
mod scene;

use std::fs;
use std::path::Path;

use checks::{OrFail, Run};

plays! { "queue_scenes":
    /// There are never more items than the bound, and as many as that before a queue is full.
    maxsize_is_exact
    /// Putters that try for the same gap do not both get it.
    never_one_too_many
    /// 2^31-1 is the largest bound; more, and 0, is an error that tells the limit.
    the_largest_maxsize
    /// `try_` calls, and those with no time, answer at once.
    full_and_empty_at_once
    /// Calls with a timeout give up when the time is over, and not before.
    timeouts
    /// Timeouts too long for the clock are endless.
    long_and_endless_timeouts
    /// What is put can be got at once, and is counted.
    visible_at_once
    /// What another process has put can be got as soon as it can be known.
    visible_at_once_in_another_process
    /// Timeouts are kept whatever others put and get, and however they are killed.
    timeouts_in_traffic
    /// A queue with room is not called full, nor one with items empty, because others are busy with it.
    room_is_seen_in_traffic
    /// Nor because others keep the processors busy.
    room_is_seen_on_a_busy_machine
    /// A putter that waits for room is woken when there is some.
    putters_are_woken
    /// A process stopped inside `get` holds up nobody.
    stopped_getter
    /// A queue without a bound is never full.
    never_full_without_a_bound
    /// A bound is exact, also far beyond what a pipe holds.
    bounds_beyond_the_pipe
    /// A child that has put much more than a pipe holds ends, though nobody has got anything.
    a_child_puts_much_and_ends
    /// A million items take 300 bytes each at the most while they wait, and nothing when they are gone.
    a_million_items_wait
    /// The memory of a queue is that of the items in it, also when it is never empty.
    a_reader_that_lags
    /// When getters of a long queue die, only what was in their hands is lost.
    killed_at_a_backlog
    /// A limit for the size of files concerns what is larger, and is an error that puts nothing.
    file_size_limit
    /// Each item comes to one consumer, once, and a producer's items come in their order.
    each_item_once_and_in_order
    /// So they do when the producers have to wait for room.
    each_item_once_and_in_order_bounded
    /// A hundred processes can share a queue.
    a_hundred_processes
    /// Threads and clones share the queue.
    threads_and_clones
    /// Processes killed while they wait in `get` hold up nobody and take nothing with them.
    killed_getters
    /// Processes killed while they put leave whole items, in order, and no room is lost.
    killed_putters
    /// Items of no content up to 20 MB, and all around the size that no longer fits into the pipe, arrive whole.
    sizes
    /// Every kind of JSON arrives as it was put.
    kinds
    /// What happens to an item after `put` is not seen.
    put_encodes_at_once
    /// An item that cannot be written is an error, and nothing is put.
    encode_error
    /// An item of the wrong type is an error and is consumed; the next one is right again.
    decode_error
    /// What floats cannot be in JSON arrives as null.
    not_a_number
    /// Large and small items of one producer keep their order.
    large_and_small_in_order
    /// Random programs of three processes get the answers of a simple model; `CHECKS_SEED` plays one again.
    as_the_model
    /// A large item for which there is no memory is an error, and nothing is put.
    no_room_for_large_items
    /// The memory of a backlog of large items is given back.
    memory_of_a_large_backlog
    /// A type whose code panics on the way costs no room.
    a_panic_in_serde
    /// One whose code uses the queue itself disturbs nobody.
    put_and_get_within_serde
    /// What was in a slot before does not show.
    slots_are_used_again
    /// When main has ended before its children, they can still put and get large items.
    main_returns_first
    /// So can the children of one that was killed.
    an_orphan_goes_on
    /// The slots of processes that were killed are freed.
    slots_after_deaths
    /// One that is killed in the middle of a large item leaves its slot to the next.
    slots_of_the_dead
    /// What is needed is not freed with them, however slow its putter.
    a_slow_putter_keeps_its_item
    /// Without descriptors every call says what it could not do, and with descriptors all of them can again.
    no_descriptor_left
    /// An item that cannot be written to its end, however much of it could, is an error, and nothing is put.
    encode_error_at_the_end
    /// Without memory there is no new queue, and the old ones work.
    no_memory_left
    /// A queue needs three descriptors.
    few_descriptors
    /// A queue at rest needs little memory.
    little_memory
    /// A queue made in a child serves the grandchildren.
    made_in_a_child
    /// Queues made after a fork that is not ours are two queues.
    made_after_a_fork_of_others
    /// A queue can be moved into the closure.
    moved_into_the_closure
    /// The queue lives as long as any process has it.
    dropped_in_the_parent
    /// Generations of processes share a queue.
    nested
    /// A queue shows how full it is.
    shown
}

fn scene_in(tmpdir: impl AsRef<Path>, name: &str) -> Run {
    Run::new(env!("CARGO_BIN_EXE_queue_scenes")).arg(name).env("TMPDIR", tmpdir.as_ref())
}

/// Nothing of a queue is a file. So a TMPDIR that is not there, that is none, or that nobody may write to, is nothing to it,
/// and in one that is there nothing ever lies.
#[test]
fn nothing_lies_in_a_folder() {
    let place = checks::folder().expect("a folder");
    let file = place.path().join("a file");
    fs::write(&file, "").expect("a file");
    let (open, closed) = (place.path().join("open"), place.path().join("closed"));
    for folder in [&open, &closed] {
        fs::create_dir(folder).expect("a folder");
    }
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o500);
    fs::set_permissions(&closed, mode).expect("a mode");
    for tmpdir in [open, file, place.path().join("is not there")] {
        scene_in(tmpdir, "nothing_lies_in_a_folder").finish().or_fail().succeeds().or_fail();
    }
    scene_in(closed, "nothing_lies_in_a_folder").forbiddable().finish().or_fail().succeeds().or_fail();
}
