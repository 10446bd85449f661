//! The steps, as they stand in the source of the library, and which of them have been struck.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use checks::scenes::notes;

use crate::victim::Under;

/// `file.rs` and `operation: where`.
type Step = (String, String);

/// Every step that the library names.
fn named() -> BTreeSet<Step> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let mut steps = BTreeSet::new();
    for file in sources(&source) {
        let name = file.strip_prefix(&source).unwrap_or(&file).display().to_string();
        let text = fs::read_to_string(&file).expect("a source file");
        for piece in text.split("step!(\"").skip(1) {
            let step = piece.split('"').next().unwrap_or_default().to_owned();
            assert!(steps.insert((name.clone(), step.clone())), "{step:?} stands in {name} twice");
        }
    }
    steps
}

/// The files of the library: those of a folder and of the folders in it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the source of the library");
    let paths = entries.flatten().map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

fn operation(step: &str) -> &str {
    step.split(':').next().unwrap_or_default()
}

/// The steps whose names begin with these words.
pub(crate) fn steps(operations: &[&str]) -> BTreeSet<String> {
    let names = named().into_iter().map(|(_, step)| step);
    names.filter(|step| operations.contains(&operation(step))).collect()
}

/// Every step belongs to an operation that some scene looks after.
pub(crate) fn every_step_has_a_scene() {
    let known =
        ["put", "get", "task_done", "join", "settle", "lock", "unlock", "place", "refill", "give back"];
    // To die while one signals takes another that sleeps: the explorer brings that about, and kills there.
    let known = [&known[..], &["acquire", "release", "send", "receive", "signal"]].concat();
    let steps = named();
    let strange: Vec<_> = steps.iter().filter(|(_, step)| !known.contains(&operation(step))).collect();
    assert!(strange.is_empty(), "no scene kills at {strange:?}");
    assert!(steps.len() > 50, "only {} steps found", steps.len());
    println!("{} steps", steps.len());
}

/// What has been tried.
pub(crate) struct Cases {
    missing: BTreeSet<Step>,
    count: usize,
}

impl Cases {
    /// All steps of these operations must be struck before the end.
    pub(crate) fn of(operations: &[&str]) -> Cases {
        let ours = named().into_iter().filter(|(_, step)| operations.contains(&operation(step)));
        Cases { missing: ours.collect(), count: 0 }
    }

    /// One case with a queue; the scene says whether the victim was struck. A step of `joinable.rs` is struck only in a
    /// joinable queue, and there no step of the same name in another file.
    pub(crate) fn with_queue(&mut self, step: &str, which: usize, scene: impl Fn(&Under) -> bool) {
        const JOINABLE: &str = "queue/joinable.rs";
        let names = named();
        let is_joinable = which >= 2;
        let belongs = |file: &str| match is_joinable {
            true => file == JOINABLE || !names.contains(&(JOINABLE.to_owned(), step.to_owned())),
            false => file != JOINABLE,
        };
        self.judge(step, belongs, || scene(&Under::one_of(which)));
    }

    /// One case without a queue.
    pub(crate) fn case(&mut self, step: &str, scene: impl Fn() -> bool) {
        self.judge(step, |_| true, scene);
    }

    /// If somebody took more than a second it is tried again: the machine may be busy, but not each time.
    fn judge(&mut self, step: &str, belongs: impl Fn(&str) -> bool, scene: impl Fn() -> bool) {
        for chance in (0..3).rev() {
            let struck = scene();
            let slow = notes();
            if struck {
                self.missing.retain(|(file, missing)| missing != step || !belongs(file));
            }
            if slow.is_empty() {
                self.count += usize::from(struck);
                return;
            }
            assert!(chance > 0, "after a death at {step:?}: {slow:?}");
        }
    }

    pub(crate) fn end(self) {
        assert!(self.missing.is_empty(), "nobody was killed at {:?}", self.missing);
        println!("{} cases", self.count);
    }
}
