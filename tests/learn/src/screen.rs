//! What is on, drawn.

use std::env;

use exercises::folder::{Exercise, read};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::app::{App, Doing, Pane, Work};
use super::judge::Standing;
use super::keys::KEYS;
use super::text::{folded, plain};

/// Draws all of it, in whatever room there is.
pub(crate) fn draw(app: &mut App, frame: &mut Frame) {
    let width = frame.area().width.into();
    let foot = foot(width);
    let rows = [Constraint::Length(3), Constraint::Min(1), Constraint::Length(1 + foot.len() as u16)];
    let [at_head, at_body, at_foot] = Layout::vertical(rows).areas(frame.area());
    frame.render_widget(Paragraph::new(head(app, width)), at_head);
    let more = draw_body(app, frame, at_body);
    let above = rule(width, if more { "more below: space, arrows" } else { "" });
    frame.render_widget(Paragraph::new([vec![above], foot].concat()), at_foot);
}

fn head(app: &App, width: usize) -> Vec<Line<'static>> {
    let step = app.step();
    let title = format!("Exercise {}: {}", step.exercise.number, step.title);
    let file = Exercise::shown(&step.exercise.main());
    let count = format!("{} of {} done", app.done(), app.steps.len());
    vec![Line::styled(plain(&title), bold()), Line::raw(plain(&file)), rule(width, &count)]
}

/// The keys. None of them is torn at the end of a line.
fn foot(width: usize) -> Vec<Line<'static>> {
    let keys = KEYS.map(|key| key.replace(' ', "\u{a0}")).join("   ");
    folded(&keys, width).into_iter().map(|keys| Line::styled(keys, dim())).collect()
}

/// Draws what is below the head, and answers whether there is more of it than is seen.
fn draw_body(app: &mut App, frame: &mut Frame, area: Rect) -> bool {
    let (width, height): (usize, usize) = (area.width.into(), area.height.into());
    let mut lines: Vec<Line> = Vec::new();
    for (text, style) in paragraphs(app) {
        if text.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(folded(&text, width).into_iter().map(|line| Line::styled(line, style)));
    }
    let last = lines.len().saturating_sub(height);
    app.scroll = app.scroll.min(last);
    app.page = height;
    let more = app.scroll < last;
    let shown: Vec<Line> = lines.into_iter().skip(app.scroll).take(height).collect();
    frame.render_widget(Paragraph::new(shown), area);
    more
}

type Text = (String, Style);

fn paragraphs(app: &App) -> Vec<Text> {
    let mut texts = Vec::new();
    if let Some(notice) = &app.notice {
        texts.extend([(notice.clone(), colour(Color::Yellow)), empty()]);
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
        (Some(doing), _) => vec![(busy(doing), colour(Color::Yellow))],
        (None, Standing::NotStarted) => {
            vec![("Change the file and save it: it is judged at once.".to_owned(), Style::new())]
        }
        (None, Standing::Begun) => {
            vec![("Begun. Save it, or press Enter, and it is judged.".to_owned(), Style::new())]
        }
        (None, Standing::NotYet(complaint)) => {
            vec![word("not yet."), empty(), (complaint.clone(), Style::new())]
        }
        (None, Standing::Broken(why)) => vec![word("broken."), empty(), (why.clone(), Style::new())],
        (None, Standing::Done) => vec![word("done. Well done!"), empty(), (what_next(app), Style::new())],
    };
    texts.extend([empty(), ("The task".to_owned(), bold()), (step.task.clone(), Style::new())]);
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
        texts.extend([
            (format!("Hint {} of {}: {}", at + 1, hints.len(), plain(hint)), Style::new()),
            empty(),
        ]);
    }
    texts.push(match number < hints.len() {
        true => ("h: the next one, which tells more. Esc: back".to_owned(), dim()),
        false => (
            format!(
                "That was the last one. The solution: make solution-{}. Esc: back",
                app.step().exercise.number
            ),
            dim(),
        ),
    });
    texts
}

fn list(app: &App) -> Vec<Text> {
    let mut texts = vec![("n, p: the next one, the one before. Enter: take it.".to_owned(), dim()), empty()];
    for (at, step) in app.steps.iter().enumerate() {
        let mark = if at == app.at { '>' } else { ' ' };
        let (word, style) = standing(&step.standing);
        texts.push((format!("{mark} {:<3}  {word:<11}  {}", step.exercise.number, step.title), style));
    }
    texts
}

fn standing(standing: &Standing) -> (&'static str, Style) {
    match standing {
        Standing::NotStarted => ("not started", Style::new()),
        Standing::Begun => ("begun", colour(Color::Yellow)),
        Standing::NotYet(_) => ("not yet", colour(Color::Yellow)),
        Standing::Broken(_) => ("broken", colour(Color::Red)),
        Standing::Done => ("done", colour(Color::Green)),
    }
}

fn page(app: &App) -> Vec<Text> {
    let page = app.step().exercise.page();
    let text = read(&page).unwrap_or_else(|why| why);
    vec![(Exercise::shown(&page), dim()), empty(), (plain(&text), Style::new())]
}

fn lesson(app: &App, lines: &[String]) -> Vec<Text> {
    let head = match &app.doing {
        Some(doing) => busy(doing),
        None => "Esc: back".to_owned(),
    };
    let mut texts = vec![(head, dim()), empty()];
    texts.extend(lines.iter().map(|line| (line.clone(), Style::new())));
    texts
}

fn reset(app: &App) -> Vec<Text> {
    let question = format!(
        "Shall exercise {} be as it was at first? Your answer is kept beside it. y: yes. Esc: no",
        app.step().exercise.number
    );
    vec![(question, bold())]
}

fn word(word: &str) -> Text {
    let colours = [("done", Color::Green), ("not yet", Color::Yellow), ("broken", Color::Red)];
    let found = colours.into_iter().find(|(begin, _)| word.starts_with(begin));
    let style = found.map_or(Style::new(), |(_, found)| colour(found));
    (word.to_owned(), style.add_modifier(Modifier::BOLD))
}

/// A line across, which says something near its end.
fn rule(width: usize, said: &str) -> Line<'static> {
    let said = if said.is_empty() { String::new() } else { format!(" {said} ──") };
    let dashes = "─".repeat(width.saturating_sub(said.chars().count()));
    Line::styled(dashes + &said, dim())
}

fn empty() -> Text {
    Default::default()
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

/// A colour, for those who want some: <https://no-color.org>.
fn colour(colour: Color) -> Style {
    match env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty()) {
        true => Style::new(),
        false => Style::new().fg(colour),
    }
}

#[cfg(test)]
mod tests {
    use exercises::folder::exercises;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::draw;
    use crate::app::{App, Pane};
    use crate::judge::Standing;
    use crate::text::plain;

    fn screen(app: &mut App, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        terminal.draw(|frame| draw(app, frame)).expect("a picture");
        let cells = terminal.backend().buffer().content.chunks(width.into());
        cells.map(|row| row.iter().map(|cell| cell.symbol()).collect()).collect()
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
            "h\u{a0}hint",
            "q\u{a0}quit",
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
