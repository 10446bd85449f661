//! Programs that do wrong what a program can do wrong, for the harness's own tests: `broken <what> <arguments>`.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio, exit};
use std::thread::{park, sleep};
use std::time::{Duration, Instant};

use checks::{OrFail, Run};
use nix::libc;
use nix::sys::signal::{SigSet, Signal, raise};
use nix::unistd::setsid;

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        // Each argument is a line.
        ["say", lines @ ..] => lines.iter().for_each(|line| println!("{line}")),
        ["complain", lines @ ..] => lines.iter().for_each(|line| eprintln!("{line}")),
        ["no-newline"] => print("the end")?,
        ["torn"] => {
            print("one half, ")?;
            child(&["say", "the other half"])?.wait()?;
        }
        ["flood"] => loop {
            println!("and on");
        },
        ["exit", code] => exit(code.parse().expect("an exit code")),
        ["die"] => raise(Signal::SIGTERM)?,
        ["leave-files"] => {
            fs::create_dir("folder")?;
            fs::write("folder/left.txt", "")?;
            fs::write(env::temp_dir().join("left.tmp"), "")?;
        }
        ["echo"] => print(&io::read_to_string(io::stdin())?)?,
        ["show", variable] => println!("{}", env::var(variable).unwrap_or_else(|_| "unset".to_owned())),
        ["sleep"] => {
            println!("asleep");
            sleep(Duration::from_secs(1000));
        }
        ["sleep-and-tell"] => {
            let begin = Instant::now();
            sleep(Duration::from_secs(1000));
            println!("slept for {} s", begin.elapsed().as_secs());
        }
        ["wait-for-a-child-that-naps"] => drop(child(&["nap"])?.wait()?),
        ["nap"] => {
            println!("asleep");
            sleep(Duration::from_millis(1500));
            println!("awake");
        }
        ["wait-for-a-thread"] => loop {
            park();
        },
        ["wait-for-a-child-that-reads-a-pipe"] => {
            let (end_of_pipe, _kept_open) = io::pipe()?;
            command(&["echo"]).stdin(end_of_pipe).spawn()?.wait()?;
        }
        ["held-up-by-the-kernel"] => {
            let nothing: libc::c_long = 0;
            let flags = libc::c_long::from(libc::CLONE_VFORK | libc::SIGCHLD);
            // SAFETY: as a fork, of a process with one thread, which the kernel has wait for the child's end.
            if unsafe { libc::syscall(libc::SYS_clone, flags, nothing, nothing, nothing, nothing) } == 0 {
                sleep(Duration::from_secs(4));
                exit(0);
            }
        }
        ["ignore-sigterm"] => {
            SigSet::from(Signal::SIGTERM).thread_block()?;
            println!("deaf");
            sleep(Duration::from_secs(1000));
        }
        ["end-on-sigterm"] => {
            SigSet::from(Signal::SIGTERM).thread_block()?;
            println!("ready");
            SigSet::from(Signal::SIGTERM).wait()?;
            println!("told to end");
        }
        // Two children each, and so on: a few hundred processes, if nobody ends them.
        ["a-crowd", generations] => {
            println!("{}", std::process::id());
            if let Some(next) = generations.parse::<u32>().ok().and_then(|count| count.checked_sub(1)) {
                let next = next.to_string();
                let _children = [child(&["a-crowd", &next])?, child(&["a-crowd", &next])?];
            }
            sleep(Duration::from_secs(60));
        }
        ["much-memory"] => println!("{}", vec![1_u8; 300 << 20].len()),
        ["a-large-file"] => std::fs::File::create("large")?.write_all(&vec![1; 65 << 20])?,
        ["leave-a-child"] => drop(child(&["sleep"])?),
        ["sleep-with-a-child-in-its-own-session"] => {
            let child = spoken(&mut command(&["new-session"]))?;
            println!("{} {}", std::process::id(), child.id());
            sleep(Duration::from_secs(1000));
        }
        // Is no program that is judged, but one that judges.
        ["judge"] => {
            let run = Run::new(env::current_exe()?).arg("sleep-with-a-child-in-its-own-session");
            let mut run = run.deadline(Duration::from_secs(1000)).start().or_fail();
            println!("{}", run.wait_for_line("<pid> <pid>").or_fail().text);
            run.finish().or_fail();
        }
        ["leave-a-child-in-its-own-session"] => drop(spoken(&mut command(&["new-session"]))?),
        ["new-session"] => {
            setsid()?;
            eprintln!("in a session of its own");
            sleep(Duration::from_secs(1000));
        }
        ["one-after-another"] => {
            child(&["say", "first"])?.wait()?;
            child(&["say", "second"])?.wait()?;
        }
        ["together"] => {
            // Each ends when its stdin does, and that is when both have begun.
            let mut children = [begun("first")?, begun("second")?];
            children.iter_mut().for_each(|child| drop(child.stdin.take()));
            children.iter_mut().try_for_each(|child| child.wait().map(drop))?;
        }
        ["begin-and-end", name] => {
            println!("{name} begins");
            eprintln!();
            io::read_to_string(io::stdin())?;
            println!("{name} ends");
        }
        other => panic!("unknown: {other:?}"),
    }
    Ok(())
}

fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())?;
    io::stdout().flush()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(args).stdin(Stdio::null());
    command
}

fn child(args: &[&str]) -> io::Result<Child> {
    command(args).spawn()
}

fn begun(name: &str) -> io::Result<Child> {
    spoken(command(&["begin-and-end", name]).stdin(Stdio::piped()))
}

/// Starts a process, and waits until something comes from its stderr.
fn spoken(command: &mut Command) -> io::Result<Child> {
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    child.stderr.as_mut().expect("piped").read_exact(&mut [0])?;
    Ok(child)
}
