//! The facts of a request that is a form (`multipart/form-data`). Serves ingress. As with JSON, what a stage acts
//! on must stand there once and in one spelling; files are looked at for their length and their header only.

use super::kinds::check_spelling;
use super::media::{self, Asked};
use super::{MAX_MODEL_BYTES, ROUTING_MEMBERS, invalid, invalid_owned, missing_model};
use crate::estimate;
use crate::multipart::{Boundary, Form, FormError, Part, is_form};
use gw_model::{CallFacts, ErrorCode, Refusal, WireFormat};

/// Fields that may stand there once only.
const SINGLE: &[&str] =
    &["model", "stream", "n", "prompt", "size", "quality", "partial_images", "mask", "file", "user"];

/// Is the body to be read as a form? Some endpoints take nothing else.
///
/// # Errors
/// `invalid_request`: it must be one, and is not.
pub(super) fn is_wanted(format: WireFormat, content_type: Option<&[u8]>) -> Result<bool, Refusal> {
    if content_type.is_some_and(is_form) {
        return Ok(true);
    }
    if format == WireFormat::OpenAiImageEdits {
        return Ok(false);
    }
    let what = "This endpoint takes a form: send `multipart/form-data` with its boundary as content type, as every \
                SDK does for files.";
    Err(Refusal::new(ErrorCode::InvalidRequest, what))
}

/// Reads the facts of a form; `path_model` overrules its model.
///
/// # Errors
/// `invalid_request`: no boundary, a form that cannot be read in one way only, a field that stands twice, a
/// missing or mistyped one.
pub(super) fn read(
    format: WireFormat,
    body: &[u8],
    content_type: &[u8],
    path_model: Option<&str>,
) -> Result<CallFacts, Refusal> {
    let Some(boundary) = Boundary::of(content_type) else {
        let what = "The content type of the form has no boundary that can be used. Write \
                    `multipart/form-data; boundary=...`, as every SDK does by itself.";
        return Err(Refusal::new(ErrorCode::InvalidRequest, what));
    };
    let form = Form::parse(body, &boundary).map_err(|error| unreadable(&error))?;
    let mut facts = CallFacts { is_form: true, choices: 1, include_usage: true, ..CallFacts::default() };
    let mut asked = Asked::default();
    let mut seen = Vec::new();
    for part in &form.parts {
        if SINGLE.contains(&part.name) {
            if seen.contains(&part.name) {
                let what = format!("The field `{0}` stands twice in the form. Send it once.", part.name);
                return Err(invalid_owned(part.name.to_owned(), what));
            }
            seen.push(part.name);
        }
        field(&form, part, &mut facts, &mut asked)?;
    }
    if let Some(model) = path_model {
        model.clone_into(&mut facts.model);
    }
    check_model(&facts.model)?;
    media::complete(format, &asked, &mut facts)?;
    Ok(facts)
}

fn field(form: &Form<'_>, part: &Part<'_>, facts: &mut CallFacts, asked: &mut Asked) -> Result<(), Refusal> {
    match part.name {
        "model" => {
            text("model", form, part)?.clone_into(&mut facts.model);
            facts.model_span = Some(part.value);
        }
        "stream" => {
            facts.stream = match text("stream", form, part)? {
                "true" | "True" | "1" => true,
                "false" | "False" | "0" | "" => false,
                _ => return Err(invalid("stream", "`stream` must be true or false.")),
            };
        }
        "n" => facts.choices = number("n", text("n", form, part)?)?.max(1),
        "partial_images" => {
            asked.take_partial_images(number("partial_images", text("partial_images", form, part)?)?);
        }
        "prompt" => asked.take_text(estimate::text_tokens(form.value(part))),
        "size" => asked.take_size(text("size", form, part)?),
        "quality" => asked.take_quality(text("quality", form, part)?),
        "user" => facts.user = Some(text("user", form, part)?.chars().take(256).collect()),
        "file" => asked.take_recording(form.value(part)),
        name if name == "mask" || name == "image" || name.starts_with("image[") => asked.take_image(),
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => {
            // Some servers take `model[]` for `model`.
            let base = name.split(['[', '.']).next().unwrap_or(name);
            if base != name && (SINGLE.contains(&base) || ROUTING_MEMBERS.contains(&base)) {
                let what = format!("The field `{name}` is a second spelling of `{base}`. Write `{base}`.");
                return Err(invalid_owned(name.to_owned(), what));
            }
            check_spelling(name, &[media::READ_MEMBERS, ROUTING_MEMBERS], false)?;
        }
    }
    Ok(())
}

/// The value of a plain field.
fn text<'a>(name: &'static str, form: &Form<'a>, part: &Part<'_>) -> Result<&'a str, Refusal> {
    let is_plain = part.filename.is_none()
        && part.content_type.is_none_or(|kind| {
            let charset = kind.to_ascii_lowercase();
            !charset.contains("charset") || charset.contains("utf-8") || charset.contains("us-ascii")
        });
    let value = std::str::from_utf8(form.value(part)).ok().filter(|_| is_plain);
    value.ok_or_else(|| invalid(name, format!("`{name}` must be a plain field of UTF-8 text.")))
}

fn number(name: &'static str, text: &str) -> Result<u32, Refusal> {
    text.parse().map_err(|_| invalid(name, format!("`{name}` must be a whole number.")))
}

/// The name goes into a part of its own, so that a line break in it could make another part.
fn check_model(model: &str) -> Result<(), Refusal> {
    if model.is_empty() {
        return Err(missing_model());
    }
    if model.len() > MAX_MODEL_BYTES {
        return Err(invalid("model", format!("`model` is longer than {MAX_MODEL_BYTES} bytes.")));
    }
    if model.contains(char::is_control) {
        return Err(invalid("model", "`model` must be one line of text."));
    }
    Ok(())
}

fn unreadable(error: &FormError) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, format!("The form cannot be read: {error}."))
}
