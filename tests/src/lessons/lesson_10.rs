//! Communication between processes: a pipe, and a queue.

use nix::sys::signal::Signal;

use super::common::{
    QUICK, SLOW, at, case, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses,
    refuses_bad_paces, refuses_unknown_arguments,
};
use crate::{Case, Outcome, Pace, Program, Running, Verdict};

/// A pipe to a child, which reads to the end of file.
const PIPE: &[&str] = &[
    r#"pipe: the Lord sends {"x":2}, "two" and 3, then closes its end"#,
    r#"pipe: the child received {"x":2}"#,
    r#"pipe: the child received "two""#,
    r#"pipe: the child received 3"#,
    r#"pipe: the child met the end of file"#,
];

/// A queue with room for three, in one process.
const QUEUE: &[&str] = &[
    r#"empty: yes, full: no"#,
    r#"put {"x":2}"#,
    r#"put "two""#,
    r#"put 3"#,
    r#"The basket is full"#,
    r#"empty: no, full: yes"#,
    r#"put 4 without waiting: Full"#,
    FULL_AFTER,
    r#"got {"x":2}"#,
    r#"got "two""#,
    r#"got 3"#,
    r#"The queue is empty"#,
    r#"empty: yes, full: no"#,
    r#"get without waiting: Empty"#,
    EMPTY_AFTER,
];
const FULL_AFTER: &str = "put 4 with a timeout: Full after <seconds> s";
const EMPTY_AFTER: &str = "get with a timeout: Empty after <seconds> s";

/// A queue to a child.
const TO_A_CHILD: &[&str] = &[
    r#"the Lord puts {"x":2}, "two", 3, 4, 5 and null: three fit, the others wait for the child"#,
    r#"the child got {"x":2}"#,
    r#"the child got "two""#,
    r#"the child got 3"#,
    r#"the child got 4"#,
    r#"the child got 5"#,
    r#"the child got null, the sign to stop"#,
];
const END: &str = "one more get would wait for ever (see --block)";
const BLOCKED: &str = "the Lord gets, and waits for ever";

/// Lesson 10.
pub const LESSON_10: &[Case] = &[
    case("as_in_the_tutorial", |program| pipe_and_queue(program, Pace::TUTORIAL)),
    case("quickly", |program| pipe_and_queue(program, QUICK)),
    case("without_any_sleep", |program| (0..5).try_for_each(|_| pipe_and_queue(program, Pace::NONE))),
    of_the_lesson("blocks_until_ctrl_c", |program| {
        blocks(program, Signal::SIGINT, |running| running.signal_group(Signal::SIGINT))
    }),
    case("blocks_until_terminated", |program| {
        blocks(program, Signal::SIGTERM, |running| running.signal_main(Signal::SIGTERM))
    }),
    case("explains_itself", |program| explains(program, &["--block"])),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_a_value", |program| refuses(program, &["--block", "frobnicate"], "frobnicate")),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| {
        ends_on_ctrl_c(program.run().pace(SLOW), "put 4 without waiting: Full")
    }),
];

fn pipe_and_queue(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).finish()?;
    it.succeeds()?;
    prints_in_order(&it, END)?;
    for timeout in [FULL_AFTER, EMPTY_AFTER] {
        let seconds = it.number(timeout)?;
        // What is printed is rounded.
        if seconds + 0.01 < pace.0 {
            return it
                .complain(format!("expected the timeout to last {pace} s or longer; it lasted {seconds} s"));
        }
    }
    Ok(())
}

/// The Lord speaks before he sends, and waits for the child at the end, so that the whole order is certain.
fn prints_in_order(it: &Outcome, end: &str) -> Verdict {
    let lines = [PIPE, QUEUE, TO_A_CHILD, &[end]].concat();
    it.prints(&lines)?;
    it.in_order(&lines)?;
    it.by_main(&[&PIPE[..1], QUEUE, &TO_A_CHILD[..1], &[end]].concat())?;
    it.by_children(&[&PIPE[1..], &TO_A_CHILD[1..]].concat())?;
    it.same_writer(&PIPE[1..])?;
    it.same_writer(&TO_A_CHILD[1..]).map(drop)
}

/// The last get waits until the signal comes.
fn blocks(program: &Program, signal: Signal, send: fn(&Running)) -> Verdict {
    let mut running = program.run().pace(QUICK).arg("--block").start()?;
    running.wait_for_line(BLOCKED)?;
    send(&running);
    let it = running.finish()?;
    it.dies_of(signal)?;
    it.stderr_empty()?;
    it.is_clean()?;
    prints_in_order(&it, BLOCKED)
}
