//! The terminal: taken, given back however this ends, and given to the shell for a while on Ctrl-Z.

use std::io::{self, IsTerminal, stdin, stdout};
use std::mem::forget;
use std::panic::{set_hook, take_hook};
use std::process::exit;
use std::sync::Mutex;
use std::sync::mpsc::Sender;
use std::thread::{self, sleep};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event as Input};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use signal_hook::consts::SIGCONT;
use signal_hook::iterator::Signals;

use super::app::{App, Event};
use super::keys::key;
use super::screen;

/// Whoever writes on the screen has this. When a signal ends us nobody gets it any more.
static SCREEN: Mutex<()> = Mutex::new(());

/// The terminal, as long as it is ours.
#[derive(Debug)]
pub(crate) struct Terminal {
    terminal: ratatui::Terminal<CrosstermBackend<io::Stdout>>,
}

/// An error if there is no terminal.
pub(crate) fn is_there() -> Result<(), String> {
    match stdin().is_terminal() && stdout().is_terminal() {
        true => Ok(()),
        false => {
            Err("it needs a terminal, for its keys and its screen. Without one: make progress".to_owned())
        }
    }
}

impl Terminal {
    /// Takes it, and tells of each key and of what else happens to it.
    pub(crate) fn open(tell: Sender<Event>) -> Result<Terminal, String> {
        guard::before_the_end(|| {
            forget(SCREEN.lock());
            leave();
        });
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            leave();
            usual(panic);
            guard::end();
            exit(101);
        }));
        enter().map_err(unable)?;
        let terminal = ratatui::Terminal::new(CrosstermBackend::new(stdout()));
        let terminal = terminal.map_err(|why| {
            leave();
            unable(why)
        })?;
        let mut signals = Signals::new([SIGCONT]).map_err(unable)?;
        let continued = tell.clone();
        thread::spawn(move || signals.forever().all(|_| continued.send(Event::Continued).is_ok()));
        thread::spawn(move || while tell.send(input()).is_ok() {});
        Ok(Terminal { terminal })
    }

    /// Shows what is on.
    pub(crate) fn draws(&mut self, app: &mut App) -> Result<(), String> {
        let _mine = SCREEN.lock();
        self.terminal.draw(|frame| screen::draw(app, frame)).map(drop).map_err(unable)
    }

    /// Draws all of it anew, whatever others have done to the terminal.
    pub(crate) fn begins_anew(&mut self) -> Result<(), String> {
        let _mine = SCREEN.lock();
        // The mode that is kept is that of the beginning: so it is given back before it is changed again.
        let _ = disable_raw_mode();
        enter().and_then(|()| self.terminal.clear()).map_err(unable)
    }

    /// Gives it back, and stops all of this command until the shell continues it.
    pub(crate) fn suspends(&mut self) -> Result<(), String> {
        leave();
        // Make has to stop, too. This does nothing where nobody could continue us.
        let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
        // The signal may reach us through another thread, a moment later.
        sleep(Duration::from_millis(200));
        self.begins_anew()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, Hide)
}

/// Where this fails there is no terminal any more.
fn leave() {
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// Waits for what comes next from the terminal.
fn input() -> Event {
    loop {
        match event::read() {
            Ok(Input::Key(pressed)) if pressed.is_press() => {
                if let Some(key) = key(pressed) {
                    return Event::Key(key);
                }
            }
            Ok(Input::Resize(..)) => return Event::Resized,
            Ok(_) => {}
            Err(why) => return Event::Failed(unable(why)),
        }
    }
}

fn unable(why: io::Error) -> String {
    format!("the terminal: {why}")
}
