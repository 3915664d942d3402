//! Names and shapes of the server's events. It must not keep any state.

use serde_json::{Map, Value, json};

/// An event that waits to be sent.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) value: Value,
    /// It belongs to the response under way: a cancelled one is not sent to its end.
    pub(super) of_response: bool,
    /// Output tokens that are generated with it: text, sound.
    pub(super) tokens: (u64, u64),
    /// It is the response's end, whose usage is filled in when it goes out.
    pub(super) is_end: bool,
}

impl Outgoing {
    /// An event outside of any response.
    pub(super) fn plain(value: Value) -> Self {
        Self { value, of_response: false, tokens: (0, 0), is_end: false }
    }
}

/// The name of an event as the client's version of the API has it.
pub(super) fn name(current: &str, beta: bool) -> String {
    if !beta {
        return current.to_owned();
    }
    match current {
        "conversation.item.added" => "conversation.item.created".to_owned(),
        other => other
            .replace("response.output_text.", "response.text.")
            .replace("response.output_audio_transcript.", "response.audio_transcript.")
            .replace("response.output_audio.", "response.audio."),
    }
}

/// An event of this type with these members.
pub(super) fn event(kind: &str, id: String, members: Value) -> Value {
    let mut map = Map::new();
    map.insert("type".to_owned(), kind.into());
    map.insert("event_id".to_owned(), id.into());
    if let Value::Object(members) = members {
        map.extend(members);
    }
    Value::Object(map)
}

/// An error's object.
pub(super) fn error(
    kind: &str,
    code: &str,
    message: &str,
    param: Option<&str>,
    caused_by: Option<&str>,
) -> Value {
    json!({"type": kind, "code": code, "message": message, "param": param, "event_id": caused_by})
}

/// What a session starts with.
pub(super) fn session(id: &str, model: &str, beta: bool) -> Value {
    if beta {
        return json!({"id": id, "object": "realtime.session", "model": model, "modalities": ["text", "audio"],
            "instructions": "", "voice": "alloy", "input_audio_format": "pcm16", "output_audio_format": "pcm16",
            "input_audio_transcription": null, "turn_detection": null, "tools": [], "tool_choice": "auto",
            "temperature": 0.8, "max_response_output_tokens": "inf"});
    }
    json!({"type": "realtime", "object": "realtime.session", "id": id, "model": model,
        "output_modalities": ["audio"], "instructions": "", "tools": [], "tool_choice": "auto",
        "max_output_tokens": "inf", "tracing": null, "truncation": "auto", "prompt": null, "expires_at": 1_900_000_000,
        "audio": {
            "input": {"format": {"type": "audio/pcm", "rate": 24000}, "transcription": null,
                "noise_reduction": null, "turn_detection": null},
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1.0}},
        "include": null})
}
