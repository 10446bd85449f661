//! `make pictures`: runs what the book shows, and draws each for a phone and for a desk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{story, svg, trace};

/// As wide as there is room on a page of the book: on a phone, and on a desk.
const WIDTHS: [(&str, f64); 2] = [("", 328.0), ("-wide", crate::WIDE)];

struct Picture {
    name: &'static str,
    title: &'static str,
    /// `lesson-NN` and its arguments, or `scene` and its name.
    command: &'static str,
    pace: &'static str,
    /// Lines with this text are wrong beyond the first few.
    wrong: Option<(&'static str, usize)>,
}

const fn picture(
    name: &'static str,
    command: &'static str,
    pace: &'static str,
    title: &'static str,
) -> Picture {
    Picture { name, title, command, pace, wrong: None }
}

const PICTURES: &[Picture] = &[
    picture("01", "lesson-01", "1", "Lesson 01: one alone, two on one CPU, two on two CPUs"),
    picture("02", "lesson-02", "1", "Lesson 02: two processes at once"),
    picture("03-joined-at-the-end", "lesson-03", "1", "Lesson 03: all start, then join"),
    picture("03-serial", "lesson-03 --serial", "1", "Lesson 03 --serial: join before the next start"),
    picture("05", "lesson-05", "1", "Lesson 05: each process has a number of its own"),
    picture("06-orphan", "scene orphan", "1", "The father is killed, and the child has a new one"),
    picture("07", "lesson-07", "1", "Lesson 07: a signal takes time to arrive"),
    picture("08", "lesson-08", "1", "Lesson 08: the daemon is cut off"),
    Picture {
        wrong: Some(("Purchased", 1)),
        ..picture(
            "09-unlocked",
            "lesson-09 unlocked --tickets 1 --passersby 3",
            "1",
            "Unlocked: all read before anybody writes, and one ticket is sold three times",
        )
    },
    picture(
        "09-joined",
        "lesson-09 joined --tickets 1 --passersby 3",
        "1",
        "Joined: one passerby after the other",
    ),
    picture(
        "09-locked",
        "lesson-09 locked --tickets 1 --passersby 3",
        "1",
        "Locked: all look at once, and buy one at a time",
    ),
    picture(
        "10",
        "scene full-basket",
        "1",
        "A basket of three: who puts into a full one waits for the eater",
    ),
    picture(
        "11",
        "lesson-11 --producers 1 --consumers 2 --items 3 --seed 1",
        "1",
        "Lesson 11: one cook, two eaters, and join",
    ),
    picture("killed-worker", "scene killed-worker", "1", "A worker is killed with a task in its hands"),
    picture(
        "killed-holder",
        "scene killed-holder",
        "1",
        "The holder of the lock is killed, and the next one takes it",
    ),
];

/// Makes all of them.
pub(crate) fn make(folder: &Path, lessons: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|why| format!("cannot make {}: {why}", folder.display()))?;
    for picture in PICTURES {
        println!("{}", picture.name);
        let file =
            std::env::temp_dir().join(format!("procession-{}-{}.json", picture.name, std::process::id()));
        let drawn = run(picture, lessons, &file).and_then(|()| draw(picture, folder, &file));
        let _ = fs::remove_file(&file);
        drawn.map_err(|why| format!("{}: {why}", picture.name))?;
    }
    Ok(())
}

fn run(picture: &Picture, lessons: &Path, file: &Path) -> Result<(), String> {
    let mut words = picture.command.split(' ');
    let (program, args): (PathBuf, Vec<&str>) = match words.next() {
        Some("scene") => {
            let me = std::env::current_exe().map_err(|why| why.to_string())?;
            (me, ["--scene"].into_iter().chain(words).collect())
        }
        lesson => (lessons.join(lesson.unwrap_or_default()), words.collect()),
    };
    let mut command = Command::new(&program);
    command.args(args).env("PROCESSION_TRACE", file).env("LESSON_PACE", picture.pace);
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match ended.map_err(|why| format!("cannot run {}: {why}", program.display()))? {
        status if status.success() => Ok(()),
        status => Err(format!("{} ended with {status}", program.display())),
    }
}

fn draw(picture: &Picture, folder: &Path, file: &Path) -> Result<(), String> {
    let mut story = story::tell(&trace::read(file)?);
    if let Some((text, right)) = picture.wrong {
        story.mark(text, right);
    }
    for (suffix, width) in WIDTHS {
        let path = folder.join(format!("{}{suffix}.svg", picture.name));
        fs::write(&path, svg::draw(&story, width, picture.title))
            .map_err(|why| format!("cannot write {}: {why}", path.display()))?;
    }
    Ok(())
}
