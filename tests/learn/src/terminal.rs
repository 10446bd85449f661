//! The terminal: taken, given back however this ends, and given to the shell for a while on Ctrl-Z.

use std::env;
use std::io::{self, IsTerminal, Write, stdin, stdout};
use std::mem::forget;
use std::panic::{set_hook, take_hook};
use std::process::exit;
use std::sync::Mutex;
use std::sync::mpsc::Sender;
use std::thread::{self, sleep};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event as Input};
use crossterm::style::{Attribute, Color, Print, ResetColor, SetAttribute, SetForegroundColor};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::SIGCONT;
use signal_hook::iterator::Signals;

use super::app::{App, Event};
use super::keys::key;
use super::screen::{Look, Text, picture};
use super::text::filled;

/// Whoever writes on the screen has this. When a signal ends us nobody gets it any more.
static SCREEN: Mutex<()> = Mutex::new(());

/// The terminal, as long as it is ours.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// Columns and lines.
    size: (u16, u16),
    /// What is on the screen.
    shown: Vec<Text>,
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
        // Dropped, it gives the terminal back, also after an error here.
        let terminal = Terminal { size: (0, 0), shown: Vec::new() };
        enter().map_err(unable)?;
        let mut signals = Signals::new([SIGCONT]).map_err(unable)?;
        let continued = tell.clone();
        thread::spawn(move || signals.forever().all(|_| continued.send(Event::Continued).is_ok()));
        thread::spawn(move || while tell.send(input()).is_ok() {});
        Ok(terminal)
    }

    /// Shows what is on: the lines that are others than before.
    pub(crate) fn draws(&mut self, app: &mut App) -> Result<(), String> {
        let _mine = SCREEN.lock();
        let now = size().map_err(unable)?;
        if self.size != now {
            (self.size, self.shown) = (now, Vec::new());
        }
        let picture = picture(app, now.0.into(), now.1.into());
        let mut out = Vec::new();
        if self.shown.is_empty() {
            queue!(out, Clear(ClearType::All)).map_err(unable)?;
        }
        for (at, line) in picture.iter().enumerate() {
            if self.shown.get(at) != Some(line) {
                queue!(out, MoveTo(0, at as u16))
                    .and_then(|()| write_line(&mut out, line, now.0))
                    .map_err(unable)?;
            }
        }
        self.shown = picture;
        let mut stdout = stdout();
        stdout.write_all(&out).and_then(|()| stdout.flush()).map_err(unable)
    }

    /// Draws all of it anew, whatever others have done to the terminal.
    pub(crate) fn begins_anew(&mut self) -> Result<(), String> {
        let _mine = SCREEN.lock();
        self.shown.clear();
        // The mode that is kept is that of the beginning: so it is given back before it is changed again.
        let _ = disable_raw_mode();
        enter().map_err(unable)
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

fn write_line(out: &mut impl Write, (text, look): &Text, width: u16) -> io::Result<()> {
    match look {
        Look::Plain => {}
        Look::Bold => queue!(out, SetAttribute(Attribute::Bold))?,
        Look::Dim => queue!(out, SetAttribute(Attribute::Dim))?,
        // For those who want some: <https://no-color.org>.
        _ if env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty()) => {}
        Look::Green => queue!(out, SetForegroundColor(Color::Green))?,
        Look::Yellow => queue!(out, SetForegroundColor(Color::Yellow))?,
        Look::Red => queue!(out, SetForegroundColor(Color::Red))?,
    }
    queue!(out, Print(filled(text, width.into())), ResetColor, SetAttribute(Attribute::Reset))
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
