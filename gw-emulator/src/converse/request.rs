//! Reads and checks a Converse request: members, ranges, thinking, the form of the output. It must refuse
//! what the real service refuses.

use serde_json::Value;

use super::{blocks, dialogue, tools};
use crate::answer::{Context, Rejection};
use crate::fields::{array, present, range, whole};
use crate::prompt::{OutputForm, Prompt};

/// Most stop sequences.
const MAX_STOPS: usize = 2500;

/// Reads a request.
pub(super) fn read(body: &Value, cx: &Context<'_>) -> Result<Prompt, Rejection> {
    let mut prompt = Prompt { model: cx.model.to_owned(), ..Prompt::default() };
    if let Some(config) = present(body, "inferenceConfig") {
        inference(config, &mut prompt)?;
    }
    for block in array(body, "system")?.into_iter().flatten() {
        prompt.input_tokens += blocks::read(block, "system")?.1;
    }
    prompt.output = output(body)?;
    prompt.thinking = thinking(body);
    tools::read(body, &mut prompt)?;
    let messages = array(body, "messages")?.filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| {
        let text = "A conversation must start with a user message. Try again with a conversation that starts \
                    with a user message.";
        Rejection::new(400, text)
    })?;
    dialogue::read(messages, present(body, "toolConfig").is_some(), &mut prompt)?;
    Ok(prompt)
}

fn inference(config: &Value, prompt: &mut Prompt) -> Result<(), Rejection> {
    range(config, "temperature", 0.0, 1.0)?;
    range(config, "topP", 0.0, 1.0)?;
    prompt.max_tokens = whole(config, "maxTokens", 1, u64::MAX)?;
    let stops = array(config, "stopSequences")?.map_or(&[][..], Vec::as_slice);
    if stops.len() > MAX_STOPS {
        return Err(Rejection::new(400, format!("At most {MAX_STOPS} stop sequences may be given.")));
    }
    for stop in stops {
        let stop = stop.as_str().filter(|stop| !stop.is_empty());
        let stop =
            stop.ok_or_else(|| Rejection::new(400, "Stop sequences must be texts, none of them empty."))?;
        prompt.stops.push(stop.to_owned());
    }
    Ok(())
}

/// The schema comes as a text of JSON.
fn output(body: &Value) -> Result<OutputForm, Rejection> {
    let Some(schema) = body.pointer("/outputConfig/textFormat/structure/jsonSchema/schema") else {
        return Ok(OutputForm::Text);
    };
    let parsed = schema.as_str().and_then(|text| serde_json::from_str(text).ok());
    let wrong = || Rejection::new(400, "The schema of the text format must be JSON in a string.");
    parsed.map(OutputForm::Schema).ok_or_else(wrong)
}

/// Thinking is asked for as the models themselves spell it.
fn thinking(body: &Value) -> bool {
    let fields = present(body, "additionalModelRequestFields");
    ["thinking", "reasoning_config", "reasoningConfig"].iter().any(|name| {
        let kind = fields.and_then(|fields| fields.get(*name)).and_then(|thinking| thinking.get("type"));
        kind.and_then(Value::as_str).is_some_and(|kind| kind != "disabled")
    })
}
