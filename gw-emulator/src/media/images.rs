//! Images: pictures whose colour depends on the prompt. It must not draw.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{files, model, number, text, truth, usage};
use crate::answer::{Answer, Content, Context, Rejection};
use crate::hash::Hash;
use crate::tokens;

/// Most images in one request, and previews of one.
const MAX_IMAGES: u64 = 10;
const MAX_PARTIAL_IMAGES: u64 = 3;
/// Input tokens of an image that is edited, and output tokens of a preview.
const EDITED_TOKENS: u64 = 323;
const PARTIAL_TOKENS: u64 = 100;

/// Answers a request for images.
pub(super) fn answer(body: &Value, is_edit: bool, cx: &Context<'_>) -> Result<Answer, Rejection> {
    model(body, cx)?;
    let prompt = text(body, "prompt")?;
    let edited = edited(body);
    if is_edit && edited == 0 {
        return Err(Rejection::missing("image"));
    }
    let count = number(body, "n", MAX_IMAGES)?.unwrap_or(1).max(1);
    let previews = number(body, "partial_images", MAX_PARTIAL_IMAGES)?.unwrap_or(0);
    let as_url = match body.get("response_format").and_then(Value::as_str) {
        None | Some("b64_json") => false,
        Some("url") => true,
        Some(other) => {
            let text = format!("'{other}' is no format; use url or b64_json.");
            return Err(Rejection::param("response_format", "invalid_value", text));
        }
    };
    let each = match body.get("quality").and_then(Value::as_str) {
        Some("low") => 272,
        Some("high") => 4160,
        _ => 1056,
    };
    let words = tokens::count(prompt);
    let input = words + edited * EDITED_TOKENS;
    let made = Made { seed: Hash::of(prompt.as_bytes()), input, words, as_url };
    if truth(body, "stream")? {
        return Ok(stream(&made, is_edit, count, previews, each, cx));
    }
    let data: Vec<Value> = (0..count).map(|index| made.image(index, cx)).collect();
    let mut body =
        json!({"created": cx.created(), "data": data, "output_format": "png", "size": "1024x1024"});
    if !cx.faults.no_usage {
        body["usage"] = made.usage(count * each, cx);
    }
    Ok(Answer::whole(&body, input, count * each))
}

/// How many images there are to edit: files, or objects with a URL.
fn edited(body: &Value) -> u64 {
    ["image", "images"]
        .iter()
        .filter_map(|name| body.get(*name))
        .map(|image| match image {
            Value::Array(list) => list.len() as u64,
            Value::Null | Value::String(_) => 0,
            _ => 1,
        })
        .sum()
}

struct Made {
    seed: u64,
    input: u64,
    words: u64,
    as_url: bool,
}

impl Made {
    fn base64(&self, index: u64, cx: &Context<'_>) -> String {
        if let Some(bytes) = cx.faults.huge_bytes {
            return "A".repeat(usize::try_from(bytes).unwrap_or(0));
        }
        STANDARD.encode(files::png(self.seed.rotate_left(u32::try_from(index * 8).unwrap_or(0))))
    }

    fn image(&self, index: u64, cx: &Context<'_>) -> Value {
        let png = self.base64(index, cx);
        if self.as_url {
            json!({"url": format!("data:image/png;base64,{png}")})
        } else {
            json!({"b64_json": png})
        }
    }

    fn usage(&self, output: u64, cx: &Context<'_>) -> Value {
        let details = json!({"text_tokens": self.words, "image_tokens": self.input - self.words});
        usage(self.input, output, ("input_tokens_details", details), cx)
    }
}

fn stream(made: &Made, is_edit: bool, count: u64, previews: u64, each: u64, cx: &Context<'_>) -> Answer {
    let name = if is_edit { "image_edit" } else { "image_generation" };
    let mut frames = cx.frames();
    let mut write = |kind: &str, event: &mut Value, tokens: u64| {
        let kind = format!("{name}.{kind}");
        event["type"] = json!(kind);
        event["created_at"] = json!(cx.created());
        event["output_format"] = json!("png");
        frames.event(Some(&kind), &[&event.to_string()], tokens);
    };
    for index in 0..count {
        for preview in 0..previews {
            let mut event =
                json!({"b64_json": made.base64(index + preview, cx), "partial_image_index": preview});
            write("partial_image", &mut event, PARTIAL_TOKENS);
        }
        let mut event = json!({"b64_json": made.base64(index, cx)});
        if !cx.faults.no_usage {
            event["usage"] = made.usage(each + previews * PARTIAL_TOKENS, cx);
        }
        write("completed", &mut event, each);
    }
    Answer { content: Content::Stream(frames), input_tokens: made.input, output_tokens: 0 }
}
