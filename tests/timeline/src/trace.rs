//! A trace, as the library writes it: one event a line.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// What one process did at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// Seconds of a clock that all processes share.
    pub(crate) at: f64,
    pub(crate) pid: u32,
    /// `B` begins something, `E` ends it, `i` is a moment.
    pub(crate) phase: String,
    pub(crate) name: String,
    args: Value,
}

impl Event {
    /// What the event tells besides its name; empty where it does not.
    pub(crate) fn arg(&self, key: &str) -> &str {
        self.args[key].as_str().unwrap_or_default()
    }
}

/// All events, in the order of time.
pub(crate) fn read(path: &Path) -> Result<Vec<Event>, String> {
    let text = fs::read_to_string(path).map_err(|why| format!("cannot read {}: {why}", path.display()))?;
    let mut events = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim().trim_end_matches(',');
        if ["", "[", "]"].contains(&line) {
            continue;
        }
        let event = serde_json::from_str(line).ok().and_then(event);
        events.push(event.ok_or_else(|| {
            format!("{}:{}: this is no line of a trace: {line:.60}", path.display(), number + 1)
        })?);
    }
    if events.is_empty() {
        return Err(format!(
            "{} tells of no process: was the program built with `--features procession/__trace`?",
            path.display()
        ));
    }
    events.sort_by(|a, b| a.at.total_cmp(&b.at));
    Ok(events)
}

fn event(value: Value) -> Option<Event> {
    Some(Event {
        at: value["ts"].as_f64()? / 1e6,
        pid: value["pid"].as_u64()? as u32,
        phase: value["ph"].as_str()?.to_owned(),
        name: value["name"].as_str()?.to_owned(),
        args: value["args"].clone(),
    })
}
