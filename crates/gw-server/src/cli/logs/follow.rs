//! `gatewright logs --follow`: records as they are stored. A stream that breaks is taken up again where it was.

use super::{COLUMNS, LogsArguments};
use crate::cli::client::ClientError;
use crate::cli::output;
use gw_wire::sse::Frame;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::process::ExitCode;
use std::time::Duration;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Pause before a stream that broke is taken up again.
const PAUSE: Duration = Duration::from_secs(1);

/// Tries that fail in a row before it is given up.
const MAX_TRIES: u32 = 60;

/// Runs the command.
pub(super) fn run(arguments: &LogsArguments) -> ExitCode {
    let path = path_of(arguments);
    let (mut last, mut failed): (Option<HeaderValue>, u32) = (None, 0);
    loop {
        let headers = last.clone().map(|id| (LAST_EVENT_ID, id)).into_iter().collect::<HeaderMap>();
        let mut reason = None;
        let read = arguments.remote.follow(&path, headers, &mut |frame| {
            failed = 0;
            if let Some(id) = id_of(frame) {
                last = Some(id);
            }
            reason = shown(frame, arguments.remote.json);
            reason.is_none()
        });
        match (read, reason.as_deref()) {
            (_, Some("permission")) => {
                output::note("gatewright: what you may see was taken away, or the key is no longer good");
                return ExitCode::from(1);
            }
            (Err(error @ (ClientError::Send { .. } | ClientError::Answer { .. })), _) => {
                failed += 1;
                // The first time that nobody answers is a mistake in the address rather than a break.
                if failed >= MAX_TRIES || last.is_none() {
                    return output::fail(&error, 1);
                }
            }
            (Err(error), _) => return output::fail(&error, 1),
            (Ok(()), _) => failed += 1,
        }
        std::thread::sleep(PAUSE);
    }
}

fn path_of(arguments: &LogsArguments) -> String {
    let query: Vec<String> = arguments.filters().collect();
    match query.is_empty() {
        true => "/api/v1/logs/tail".to_owned(),
        false => format!("/api/v1/logs/tail?{}", query.join("&")),
    }
}

fn id_of(frame: &Frame) -> Option<HeaderValue> {
    let text = std::str::from_utf8(&frame.raw).ok()?;
    let id = text.lines().find_map(|line| line.strip_prefix("id:"))?;
    HeaderValue::from_str(id.trim()).ok()
}

/// Prints what came; why it is over, where it is.
fn shown(frame: &Frame, as_json: bool) -> Option<String> {
    let data: Value = serde_json::from_slice(frame.data()).ok()?;
    match frame.event() {
        Some("record") if as_json => output::line(data),
        Some("record") => output::line(COLUMNS.map(|name| cell(&data[name])).join("\t")),
        Some("dropped") => match data["records"].as_u64() {
            Some(records) => {
                output::note(format!("{records} records were not looked at: there were too many"))
            }
            None => output::note("some records from before were not looked at: there were too many"),
        },
        Some("end") => return data["reason"].as_str().map(str::to_owned),
        _ => {}
    }
    None
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => output::printable(text),
        other => output::printable(&other.to_string()),
    }
}
