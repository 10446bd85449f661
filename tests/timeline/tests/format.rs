//! What is traced is in the Trace Event Format, so that Perfetto and chrome://tracing open it as it is.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The events of a scene.
fn trace(scene: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trace.json");
    let mut command = Command::new("timeout");
    command.args(["--kill-after=1", "120", env!("CARGO_BIN_EXE_timeline"), "--scene", scene]);
    let ended = command.env("PROCESSION_TRACE", &file).stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(ended.expect("timeout").success(), "the scene {scene}");
    let text = fs::read_to_string(&file).expect("a trace");
    // An array that need not be closed: so one that is killed leaves a whole file.
    let events = text.strip_prefix("[\n").and_then(|text| text.strip_suffix(",\n")).expect("an array");
    serde_json::from_str(&format!("[{events}]")).expect("JSON")
}

/// What the format asks of each event, and of all events of a thread.
fn judge(events: &[Value]) {
    let mut open: HashMap<(u64, u64), Vec<&str>> = HashMap::new();
    for event in events {
        let number = |key: &str| event[key].as_u64().unwrap_or_else(|| panic!("no {key}: {event}"));
        let thread = (number("pid"), number("tid"));
        let name = event["name"].as_str().filter(|name| !name.is_empty()).expect("a name");
        assert!(event["ts"].is_number() && event["args"].is_object(), "{event}");
        match event["ph"].as_str() {
            Some("B") => open.entry(thread).or_default().push(name),
            // An end ends what was begun last, by the same thread.
            Some("E") => assert_eq!(open.entry(thread).or_default().pop(), Some(name), "{event}"),
            Some("i") => assert!(event["s"] == "t", "{event}"),
            Some("M") => assert!(name == "process_name" && event["args"]["name"].is_string(), "{event}"),
            phase => panic!("{phase:?}: {event}"),
        }
    }
}

#[test]
fn a_trace_can_be_opened_by_others() {
    for scene in ["full-basket", "killed-worker", "killed-holder"] {
        let events = trace(scene);
        judge(&events);
        let named = events.iter().filter(|event| event["ph"] == "M").count();
        assert!(named >= 2, "{scene}: {named} processes have a name");
    }
}

/// A trace can be drawn while `PROCESSION_TRACE` still names its file.
#[test]
fn drawing_leaves_the_trace_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trace.json");
    let timeline = || Command::new(env!("CARGO_BIN_EXE_timeline"));
    let scene = timeline().args(["--scene", "full-basket"]).env("PROCESSION_TRACE", &file).output();
    assert!(scene.expect("the program").status.success());
    let before = fs::read(&file).expect("a trace");
    let drawn = timeline().arg(&file).env("PROCESSION_TRACE", &file).output().expect("the program");
    assert!(drawn.status.success() && String::from_utf8_lossy(&drawn.stdout).contains("Eater"), "{drawn:?}");
    assert_eq!(fs::read(&file).expect("a trace"), before);
}
