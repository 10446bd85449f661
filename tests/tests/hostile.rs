//! Processes that are started in odd places, that are odd themselves, or whose streams are broken.

#[macro_use]
mod scene;

use checks::{OrFail, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_process_scenes");

/// A child ends as it should whatever is the matter with its streams.
#[test]
fn broken_streams_change_no_exit_status() {
    for redirection in
        [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>&1"]
    {
        let outcome = Run::new(PROGRAM)
            .args(["broken-streams", redirection])
            .env("RUST_BACKTRACE", "0")
            .finish()
            .or_fail();
        outcome.exits(0).or_fail();
        outcome.no_survivors().or_fail();
    }
}

plays! { "process_scenes":
    /// A destructor may start a process.
    start_in_a_drop
    /// Also that of a value moved into another process; each of the two gets its own ends of pipes and none too many.
    start_in_the_drop_of_a_moved_value
    /// A panic hook may start a process.
    start_in_a_panic_hook
    /// A destructor that runs because of a panic may, too, and the child's own panic is just a panic.
    start_while_unwinding
    /// A thread that is the last one may start a process or be refused; it does not hang.
    start_in_a_thread_while_main_is_gone
    /// `process::exit` in a thread of a child looks after the child's children.
    exit_from_a_thread_of_a_child
    /// A closure may be large.
    huge_closures
    /// A closure may never return, or return results of results, or errors whose text panics.
    never_and_nested_results
    /// Destructors that panic in the child end the child, and only that.
    panics_in_drop
    /// So does the value of a panic that panics when it is dropped.
    payloads_that_panic_in_drop
    /// A destructor that panics in the parent, at the start, leaves child and library in order.
    a_panic_in_the_drop_of_a_moved_value
}
