//! What is on, as lines for a screen.

use exercises::folder::{Exercise, read};

use super::app::{App, Doing, Pane, Work};
use super::judge::Standing;
use super::keys::KEYS;
use super::text::{folded, plain};

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Look {
    #[default]
    Plain,
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
}

/// A line of the screen; or, before it is folded, a text.
pub(crate) type Text = (String, Look);

/// All lines, for a screen of this size.
pub(crate) fn picture(app: &mut App, width: usize, height: usize) -> Vec<Text> {
    let (head, foot) = (head(app, width), foot(width));
    let room = height.saturating_sub(head.len() + 1 + foot.len()).max(1);
    let (body, more) = body(app, width, room);
    let above = rule(width, if more { "more below: space, arrows" } else { "" });
    let mut all = [head, body, vec![above], foot].concat();
    all.truncate(height);
    all
}

fn head(app: &App, width: usize) -> Vec<Text> {
    let step = app.step();
    let title = format!("Exercise {}: {}", step.exercise.number, step.title);
    let file = Exercise::shown(&step.exercise.main());
    let count = format!("{} of {} done", app.done(), app.steps.len());
    let first = |text: &str| folded(text, width).into_iter().next().unwrap_or_default();
    vec![(first(&plain(&title)), Look::Bold), (first(&plain(&file)), Look::Plain), rule(width, &count)]
}

/// The keys. None of them is torn at the end of a line.
fn foot(width: usize) -> Vec<Text> {
    let keys = KEYS.map(|key| key.replace(' ', NO_BREAK)).join("   ");
    folded(&keys, width).into_iter().map(|keys| (keys.replace(NO_BREAK, " "), Look::Dim)).collect()
}

const NO_BREAK: &str = "\u{a0}";

/// What is below the head, so many lines of it, and whether there is more than is seen.
fn body(app: &mut App, width: usize, room: usize) -> (Vec<Text>, bool) {
    let mut lines: Vec<Text> = Vec::new();
    for (text, look) in paragraphs(app) {
        if text.is_empty() {
            lines.push(empty());
        }
        lines.extend(folded(&text, width).into_iter().map(|line| (line, look)));
    }
    let last = lines.len().saturating_sub(room);
    app.scroll = app.scroll.min(last);
    app.page = room;
    let mut shown: Vec<Text> = lines.into_iter().skip(app.scroll).take(room).collect();
    shown.resize(room, empty());
    (shown, app.scroll < last)
}

fn paragraphs(app: &App) -> Vec<Text> {
    let mut texts = Vec::new();
    if let Some(notice) = &app.notice {
        texts.extend([(notice.clone(), Look::Yellow), empty()]);
    }
    texts.extend(match &app.pane {
        Pane::Exercise => exercise(app),
        Pane::Hint(number) => hint(app, *number),
        Pane::List => list(app),
        Pane::Page => page(app),
        Pane::Lesson(lines) => lesson(app, lines),
        Pane::Reset => reset(app),
    });
    texts
}

fn exercise(app: &App) -> Vec<Text> {
    let step = app.step();
    let mut texts = match (&app.doing, &step.standing) {
        (Some(doing), _) => vec![(busy(doing), Look::Yellow)],
        (None, Standing::NotStarted) => {
            vec![("Change the file and save it: it is judged at once.".to_owned(), Look::Plain)]
        }
        (None, Standing::Begun) => {
            vec![("Begun. Save it, or press Enter, and it is judged.".to_owned(), Look::Plain)]
        }
        (None, Standing::NotYet(complaint)) => {
            vec![("not yet.".to_owned(), Look::Yellow), empty(), (complaint.clone(), Look::Plain)]
        }
        (None, Standing::Broken(why)) => {
            vec![("broken.".to_owned(), Look::Red), empty(), (why.clone(), Look::Plain)]
        }
        (None, Standing::Done) => {
            vec![("done. Well done!".to_owned(), Look::Green), empty(), (what_next(app), Look::Plain)]
        }
    };
    texts.extend([empty(), ("The task".to_owned(), Look::Bold), (step.task.clone(), Look::Plain)]);
    texts
}

/// What is being done, and for how long.
fn busy(doing: &Doing) -> String {
    let what = match &doing.work {
        Work::Judge(numbers) if numbers.len() > 1 => "Judging the answers that you have begun",
        Work::Judge(_) => "Judging your answer",
        Work::Lesson(_) => "Running the lesson",
    };
    let seconds = doing.since.elapsed().as_secs();
    match doing.what.as_str() {
        "" => format!("{what} …  {seconds} s"),
        of_it => format!("{what}: {of_it} …  {seconds} s"),
    }
}

fn what_next(app: &App) -> String {
    match app.next() {
        None => "That was all of them.".to_owned(),
        Some(next) => {
            let step = &app.steps[next];
            format!("Next: exercise {}, {}. Press Enter to go on.", step.exercise.number, step.title)
        }
    }
}

fn hint(app: &App, number: usize) -> Vec<Text> {
    let hints = read(&app.step().exercise.folder.join("hints.md")).unwrap_or_else(|why| why);
    // Hints are lines that begin with `1. `, `2. `, …
    let hints = hints.lines().filter_map(|line| {
        let (before, hint) = line.split_once(". ")?;
        before.parse::<usize>().ok().map(|_| hint)
    });
    let hints: Vec<&str> = hints.collect();
    let mut texts = Vec::new();
    for (at, hint) in hints.iter().enumerate().take(number) {
        texts
            .extend([(format!("Hint {} of {}: {}", at + 1, hints.len(), plain(hint)), Look::Plain), empty()]);
    }
    texts.push(match number < hints.len() {
        true => ("h: the next one, which tells more. Esc: back".to_owned(), Look::Dim),
        false => (
            format!(
                "That was the last one. The solution: make solution-{}. Esc: back",
                app.step().exercise.number
            ),
            Look::Dim,
        ),
    });
    texts
}

fn list(app: &App) -> Vec<Text> {
    let mut texts =
        vec![("n, p: the next one, the one before. Enter: take it.".to_owned(), Look::Dim), empty()];
    for (at, step) in app.steps.iter().enumerate() {
        let mark = if at == app.at { '>' } else { ' ' };
        let (word, style) = standing(&step.standing);
        texts.push((format!("{mark} {:<3}  {word:<11}  {}", step.exercise.number, step.title), style));
    }
    texts
}

fn standing(standing: &Standing) -> (&'static str, Look) {
    match standing {
        Standing::NotStarted => ("not started", Look::Plain),
        Standing::Begun => ("begun", Look::Yellow),
        Standing::NotYet(_) => ("not yet", Look::Yellow),
        Standing::Broken(_) => ("broken", Look::Red),
        Standing::Done => ("done", Look::Green),
    }
}

fn page(app: &App) -> Vec<Text> {
    let page = app.step().exercise.page();
    let text = read(&page).unwrap_or_else(|why| why);
    vec![(Exercise::shown(&page), Look::Dim), empty(), (plain(&text), Look::Plain)]
}

fn lesson(app: &App, lines: &[String]) -> Vec<Text> {
    let head = match &app.doing {
        Some(doing) => busy(doing),
        None => "Esc: back".to_owned(),
    };
    let mut texts = vec![(head, Look::Dim), empty()];
    texts.extend(lines.iter().map(|line| (line.clone(), Look::Plain)));
    texts
}

fn reset(app: &App) -> Vec<Text> {
    let question = format!(
        "Shall exercise {} be as it was at first? Your answer is kept beside it. y: yes. Esc: no",
        app.step().exercise.number
    );
    vec![(question, Look::Bold)]
}

/// A line across, which says something near its end.
fn rule(width: usize, said: &str) -> Text {
    let said = if said.is_empty() { String::new() } else { format!(" {said} ──") };
    let dashes = "─".repeat(width.saturating_sub(said.chars().count()));
    ((dashes + &said).chars().take(width).collect(), Look::Dim)
}

fn empty() -> Text {
    Text::default()
}

#[cfg(test)]
mod tests {
    use super::picture;
    use crate::app::{App, Pane};
    use crate::judge::Standing;
    use crate::text::plain;
    use exercises::folder::exercises;

    fn screen(app: &mut App, width: usize, height: usize) -> Vec<String> {
        let lines: Vec<String> = picture(app, width, height).into_iter().map(|(line, _)| line).collect();
        assert!(lines.len() <= height, "{height}: {lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:?}");
        lines
    }

    /// On a terminal of 60 columns all keys, the file and the first lines of a complaint are seen, and more is to be had.
    #[test]
    fn it_fits_a_small_terminal() {
        let mut app = App::new(exercises().expect("exercises")).expect("some");
        let complaint = plain(&format!("expected the Lord\n\n{}\u{1b}[2J", "  0.1 s | line\n".repeat(50)));
        app.steps[0].standing = Standing::NotYet(complaint);
        let rows = screen(&mut app, 60, 24);
        let all = rows.join("\n");
        for wanted in [
            "Exercise 01: ",
            "exercise-01/main.rs",
            "not yet.",
            "expected the Lord",
            "more below",
            "h hint",
            "q quit",
        ] {
            assert!(all.contains(wanted), "{wanted}:\n{all}");
        }
        app.scroll = usize::MAX;
        let all = screen(&mut app, 60, 24).join("\n");
        assert!(all.contains("The task") && !all.contains("more below"), "{all}");
    }

    /// In no room at all, and in any pane, it does not panic.
    #[test]
    fn it_fits_any_terminal() {
        let mut app = App::new(exercises().expect("exercises")).expect("some");
        for pane in [
            Pane::Exercise,
            Pane::Hint(9),
            Pane::List,
            Pane::Page,
            Pane::Lesson(vec!["x".repeat(99)]),
            Pane::Reset,
        ] {
            app.pane = pane;
            for (width, height) in [(1, 1), (2, 9), (9, 2), (40, 6), (300, 90)] {
                screen(&mut app, width, height);
            }
        }
    }
}
