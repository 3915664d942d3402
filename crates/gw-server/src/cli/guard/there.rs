//! Examples that a running gateway looks at, with a guardrail of its own: also one that asks somebody.

use super::Found;
use crate::cli::client::{ClientError, Remote};
use gw_guard::NO_VERDICT;
use gw_model::Micros;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Where texts are tried.
const PATH: &str = "/api/v1/guardrails/test";

/// How often a text is shown that the gateway had no time for, and how long in between.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// A guardrail of a gateway.
pub(super) struct Asking<'a> {
    remote: &'a Remote,
    pub(super) name: &'a str,
    side: &'static str,
    speaker: String,
    /// It stops at the first thing that it finds.
    pub(super) blocks: bool,
}

impl<'a> Asking<'a> {
    /// Errors: the gateway cannot be asked, or has no such guardrail; a side that is none or not looked at.
    pub(super) fn new(remote: &'a Remote, name: &'a str, side: Option<&str>) -> Result<Self, String> {
        let path = format!("/api/v1/guardrails/{}", crate::cli::client::encoded(name));
        let row = remote.ask(Method::GET, &path, None).map_err(|error| error.to_string())?;
        if let Some(problem) = row["problem"].as_str() {
            return Err(format!("the guardrail '{name}' is not in force: {problem}"));
        }
        let looks = |side: &str| {
            row["on"].as_array().is_some_and(|sides| sides.iter().any(|known| known.as_str() == Some(side)))
        };
        let side = match side {
            None if looks("request") => "request",
            None => "response",
            Some("request") => "request",
            Some("response") => "response",
            Some(other) => return Err(format!("--side is request or response, not '{other}'")),
        };
        if !looks(side) {
            return Err(format!("guardrail '{name}' does not look at that side: leave --side out"));
        }
        let speakers = row["speakers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let usual = if side == "request" { "user" } else { "assistant" };
        let first = speakers.first().and_then(Value::as_str).unwrap_or(usual);
        let has_usual = speakers.iter().any(|known| known.as_str() == Some(usual));
        let speaker = if has_usual { usual } else { first }.to_owned();
        Ok(Self { remote, name, side, speaker, blocks: row["action"] == "block" })
    }

    /// What it finds in a text, and how long that took there. Errors: the gateway cannot be asked, or has no verdict.
    pub(super) fn look(&self, text: &str) -> Result<(Vec<Found>, Micros), String> {
        let body =
            json!({ "text": text, "side": self.side, "speaker": self.speaker, "guardrails": [self.name] });
        let answer = self.answer(&body)?;
        let findings = answer["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::with_capacity(findings.len());
        for finding in findings {
            let kind = finding["kind"].as_str().unwrap_or_default();
            if kind == NO_VERDICT {
                let reason = finding["reason"].as_str().unwrap_or_default();
                return Err(format!("the guardrail '{}' has no verdict: {reason}", self.name));
            }
            let place = |member: &str| finding[member].as_u64().map_or(0, |at| at as usize);
            found.push(Found::of(text, (place("start"), place("end")), kind));
        }
        Ok((found, answer["duration_us"].as_i64().unwrap_or(0)))
    }

    /// A gateway tries few texts at once, and others may be trying theirs.
    fn answer(&self, body: &Value) -> Result<Value, String> {
        let mut tries = 1;
        loop {
            match self.remote.ask(Method::POST, PATH, Some(body)) {
                Err(ClientError::Refused { status, .. }) if is_busy(status) && tries < TRIES => {
                    tries += 1;
                    std::thread::sleep(PAUSE);
                }
                other => return other.map_err(|error| error.to_string()),
            }
        }
    }
}

const fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 503)
}
