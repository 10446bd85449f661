//! `make timeline FILE=…`: draws a trace, as text and as a picture.

mod layout;
mod pictures;
mod scenes;
mod story;
mod svg;
mod text;
mod trace;

use std::env;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: timeline FILE [TITLE]          draws the trace FILE, as text and in FILE.svg
       timeline --pictures FOLDER LESSONS   makes the pictures of the book; the traced lessons are in LESSONS
       timeline --scene NAME         runs a scene of the pictures";

/// As wide as a page is on a desk.
const WIDE: f64 = 720.0;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = match args[..] {
        ["--scene", name] => scenes::run(name),
        ["--pictures", folder, lessons] => pictures::make(Path::new(folder), Path::new(lessons)),
        [file, ..] if !file.starts_with('-') && args.len() <= 2 => match env::var_os("PROCESSION_TRACE") {
            // This program is traced, too, and would write into the file that it reads.
            Some(_) => Err(again_without_a_trace().to_string()),
            None => draw(Path::new(file), args[args.len() - 1]),
        },
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("timeline: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Does not come back, unless it is not possible.
fn again_without_a_trace() -> std::io::Error {
    match env::current_exe() {
        Ok(me) => Command::new(me).args(env::args_os().skip(1)).env_remove("PROCESSION_TRACE").exec(),
        Err(why) => why,
    }
}

fn draw(file: &Path, title: &str) -> Result<(), String> {
    let story = story::tell(&trace::read(file)?);
    let columns = console::Term::stdout().size_checked().map_or(80, |(_, columns)| columns.into());
    let picture = file.with_extension("svg");
    fs::write(&picture, svg::draw(&story, WIDE, title))
        .map_err(|why| format!("cannot write {}: {why}", picture.display()))?;
    let (picture, file) = (picture.display(), file.display());
    // A reader that goes before the end has seen enough.
    let _ = write!(
        std::io::stdout(),
        "{}\nAs a picture: {picture}\nWith all steps: open {file} in https://ui.perfetto.dev or chrome://tracing\n",
        text::draw(&story, columns)
    );
    Ok(())
}
