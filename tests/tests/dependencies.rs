//! Who wants to see one lesson does not wait for what only another one needs.

use checks::{OrFail, Run};

/// The packages that cargo compiles for these.
fn compiled_for(packages: &[String]) -> Vec<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut run = Run::new(cargo).args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none"]);
    for package in packages {
        run = run.args(["--package", package]);
    }
    let it = run.cwd(env!("CARGO_MANIFEST_DIR")).finish().or_fail();
    it.exits(0).or_fail();
    it.lines.iter().filter_map(|line| line.text.split(' ').next()).map(str::to_owned).collect()
}

/// The client of a Redis server is compiled for lesson 12, and for nothing else that `make` builds.
#[test]
fn the_client_of_lesson_12() {
    let mut packages: Vec<String> = (1..12).map(|number| format!("lesson-{number:02}")).collect();
    packages.extend(["procession", "exercises", "learn"].map(str::to_owned));
    let needs_it = |packages: &[String]| compiled_for(packages).iter().any(|package| package == "redis");
    assert!(needs_it(&["lesson-12".to_owned()]));
    assert!(!needs_it(&packages));
}
