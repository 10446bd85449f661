//! What is on, and what becomes of it: a machine without screen, keyboard, files and processes.

use std::path::PathBuf;
use std::time::Instant;

use exercises::folder::Exercise;

use super::judge::{Said, Standing};
use super::keys::Key;
use super::text::plain;

/// Something that has happened.
#[derive(Debug)]
pub(crate) enum Event {
    Key(Key),
    /// The terminal has another size now, or somebody else has written on it.
    Resized,
    Continued,
    /// The file in this folder was saved.
    Saved(PathBuf),
    /// A line of what a job says.
    Said(u64, String),
    /// A job has ended, by itself: well, or with this error.
    Ended(u64, Result<(), String>),
    /// It cannot go on.
    Failed(String),
}

/// Something to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The job with this number, and none before it any more.
    Work(u64, Work),
    /// No job but one with this number.
    Stop(u64),
    Reset(String),
    Suspend,
    Redraw,
    Quit,
}

/// What takes a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// To judge the exercises with these numbers.
    Judge(Vec<String>),
    /// To run the lesson with this number.
    Lesson(String),
}

/// A job that is being done.
#[derive(Debug)]
pub(crate) struct Doing {
    pub(crate) work: Work,
    /// What of it.
    pub(crate) what: String,
    pub(crate) since: Instant,
}

/// An exercise, and how far it is.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) exercise: Exercise,
    pub(crate) title: String,
    pub(crate) task: String,
    pub(crate) standing: Standing,
}

impl Step {
    pub(crate) fn new(exercise: Exercise) -> Result<Step, String> {
        let standing = if exercise.untouched()? { Standing::NotStarted } else { Standing::Begun };
        let (title, task) = (exercise.title(), exercise.task()?.join(" "));
        Ok(Step { exercise, title, task, standing })
    }

    fn number(&self) -> String {
        self.exercise.number.clone()
    }
}

/// What is shown below the head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pane {
    /// The verdict, and the task.
    Exercise,
    Hint(usize),
    List,
    Page,
    /// What the lesson has printed so far.
    Lesson(Vec<String>),
    /// The question whether the exercise shall be as it was.
    Reset,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) steps: Vec<Step>,
    /// The exercise that is shown.
    pub(crate) at: usize,
    pub(crate) pane: Pane,
    /// The first line that is shown of the pane; the screen sees to it that there is one.
    pub(crate) scroll: usize,
    /// How many lines are shown of it: the screen tells.
    pub(crate) page: usize,
    pub(crate) doing: Option<Doing>,
    /// What went wrong, or what else there is to be told.
    pub(crate) notice: Option<String>,
    /// The number of the last job.
    job: u64,
    /// Whether the first exercise that is not done is still looked for.
    looking: bool,
}

impl App {
    pub(crate) fn new(exercises: Vec<Exercise>) -> Result<App, String> {
        let steps = exercises.into_iter().map(Step::new).collect::<Result<Vec<_>, _>>()?;
        if steps.is_empty() {
            return Err("there are no exercises".to_owned());
        }
        let (pane, doing, notice) = (Pane::Exercise, None, None);
        Ok(App { steps, at: 0, pane, scroll: 0, page: 1, doing, notice, job: 0, looking: true })
    }

    /// Looks for the first exercise that is not done: those that were begun are judged, all at once.
    pub(crate) fn starts(&mut self) -> Vec<Effect> {
        let begun = self.steps.iter().filter(|step| step.standing == Standing::Begun);
        let begun: Vec<String> = begun.map(Step::number).collect();
        if begun.is_empty() { Vec::new() } else { self.work(Work::Judge(begun)) }
    }

    /// Saves are not seen, for this reason.
    pub(crate) fn sees_no_saves(&mut self, why: String) {
        self.notice = Some(format!("Saves cannot be seen ({why}): press Enter when you have saved."));
    }

    /// The exercise that is shown.
    pub(crate) fn step(&self) -> &Step {
        &self.steps[self.at]
    }

    /// The next exercise that is not done, if there is one.
    pub(crate) fn next(&self) -> Option<usize> {
        let count = self.steps.len();
        let after = (1..=count).map(|further| (self.at + further) % count);
        after.into_iter().find(|&at| self.steps[at].standing != Standing::Done)
    }

    /// How many are done.
    pub(crate) fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.standing == Standing::Done).count()
    }

    /// Something has happened: what is to be done now?
    pub(crate) fn on(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) => self.on_key(key),
            Event::Saved(folder) => self.on_saved(&folder),
            Event::Said(job, line) if job == self.job => self.on_said(&line),
            Event::Ended(job, how) if job == self.job => self.on_ended(how),
            // What an earlier job has to say is of no interest any more.
            Event::Said(..) | Event::Ended(..) | Event::Resized | Event::Failed(_) => Vec::new(),
            Event::Continued => vec![Effect::Redraw],
        }
    }

    fn on_key(&mut self, key: Key) -> Vec<Effect> {
        match key {
            Key::Enter if self.pane != Pane::Exercise => self.shows(Pane::Exercise),
            Key::Enter if self.step().standing == Standing::Done => {
                return self.next().map(|next| self.goes_to(next)).unwrap_or_default();
            }
            Key::Enter => return self.judges(),
            Key::Hint => self.shows(match self.pane {
                Pane::Hint(number) => Pane::Hint(number + 1),
                _ => Pane::Hint(1),
            }),
            Key::Next => return self.goes_to((self.at + 1).min(self.steps.len() - 1)),
            Key::Previous => return self.goes_to(self.at.saturating_sub(1)),
            Key::List => self.shows(Pane::List),
            Key::Lesson => {
                self.shows(Pane::Lesson(Vec::new()));
                return self.work(Work::Lesson(self.step().exercise.lesson().to_owned()));
            }
            Key::Page => self.shows(Pane::Page),
            Key::Reset => self.shows(Pane::Reset),
            Key::Yes if self.pane == Pane::Reset => return self.resets(),
            Key::Yes => {}
            Key::Back => {
                self.shows(Pane::Exercise);
                return self.stops_lesson();
            }
            Key::Scroll(lines) => self.scroll = self.scroll.saturating_add_signed(lines),
            Key::Turn(screens) => {
                let lines = screens * self.page.saturating_sub(1).max(1) as isize;
                self.scroll = self.scroll.saturating_add_signed(lines);
            }
            Key::Redraw => return vec![Effect::Redraw],
            Key::Suspend => return self.suspends(),
            Key::Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    fn shows(&mut self, pane: Pane) {
        (self.pane, self.scroll, self.notice) = (pane, 0, None);
    }

    /// Turns to another exercise. The list stays open, to choose from it.
    fn goes_to(&mut self, at: usize) -> Vec<Effect> {
        self.looking = false;
        if self.pane == Pane::List {
            self.at = at;
            return Vec::new();
        }
        self.shows(Pane::Exercise);
        let moved = self.at != at;
        self.at = at;
        match self.step().standing {
            Standing::Begun => self.judges(),
            _ if moved => self.stops(),
            _ => Vec::new(),
        }
    }

    fn judges(&mut self) -> Vec<Effect> {
        self.looking = false;
        self.shows(Pane::Exercise);
        self.work(Work::Judge(vec![self.step().number()]))
    }

    fn work(&mut self, work: Work) -> Vec<Effect> {
        self.job += 1;
        self.doing = Some(Doing { work: work.clone(), what: String::new(), since: Instant::now() });
        vec![Effect::Work(self.job, work)]
    }

    fn stops(&mut self) -> Vec<Effect> {
        self.job += 1;
        self.doing = None;
        vec![Effect::Stop(self.job)]
    }

    fn stops_lesson(&mut self) -> Vec<Effect> {
        match self.doing {
            Some(Doing { work: Work::Lesson(_), .. }) => self.stops(),
            _ => Vec::new(),
        }
    }

    fn resets(&mut self) -> Vec<Effect> {
        let mut effects = self.stops();
        effects.push(Effect::Reset(self.step().number()));
        effects
    }

    /// The exercise that is shown was reset: what was said of it.
    pub(crate) fn was_reset(&mut self, said: String) {
        self.shows(Pane::Exercise);
        self.notice = Some(plain(&said));
        let untouched = self.step().exercise.untouched().unwrap_or(false);
        self.steps[self.at].standing = if untouched { Standing::NotStarted } else { Standing::Begun };
    }

    /// What is being done would go on unseen, and its time would run out. So it is begun anew afterwards.
    fn suspends(&mut self) -> Vec<Effect> {
        let work = self.doing.take().map(|doing| doing.work);
        let mut effects = self.stops();
        effects.push(Effect::Suspend);
        if let Some(work) = work {
            if let Pane::Lesson(lines) = &mut self.pane {
                lines.clear();
            }
            effects.extend(self.work(work));
        }
        effects
    }

    fn on_saved(&mut self, folder: &PathBuf) -> Vec<Effect> {
        let Some(at) = self.steps.iter().position(|step| step.exercise.folder == *folder) else {
            return Vec::new();
        };
        let untouched = self.steps[at].exercise.untouched().unwrap_or(false);
        self.steps[at].standing = if untouched { Standing::NotStarted } else { Standing::Begun };
        // Of what was given, and of what is not on the screen, nobody wants to know.
        match at == self.at && !untouched {
            true => self.judges(),
            false => Vec::new(),
        }
    }

    fn on_said(&mut self, line: &str) -> Vec<Effect> {
        if let Pane::Lesson(lines) = &mut self.pane {
            lines.push(plain(line));
            self.scroll = usize::MAX;
        }
        match (serde_json::from_str(line), &mut self.doing) {
            (Ok(Said::Doing(what)), Some(doing)) => doing.what = plain(&what),
            (Ok(Said::Found(number, standing)), Some(Doing { work: Work::Judge(_), .. })) => {
                let standing = match standing {
                    Standing::NotYet(complaint) => Standing::NotYet(plain(&complaint)),
                    Standing::Broken(why) => Standing::Broken(plain(&why)),
                    other => other,
                };
                let steps = self.steps.iter_mut().filter(|step| step.exercise.number == number);
                steps.for_each(|step| step.standing = standing.clone());
            }
            _ => {}
        }
        Vec::new()
    }

    fn on_ended(&mut self, how: Result<(), String>) -> Vec<Effect> {
        self.doing = None;
        match (&mut self.pane, how) {
            (Pane::Lesson(lines), Ok(())) => lines.extend([String::new(), "(the end)".to_owned()]),
            (Pane::Lesson(lines), Err(why)) => lines.extend([String::new(), plain(&why)]),
            (_, Err(why)) => self.notice = Some(plain(&why)),
            _ => {}
        }
        if self.looking {
            self.looking = false;
            let first = self.steps.iter().position(|step| step.standing != Standing::Done);
            self.at = first.unwrap_or(0);
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
