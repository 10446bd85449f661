//! What holds for every lesson.

use std::os::unix::process::ExitStatusExt;

use nix::sys::signal::Signal;

use crate::{Case, Outcome, Pace, Program, Run, Verdict};

/// Sleeps so short that only the order of the lines is left of them.
pub(crate) const QUICK: Pace = Pace(0.05);

/// A pace at which no lesson that sleeps ends by itself before the deadline.
pub(crate) const SLOW: Pace = Pace(100.0);

/// A case for the lesson and for its Python twin: lines, their order, how many there are.
pub(crate) const fn case(name: &'static str, check: fn(&Program) -> Verdict) -> Case {
    Case { name, check, asks_the_twin: true }
}

/// A case for the lesson alone: errors, Ctrl-C, `| head`, a killed process.
pub(crate) const fn of_the_lesson(name: &'static str, check: fn(&Program) -> Verdict) -> Case {
    Case { name, check, asks_the_twin: false }
}

/// A run at the tutorial's own pace, which needs no telling.
pub(crate) fn at(program: &Program, pace: Pace) -> Run {
    if pace == Pace::TUTORIAL { program.run() } else { program.run().pace(pace) }
}

/// `--help` explains, and names each of these options.
pub(crate) fn explains(program: &Program, options: &[&str]) -> Verdict {
    let it = program.run().arg("--help").finish()?;
    it.succeeds()?;
    for option in options.iter().chain(&["--help"]) {
        if !it.lines.iter().any(|line| line.text.contains(option)) {
            return it.complain(format!("expected `--help` to name `{option}`; it does not"));
        }
    }
    Ok(())
}

/// An argument that the lesson does not know: one line that names it, exit code 2, and nothing else happens.
pub(crate) fn refuses_unknown_arguments(program: &Program) -> Verdict {
    for argument in ["--frobnicate", "frobnicate"] {
        refuses(program, &[argument], "frobnicate")?;
    }
    Ok(())
}

/// These arguments are an error in the use of the lesson: one line with `text`, exit code 2, and nothing else happens.
pub(crate) fn refuses(program: &Program, args: &[&str], text: &str) -> Verdict {
    program.run().pace(QUICK).args(args).finish()?.refuses(2, &[text])
}

/// A pace that is no finite number >= 0.
pub(crate) fn refuses_bad_paces(program: &Program) -> Verdict {
    for pace in ["banana", "-1", "nan", "inf", ""] {
        program.run().env("LESSON_PACE", pace).finish()?.refuses(2, &["LESSON_PACE"])?;
    }
    Ok(())
}

/// Its output is cut off after one line: it ends, and says nothing about it.
pub(crate) fn ends_when_cut_off(run: Run) -> Verdict {
    // A pace at which it still has something to print when its reader goes.
    let it = run.pace(QUICK).cut_after(1).finish()?;
    ends_quietly(&it, Signal::SIGPIPE)
}

/// After a line like this, someone presses Ctrl-C: it ends at once, with its processes, and says nothing about it.
pub(crate) fn ends_on_ctrl_c(run: Run, after: &str) -> Verdict {
    let mut running = run.start()?;
    running.wait_for_line(after)?;
    running.signal_group(Signal::SIGINT);
    ends_quietly(&running.finish()?, Signal::SIGINT)
}

/// It ended with exit code 0 or as one who gets this signal does, with its processes, and nothing on stderr.
pub(crate) fn ends_quietly(it: &Outcome, signal: Signal) -> Verdict {
    let status = it.ended()?;
    it.stderr_empty()?;
    let expected = [Some(0), Some(128 + signal as i32)].contains(&status.code());
    if !expected && status.signal() != Some(signal as i32) {
        it.dies_of(signal)?;
    }
    it.no_survivors()?;
    it.no_leftovers()
}

/// The run is over before so many seconds: the sleeps were shortened. A loaded machine has three tries.
pub(crate) fn is_quick(run: Run, seconds: f64) -> Verdict {
    for _ in 0..2 {
        if run.clone().finish()?.takes_less_than(seconds).is_ok() {
            return Ok(());
        }
    }
    run.finish()?.takes_less_than(seconds)
}
