//! Lesson 03: join.

use std::process::ExitCode;
use std::time::Instant;

use procession::Process;

fn task(name: &str, n: f64) {
    println!("{name} is running");
    lesson::sleep(n);
    println!("{name} is done");
}

fn main() -> ExitCode {
    lesson::main("03", ABOUT, |args| {
        let serial = args.flag("--serial");
        args.end();

        let start = Instant::now();
        let mut p_l = vec![];
        for i in 1..=3 {
            let p = Process::new(|| task(&format!("Little King{i}"), f64::from(i))).start()?;
            if serial {
                p.join()?; // here, the next one is not even started before this one is done
            }
            p_l.push(p);
        }
        for p in &p_l {
            p.join()?; // here, they all run while we wait: the wait is as long as the longest
        }
        println!("Lord {:.6}", start.elapsed().as_secs_f64());
        Ok(())
    })
}

const ABOUT: &str = "
lesson-03: join waits for a process. Three of 1, 2 and 3 seconds, all at once, take three seconds together.

usage: lesson-03 [--serial] [--help]

  --serial        join each one before the next is started: six seconds together
  --help          show this text";
