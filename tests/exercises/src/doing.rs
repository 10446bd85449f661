//! What is being done: on a terminal one line that is rewritten, else a line now and then.

use std::env;
use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use console::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Until something is said where lines stay.
const FIRST: Duration = Duration::from_secs(2);
/// And between two of them.
const EVERY: Duration = Duration::from_secs(10);

/// Something that takes a while. Dropped, it leaves nothing on the terminal.
#[derive(Debug)]
pub struct Doing {
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    Line(ProgressBar),
    Now { text: Arc<Mutex<String>>, over: Option<Sender<()>>, thread: Option<JoinHandle<()>> },
}

impl Doing {
    /// Begins to tell of `what`, of which `steps` are to be done, if that is known.
    pub fn new(what: impl Display, steps: Option<usize>) -> Doing {
        let what = what.to_string();
        let shown = match is_screen() {
            true => Shown::Line(bar(&what, steps)),
            false => now_and_then(what),
        };
        Doing { shown }
    }

    /// What of it is being done now.
    pub fn is(&self, text: &str) {
        match &self.shown {
            Shown::Line(bar) => bar.set_message(text.to_owned()),
            Shown::Now { text: now, .. } => {
                *now.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = text.to_owned();
            }
        }
    }

    /// So many steps are done.
    pub fn has_done(&self, steps: usize, all: usize) {
        if let Shown::Line(bar) = &self.shown {
            bar.set_position(steps as u64);
        }
        self.is(&format!("{steps} of {all}"));
    }

    /// Prints a line that stays.
    pub fn says(&self, line: &str) {
        let print = || println!("{line}");
        match &self.shown {
            Shown::Line(bar) => bar.suspend(print),
            Shown::Now { .. } => print(),
        }
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        match &mut self.shown {
            Shown::Line(bar) => bar.finish_and_clear(),
            Shown::Now { over, thread, .. } => {
                drop(over.take());
                // It has nothing to tell us, not even that it could not write.
                let _ = thread.take().map(JoinHandle::join);
            }
        }
    }
}

/// Whether stderr is something on which a line can be rewritten.
fn is_screen() -> bool {
    stderr().is_terminal() && env::var_os("TERM").is_some_and(|term| term != "dumb")
}

fn bar(what: &str, steps: Option<usize>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(steps.map(|steps| steps as u64), ProgressDrawTarget::stderr());
    let template = match steps {
        Some(_) => "{spinner} {prefix}  {bar:20} {msg}  {elapsed}, {eta} left",
        None => "{spinner} {prefix}  {wide_msg}",
    };
    bar.set_style(ProgressStyle::with_template(template).expect("a template without mistakes"));
    bar.set_prefix(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn now_and_then(what: String) -> Shown {
    let text = Arc::new(Mutex::new(String::new()));
    let (over, is_over) = channel();
    let now = Arc::clone(&text);
    let thread = thread::spawn(move || {
        let mut next = FIRST;
        while is_over.recv_timeout(next) == Err(RecvTimeoutError::Timeout) {
            next = EVERY;
            let now = now.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
            let gap = if now.is_empty() { "" } else { ": " };
            // Whoever does not read it does not miss it.
            let _ = stderr().write_all(format!("{what}{gap}{now} …\n").as_bytes());
        }
    });
    Shown::Now { text, over: Some(over), thread: Some(thread) }
}

/// A word for how far an exercise is, in its colour, if stdout is a terminal and `NO_COLOR` is not set.
pub fn coloured(word: &str) -> String {
    let style = match word.trim() {
        "done" => Style::new().green(),
        "broken" => Style::new().red(),
        _ => Style::new().yellow(),
    };
    style.apply_to(word).to_string()
}
