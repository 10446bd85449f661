//! Building, and where the results are.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What cargo has built: the executable of each target, by its name, tests and programs apart.
#[derive(Debug, Default)]
pub(crate) struct Built {
    pub(crate) tests: HashMap<String, PathBuf>,
    pub(crate) programs: HashMap<String, PathBuf>,
    /// The errors of what could not be built, by the name of the target.
    pub(crate) errors: HashMap<String, String>,
}

/// Runs `cargo build` with these arguments in a folder. What does not compile does not keep the rest from being built.
pub(crate) fn build(folder: &Path, args: &[&str]) -> Result<Built, String> {
    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--keep-going", "--message-format=json"]).args(args);
    // The same place as for everything else, so that the dependencies are not compiled twice.
    command.current_dir(folder).env("CARGO_TARGET_DIR", target_dir()?).stderr(Stdio::piped());
    let out = command.output().map_err(|why| format!("cargo could not be run: {why}"))?;
    let mut built = Built::default();
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        if let Ok(message) = serde_json::from_str(line) {
            built.add(&message);
        }
    }
    if !out.status.success() && built.errors.is_empty() {
        return Err(format!("cargo build: {}", String::from_utf8_lossy(&out.stderr)));
    }
    Ok(built)
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

/// The target folder that this program was built in: `target`, for `target/debug/exercises`.
pub(crate) fn target_dir() -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|why| format!("this program does not know where it is: {why}"))?;
    this.ancestors()
        .nth(2)
        .map(Path::to_owned)
        .ok_or_else(|| "this program is in no target folder".to_owned())
}

/// The checks of all exercises, and the learner's programs.
pub(crate) fn checks(only: Option<&str>) -> Result<Built, String> {
    let root = super::folder::root();
    // A package of its own for each: what does not compile in one does not keep another from being built.
    let only = only.unwrap_or("exercise-*");
    build(&root, &["--package", only, "--test", only])
}
