//! Judges one answer by what was asked: good, failed in a way that the caller notices, or wrong in a way that the caller
//! does not. Pure.

use super::Wish;
use super::prompt::Prompts;
use crate::wire::Reply;
use serde_json::Value;

/// How a call ended for its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With what was asked for; for a bad request that is its 400.
    Good,
    /// With an error that the caller sees, in a few words.
    Failed(String),
    /// With an answer that looks good and is not.
    Wrong(WrongAnswer),
}

/// What can be wrong with an answer or its bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WrongAnswer {
    /// 200 with a part of the text.
    Truncated,
    /// A stream that ended in order, without its end mark and without an error.
    Unfinished,
    /// The answer to another call.
    Swapped,
    /// From a model that the alias does not have, or another than is said.
    WrongModel,
    /// 200 with what is no answer at all.
    Malformed,
    /// The caller's wrong request was answered.
    Accepted,
    /// More than one target was paid for an answer.
    DoubleBilled,
    /// The cost is not that of what was used.
    Misbilled,
    /// There is not exactly one record.
    Unrecorded,
}

impl WrongAnswer {
    /// Every name.
    #[cfg(test)]
    pub(crate) const NAMES: &[&str] = &[
        Self::Truncated.as_str(),
        Self::Unfinished.as_str(),
        Self::Swapped.as_str(),
        Self::WrongModel.as_str(),
        Self::Malformed.as_str(),
        Self::Accepted.as_str(),
        Self::DoubleBilled.as_str(),
        Self::Misbilled.as_str(),
        Self::Unrecorded.as_str(),
    ];

    /// The name in reports.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Unfinished => "unfinished",
            Self::Swapped => "swapped",
            Self::WrongModel => "wrong_model",
            Self::Malformed => "malformed",
            Self::Accepted => "accepted_bad_request",
            Self::DoubleBilled => "double_billed",
            Self::Misbilled => "misbilled",
            Self::Unrecorded => "unrecorded",
        }
    }
}

/// Judges the answer to call `number`.
pub(super) fn judge(prompts: &Prompts, number: usize, wish: Wish, reply: &Reply) -> Ending {
    let status = reply.status.as_u16();
    match (wish, status) {
        (Wish::Bad, 400) => return Ending::Good,
        (Wish::Bad, 200) => return Ending::Wrong(WrongAnswer::Accepted),
        (_, 200) => {}
        _ => {
            let code = reply.header("x-gatewright-error");
            return Ending::Failed(format!("{status} {code}").trim().to_owned());
        }
    }
    if reply.is_broken {
        return Ending::Failed("broken off".to_owned());
    }
    let said = match wish {
        Wish::Stream => streamed(&reply.body),
        _ => whole(&reply.body),
    };
    let said = match said {
        Ok(said) => said,
        Err(ending) => return ending,
    };
    match compare(prompts, number, &said.text) {
        Some(wrong) => Ending::Wrong(wrong),
        None if !is_right_model(prompts, reply, &said.model) => Ending::Wrong(WrongAnswer::WrongModel),
        None if !said.is_finished => Ending::Wrong(WrongAnswer::Unfinished),
        None => Ending::Good,
    }
}

/// What an answer says.
#[derive(Debug, Default)]
struct Said {
    text: String,
    model: String,
    is_finished: bool,
}

fn whole(body: &[u8]) -> Result<Said, Ending> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Ending::Wrong(WrongAnswer::Malformed))?;
    let choice = &body["choices"][0];
    Ok(Said {
        text: choice["message"]["content"].as_str().unwrap_or_default().to_owned(),
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        is_finished: choice["finish_reason"] == "stop",
    })
}

fn streamed(body: &[u8]) -> Result<Said, Ending> {
    let text = std::str::from_utf8(body).map_err(|_| Ending::Wrong(WrongAnswer::Malformed))?;
    let (mut said, mut has_reason, mut is_over) = (Said::default(), false, false);
    for data in text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim) {
        if data == "[DONE]" {
            is_over = true;
            continue;
        }
        let event: Value = serde_json::from_str(data).map_err(|_| Ending::Wrong(WrongAnswer::Malformed))?;
        if event["error"].is_object() {
            let code = event["error"]["code"].as_str().unwrap_or("without a code");
            return Err(Ending::Failed(format!("error event {code}")));
        }
        let choice = &event["choices"][0];
        said.text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        has_reason |= choice["finish_reason"] == "stop";
        if let Some(model) = event["model"].as_str().filter(|model| !model.is_empty()) {
            model.clone_into(&mut said.model);
        }
    }
    said.is_finished = has_reason && is_over;
    // Without a word said the end is what matters.
    if !said.is_finished && said.text.is_empty() {
        return Err(Ending::Wrong(WrongAnswer::Unfinished));
    }
    Ok(said)
}

fn compare(prompts: &Prompts, number: usize, text: &str) -> Option<WrongAnswer> {
    let expected = prompts.expected(number);
    match prompts.number(text) {
        _ if text == expected => None,
        Some(other) if other != number => Some(WrongAnswer::Swapped),
        _ if expected.starts_with(text) => Some(WrongAnswer::Truncated),
        _ => Some(WrongAnswer::Malformed),
    }
}

/// The answer names the model that the gateway says it asked, or the name that the caller used.
fn is_right_model(prompts: &Prompts, reply: &Reply, model: &str) -> bool {
    let asked = reply.header("x-gatewright-model");
    let upstream = reply.header("x-gatewright-upstream-model");
    asked == prompts.model() && !upstream.is_empty() && (model == upstream || model == prompts.model())
}
