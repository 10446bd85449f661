//! What is a process? One CPU does one thing at a time.

use super::common::{
    QUICK, at, case, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses_bad_paces,
    refuses_unknown_arguments,
};
use crate::{Case, Line, Outcome, Pace, Program, Verdict};

const PROCESS: &str = "<pid> is a process running <text>";
const HEADER: [&str; 4] = ["children", "CPUs", "CPU s each", "wall s"];
const ONE_CPU_ONLY: &str = "2         2     (this machine gives only one CPU)";

/// Lesson 01.
pub const LESSON_01: &[Case] = &[
    case("as_in_the_tutorial", |program| shares_a_cpu(program, Pace::TUTORIAL)),
    case("does_the_same_work_at_every_pace", |program| shares_a_cpu(program, Pace::NONE)),
    case("explains_itself", |program| explains(program, &[])),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| ends_on_ctrl_c(program.run().pace(QUICK), PROCESS)),
];

fn shares_a_cpu(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).finish()?;
    it.succeeds()?;
    let main: Vec<&str> = [PROCESS].into_iter().chain(["<text>"; 4]).collect();
    it.main_prints(&main)?;
    it.pid_is(PROCESS, 0, it.main)?;
    if columns(&it.lines[1]) != HEADER {
        return it.complain(format!("expected the columns {}", HEADER.join(", ")));
    }
    let [cpu_alone, wall_alone] = row(&it, 2, ["1", "1"])?;
    let [cpu_both, wall_both] = row(&it, 3, ["2", "1"])?;
    // The same work costs the same, alone or not. What two hyperthreads take from each other has room in it.
    if !(0.4..=2.5).contains(&(cpu_both / cpu_alone)) || cpu_alone == 0.0 {
        return it.complain(format!(
            "expected each child to use as much CPU time beside another as alone; it used {cpu_both} s, alone {cpu_alone} s"
        ));
    }
    // On one CPU, a child's turn is the other's wait. No upper bound: other programs want the CPU too.
    for (wall, least) in [(wall_alone, 0.9 * cpu_alone), (wall_both, 1.8 * cpu_both)] {
        if wall < least {
            return it.complain(format!(
                "expected the wall time on one CPU to be the children's CPU times together, {least:.2} s or more; it is {wall} s"
            ));
        }
    }
    match it.lines[4].text == ONE_CPU_ONLY {
        true => Ok(()),
        false => row(&it, 4, ["2", "2"]).map(drop),
    }
}

/// Columns are at least two spaces apart, so that a header may hold single ones.
fn columns(line: &Line) -> Vec<&str> {
    line.text.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect()
}

/// The CPU time and the wall time in a line that begins with so many children and so many CPUs.
fn row(it: &Outcome, line: usize, begin: [&str; 2]) -> Verdict<[f64; 2]> {
    let found = columns(&it.lines[line]);
    let seconds = |text: &str| match text.split_once('.') {
        Some((_, decimals)) if decimals.len() == 2 => text.parse().ok(),
        _ => None,
    };
    if let [children, cpus, cpu, wall] = found[..]
        && [children, cpus] == begin
        && let (Some(cpu), Some(wall)) = (seconds(cpu), seconds(wall))
    {
        return Ok([cpu, wall]);
    }
    let [children, cpus] = begin;
    it.complain(format!(
        "expected a row for {children} children on {cpus} CPUs, with two times such as `0.20`; found `{}`",
        it.lines[line].text
    ))
}
