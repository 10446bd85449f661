//! The harness against programs that are broken on purpose: each fault must be found, and told in the right words.

use std::time::{Duration, Instant};

use checks::{End, OrFail, Outcome, Pace, Run, Running};
use nix::sys::signal::{SigHandler, Signal, signal};

fn broken(args: &[&str]) -> Run {
    Run::new(env!("CARGO_BIN_EXE_broken")).args(args)
}

#[track_caller]
fn ran(args: &[&str]) -> Outcome {
    broken(args).finish().or_fail()
}

/// Three lines by one process, all as it should be.
#[track_caller]
fn a_b_c() -> Outcome {
    ran(&["say", "a", "b", "c"])
}

/// Complained, in these words, and showed what was printed.
#[track_caller]
fn complains<T>(verdict: checks::Verdict<T>, words: &[&str]) {
    let Err(complaint) = verdict else { panic!("expected a complaint with {words:?}; there was none") };
    let text = complaint.to_string();
    for word in words {
        assert!(text.contains(word), "expected `{word}` in the complaint:\n{text}");
    }
    assert!(text.contains("printed"), "the complaint does not show what was printed:\n{text}");
}

/// Whether a process runs (a zombie does not).
fn runs(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[track_caller]
fn started(args: &[&str], line: &str) -> Running {
    let mut running = broken(args).start().or_fail();
    running.wait_for_line(line).or_fail();
    running
}

// What is right is not complained about.

#[test]
fn a_program_without_fault_passes_every_question() {
    let it = a_b_c();
    it.succeeds().or_fail();
    it.prints(&["c", "<text>", "a"]).or_fail();
    it.times("a", 1).or_fail();
    it.never("d").or_fail();
    it.before("a", "c").or_fail();
    it.all_before(&["a", "b"], &["c"]).or_fail();
    it.in_order(&["a", "b", "c"]).or_fail();
    it.straight_after("a", "b").or_fail();
    it.last("c").or_fail();
    it.by_main(&["a", "c"]).or_fail();
    it.writers(&["<text>"], 1).or_fail();
    assert_eq!(it.same_writer(&["a", "b"]).or_fail(), it.main);
    assert_eq!(it.one("<text>").unwrap_err().message(), "expected the line `<text>` once; it came 3 times");
}

#[test]
fn each_line_has_its_writer_and_its_time() {
    let it = ran(&["one-after-another"]);
    it.succeeds().or_fail();
    it.different_writers(&["first", "second"]).or_fail();
    it.by_children(&["first", "second"]).or_fail();
    it.writers(&["first", "second"], 2).or_fail();
    assert!(it.lines[0].at <= it.lines[1].at && it.lines[1].at <= it.took, "{it}");
}

#[test]
fn stdin_environment_and_pace_reach_the_program() {
    assert_eq!(broken(&["echo"]).stdin("x\ny\n").finish().or_fail().lines.len(), 2);
    broken(&["echo"]).finish().or_fail().prints::<&str>(&[]).or_fail();
    broken(&["show", "COLOUR"]).env("COLOUR", "blue").finish().or_fail().prints(&["blue"]).or_fail();
    broken(&["show", "LESSON_PACE"]).pace(Pace(0.05)).finish().or_fail().prints(&["0.05"]).or_fail();
    broken(&["show", "LESSON_PACE"]).finish().or_fail().prints(&["unset"]).or_fail();
}

// How it ends.

#[test]
fn a_wrong_exit_code_is_told() {
    complains(ran(&["exit", "3"]).exits(0), &["expected exit code 0; it was 3", "printed nothing"]);
}

#[test]
fn a_death_by_a_signal_is_told() {
    let it = ran(&["die"]);
    complains(it.exits(0), &["expected exit code 0; the program was ended by SIGTERM"]);
    it.dies_of(Signal::SIGTERM).or_fail();
    complains(
        it.dies_of(Signal::SIGINT),
        &["expected the program to be ended by SIGINT; it was ended by SIGTERM"],
    );
}

#[test]
fn a_hanging_program_is_killed_and_what_it_waits_in_is_told() {
    for (args, words) in [
        (["sleep"], ["(broken): sleep", "asleep"]),
        (["wait-for-a-thread"], ["(broken): a futex", ""]),
        (["wait-for-a-child-that-reads-a-pipe"], [": wait for a child", ": read from a pipe"]),
    ] {
        let it = broken(&args).deadline(Duration::from_millis(2500)).finish().or_fail();
        complains(it.ended(), &words);
        complains(it.exits(0), &["expected the program to end by itself", " s or longer", "was killed"]);
        let End::Hung(alive) = &it.end else { panic!("{it}") };
        assert!(!alive.is_empty() && alive.iter().all(|waiting| !runs(waiting.pid)), "{it}");
    }
}

#[test]
fn what_the_kernel_holds_up_does_not_hang() {
    let it = broken(&["held-up-by-the-kernel"]).deadline(Duration::from_millis(2000)).finish().or_fail();
    it.exits(0).or_fail();
}

#[test]
fn a_flood_is_stopped() {
    let it = ran(&["flood"]);
    complains(it.ended(), &["it printed without end", "and on", "lines more"]);
    assert!(it.to_string().lines().count() < 70);
}

#[test]
fn a_crowd_is_ended() {
    let it = broken(&["a-crowd", "8"]).limited().finish().or_fail();
    complains(it.ended(), &["it started processes without end", "processes were alive"]);
    let pids: Vec<i32> = it.all("<pid>").iter().filter_map(|line| line.text.parse().ok()).collect();
    assert!(!pids.is_empty() && pids.iter().all(|&pid| !runs(pid)), "{it}");
}

/// Where all wait for what none of them will do, nobody has to wait for the deadline.
#[test]
fn who_waits_for_nothing_is_not_waited_for() {
    let deadline = Duration::from_secs(300);
    let it = broken(&["wait-for-a-child-that-reads-a-pipe"]).limited().deadline(deadline).finish().or_fail();
    complains(it.ended(), &["it was still there", ": wait for a child", ": read from a pipe"]);
    assert!(it.took < deadline, "{it}");
}

/// The complaint of who learns begins with what the kernel has refused.
#[test]
fn memory_and_files_have_a_limit() {
    for (what, words) in [
        ("much-memory", "A process wants more memory than a check gives it, 256 MB: memory allocation of"),
        ("a-large-file", "A file has become larger than a check allows, 64 MB: "),
    ] {
        broken(&[what]).finish().or_fail().exits(0).or_fail();
        let it = broken(&[what]).limited().finish().or_fail();
        let complaint = it.succeeds().expect_err("it has gone beyond its limit");
        assert!(complaint.told().starts_with(words), "{}", complaint.told());
    }
}

#[test]
fn an_ignored_sigterm_does_not_help_against_the_deadline() {
    let mut running = broken(&["ignore-sigterm"]).deadline(Duration::from_millis(1500)).start().or_fail();
    running.wait_for_line("deaf").or_fail();
    running.signal_main(Signal::SIGTERM);
    complains(
        running.finish().or_fail().dies_of(Signal::SIGTERM),
        &["expected the program to end by itself"],
    );
}

#[test]
fn a_signal_can_be_sent_at_a_line() {
    let running = started(&["end-on-sigterm"], "ready");
    assert_eq!(running.pids(), [running.main()]);
    running.signal_main(Signal::SIGTERM);
    let it = running.finish().or_fail();
    it.succeeds().or_fail();
    it.in_order(&["ready", "told to end"]).or_fail();

    let running = started(&["sleep"], "asleep");
    running.signal_group(Signal::SIGINT);
    running.finish().or_fail().dies_of(Signal::SIGINT).or_fail();
}

#[test]
fn ctrl_c_ends_a_program_even_if_the_test_ignores_it() {
    // As a shell does for `cargo test &`.
    // SAFETY: to ignore a signal runs no code of ours.
    let before = unsafe { signal(Signal::SIGINT, SigHandler::SigIgn) }.unwrap();
    let running = started(&["sleep"], "asleep");
    // SAFETY: what was there before is put back.
    unsafe { signal(Signal::SIGINT, before) }.unwrap();
    running.signal_group(Signal::SIGINT);
    running.finish().or_fail().dies_of(Signal::SIGINT).or_fail();
}

#[test]
fn a_line_that_does_not_come_is_told_when_the_program_ends() {
    let mut running = broken(&["say", "a"]).start().or_fail();
    complains(running.wait_for_line("b"), &["expected the line `b`; it did not come", "  main      a"]);
}

#[test]
fn a_program_that_cannot_be_run_is_a_complaint() {
    let complaint = Run::new("/no/such/program").finish().unwrap_err().to_string();
    assert!(complaint.contains("`program` could not be run: No such file"), "{complaint}");
}

#[test]
fn output_can_be_cut_off() {
    let start = Instant::now();
    let it = broken(&["flood"]).cut_after(1).finish().or_fail();
    // Rust's println! panics when its reader has gone.
    it.exits(101).or_fail();
    it.stderr_contains("Broken pipe").or_fail();
    it.prints(&["and on"]).or_fail();
    assert!(start.elapsed() < Duration::from_secs(30), "{it}");
}

// What it leaves behind.

#[test]
fn a_process_left_behind_is_found_and_killed() {
    for args in [["leave-a-child"], ["leave-a-child-in-its-own-session"]] {
        let it = ran(&args);
        it.exits(0).or_fail();
        complains(it.no_survivors(), &["expected no process to be left", ": sleep"]);
        complains(it.is_clean(), &["expected no process to be left"]);
        assert_eq!(it.survivors.len(), 1, "{it}");
        assert!(!runs(it.survivors[0].doing.pid), "{it}");
    }
}

#[test]
fn files_left_behind_are_found_and_removed() {
    let it = ran(&["leave-files"]);
    complains(it.no_leftovers(), &["`cwd/folder`, `cwd/folder/left.txt`, `tmp/left.tmp`"]);
}

#[test]
fn a_run_that_is_dropped_leaves_no_process() {
    let running = started(&["sleep"], "asleep");
    let pid = running.main();
    assert!(runs(pid));
    drop(running);
    assert!(!runs(pid));
}

// Lines.

#[test]
fn a_torn_line_is_told() {
    let it = ran(&["torn"]);
    complains(
        it.no_torn_lines(),
        &["`one half, the other half` is torn", "main and ", "[torn: written by main and "],
    );
    complains(it.is_clean(), &["is torn"]);
}

#[test]
fn a_missing_final_newline_is_told() {
    complains(
        ran(&["no-newline"]).is_clean(),
        &["expected a newline at the end", "`the end`", "the end  [no newline]"],
    );
}

#[test]
fn a_line_too_many_too_few_or_unknown_is_told() {
    let twice = ran(&["say", "a", "a"]);
    complains(twice.times("a", 1), &["expected the line `a` once; it came twice"]);
    complains(twice.prints(&["a"]), &["expected the line `a` once; it came twice"]);
    complains(twice.prints(&["a", "a", "b"]), &["expected the line `b` once; it did not come"]);
    complains(twice.prints::<&str>(&[]), &["the line `a` is not expected"]);
    complains(twice.never("a"), &["`a` must never be printed; it came at 0."]);
    complains(a_b_c().last("b"), &["expected the last line to be `b`; it is `c`"]);
    complains(a_b_c().number("<number>"), &["expected the line `<number>` once; it did not come"]);
}

#[test]
fn a_wrong_order_is_told() {
    complains(a_b_c().before("c", "a"), &["expected `c` before `a`; it came after it, as line 3 of 3"]);
    complains(a_b_c().before("a", "d"), &["expected the line `d`; it did not come"]);
    complains(a_b_c().all_before(&["a", "c"], &["b"]), &["expected `c` before `b`; it came after it"]);
    complains(a_b_c().in_order(&["b", "a"]), &["expected `a` after `b`; it came before it"]);
    complains(a_b_c().straight_after("a", "c"), &["expected `c` straight after `a`; found `b`"]);
    complains(a_b_c().straight_after("c", "a"), &["straight after `c`; nothing came"]);
}

#[test]
fn a_wrong_writer_is_told() {
    let it = ran(&["one-after-another"]);
    complains(it.same_writer(&["first", "second"]), &["written by one process; 2 processes wrote them"]);
    complains(it.writers(&["first", "second"], 3), &["by 3 different processes; there were 2"]);
    complains(it.by_main(&["first"]), &["`first` to be written by the program's first process; process "]);
    complains(a_b_c().by_children(&["a"]), &["`a` to be written by a child process; the program's first"]);
    complains(a_b_c().different_writers(&["a", "b"]), &["by different processes; process main wrote both"]);
}

#[test]
fn processes_that_did_not_exist_at_the_same_time_are_told() {
    let apart = ran(&["one-after-another"]);
    complains(
        apart.lived_together(&["first", "second"]),
        &["`first` and `second` to exist at the same time"],
    );
    let together = ran(&["together"]);
    together.succeeds().or_fail();
    together.lived_together(&["first begins", "second begins"]).or_fail();
}

#[test]
fn a_word_on_stderr_is_told() {
    let it = ran(&["complain", "oh", "no"]);
    complains(it.succeeds(), &["expected nothing on stderr; found `oh`", "stderr: oh"]);
    complains(it.refuses(0, &[]), &["expected one line on stderr; there are 2"]);
    complains(it.stderr_contains("yes"), &["expected a line with `yes` on stderr"]);
    complains(a_b_c().refuses(2, &[]), &["expected exit code 2; it was 0"]);
    complains(a_b_c().refuses(0, &[]), &["expected nothing on stdout; found `a`"]);
    ran(&["complain", "no such option"]).refuses(0, &["such"]).or_fail();
}
