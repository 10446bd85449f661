//! What the step to two machines costs: tasks a second, over the library's queue and over the stream.
//!
//! A task is put, got and declared done. There are as many cooks as eaters, each a process. Cooks put for a while; the time
//! ends when the last task is done.

mod chart;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lesson::{Result, or_fail};
use lesson_12::{Address, Kitchen, Link, Server};
use procession::{JoinableQueue, Process, Queue};
use redis::cmd;

/// How many eaters there are, and as many cooks.
const CREWS: [usize; 5] = [1, 2, 4, 8, 16];
/// How long the cooks put.
const SLICE: Duration = Duration::from_millis(150);
/// How many at a time, where it is not one.
const BATCH: usize = 100;
/// Nobody falls silent for so long, unless the disk does; then what was taken goes to another.
const IDLE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy)]
enum Way {
    Library,
    OneByOne(Fsync),
    Batches,
}

/// When the server writes to the disk: before it answers, or each second.
#[derive(Clone, Copy)]
enum Fsync {
    Always,
    EverySecond,
}

/// A way, and its tasks a second: by crew, and by round.
struct Row {
    way: Way,
    rates: [Vec<f64>; CREWS.len()],
}

impl Way {
    const ALL: [Way; 4] =
        [Way::Library, Way::OneByOne(Fsync::Always), Way::Batches, Way::OneByOne(Fsync::EverySecond)];

    fn name(self) -> String {
        match self {
            Way::Library => "JoinableQueue".into(),
            Way::OneByOne(Fsync::Always) => "stream, one at a time".into(),
            Way::OneByOne(Fsync::EverySecond) => "one at a time, everysec".into(),
            Way::Batches => format!("stream, {BATCH} at a time"),
        }
    }

    /// Tasks a second.
    fn measure(self, crew: usize, server: &Address) -> Result<f64> {
        match self {
            Way::Library => library(crew),
            Way::OneByOne(fsync) => stream(crew, 1, fsync, server),
            Way::Batches => stream(crew, BATCH, Fsync::Always, server),
        }
    }
}

impl Row {
    /// The median, by crew.
    fn medians(&self) -> [f64; CREWS.len()] {
        self.rates.each_ref().map(|rates| {
            let mut rates = rates.clone();
            rates.sort_by(f64::total_cmp);
            rates[rates.len() / 2]
        })
    }
}

/// Measures all, prints the table, and draws the chart if there is a file for it.
pub(crate) fn run(rounds: u64, chart: Option<&OsStr>) -> Result {
    let file = |path: &OsStr| File::create(path).map_err(|why| format!("{}: {why}", path.display()));
    let chart = chart.map(file).transpose()?; // before the work is done in vain
    let server = Server::unless_given(None)?; // never somebody else's: it is told when to write to the disk
    let address = Address::parse(server.address())?;
    println!("Tasks a second: put, got and declared done. As many cooks as eaters; median of {rounds}.");
    let mut rows = Way::ALL.map(|way| Row { way, rates: Default::default() });
    for _ in 0..rounds {
        // In turns: what else the machine does meets all of them alike.
        for (at, crew) in CREWS.into_iter().enumerate() {
            for row in &mut rows {
                row.rates[at].push(row.way.measure(crew, &address)?);
            }
        }
    }
    print!("{}", table(&rows, write_time(server.address().as_ref())?));
    if let Some(mut chart) = chart {
        chart.write_all(chart::draw(&rows).as_bytes())?;
    }
    Ok(())
}

fn table(rows: &[Row], write: Duration) -> String {
    let mut text = format!(
        "The server writes each change to its disk before it answers: {:.0} µs here.\n\n\
         | eaters                   |",
        write.as_secs_f64() * 1e6,
    );
    for crew in CREWS {
        let _ = write!(text, " {crew:>6} |");
    }
    let _ = writeln!(text, "\n|--------------------------|{}", "-------:|".repeat(CREWS.len()));
    for row in rows {
        let _ = write!(text, "| {:<24} |", row.way.name());
        for rate in row.medians() {
            let _ = write!(text, " {:>6} |", shown(rate));
        }
        text.push('\n');
    }
    text
}

/// "870", "12.3 k", "1.23 M"
fn shown(rate: f64) -> String {
    let (number, unit) = match rate {
        1e6.. => (rate / 1e6, " M"),
        1e3.. => (rate / 1e3, " k"),
        _ => (rate, ""),
    };
    let digits = 2_usize.saturating_sub(number.max(1.0).log10() as usize);
    format!("{number:.digits$}{unit}")
}

/// How long it takes to have a little on the disk, beside this file.
fn write_time(beside: &Path) -> Result<Duration> {
    let mut file = File::create(beside.with_file_name("write-time"))?;
    let mut times = vec![];
    for _ in 0..21 {
        let started = Instant::now();
        file.write_all(&[b'.'; 200])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}

fn library(crew: usize) -> Result<f64> {
    let q = JoinableQueue::new()?;
    let cook = |start: &Start| {
        let (mut made, end) = (0, start.wait()?);
        loop {
            q.put(&format!("Bun{made}"))?;
            made += 1;
            if Instant::now() >= end {
                return Ok(made);
            }
        }
    };
    let eater = |start: &Start| {
        start.wait()?;
        loop {
            q.get()?;
            q.task_done()?;
        }
    };
    time(crew, cook, eater, || Ok(q.join()?))
}

fn stream(crew: usize, batch: usize, fsync: Fsync, server: &Address) -> Result<f64> {
    let policy = match fsync {
        Fsync::Always => "always",
        Fsync::EverySecond => "everysec",
    };
    let set = |server: &mut redis::Connection| {
        cmd("CONFIG").arg("SET").arg("appendfsync").arg(policy).query::<()>(server)
    };
    Link::new(server)?.ask(set)?;
    let open = |me| Kitchen::open(server, "bench", me, IDLE);
    let mut main = open("main")?;
    let cook = |start: &Start| {
        let mut q = open("cook")?;
        let (mut made, end) = (0, start.wait()?);
        loop {
            match batch {
                1 => q.put(&format!("Bun{made}"))?,
                _ => q.put_all(&(made..made + batch).map(|bun| format!("Bun{bun}")).collect::<Vec<_>>())?,
            }
            made += batch;
            if Instant::now() >= end {
                return Ok(made);
            }
        }
    };
    let eater = |start: &Start| {
        let mut q = open("eater")?;
        start.wait()?;
        match batch {
            1 => {
                while let Some(dish) = q.get()? {
                    q.task_done(&dish)?;
                }
            }
            _ => loop {
                let dishes = q.get_some(batch)?;
                q.all_done(&dishes)?;
            },
        }
        Ok(())
    };
    let join = || {
        // Not the kitchen's own, which looks every 50 ms only.
        while main.counts().map(|(put, eaten)| eaten < put)? {
            sleep(Duration::from_millis(1));
        }
        Ok(())
    };
    let rate = time(crew, cook, eater, join)?;
    main.clear()?;
    Ok(rate)
}

/// Where all of a crew wait until everybody is there.
struct Start {
    here: Queue<()>,
    go: Queue<()>,
    /// How much each cook has made.
    made: Queue<usize>,
}

impl Start {
    /// Returns when the cooks may begin: the moment when they are to stop.
    fn wait(&self) -> Result<Instant> {
        self.here.put(&())?;
        self.go.get()?;
        Ok(Instant::now() + SLICE)
    }
}

/// Has cooks put and eaters eat, all at once, until everything is eaten: tasks a second.
fn time(
    crew: usize,
    cook: impl Fn(&Start) -> Result<usize>,
    eater: impl Fn(&Start) -> Result,
    join: impl FnOnce() -> Result,
) -> Result<f64> {
    let start = Start { here: Queue::new()?, go: Queue::new()?, made: Queue::new()? };
    let (mut cooks, mut eaters) = (vec![], vec![]);
    for _ in 0..crew {
        let cook = || Ok(start.made.put(&cook(&start)?)?);
        cooks.push(Process::new(|| or_fail(cook())).daemon(true).start()?);
        eaters.push(Process::new(|| or_fail(eater(&start))).daemon(true).start()?);
    }
    for _ in 0..2 * crew {
        start.here.get_timeout(Duration::from_secs(60))?;
    }
    let began = Instant::now();
    for _ in 0..2 * crew {
        start.go.put(&())?;
    }
    lesson::join_all(&cooks)?;
    join()?;
    let took = began.elapsed();
    for eater in &eaters {
        eater.kill()?;
        eater.join()?;
    }
    let mut tasks = 0;
    for _ in 0..crew {
        tasks += start.made.get()?;
    }
    Ok(tasks as f64 / took.as_secs_f64())
}
