//! Fits a request in the intermediate form to a pair of formats: what the table says of its members, and
//! what content, tools and values become that both formats have in different ways. Serves request
//! translation. It must not touch what one format's reader or writer can settle alone.

mod content;
mod ids;
mod makers;
mod members;
mod tools;
mod values;

use gw_model::WireFormat;
use gw_model::chat::ChatRequest;
use gw_model::refusal::Refusal;

/// Fits `request`, which came in format `from`, for `to`; names of what is left out go to `dropped`.
///
/// # Errors
/// 400 `unsupported_parameter` for what must not be left out.
pub(super) fn fit(
    from: WireFormat,
    to: WireFormat,
    request: &mut ChatRequest,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    tools::allow(from, request);
    members::fit(from, to, request, dropped)?;
    values::fit(from, to, request, dropped);
    tools::fit(from, to, request, dropped)?;
    content::fit(from, to, request, dropped)?;
    if ids::must_be_unique(to) {
        ids::make_unique(&mut request.messages);
    }
    Ok(())
}

/// Names something left out, once.
pub(super) fn name(dropped: &mut Vec<String>, name: &str) {
    if !dropped.iter().any(|known| known == name) {
        dropped.push(name.to_owned());
    }
}

/// What a block or tool is, by its `type`, or else by the member that holds it, as Gemini and Converse have it.
fn kind_of(raw: &serde_json::value::RawValue) -> String {
    use crate::json::{Object, cursor::DEPTH_CEILING};
    const BESIDES: [&str; 6] = [
        "thought",
        "thoughtSignature",
        "thought_signature",
        "videoMetadata",
        "video_metadata",
        "partMetadata",
    ];
    let Ok(object) = Object::parse(raw.get().as_bytes(), DEPTH_CEILING) else { return "unknown".to_owned() };
    if let Some(kind) = object.get("type").and_then(|kind| kind.as_str().map(std::borrow::Cow::into_owned)) {
        return kind;
    }
    let member = object.members.iter().find(|member| !BESIDES.contains(&member.key.as_ref()));
    member.map_or_else(|| "unknown".to_owned(), |member| member.key.clone().into_owned())
}
