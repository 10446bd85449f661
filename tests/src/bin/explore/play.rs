//! One schedule of a scenario, from the making of the object to the last look at what is left of it.

use std::path::Path;

use crate::actor::{AFTER_ALL, Needs, explored, look_after};
use crate::history::{Call, Event, Model, Op, calls, letter, outcomes};
use crate::models;
use crate::object::{first_items, lowest_free, make};
use crate::scenario::{Object, Scenario};
use crate::scheduler::{Act, Choice, Position, Scheduler};
use crate::stage::{MOST, Stage};

/// Who looks after the others.
const LAST: usize = MOST - 1;

/// After a death, everybody who can go on has gone on after so long, in nanoseconds: nobody sleeps for longer without
/// looking for itself.
const AFTER_A_DEATH: u64 = 300_000_000;

/// Decides who goes on.
pub(crate) trait Guide {
    /// One of the choices, each with its cost; at least one is there.
    fn choose(&mut self, scheduler: &Scheduler, choices: &[(Choice, u32)]) -> Result<Choice, String>;
}

/// What was done, and where it led.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    pub(crate) choice: Choice,
    pub(crate) position: Position,
    /// It would have been done if nobody interfered.
    pub(crate) is_default: bool,
    /// There was nothing else to be done.
    pub(crate) is_forced: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) moves: Vec<Move>,
    pub(crate) events: Vec<Event>,
    pub(crate) fault: Option<String>,
}

/// Plays one schedule.
pub(crate) fn play(
    scenario: &Scenario,
    stage: &'static Stage,
    folder: &Path,
    guide: &mut dyn Guide,
) -> Played {
    let free = lowest_free();
    let mut moves = Vec::new();
    let result = Play { scenario, stage, scheduler: Scheduler::new(stage), moves: &mut moves, quiet: None };
    let result = result.play(folder, guide);
    let result = result.and_then(|()| match lowest_free() - free {
        0 => Ok(()),
        more => Err(format!("{more} descriptors are left open")),
    });
    Played { moves, events: stage.events(), fault: result.err() }
}

struct Play<'a> {
    scenario: &'a Scenario,
    stage: &'static Stage,
    scheduler: Scheduler,
    moves: &'a mut Vec<Move>,
    /// Since when nobody could go on but by the passing of time, after a death or stop.
    quiet: Option<u64>,
}

impl Play<'_> {
    fn play(mut self, folder: &Path, guide: &mut dyn Guide) -> Result<(), String> {
        let (stage, scenario) = (self.stage, self.scenario);
        let shares = make(scenario, stage, folder).map_err(|e| e.to_string())?;
        let mut shares = shares.into_iter();
        for (who, script) in scenario.scripts.iter().enumerate() {
            let share = shares.next().expect("a share");
            self.scheduler.start(who, move || explored(stage, who, &share, script))?;
        }
        self.run(guide)?;
        if self.scheduler.go_on()? {
            self.quiet = None;
            self.run(&mut ByDefault)?;
        }
        let needs = self.needs();
        let share = shares.next_back().expect("a share");
        self.scheduler.start(LAST, || look_after(stage, LAST, &share, scenario.maxsize, needs))?;
        self.quiet = None;
        self.run(&mut ByDefault)?;
        while *self.scheduler.position(LAST) == Position::At(AFTER_ALL.to_owned()) {
            self.scheduler.perform(Choice { who: LAST, act: Act::Go })?;
            self.run(&mut ByDefault)?;
        }
        self.judge()?;
        let asleep = self.asleep().map(|(who, op)| format!("{} waits for ever in {op}", letter(who)));
        match asleep.collect::<Vec<_>>() {
            none if none.is_empty() => Ok(()),
            some => Err(some.join("; ")),
        }
    }

    /// Until nobody can go on, and no passing of time would change that.
    fn run(&mut self, guide: &mut dyn Guide) -> Result<(), String> {
        loop {
            let choices = self.scheduler.choices();
            if let Some((first, _)) = choices.first() {
                let choice = match self.quiet {
                    None => guide.choose(&self.scheduler, &choices)?,
                    Some(_) => *first,
                };
                self.perform(choice, choice == *first, self.quiet.is_some())?;
                continue;
            }
            let next = self.scheduler.next_to_wake();
            let goes_on = if self.scheduler.is_struck() {
                // What has been left undone is found by those who look for themselves, now and then.
                let since = *self.quiet.get_or_insert(self.scheduler.now());
                next.is_some() && self.scheduler.now() < since + AFTER_A_DEATH
            } else {
                // Nobody may need to look for itself.
                self.judge()?;
                self.asleep().any(|(_, op)| op.has_timeout())
            };
            match next {
                Some(who) if goes_on => self.perform(Choice { who, act: Act::Wake }, true, true)?,
                _ if self.scheduler.is_anybody_stopped() => return self.nobody_is_kept_waiting(),
                _ => return self.judge(),
            }
        }
    }

    /// Somebody is stopped, and may hold up others: but not those who do not want to wait.
    fn nobody_is_kept_waiting(&self) -> Result<(), String> {
        match self.asleep().find(|(_, op)| op.has_timeout() || op.is_try()) {
            Some((who, op)) => Err(format!("{} waits in {op}, for longer than it wanted to", letter(who))),
            None => Ok(()),
        }
    }

    fn perform(&mut self, choice: Choice, is_default: bool, is_forced: bool) -> Result<(), String> {
        let answer = self.scheduler.perform(choice);
        let position = self.scheduler.position(choice.who).clone();
        self.moves.push(Move { choice, position, is_default, is_forced });
        answer
    }

    /// Who is asleep, and in which operation.
    fn asleep(&self) -> impl Iterator<Item = (usize, Op)> {
        let calls = calls(&self.stage.events());
        let asleep = self.scheduler.positions().filter(|(_, at)| matches!(at, Position::Asleep(_)));
        let asleep: Vec<usize> = asleep.map(|(who, _)| who).collect();
        let open = calls.into_iter().filter(move |call| call.is_open() && asleep.contains(&call.who));
        open.map(|call| (call.who, call.op))
    }

    /// What those who wait still want to do.
    fn needs(&self) -> Needs {
        let calls = calls(&self.stage.events());
        let mut needs = Needs { items: 0, turns: 1 };
        for (who, _) in self.asleep() {
            let done = calls.iter().filter(|call| call.who == who && call.answer.is_some()).count();
            let left = &self.scenario.scripts[who][done..];
            needs.items += left.iter().filter(|op| **op == Op::Get).count();
            needs.turns = needs.turns.max(left.len());
        }
        needs
    }

    /// Everything so far must have been right, and nobody may sleep who has something to do.
    fn judge(&self) -> Result<(), String> {
        let Scenario { maxsize, object, .. } = *self.scenario;
        let calls = calls(&self.stage.events());
        let asleep: Vec<_> = self.asleep().collect();
        match object {
            Object::Queue | Object::Joinable => {
                judge(models::Queue::new(maxsize, first_items(self.scenario)), &calls, &asleep)
            }
            Object::Lock | Object::FileLock | Object::Naive => {
                judge(models::Lock::new(object == Object::Lock), &calls, &asleep)
            }
            Object::Pipe => judge(models::Pipe::new(), &calls, &asleep),
        }
    }
}

fn judge<M: Model>(model: M, calls: &[Call], asleep: &[(usize, Op)]) -> Result<(), String> {
    let outcomes = outcomes(model, calls);
    if outcomes.is_empty() {
        return Err("there is no order of these operations in which the answers are right".to_owned());
    }
    let is_ready = |who, op| outcomes.iter().all(|outcome| outcome.is_ready(who, op));
    match asleep.iter().find(|&&(who, op)| is_ready(who, op)) {
        Some((who, op)) => Err(format!("{} sleeps in {op}, and has something to do", letter(*who))),
        None => Ok(()),
    }
}

/// Whoever goes on, goes on.
struct ByDefault;

impl Guide for ByDefault {
    fn choose(&mut self, _: &Scheduler, choices: &[(Choice, u32)]) -> Result<Choice, String> {
        Ok(choices[0].0)
    }
}
