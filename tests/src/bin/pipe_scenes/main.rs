//! Scenes of pipes: `pipe_scenes <scene>`.

#[path = "../common/mod.rs"]
mod common;
mod ends;
mod faults;
mod messages;

fn main() {
    common::main(checks::scenes! {
        ends {
            end_when_the_sender_was_moved, end_when_the_receiver_was_moved, end_between_siblings,
            end_with_the_grandchild, end_handed_on_and_on, end_that_was_only_borrowed,
            end_that_is_shared_is_not_moved, end_with_a_start_that_failed, nobody_receives,
        }
        messages {
            sizes, kinds, floats, arrays_and_numbers, threads_do_not_mix, a_million_small_ones, decode_error,
            encode_error, deserializing_may_panic,
        }
        faults {
            killed_in_the_middle_of_a_message, messages_outlive_the_sender, killed_receiver, poll,
            timeout_in_the_middle_of_a_message, timeouts, interrupted_by_signals,
        }
    });
}
