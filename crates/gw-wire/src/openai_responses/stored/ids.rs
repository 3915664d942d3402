//! Ids of answers that the gateway stores itself, and of the items in them: one tells the other, so that a reference
//! to an item leads to the answer that holds it. Serves its sisters and the stage that recalls.

/// Hexadecimal digits of a request's id.
const DIGITS: usize = 32;

/// The id of the answer to a request (128 bits).
#[must_use]
pub fn answer_id(request: u128) -> String {
    format!("resp_{request:032x}")
}

/// The answer that an item belongs to, going by its id alone; `None` when no answer stored here has such items.
#[must_use]
pub fn answer_of_item(item: &str) -> Option<String> {
    let (_, rest) = item.split_once('_')?;
    let (stem, _) = rest.split_once('_')?;
    let is_ours = stem.len() == DIGITS && stem.bytes().all(|b| b.is_ascii_hexdigit());
    is_ours.then(|| format!("resp_{stem}"))
}

/// The id of the item at `index` of the input of an answer.
pub(super) fn input_item(kind: &str, answer: &str, index: usize) -> String {
    let prefix = match kind {
        "message" => "msg",
        "function_call" => "fc",
        "function_call_output" => "fco",
        "custom_tool_call" => "ctc",
        "custom_tool_call_output" => "ctco",
        "reasoning" => "rs",
        _ => "item",
    };
    let stem = answer.strip_prefix("resp_").unwrap_or(answer);
    format!("{prefix}_{stem}_in{index}")
}
