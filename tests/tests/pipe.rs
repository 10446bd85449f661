//! Pipes: every promise about them, each with a scene that breaks off when it is broken.

#[macro_use]
mod scene;

plays! { "pipe_scenes":
    /// The end of file comes when the child that has the sender ends; nothing is closed by hand.
    end_when_the_sender_was_moved
    /// The child that has the receiver sees the end of file as soon as the parent drops the sender.
    end_when_the_receiver_was_moved
    /// Two siblings have the ends, and others started before and in between do not hide the end of file.
    end_between_siblings
    /// An end that was moved on to a grandchild is the grandchild's alone.
    end_with_the_grandchild
    /// An end can be handed on through any number of generations, and is closed in each.
    end_handed_on_and_on
    /// An end that the closure only borrowed is an error there that says what to do, and still good in the parent.
    end_that_was_only_borrowed
    /// An end of which the parent keeps a handle was not moved.
    end_that_is_shared_is_not_moved
    /// When a start is refused, the ends in the closure are closed.
    end_with_a_start_that_failed
    /// To send when nobody can receive is an error, and no signal.
    nobody_receives
    /// Messages of no content up to 10 MB arrive as they were sent.
    sizes
    /// Every kind of JSON arrives as it was sent: null, nested, control characters, emoji, extreme numbers.
    kinds
    /// So do Rust's own types: 128-bit numbers, chars, options, results, tuples.
    arrays_and_numbers
    /// Floats arrive with every bit, whatever the bits.
    floats
    /// Messages of threads that share a sender do not mix.
    threads_do_not_mix
    /// Many small messages cost no more each than few.
    a_million_small_ones
    /// A message of the wrong type is an error and is consumed; the next one is right again.
    decode_error
    /// A message that cannot be written is an error, and nothing of it is sent.
    encode_error
    /// A panic in the user's own code while a message is read leaves the receiver whole.
    deserializing_may_panic
    /// A sender killed in the middle of a message is told as such: no message comes that nobody sent.
    killed_in_the_middle_of_a_message
    /// What was sent before the sender was killed arrives.
    messages_outlive_the_sender
    /// A receiver killed in the middle of a message is an error for the sender.
    killed_receiver
    /// `poll` waits, takes nothing, and calls the end of file ready.
    poll
    /// `recv_timeout` gives up when the time is over and not before.
    timeouts
    /// A sender stopped in the middle of a message does not keep a receiver longer than its timeout, and what came
    /// before the timeout is not lost.
    timeout_in_the_middle_of_a_message
    /// Signal handlers that run during `send` and `recv` do not break them.
    interrupted_by_signals
}
