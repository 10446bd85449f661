//! Building with cargo, and where the results are.

use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

/// What cargo has built: the executable of each target, by its name, tests and programs apart.
#[derive(Debug, Default)]
pub struct Built {
    /// The tests.
    pub tests: HashMap<String, PathBuf>,
    /// The programs.
    pub programs: HashMap<String, PathBuf>,
    /// The first error of what could not be built, by the name of the target.
    pub errors: HashMap<String, String>,
    /// Where the programs are, if they have been brought to a place of their own.
    pub(crate) place: Option<TempDir>,
}

/// Runs `cargo build` with these arguments in a folder, and tells what it is doing. What does not compile does not keep
/// the rest from being built.
pub fn build(folder: &Path, args: &[&str], doing: &(dyn Fn(&str) + Sync)) -> Result<Built, String> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args(["build", "--keep-going", "--message-format=json"]).args(args).current_dir(folder);
    // Of one that is killed, the compiler's folders are left.
    let temporary = crate::folder().map_err(|why| why.to_string())?;
    command.env("TMPDIR", temporary.path()).env(guard::MARK, guard::mark());
    command.env("CARGO_TERM_QUIET", "false").env("CARGO_TERM_PROGRESS_WHEN", "never");
    command.env("CARGO_TERM_COLOR", "never");
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let unable = |why| format!("cargo could not be run: {why}");
    let mut cargo = spawned.map_err(unable)?;
    let (stdout, stderr) = (cargo.stdout.take(), cargo.stderr.take());
    let (built, said) = thread::scope(|scope| {
        let said = scope.spawn(|| {
            let lines = stderr.map(lines).into_iter().flatten();
            lines.inspect(|line| tell(line, doing)).collect::<Vec<_>>().join("\n")
        });
        let mut built = Built::default();
        for line in stdout.map(lines).into_iter().flatten() {
            if let Ok(message) = serde_json::from_str(&line) {
                built.add(&message);
            }
        }
        (built, said.join().unwrap_or_default())
    });
    let status = cargo.wait().map_err(unable)?;
    if !status.success() && built.errors.is_empty() {
        return Err(format!("cargo build: {said}"));
    }
    Ok(built)
}

/// The lines of a text that comes bit by bit.
fn lines(from: impl std::io::Read) -> impl Iterator<Item = String> {
    BufReader::new(from)
        .split(b'\n')
        .map_while(Result::ok)
        .map(|line| String::from_utf8_lossy(&line).into_owned())
}

/// Says in our words what cargo says on stderr.
fn tell(line: &str, doing: &(dyn Fn(&str) + Sync)) {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("Compiling"), Some(package)) => doing(&format!("compiling {package}")),
        (Some("Downloading" | "Downloaded"), _) => doing("fetching packages"),
        (Some("Blocking"), _) => {
            doing("waiting for cargo's lock: another cargo, perhaps your editor's, is at work")
        }
        _ => {}
    }
}

impl Built {
    fn add(&mut self, message: &Value) {
        let target = &message["target"];
        let name = target["name"].as_str().unwrap_or_default().to_owned();
        if message["reason"] == "compiler-artifact" {
            let Some(executable) = message["executable"].as_str() else { return };
            let test = message["profile"]["test"] == true;
            if test { &mut self.tests } else { &mut self.programs }.insert(name, executable.into());
        } else if message["message"]["level"] == "error" {
            let rendered = message["message"]["rendered"].as_str().unwrap_or_default();
            self.errors.entry(name).or_insert_with(|| rendered.trim_end().to_owned());
        }
    }
}
