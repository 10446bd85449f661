//! What is measured, and what is to be reached.

use std::fmt;

/// How a figure is told. As printed by a side it is a cost: the less, the better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Unit {
    /// Nanoseconds, told as a time.
    Time,
    /// Nanoseconds, told as how many there are in a second.
    Rate,
    Count,
    Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Column {
    Ours,
    Raw,
    Python,
    Peer(&'static str),
}

/// What a side is measured by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Program {
    /// This one, in the part of this side.
    Own(&'static str),
    Python,
    Peer(&'static str),
}

/// One of those who do the same work.
pub(crate) struct Side {
    pub(crate) column: Column,
    pub(crate) program: Program,
    /// The work, as arguments.
    pub(crate) work: String,
    /// On one core.
    pub(crate) pinned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Against {
    Itself,
    Raw,
    Python,
    Peer(&'static str),
}

/// A figure that must be reached, and a better one to aim at.
pub(crate) struct Target {
    pub(crate) against: Against,
    pub(crate) at_most: bool,
    pub(crate) must: f64,
    pub(crate) aim: f64,
}

pub(crate) struct Row {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) sides: Vec<Side>,
    pub(crate) targets: Vec<Target>,
}

impl Row {
    fn new(group: &'static str, name: impl Into<String>, unit: Unit, work: &str) -> Row {
        let row = Row { group, name: name.into(), unit, sides: vec![], targets: vec![] };
        row.side(Column::Ours, Program::Own("ours"), work)
    }

    fn side(mut self, column: Column, program: Program, work: &str) -> Row {
        self.sides.push(Side { column, program, work: work.to_owned(), pinned: false });
        self
    }

    /// The same work by plain system calls.
    fn raw(self) -> Row {
        let work = self.sides[0].work.clone();
        self.side(Column::Raw, Program::Own("raw"), &work)
    }

    /// In the place of the raw limit: ourselves, in other circumstances.
    fn base(self, work: &str) -> Row {
        self.side(Column::Raw, Program::Own("ours"), work)
    }

    fn python(self) -> Row {
        let work = self.sides[0].work.clone();
        self.side(Column::Python, Program::Python, &work)
    }

    /// CPython, which has no name for these circumstances.
    fn python_as(self, work: &str) -> Row {
        self.side(Column::Python, Program::Python, work)
    }

    fn peer(self, name: &'static str) -> Row {
        let work = self.sides[0].work.clone();
        self.side(Column::Peer(name), Program::Peer(name), &work)
    }

    fn on_one_core(mut self) -> Row {
        self.sides.iter_mut().for_each(|side| side.pinned = true);
        self
    }

    fn at_most(mut self, against: Against, must: f64, aim: f64) -> Row {
        self.targets.push(Target { against, at_most: true, must, aim });
        self
    }

    fn at_least(mut self, against: Against, must: f64, aim: f64) -> Row {
        self.targets.push(Target { against, at_most: false, must, aim });
        self
    }

    pub(crate) fn full_name(&self) -> String {
        format!("{}: {}", self.group, self.name)
    }
}

/// All rows, in the order of the table.
pub(crate) fn all() -> Vec<Row> {
    let mut rows = processes_and_locks();
    rows.extend(queues());
    rows.extend(around_queues());
    rows.extend(programs());
    rows
}

fn processes_and_locks() -> Vec<Row> {
    let group = "start + join";
    let mut rows = vec![
        Row::new(group, "nothing in memory", Unit::Time, "start 0")
            .raw()
            .python()
            .peer("procspawn")
            .at_most(Against::Raw, 1.3, 1.15)
            .at_least(Against::Python, 8.0, 8.0),
        Row::new(group, "100 MiB in memory", Unit::Time, "start 100").raw().python().peer("procspawn"),
    ];
    let group = "Lock";
    rows.push(Row::new(group, "alone", Unit::Time, "lock 1 alone").raw().python().at_most(
        Against::Raw,
        1.15,
        1.05,
    ));
    for (processes, place) in [(2, "file"), (4, "file"), (10, "file"), (10, "memory"), (4, "nowhere")] {
        let name = match place {
            "nowhere" => format!("{processes}, nothing done with it"),
            _ => format!("{processes}, number in {place}"),
        };
        let work = format!("lock {processes} {place}");
        let row = Row::new(group, name, Unit::Time, &work).raw().python();
        rows.push(match (processes, place) {
            (10, "file") => row.at_least(Against::Python, 1.8, 1.8),
            _ => row,
        });
    }
    rows
}

fn queues() -> Vec<Row> {
    let mut rows = vec![];
    for (item, name) in [("64", "64 B"), ("json", "JSON struct"), ("64k", "64 KiB"), ("1m", "1 MiB")] {
        for n in [1, 2, 4] {
            let row = Row::new("Queue", format!("{name}, {n}x{n}"), Unit::Rate, &format!("queue {item} {n}"));
            let row = if n == 1 || matches!(item, "64" | "json") { row.raw() } else { row };
            let row = row.python();
            let row = if n == 1 { row.peer("ipc-channel").peer("ipmpsc") } else { row };
            rows.push(match (item, n) {
                ("64", 1) => {
                    row.at_least(Against::Raw, 1.0, 1.4).at_least(Against::Peer("ipc-channel"), 2.0, 3.0)
                }
                ("json", 1 | 4) => row.at_least(Against::Python, 8.0, 12.0),
                ("64k", 1) => row.at_least(Against::Raw, 1.0, 1.0).at_least(Against::Python, 4.0, 5.0),
                ("1m", 1) => row.at_least(Against::Raw, 1.0, 1.3).at_least(Against::Python, 8.0, 8.0),
                _ => row,
            });
        }
    }
    for (n, must, aim) in [(1, 3.5, 6.0), (4, 2.0, 4.0)] {
        let (name, work) = (format!("JSON struct, {n}x{n}"), format!("bounded json {n}"));
        let row = Row::new("Queue(1000)", name, Unit::Rate, &work);
        rows.push(row.python().at_least(Against::Python, must, aim));
    }
    for (n, must) in [(1, 3.0), (4, 2.5)] {
        let (name, work) = (format!("JSON struct, {n}x{n}, all done"), format!("joinable json {n}"));
        let row = Row::new("JoinableQueue", name, Unit::Rate, &work);
        rows.push(row.python().at_least(Against::Python, must, 4.0));
    }
    let group = "Queue, a backlog";
    let row = |name, work| Row::new(group, name, Unit::Rate, work);
    rows.extend([
        row("64 B, a million put, then got", "million 64").python().at_least(Against::Python, 3.0, 3.0),
        row("64 B, 1x1, always 10,000 behind", "lagging 64").python(),
        row("64 B, 1x1, the user's 65th : 1st", "beside 64").base("beside 0").python_as("queue 64 1"),
    ]);
    for waiting in [9, 100, 1000] {
        let (name, work) = (format!("64 KiB, {waiting} wait : none"), format!("behind 64k {waiting}"));
        rows.push(Row::new(group, name, Unit::Time, &work).base("behind 64k 0"));
    }
    rows
}

fn around_queues() -> Vec<Row> {
    let group = "Queue, one by one";
    let mut rows = vec![
        Row::new(group, "one way, 64 B, on one core", Unit::Time, "latency")
            .raw()
            .python()
            .peer("ipc-channel")
            .peer("ipmpsc")
            .on_one_core(),
        Row::new(group, "wake-ups a message, 10 wait", Unit::Count, "wakeups").raw().python().at_most(
            Against::Itself,
            1.1,
            1.0,
        ),
    ];
    let group = "Queue, what it needs";
    rows.extend([
        Row::new(group, "memory of an idle queue", Unit::Bytes, "memory").python().at_most(
            Against::Itself,
            64.0,
            64.0,
        ),
        Row::new(group, "bytes for a waiting item of 64", Unit::Count, "waiting").python().at_most(
            Against::Itself,
            300.0,
            300.0,
        ),
        Row::new(group, "memory left by 100,000 of them", Unit::Bytes, "gone").python().at_most(
            Against::Itself,
            64.0,
            64.0,
        ),
        Row::new(group, "descriptors in a process", Unit::Count, "descriptors").python().at_most(
            Against::Itself,
            6.0,
            6.0,
        ),
    ]);
    let group = "Queue, no growth";
    let after = |name: &str, work: &str, base: &str| {
        Row::new(group, name, Unit::Time, work).base(base).at_most(Against::Raw, 1.1, 1.1)
    };
    rows.extend([
        after("after 1,000,000 messages : at first", "after 64 1000000", "after 64 0"),
        after("after 10,000 of 64 KiB : at first", "after 64k 10000", "after 64k 0"),
        after("maxsize 1000 : 10", "maxsize 1000", "maxsize 10"),
        after("maxsize 4081 : 10", "maxsize 4081", "maxsize 10"),
    ]);
    rows
}

fn programs() -> Vec<Row> {
    let mut rows =
        vec![Row::new("Lesson 09", "a purchase, 10 x 1000 of them", Unit::Time, "tickets").raw().python()];
    for number in 2..=11 {
        let (name, work) = (format!("lesson {number:02}"), format!("lesson {number:02}"));
        let row = Row::new("Whole programs at pace 0", name, Unit::Time, &work);
        // Python's lessons are programs, too, so the same code runs both.
        rows.push(row.side(Column::Python, Program::Own("python"), &work));
    }
    rows
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Column::Ours => "ours",
            Column::Raw => "raw",
            Column::Python => "CPython",
            Column::Peer(name) => name,
        })
    }
}

impl Unit {
    /// A figure as a side prints it, in words.
    pub(crate) fn show(self, figure: f64) -> String {
        match self {
            Unit::Time if figure < 1e3 => format!("{} ns", three_digits(figure)),
            Unit::Time if figure < 1e6 => format!("{} µs", three_digits(figure / 1e3)),
            Unit::Time => format!("{} ms", three_digits(figure / 1e6)),
            Unit::Rate if figure < 1e3 => format!("{} M/s", three_digits(1e3 / figure)),
            Unit::Rate if figure < 1e6 => format!("{} k/s", three_digits(1e6 / figure)),
            Unit::Rate => format!("{} /s", three_digits(1e9 / figure)),
            Unit::Count => format!("{}", (figure * 100.0).round() / 100.0),
            Unit::Bytes => format!("{} KiB", three_digits(figure / 1024.0)),
        }
    }
}

/// More digits than three would only pretend.
pub(crate) fn three_digits(number: f64) -> String {
    match number.abs() {
        n if n < 9.995 => format!("{number:.2}"),
        n if n < 99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}
