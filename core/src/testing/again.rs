//! In the process that the test is part of: the binary runs again, for this test, and what is noted there is judged.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::panic::resume_unwind;
use std::process::{Command, Stdio};

use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use super::{Answer, MARK};

/// Runs this binary again, for one call of [`isolated`](crate::testing::isolated) in one test, and judges what is noted there.
pub(super) fn run<T: Answer>(name: &str, call: u32) -> T {
    let notes = match spawn(name, call) {
        Ok(notes) => notes,
        Err(error) => panic!("the test cannot be run in a process of its own: {error}"),
    };
    let mut passed = false;
    let mut failures = Vec::new();
    for line in notes.split(b'\n').map_while(Result::ok) {
        match serde_json::from_slice::<Option<String>>(&line) {
            Ok(None) => passed = true,
            Ok(Some(failure)) => failures.push(failure),
            Err(_) => {}
        }
    }
    for failure in &failures {
        println!("In the test's processes: {failure}");
    }
    match failures.into_iter().next() {
        // The panic was told where it happened.
        Some(first) => resume_unwind(Box::new(first)),
        None if passed => T::passed(),
        None => panic!(
            "the closure did not come to its end: its process exited, or was not reached (isolated is to be called on the \
             test's own thread, under the usual test harness)"
        ),
    }
}

/// Shows what is printed there until all of its processes have ended. Then their notes can be read.
fn spawn(name: &str, call: u32) -> io::Result<BufReader<File>> {
    let (notes, to_notes) = pipe2(OFlag::O_CLOEXEC)?;
    let (output, to_output) = pipe2(OFlag::O_CLOEXEC)?;
    // This very program, whatever has become of its file. Its stdout is what the test harness says there.
    let mut command = Command::new("/proc/self/exe");
    if let Some(program) = std::env::args_os().next() {
        command.arg0(program);
    }
    command.args([name, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"]);
    command.env(MARK, format!("{call} {name}"));
    let mut child = command.stdin(to_notes).stdout(Stdio::null()).stderr(to_output).spawn()?;
    drop(command); // and with it our copies of the ends
    for line in BufReader::new(File::from(output)).split(b'\n').map_while(Result::ok) {
        println!("{}", String::from_utf8_lossy(&line));
    }
    child.wait()?;
    Ok(BufReader::new(File::from(notes)))
}
