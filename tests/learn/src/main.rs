//! `make learn`: a teacher that looks over your shoulder.

mod app;
mod judge;
mod keys;
mod screen;
mod terminal;
mod text;
mod watch;
mod work;

use std::env;
use std::io::{Write, stderr};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use app::{App, Effect, Event};
use exercises::folder::exercises;
use terminal::Terminal;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = match args[..] {
        [] => learn(),
        [judge::ARGUMENT, ref numbers @ ..] => judge::judge(numbers),
        _ => Err("usage: make learn".to_owned()),
    };
    guard::end();
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // A terminal that was closed takes nothing any more.
            let _ = writeln!(stderr(), "learn: {why}");
            ExitCode::from(2)
        }
    }
}

/// While something is being done, the seconds are counted.
const TICK: Duration = Duration::from_secs(1);

fn learn() -> Result<(), String> {
    terminal::is_there()?;
    let prepared = guard::watch().and_then(|()| guard::end_first());
    prepared.map_err(|why| format!("nobody can clean up after this command: {why}"))?;
    let exercises = exercises()?;
    let folders: Vec<_> = exercises.iter().map(|exercise| exercise.folder.clone()).collect();
    let mut app = App::new(exercises)?;
    let (tell, events) = channel();
    let watched = watch::watch(&folders, tell.clone());
    // Kept, as it watches no longer when it is dropped.
    let _watcher = watched.map_err(|why| app.sees_no_saves(why)).ok();
    let worker = work::Worker::new(tell.clone());
    let mut terminal = Terminal::open(tell)?;
    let mut effects = app.starts();
    loop {
        for effect in effects {
            match effect {
                Effect::Work(job, work) => worker.does(job, work),
                Effect::Stop(job) => worker.stops(job),
                Effect::Reset(number) => app.was_reset(work::reset(&number)),
                Effect::Suspend => terminal.suspends()?,
                Effect::Redraw => terminal.begins_anew()?,
                Effect::Quit => return Ok(()),
            }
        }
        terminal.draws(&mut app)?;
        effects = match events.recv_timeout(TICK) {
            Ok(Event::Failed(why)) => return Err(why),
            Ok(event) => app.on(event),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
    }
}
