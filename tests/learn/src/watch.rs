//! Sees when an exercise's file is saved.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::app::Event;

/// So long nothing more must happen to a file until it counts as saved: an editor may move it away and write a new one,
/// or write it in pieces.
const QUIET: Duration = Duration::from_millis(100);

/// Tells of each save of a `main.rs` in these folders, as long as what is returned is there.
///
/// The folders are watched, not the files: an editor that saves by renaming puts another file in its place.
pub(crate) fn watch(folders: &[PathBuf], tell: Sender<Event>) -> Result<RecommendedWatcher, String> {
    let (seen, sightings) = channel();
    let look = move |event: notify::Result<notify::Event>| {
        // An error is about a single event. Whoever misses one has a key to be judged by.
        let Ok(event) = event else { return };
        if is_save(&event.kind) {
            let files = event.paths.iter().filter(|path| path.ends_with("main.rs"));
            // Nobody listens any more only at the end of all.
            files.filter_map(|file| file.parent()).for_each(|folder| drop(seen.send(folder.to_owned())));
        }
    };
    let mut watcher = notify::recommended_watcher(look).map_err(|why| why.to_string())?;
    for folder in folders {
        let watched = watcher.watch(folder, RecursiveMode::NonRecursive);
        watched.map_err(|why| why.to_string())?;
    }
    thread::spawn(move || tell_when_quiet(&sightings, &tell));
    Ok(watcher)
}

/// That somebody has read the file, or has touched it as a check does, is no save; to the kernel, a touch looks like a
/// write. But who writes closes the file at the end.
fn is_save(kind: &EventKind) -> bool {
    match kind {
        EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => true,
        EventKind::Access(how) => *how == AccessKind::Close(AccessMode::Write),
        _ => false,
    }
}

fn tell_when_quiet(sightings: &Receiver<PathBuf>, tell: &Sender<Event>) {
    while let Ok(first) = sightings.recv() {
        let mut saved = vec![first];
        while let Ok(next) = sightings.recv_timeout(QUIET) {
            if !saved.contains(&next) {
                saved.push(next);
            }
        }
        if saved.into_iter().any(|folder| tell.send(Event::Saved(folder)).is_err()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::{Duration, SystemTime};

    use super::{Event, watch};

    /// How many saves there are until one in another folder, which comes after all that was done before it.
    fn saves(of: impl Fn(&Path)) -> usize {
        let (place, last) = (checks::folder().expect("a folder"), checks::folder().expect("a folder"));
        let file = place.path().join("main.rs");
        fs::write(&file, "old").expect("a file");
        let (tell, events) = channel();
        let folders = [place.path().to_owned(), last.path().to_owned()];
        let _watcher = watch(&folders, tell).expect("a watcher");
        of(&file);
        until_quiet(&events, last.path()) - 1
    }

    fn until_quiet(events: &Receiver<Event>, last: &Path) -> usize {
        fs::write(last.join("main.rs"), "the last").expect("a file");
        let mut count = 0;
        while let Ok(Event::Saved(folder)) = events.recv_timeout(Duration::from_secs(20)) {
            count += 1;
            if folder == last {
                return count;
            }
        }
        panic!("the last save was not seen; there were {count}");
    }

    /// An editor that saves by renaming, with a backup, and one that writes in pieces: each is one save.
    #[test]
    fn each_way_to_save_is_one_save() {
        let renamed = saves(|file| {
            fs::rename(file, file.with_extension("rs~")).expect("a file");
            fs::write(file.with_extension("new"), "new").expect("a file");
            fs::rename(file.with_extension("new"), file).expect("a file");
        });
        assert_eq!(renamed, 1);
        let twice = saves(|file| {
            fs::write(file, "").expect("a file");
            fs::write(file, "new").expect("a file");
        });
        assert_eq!(twice, 1);
    }

    /// A check reads the file and touches it: it must not set off the next one.
    #[test]
    fn what_a_check_does_is_no_save() {
        let count = saves(|file| {
            fs::read(file).expect("a file");
            File::open(file).and_then(|it| it.set_modified(SystemTime::now())).expect("a file");
            fs::write(file.with_file_name(".main.rs.swp"), "an editor's own").expect("a file");
        });
        assert_eq!(count, 0);
    }
}
