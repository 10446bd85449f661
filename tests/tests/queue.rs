//! Queues: every promise about them, each with a scene that breaks off when it is broken.

#[macro_use]
mod scene;

use std::fs;
use std::path::Path;

use checks::{OrFail, Outcome, Run, Running};
use nix::sys::signal::Signal;

plays! { "queue_scenes":
    /// There are never more items than the bound, and as many as that before a queue is full.
    maxsize_is_exact
    /// Putters that try for the same gap do not both get it.
    never_one_too_many
    /// The largest bound is exact too, one more is an error that tells the limit, and 0 is an error.
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
    /// A putter that waits for room is woken when there is some.
    putters_are_woken
    /// A process stopped inside `get` holds up nobody.
    stopped_getter
    /// A queue without a bound is full when its pipe is; `put` waits there and goes on.
    full_without_a_bound
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
    /// A large item gets its turn among small ones that fill every gap.
    a_large_item_among_many_small_ones
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
    /// The folder for large items is only made when one finds no slot.
    no_folder_without_need
    /// What was in a slot before does not show.
    slots_are_used_again
    /// Nobody is killed by the signal of a limit that a slot would pass.
    no_slot_behind_the_limit
    /// Large items lie in TMPDIR, for nobody else to read.
    modes
    /// That does not need a careful umask.
    modes_umask_000
    /// Nor does a very careful one hurt.
    modes_umask_077
    /// When main has ended before its children, they can still put and get large items, and nothing is left behind.
    main_returns_first
    /// A family of processes that uses large items leaves nothing behind.
    make_and_end
    /// Files of processes that were killed do not pile up.
    cleared_after_deaths
    /// Nor do their slots get lost.
    slots_after_deaths
    /// What is needed is not cleared away with them, however slow its putter.
    a_slow_putter_keeps_its_item
    /// A large item beyond the limit for files is an error that names the file; nothing is left of it.
    file_size_limit
    /// Without descriptors every call says what it could not do, and with descriptors all of them can again.
    no_descriptor_left
    /// A large item that cannot be fetched for want of a descriptor is not lost.
    no_descriptor_to_get_with
    /// An item that cannot be written to its end, however much of it could, is an error, and nothing is put.
    encode_error_at_the_end
    /// Without memory there is no new queue, and the old ones work.
    no_memory_left
    /// A queue needs six descriptors at the most.
    few_descriptors
    /// A queue at rest needs little memory.
    little_memory
    /// A queue made in a child serves the grandchildren.
    made_in_a_child
    /// Queues made after a fork that is not ours do not share files.
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

#[track_caller]
fn played(run: Run) -> Outcome {
    let it = run.finish().or_fail();
    it.succeeds().or_fail();
    it
}

fn a_folder() -> tempfile::TempDir {
    checks::folder().expect("a folder")
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// A program that has a large item in its queue.
#[track_caller]
fn waiting_in(tmpdir: &Path, name: &str) -> Running {
    let mut running = scene_in(tmpdir, name).cwd(tmpdir).start().or_fail();
    running.wait_for_line("ready").or_fail();
    assert_eq!(entries(tmpdir).len(), 1);
    running
}

/// Without TMPDIR large items lie in memory.
#[test]
fn no_tmpdir() {
    let it = played(scene_in("", "no_tmpdir"));
    assert!(!Path::new(&it.lines[0].text).exists(), "{it}");
}

/// A TMPDIR that is not there, or that is none of ours, concerns large items only: they are an error that names it.
#[test]
fn folder_is_refused() {
    let place = a_folder();
    let file = place.path().join("a file");
    fs::write(&file, "").expect("a file");
    for refused in [place.path().join("is not there"), file, "/proc".into()] {
        played(scene_in(refused, "folder_is_refused"));
    }
    let closed = place.path().join("closed");
    fs::create_dir(&closed).expect("a folder");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o500);
    fs::set_permissions(&closed, mode).expect("a mode");
    played(scene_in(&closed, "folder_is_refused").forbiddable());
}

/// TMPDIR may be strange: with spaces and letters of all kinds, or relative, and then each process may go elsewhere.
#[test]
fn strange_tmpdirs() {
    let place = a_folder();
    for name in ["with some spaces", "naïve 🦀 \"quoted\"", "-rf"] {
        fs::create_dir(place.path().join(name)).expect("a folder");
        for tmpdir in
            [place.path().join(name), name.into(), Path::new(".").join(name), name.to_owned().into()]
        {
            played(scene_in(tmpdir, "folder_and_getter_elsewhere").cwd(place.path()));
            assert!(entries(&place.path().join(name)).is_empty());
        }
    }
}

/// What `kill -9` of all processes leaves is cleared away by the next program that has large items in that place.
#[test]
fn the_dead_are_swept() {
    let place = a_folder();
    let running = waiting_in(place.path(), "make_and_wait");
    running.signal_group(Signal::SIGKILL);
    running.finish().or_fail().dies_of(Signal::SIGKILL).or_fail();
    assert_eq!(entries(place.path()).len(), 1);
    played(scene_in(place.path(), "make_and_end"));
    assert!(entries(place.path()).is_empty(), "{:?}", entries(place.path()));
}

/// A family that lives is left alone by other programs.
#[test]
fn the_living_are_not_swept() {
    let place = a_folder();
    let running = waiting_in(place.path(), "make_and_wait");
    for _ in 0..3 {
        played(scene_in(place.path(), "make_and_end"));
        assert_eq!(entries(place.path()).len(), 1);
    }
    fs::write(place.path().join("go"), "").expect("a file");
    running.finish().or_fail().succeeds().or_fail();
    assert_eq!(entries(place.path()), ["go"]);
}

/// A family lives as long as one process of it, though main was killed; the last one clears away.
#[test]
fn orphans_are_not_swept() {
    let place = a_folder();
    let mut running = waiting_in(place.path(), "orphan_keeps_the_folder");
    checks::scenes::until("main is dead", || !checks::scenes::runs(running.main() as u32));
    assert_eq!(running.pids().len(), 1);
    played(scene_in(place.path(), "make_and_end"));
    assert_eq!(entries(place.path()).len(), 1);
    fs::write(place.path().join("go"), "").expect("a file");
    checks::scenes::until("the orphan is done", || running.pids().is_empty());
    let _ = running.wait_for_line("nothing more comes");
    let mut left = entries(place.path());
    left.sort();
    assert_eq!(left, ["done", "go"]);
}
