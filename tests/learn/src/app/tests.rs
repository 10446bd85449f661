//! The machine, without anything around it. The exercises are the real ones, whatever is in their files.

use std::path::PathBuf;

use exercises::folder::exercises;

use super::{App, Effect, Event, Pane, Work};
use crate::judge::{Said, Standing};
use crate::keys::Key;

/// All exercises, of which so many are begun and the others as they were given.
fn app(begun: usize) -> App {
    let mut app = App::new(exercises().expect("the exercises")).expect("some");
    for (at, step) in app.steps.iter_mut().enumerate() {
        step.standing = if at < begun { Standing::Begun } else { Standing::NotStarted };
    }
    app
}

fn press(app: &mut App, key: Key) -> Vec<Effect> {
    app.on(Event::Key(key))
}

/// The number of the job that these effects begin, and what it judges.
fn judged(effects: &[Effect]) -> (u64, Vec<String>) {
    match effects {
        [Effect::Work(job, Work::Judge(numbers))] => (*job, numbers.clone()),
        other => panic!("nothing is judged: {other:?}"),
    }
}

/// What a job says and how it ends.
fn found(app: &mut App, job: u64, standings: &[(&str, Standing)]) {
    for (number, standing) in standings {
        let said = Said::Found((*number).to_owned(), standing.clone());
        app.on(Event::Said(job, serde_json::to_string(&said).expect("JSON")));
    }
    app.on(Event::Ended(job, Ok(())));
}

fn folder(app: &App, at: usize) -> PathBuf {
    app.steps[at].exercise.folder.clone()
}

fn not_yet() -> Standing {
    Standing::NotYet("expected\n\n  0.1 s | \u{1b}[2J".to_owned())
}

/// What was begun is judged at the start, all at once; then the first exercise that is not done is shown.
#[test]
fn it_begins_where_the_learner_is() {
    let mut app = app(3);
    let (job, numbers) = judged(&app.starts());
    assert_eq!(numbers, ["01", "02", "03"]);
    found(&mut app, job, &[("02", not_yet()), ("01", Standing::Done), ("03", Standing::Done)]);
    assert_eq!((app.at, app.done()), (1, 2));
    assert!(app.doing.is_none());
}

#[test]
fn nothing_is_judged_where_nothing_was_begun() {
    let mut app = app(0);
    assert_eq!(app.starts(), []);
    assert_eq!(app.at, 0);
}

/// Who has turned to another exercise meanwhile stays there.
#[test]
fn the_start_takes_nobody_away() {
    let mut app = app(1);
    let (job, _) = judged(&app.starts());
    press(&mut app, Key::List);
    press(&mut app, Key::Next);
    press(&mut app, Key::Next);
    found(&mut app, job, &[("01", not_yet())]);
    assert_eq!(app.at, 2);
}

/// A save during a judgement begins another one, and what the old one has to say counts no more.
#[test]
fn the_last_save_counts() {
    let mut app = app(1);
    let (old, _) = judged(&app.starts());
    app.steps[0].standing = Standing::Begun;
    let (new, numbers) = judged(&press(&mut app, Key::Enter));
    assert_eq!((new, numbers), (old + 1, vec!["01".to_owned()]));
    found(&mut app, old, &[("01", Standing::Done)]);
    assert_eq!(app.step().standing, Standing::Begun);
    assert!(app.doing.is_some());
    found(&mut app, new, &[("01", not_yet())]);
    assert_eq!(app.step().standing, Standing::NotYet("expected\n\n  0.1 s | \\u{1b}[2J".to_owned()));
}

/// Done: Enter goes on to the next one that is not. Not done: Enter judges.
#[test]
fn enter_goes_on() {
    let mut app = app(0);
    app.starts();
    app.steps[0].standing = Standing::Done;
    app.steps[1].standing = Standing::Done;
    assert_eq!(press(&mut app, Key::Enter), [Effect::Stop(1)]);
    assert_eq!(app.at, 2);
    assert_eq!(judged(&press(&mut app, Key::Enter)).1, ["03"]);
    app.steps.iter_mut().for_each(|step| step.standing = Standing::Done);
    assert_eq!(app.next(), None);
    assert_eq!(press(&mut app, Key::Enter), []);
}

/// To turn to another exercise ends a judgement, and begins one where something was begun that nobody has judged.
#[test]
fn turning_to_another_exercise() {
    let mut app = app(0);
    app.steps[1].standing = Standing::Begun;
    judged(&press(&mut app, Key::Enter));
    assert_eq!(judged(&press(&mut app, Key::Next)).1, ["02"]);
    assert!(matches!(press(&mut app, Key::Previous)[..], [Effect::Stop(_)]));
    assert_eq!(press(&mut app, Key::Previous), [], "there is none before the first");
}

/// A save of the file that is shown is judged, if anything was changed; one of another file is remembered.
#[test]
fn saves() {
    let mut app = app(0);
    let other = folder(&app, 4);
    assert_eq!(app.on(Event::Saved(other)), []);
    assert_eq!(app.on(Event::Saved("/somewhere/else".into())), []);
    let (shown, untouched) = (folder(&app, 0), app.step().exercise.untouched());
    let effects = app.on(Event::Saved(shown));
    assert_eq!(effects.is_empty(), untouched == Ok(true));
}

/// The lesson is shown as it runs; Esc ends it, and a save does.
#[test]
fn a_lesson_runs_on_the_screen() {
    let mut app = app(0);
    app.at = 11;
    assert_eq!(press(&mut app, Key::Lesson), [Effect::Work(1, Work::Lesson("11".to_owned()))]);
    app.on(Event::Said(1, "a\u{7} line".to_owned()));
    assert_eq!(app.pane, Pane::Lesson(vec!["a\\u{7} line".to_owned()]));
    assert_eq!(press(&mut app, Key::Back), [Effect::Stop(2)]);
    assert_eq!(app.pane, Pane::Exercise);
    assert_eq!(press(&mut app, Key::Back), []);
}

/// What was given is given back only to who says so.
#[test]
fn a_reset_asks_first() {
    let mut app = app(0);
    assert_eq!(press(&mut app, Key::Yes), []);
    assert_eq!(press(&mut app, Key::Reset), []);
    assert_eq!(press(&mut app, Key::Back), []);
    assert_eq!(press(&mut app, Key::Yes), []);
    press(&mut app, Key::Reset);
    assert_eq!(press(&mut app, Key::Yes), [Effect::Stop(1), Effect::Reset("01".to_owned())]);
}

/// On Ctrl-Z what is being done ends; it begins anew when the shell goes on with us.
#[test]
fn a_suspended_judgement_begins_anew() {
    let mut app = app(0);
    assert_eq!(press(&mut app, Key::Suspend), [Effect::Stop(1), Effect::Suspend]);
    let (_, numbers) = judged(&press(&mut app, Key::Enter));
    let effects = press(&mut app, Key::Suspend);
    assert_eq!(effects[..2], [Effect::Stop(3), Effect::Suspend]);
    assert_eq!(judged(&effects[2..]).1, numbers);
}

/// An error is told, and ends nothing.
#[test]
fn errors_are_told() {
    let mut app = app(0);
    let (job, _) = judged(&press(&mut app, Key::Enter));
    app.on(Event::Ended(job, Err("no folder can be made in /nowhere".to_owned())));
    assert_eq!(app.notice.as_deref(), Some("no folder can be made in /nowhere"));
    assert!(app.doing.is_none());
}
