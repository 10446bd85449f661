//! What a trace tells: who lived when, in which state, with what in hand, and what went from one to another.

use std::collections::HashMap;

use crate::trace::Event;

/// Everything that is drawn. Times are seconds since the first process began.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) arrows: Vec<Arrow>,
    /// When the last process ended.
    pub(crate) end: f64,
}

/// One process.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) pid: u32,
    pub(crate) name: String,
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// How it ended, unless by itself and well.
    pub(crate) cause: Option<String>,
    /// What it waited for or slept; the rest of the time it ran, or could have.
    pub(crate) rests: Vec<Span>,
    /// Locks that it held and tasks that it had.
    pub(crate) holds: Vec<Span>,
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Sleep,
    ForLock,
    ForRoom,
    ForItem,
    ForEnd,
    Lock,
    Task,
}

impl Kind {
    pub(crate) const ALL: [Kind; 7] =
        [Kind::Sleep, Kind::ForLock, Kind::ForRoom, Kind::ForItem, Kind::ForEnd, Kind::Lock, Kind::Task];

    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Kind::Sleep => "sleeps",
            Kind::ForLock => "waits for the lock",
            Kind::ForRoom => "waits to put",
            Kind::ForItem => "waits to get",
            Kind::ForEnd => "waits for an end",
            Kind::Lock => "holds the lock",
            Kind::Task => "has a task",
        }
    }
}

/// A line that was printed.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) at: f64,
    pub(crate) text: String,
    /// It should not have come to this.
    pub(crate) wrong: bool,
}

/// From a lane and a moment to a lane and a moment.
#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) from: (usize, f64),
    pub(crate) to: (usize, f64),
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Start,
    Item(String),
    Lock,
    Signal(String),
}

/// What is known of a process while its events are read.
#[derive(Default)]
struct Now {
    rest: Option<(f64, Kind)>,
    /// The queue and the item of the put that it is in.
    putting: (String, String),
    locks: HashMap<String, f64>,
    tasks: Vec<f64>,
    /// The item that it gets is a task.
    joinable: bool,
    /// It has said so itself.
    begun: bool,
    ended: bool,
    signalled: Option<f64>,
}

/// A queue and an item, and by which lane and when it was put or got.
type Hand = (String, String, usize, f64);

struct Reader {
    story: Story,
    index: HashMap<u32, usize>,
    now: Vec<Now>,
    forks: HashMap<u32, f64>,
    starts: HashMap<u32, (usize, f64)>,
    puts: Vec<Hand>,
    gets: Vec<Hand>,
    /// Of each lock: who let go of it, or was the last to take it.
    released: HashMap<String, (usize, Option<f64>)>,
}

/// Reads the events, which are in the order of time.
pub(crate) fn tell(events: &[Event]) -> Story {
    let first = events.first().map_or(0.0, |event| event.at);
    let mut reader = Reader {
        story: Story { lanes: Vec::new(), arrows: Vec::new(), end: 0.0 },
        index: HashMap::new(),
        now: Vec::new(),
        forks: HashMap::new(),
        starts: HashMap::new(),
        puts: Vec::new(),
        gets: Vec::new(),
        released: HashMap::new(),
    };
    for event in events {
        reader.read(event, event.at - first);
    }
    reader.finish(events.last().map_or(0.0, |event| event.at - first))
}

impl Reader {
    fn read(&mut self, event: &Event, at: f64) {
        if event.phase == "B" && event.name == "process" {
            let name = event.arg("name");
            match self.index.get(&event.pid) {
                // Its parent was quicker to say so.
                Some(&lane) if !self.now[lane].begun => self.story.lanes[lane].from = at,
                _ => self.appears(event.pid, name, at),
            }
            let lane = self.index[&event.pid];
            self.now[lane].begun = true;
            return;
        }
        let Some(&lane) = self.index.get(&event.pid) else { return };
        let (operation, step) = event.name.split_once(": ").unwrap_or((&event.name, ""));
        // What happens inside of a wait does not end it.
        let inside = |own: &str| {
            let shared = ["lock", "unlock", "place", "refill", "signal", "give back", "settle"];
            operation == own || event.name == "sleep" || (shared.contains(&operation) && !step.is_empty())
        };
        let is_inside = match self.now[lane].rest {
            Some((_, Kind::ForItem)) => inside("get") || operation == "receive",
            Some((_, Kind::ForRoom)) => inside("put"),
            Some((_, Kind::ForEnd)) => inside("join") || operation == "wait",
            Some((_, Kind::ForLock)) => inside("acquire"),
            _ => false,
        };
        if !is_inside {
            self.rest_ends(lane, at);
        }
        let of = event.arg("of");
        match (&*event.name, &*event.phase) {
            ("sleep", "B") => self.rest(lane, at, Kind::Sleep),
            ("print", _) => {
                for text in event.arg("text").lines().filter(|text| !text.trim().is_empty()) {
                    let line = Line { at, text: text.to_owned(), wrong: event.arg("stream") == "stderr" };
                    self.story.lanes[lane].lines.push(line);
                }
            }
            ("start: before", _) => _ = self.forks.insert(event.pid, at),
            ("start: done", _) => {
                let before = self.forks.get(&event.pid).copied().unwrap_or(at);
                if let Ok(child) = of.parse() {
                    self.starts.insert(child, (lane, before));
                    // It may be killed before it says a word.
                    if !self.index.contains_key(&child) {
                        self.appears(child, event.arg("name"), at);
                    }
                }
            }
            ("signal", _) => {
                if let Some(&to) = of.parse().ok().and_then(|pid: u32| self.index.get(&pid)) {
                    self.now[to].signalled = Some(at);
                    let what = What::Signal(event.arg("signal").to_owned());
                    self.story.arrows.push(Arrow { from: (lane, at), to: (to, at), what });
                }
            }
            ("wait: before" | "join: before", _) => self.rest(lane, at, Kind::ForEnd),
            ("wait: ended", _) => {
                self.rest_ends(lane, at);
                if let Some(&child) = of.parse().ok().and_then(|pid: u32| self.index.get(&pid)) {
                    self.ended(child, at, event.arg("with"));
                }
            }
            ("join: all is done", _) => self.rest_ends(lane, at),
            ("end", _) => {
                self.story.lanes[lane].to = at;
                self.now[lane].ended = true;
            }
            ("acquire: entered", _) => self.rest(lane, at, Kind::ForLock),
            ("acquire: waited", _) => {
                self.rest_ends(lane, at);
                if event.arg("taken") != "true" {
                    return;
                }
                let last = self.released.insert(of.to_owned(), (lane, None));
                self.now[lane].locks.insert(of.to_owned(), at);
                if let Some((from, when)) = last.filter(|(from, _)| *from != lane) {
                    // A holder that never let go has died meanwhile; when, is known at the end.
                    let from = (from, when.unwrap_or(f64::NAN));
                    self.story.arrows.push(Arrow { from, to: (lane, at), what: What::Lock });
                }
            }
            ("release: unlocked", _) => {
                self.released.insert(of.to_owned(), (lane, Some(at)));
                if let Some(from) = self.now[lane].locks.remove(of) {
                    self.story.lanes[lane].holds.push(Span { from, to: at, kind: Kind::Lock });
                }
            }
            ("put: encoded" | "put: large part written", _) => {
                self.now[lane].putting = (of.to_owned(), event.arg("item").to_owned());
            }
            ("put: no room", _) => self.rest(lane, at, Kind::ForRoom),
            ("put: written" | "put: written at once", _) => {
                self.rest_ends(lane, at);
                let (queue, item) = self.now[lane].putting.clone();
                self.puts.push((queue, item, lane, at));
            }
            ("get: before" | "receive: before", _) => self.rest(lane, at, Kind::ForItem),
            ("get: in hand", _) => self.now[lane].joinable = true,
            ("get: item" | "get: before the large part", _) => {
                self.rest_ends(lane, at);
                self.gets.push((of.to_owned(), event.arg("item").to_owned(), lane, at));
                if std::mem::take(&mut self.now[lane].joinable) {
                    self.now[lane].tasks.push(at);
                }
            }
            // Also at the end of file, when nothing is done.
            ("receive: read some" | "receive: done", _) => self.rest_ends(lane, at),
            ("task_done: done", _) if !self.now[lane].tasks.is_empty() => {
                let from = self.now[lane].tasks.remove(0);
                self.story.lanes[lane].holds.push(Span { from, to: at, kind: Kind::Task });
            }
            _ => {}
        }
    }

    /// A process that was not known of.
    fn appears(&mut self, pid: u32, name: &str, from: f64) {
        self.index.insert(pid, self.now.len());
        self.now.push(Now::default());
        let (rests, holds, lines) = (Vec::new(), Vec::new(), Vec::new());
        let (name, to) = (name.to_owned(), f64::NAN);
        self.story.lanes.push(Lane { pid, name, from, to, cause: None, rests, holds, lines });
    }

    fn rest(&mut self, lane: usize, at: f64, kind: Kind) {
        self.now[lane].rest.get_or_insert((at, kind));
    }

    fn rest_ends(&mut self, lane: usize, to: f64) {
        if let Some((from, kind)) = self.now[lane].rest.take() {
            self.story.lanes[lane].rests.push(Span { from, to, kind });
        }
    }

    /// Its parent has taken the exit status.
    fn ended(&mut self, lane: usize, at: f64, status: &str) {
        let now = &self.now[lane];
        let one = &mut self.story.lanes[lane];
        one.cause = (status != "0").then(|| match status.strip_prefix('-') {
            Some(signal) => format!("killed by {signal}"),
            None => format!("exit code {status}"),
        });
        if !now.ended {
            // A signal takes no time that could be seen here; a stranger's death is known when it is noticed.
            one.to = now.signalled.filter(|_| status.starts_with('-')).unwrap_or(at);
        }
    }

    fn finish(mut self, last: f64) -> Story {
        self.in_order_of_start();
        for lane in 0..self.now.len() {
            if self.story.lanes[lane].to.is_nan() {
                self.story.lanes[lane].to = last;
            }
            let to = self.story.lanes[lane].to;
            self.rest_ends(lane, to);
            let now = &mut self.now[lane];
            let one = &mut self.story.lanes[lane];
            one.holds.extend(now.locks.drain().map(|(_, from)| Span { from, to, kind: Kind::Lock }));
            one.holds.extend(now.tasks.drain(..).map(|from| Span { from, to, kind: Kind::Task }));
            if let Some(&(parent, at)) = self.starts.get(&one.pid) {
                let (from, to) = ((parent, at), (lane, one.from));
                self.story.arrows.push(Arrow { from, to, what: What::Start });
            }
        }
        for arrow in self.story.arrows.iter_mut().filter(|arrow| arrow.from.1.is_nan()) {
            arrow.from.1 = self.story.lanes[arrow.from.0].to.min(arrow.to.1);
        }
        // An item is got after it was put, but the getter may be quicker to say so. The same items are in order.
        let mut puts = self.puts;
        for (queue, item, lane, at) in self.gets {
            let put = puts.iter().position(|(q, i, ..)| (q, i) == (&queue, &item));
            let Some((_, _, from, when)) = put.map(|place| puts.remove(place)) else { continue };
            let (from, to) = ((from, when.min(at)), (lane, at));
            self.story.arrows.push(Arrow { from, to, what: What::Item(item) });
        }
        self.story.end = self.story.lanes.iter().map(|lane| lane.to).fold(0.0, f64::max);
        self.story
    }
}

impl Reader {
    /// Two children may begin in another order than they were started in.
    fn in_order_of_start(&mut self) {
        let mut order: Vec<usize> = (0..self.now.len()).collect();
        let lanes = &self.story.lanes;
        order.sort_by(|&a, &b| {
            let started =
                |lane: usize| self.starts.get(&lanes[lane].pid).map_or(lanes[lane].from, |start| start.1);
            started(a).total_cmp(&started(b))
        });
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
        self.story.lanes.sort_by_key(|lane| place[self.index[&lane.pid]]);
        let mut now: Vec<(usize, Now)> = self.now.drain(..).enumerate().collect();
        now.sort_by_key(|(old, _)| place[*old]);
        self.now = now.into_iter().map(|(_, now)| now).collect();
        for arrow in &mut self.story.arrows {
            (arrow.from.0, arrow.to.0) = (place[arrow.from.0], place[arrow.to.0]);
        }
        self.starts.values_mut().for_each(|start| start.0 = place[start.0]);
        self.puts.iter_mut().chain(&mut self.gets).for_each(|hand| hand.2 = place[hand.2]);
    }
}

impl Story {
    /// Marks the lines with this text as wrong, beyond the first few.
    pub(crate) fn mark(&mut self, text: &str, right: usize) {
        let lines = self.lanes.iter_mut().flat_map(|lane| &mut lane.lines);
        let mut found: Vec<&mut Line> = lines.filter(|line| line.text.contains(text)).collect();
        found.sort_by(|a, b| a.at.total_cmp(&b.at));
        found.into_iter().skip(right).for_each(|line| line.wrong = true);
    }

    /// The story in sentences, for those who do not see the picture.
    pub(crate) fn in_words(&self) -> String {
        let name = |lane: usize| &self.lanes[lane].name;
        let mut all: Vec<(f64, String)> = Vec::new();
        for Arrow { from, to, what } in &self.arrows {
            let (giver, taker) = (name(from.0), name(to.0));
            all.push(match what {
                What::Start => (to.1, format!("{giver} starts {taker}")),
                What::Item(item) => (to.1, format!("{taker} gets {item} from {giver}")),
                What::Lock => (to.1, format!("{taker} takes the lock after {giver}")),
                What::Signal(signal) => (to.1, format!("{giver} sends {signal} to {taker}")),
            });
        }
        for lane in &self.lanes {
            all.extend(
                lane.lines.iter().map(|line| (line.at, format!("{} prints “{}”", lane.name, line.text))),
            );
            let end = match &lane.cause {
                None => format!("{} ends", lane.name),
                Some(cause) => format!("{} ends: {cause}", lane.name),
            };
            all.push((lane.to, end));
            for rest in lane.rests.iter().filter(|rest| rest.to - rest.from > self.end / 20.0) {
                let long = rest.to - rest.from;
                all.push((rest.from, format!("{} {} for {long:.2} s", lane.name, rest.kind.in_words())));
            }
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.iter().map(|(at, what)| format!("{at:.2} s: {what}.")).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, What, tell};
    use crate::{svg, text, trace};

    /// Holder takes a lock, Next waits for it, Holder is killed; and an item goes from Main to Next.
    const TRACE: &str = r#"[
{"ts":0,"pid":1,"tid":1,"ph":"B","name":"process","args":{"name":"Main"}},
{"ts":10,"pid":1,"tid":1,"ph":"i","name":"start: before","args":{}},
{"ts":100000,"pid":2,"tid":2,"ph":"B","name":"process","args":{"name":"Holder"}},
{"ts":100010,"pid":1,"tid":1,"ph":"i","name":"start: done","args":{"of":"2"}},
{"ts":100020,"pid":2,"tid":2,"ph":"i","name":"acquire: entered","args":{"of":"L"}},
{"ts":100030,"pid":2,"tid":2,"ph":"i","name":"acquire: waited","args":{"of":"L","taken":"true"}},
{"ts":110000,"pid":1,"tid":1,"ph":"i","name":"put: encoded","args":{"of":"Q","item":"7"}},
{"ts":120000,"pid":1,"tid":1,"ph":"i","name":"put: written at once","args":{}},
{"ts":130000,"pid":3,"tid":3,"ph":"B","name":"process","args":{"name":"Next"}},
{"ts":140000,"pid":3,"tid":3,"ph":"i","name":"get: before","args":{"of":"Q"}},
{"ts":150000,"pid":3,"tid":3,"ph":"i","name":"get: item","args":{"of":"Q","item":"7"}},
{"ts":200000,"pid":3,"tid":3,"ph":"i","name":"acquire: entered","args":{"of":"L"}},
{"ts":500000,"pid":1,"tid":1,"ph":"i","name":"signal","args":{"of":"2","signal":"SIGKILL"}},
{"ts":500100,"pid":3,"tid":3,"ph":"i","name":"acquire: waited","args":{"of":"L","taken":"true"}},
{"ts":500200,"pid":3,"tid":3,"ph":"i","name":"print","args":{"stream":"stdout","text":"I have it now, at last, after a long wait for one who died\n"}},
{"ts":501000,"pid":1,"tid":1,"ph":"i","name":"wait: ended","args":{"of":"2","with":"-SIGKILL"}},
{"ts":900000,"pid":3,"tid":3,"ph":"i","name":"release: unlocked","args":{"of":"L"}},
{"ts":900010,"pid":3,"tid":3,"ph":"i","name":"end","args":{}},
"#;

    fn story() -> super::Story {
        // Each test has a file of its own: they run at the same time, in one process.
        let file = tempfile::NamedTempFile::new().expect("a file in the folder for temporary ones");
        std::fs::write(file.path(), TRACE).expect("a file of ours");
        let events = trace::read(file.path()).expect("a trace");
        tell(&events)
    }

    /// Who waited for what and when, what went from whom to whom, and how each ended.
    #[test]
    fn a_trace_tells_a_story() {
        let story = story();
        let [main, holder, next] = &story.lanes[..] else { panic!("three lanes: {story:?}") };
        assert_eq!((&*main.name, &*holder.name, &*next.name), ("Main", "Holder", "Next"));
        assert_eq!(holder.cause.as_deref(), Some("killed by SIGKILL"));
        assert!(
            (holder.to - 0.5).abs() < 0.001 && (holder.holds[0].to - holder.to).abs() < 0.001,
            "{story:?}"
        );
        let wait = next.rests.iter().find(|rest| rest.kind == Kind::ForLock).expect("a wait for the lock");
        assert!((wait.from - 0.2).abs() < 0.001 && (wait.to - 0.5001).abs() < 0.001, "{story:?}");
        let went = |what: &What, from: usize, to: usize| {
            story.arrows.iter().any(|arrow| arrow.what == *what && arrow.from.0 == from && arrow.to.0 == to)
        };
        assert!(went(&What::Start, 0, 1) && went(&What::Lock, 1, 2), "{story:?}");
        assert!(
            went(&What::Item("7".into()), 0, 2) && went(&What::Signal("SIGKILL".into()), 0, 1),
            "{story:?}"
        );
        assert!(story.in_words().contains("Next takes the lock after Holder"), "{}", story.in_words());
    }

    /// However narrow the terminal, no line is wider.
    #[test]
    fn the_text_fits() {
        for columns in [20, 40, 80, 200] {
            let drawn = text::draw(&story(), columns);
            assert!(drawn.lines().all(|line| line.chars().count() <= columns), "{columns}\n{drawn}");
        }
    }

    /// Nothing of the picture lies outside of it.
    #[test]
    fn the_picture_fits() {
        let drawn = svg::draw(&story(), 328.0, "A title & more");
        assert!(drawn.contains("A title &amp; more") && drawn.contains("<desc"), "{drawn}");
        for place in drawn.split(" x=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let x: f64 = place.parse().expect("a number");
            assert!((0.0..=328.0).contains(&x), "{x}\n{drawn}");
        }
    }
}
