//! The ticket file that the user gives.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::common::QUICK;
use crate::{Complaint, Program, Run, Verdict};

/// Everything that can be wrong in a ticket file.
const BAD: &[(&str, &str)] = &[
    ("empty", ""),
    ("not-json", "ten tickets"),
    ("cut-off", "{\"count\": 1"),
    ("no-object", "[10]"),
    ("no-count", "{\"tickets\": 10}"),
    ("negative", "{\"count\": -1}"),
    ("fractional", "{\"count\": 1.5}"),
    ("text", "{\"count\": \"10\"}"),
    ("truth", "{\"count\": true}"),
    ("nothing", "{\"count\": null}"),
];

/// A folder of the user's, with a ticket file in it.
struct Tickets {
    _folder: TempDir,
    path: PathBuf,
}

impl Tickets {
    fn new(name: &str, text: &str) -> Verdict<Tickets> {
        let make = || {
            let folder = crate::folder()?;
            let path = folder.path().join(format!("{name}.json"));
            fs::write(&path, text)?;
            Ok(Tickets { _folder: folder, path })
        };
        make().map_err(|why: std::io::Error| Complaint::new(format!("no ticket file could be made: {why}")))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    fn set_mode(&self, path: &Path, mode: u32) -> Verdict {
        let set = fs::set_permissions(path, Permissions::from_mode(mode));
        set.map_err(|why| Complaint::new(format!("the mode of {} could not be set: {why}", path.display())))
    }

    /// A complaint unless the file is there, alone in its folder, and holds this.
    fn holds(&self, expected: impl Fn(&str) -> bool, words: &str) -> Verdict {
        let found = fs::read_to_string(&self.path).unwrap_or_default();
        if !expected(&found) {
            return Err(Complaint::new(format!("expected the ticket file {words}; it holds `{found}`")));
        }
        match fs::read_dir(self.folder()).map(Iterator::count) {
            Ok(1) => Ok(()),
            _ => Err(Complaint::new("expected nothing but the ticket file in its folder; there is more")),
        }
    }
}

fn sell(program: &Program, way: &str, path: &Path) -> Run {
    program.run().pace(QUICK).args([way, "--passersby", "3", "--file"]).arg(path)
}

pub(super) fn uses_the_given_file(program: &Program) -> Verdict {
    for (way, closing) in [
        ("unlocked", "unlocked: sold 3 of 4, <number> left in the file, <number> oversold"),
        ("joined", "joined: sold 3 of 4, 1 left in the file, 0 oversold"),
        ("locked", "locked: sold 3 of 4, 1 left in the file, 0 oversold"),
    ] {
        let tickets = Tickets::new("tickets", "{\"count\": 4}")?;
        let it = sell(program, way, &tickets.path).finish()?;
        it.succeeds()?;
        let closing = it.last(closing).and_then(|()| it.one(closing))?;
        let left = closing.first().copied().unwrap_or("1");
        let count = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok()?["count"].as_u64();
        tickets
            .holds(|text| count(text).is_some_and(|n| n.to_string() == left), &format!("to count {left}"))?;
    }
    Ok(())
}

pub(super) fn refuses_bad_files(program: &Program) -> Verdict {
    for (at, &(name, text)) in BAD.iter().enumerate() {
        let tickets = Tickets::new(name, text)?;
        let way = ["unlocked", "joined", "locked"][at % 3];
        sell(program, way, &tickets.path).finish()?.refuses(1, &[&tickets.path.display().to_string()])?;
        tickets.holds(|now| now == text, "to be as it was")?;
    }
    let tickets = Tickets::new("tickets", "{\"count\": 4}")?;
    for path in [tickets.folder().join("missing.json"), tickets.folder().to_owned()] {
        sell(program, "locked", &path).finish()?.refuses(1, &[&path.display().to_string()])?;
    }
    tickets.holds(|now| now == "{\"count\": 4}", "to be as it was")
}

pub(super) fn refuses_an_unreadable_file(program: &Program) -> Verdict {
    let tickets = Tickets::new("tickets", "{\"count\": 4}")?;
    tickets.set_mode(&tickets.path, 0o000)?;
    let it = sell(program, "locked", &tickets.path).forbiddable().finish()?;
    tickets.set_mode(&tickets.path, 0o644)?;
    it.refuses(1, &[&tickets.path.display().to_string()])?;
    tickets.holds(|now| now == "{\"count\": 4}", "to be as it was")
}

pub(super) fn refuses_a_read_only_folder(program: &Program) -> Verdict {
    let tickets = Tickets::new("tickets", "{\"count\": 4}")?;
    tickets.set_mode(tickets.folder(), 0o555)?;
    let it = sell(program, "locked", &tickets.path).forbiddable().finish()?;
    tickets.set_mode(tickets.folder(), 0o755)?;
    it.refuses(1, &[&tickets.path.display().to_string()])?;
    tickets.holds(|now| now == "{\"count\": 4}", "to be as it was")
}
