//! OpenAI's `/batches`: each look at a batch moves it on, from validating over in progress to completed; its lines are
//! answered by the same codecs as single requests. It must not answer anything that those cannot.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::shelf::{Batch, Shelf};
use super::{Given, files, page};
use crate::answer::{Answer, Content, Context, Rejection};
use crate::fault::Faults;
use crate::{openai, responses};

/// Most lines of a batch.
const MAX_LINES: usize = 50_000;

/// The version of a model that answers.
const VERSION: &str = "2026-01-15";

pub(super) fn create(shelf: &Shelf, body: &Bytes) -> Result<Given, Rejection> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| Rejection::new(400, "The body of the request could not be parsed as JSON."))?;
    let text = |name: &str| body[name].as_str().ok_or_else(|| Rejection::missing(name));
    let (input, endpoint, window) = (text("input_file_id")?, text("endpoint")?, text("completion_window")?);
    let file = shelf.file(input).ok_or_else(|| {
        let text = format!("Invalid 'input_file_id': no such file: {input}");
        Rejection::param("input_file_id", "invalid_value", text)
    })?;
    if file.object["purpose"] != "batch" {
        return Err(Rejection::param("input_file_id", "invalid_value", "The file's purpose is not batch."));
    }
    let id = shelf.id("batch_emu");
    let object = json!({
        "id": id, "object": "batch", "endpoint": endpoint, "model": null, "errors": null, "input_file_id": input,
        "completion_window": window, "status": "validating", "output_file_id": null, "error_file_id": null,
        "created_at": shelf.created(), "in_progress_at": null, "completed_at": null, "cancelled_at": null,
        "request_counts": {"total": 0, "completed": 0, "failed": 0}, "usage": usage(0, 0),
        "metadata": body.get("metadata").cloned().unwrap_or_default()
    });
    shelf.add_batch(Batch { object: object.clone(), looks: 0 });
    Ok(Given::Json(object))
}

pub(super) fn list(shelf: &Shelf, query: &str) -> Result<Given, Rejection> {
    Ok(Given::Json(page(shelf.batches(), query, 20)))
}

pub(super) fn one(shelf: &Shelf, id: &str) -> Result<Given, Rejection> {
    let mut is_due = false;
    let object = shelf.with_batch(id, |batch| {
        batch.looks += 1;
        let next = match (batch.object["status"].as_str(), batch.looks) {
            (Some("validating"), _) => "in_progress",
            (Some("in_progress"), _) => {
                is_due = true;
                return;
            }
            (Some("cancelling"), _) => "cancelled",
            _ => return,
        };
        batch.object["status"] = next.into();
    });
    let object = object.ok_or_else(|| unknown(id))?;
    if !is_due {
        return Ok(Given::Json(object));
    }
    let done = run(shelf, &object);
    let object = shelf.with_batch(id, |batch| batch.object = done).ok_or_else(|| unknown(id))?;
    Ok(Given::Json(object))
}

pub(super) fn cancel(shelf: &Shelf, id: &str) -> Result<Given, Rejection> {
    let mut is_over = false;
    let object = shelf.with_batch(id, |batch| {
        is_over = matches!(batch.object["status"].as_str(), Some("completed" | "cancelled" | "failed"));
        if !is_over {
            batch.object["status"] = "cancelling".into();
        }
    });
    let object = object.ok_or_else(|| unknown(id))?;
    if is_over {
        let text =
            format!("Cannot cancel a batch with status '{}'.", object["status"].as_str().unwrap_or(""));
        return Err(Rejection::new(409, text));
    }
    Ok(Given::Json(object))
}

fn unknown(id: &str) -> Rejection {
    Rejection::new(404, format!("No batch found with id '{id}'."))
}

fn usage(input: u64, output: u64) -> Value {
    json!({
        "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}
    })
}

/// Answers all lines; the completed batch.
fn run(shelf: &Shelf, batch: &Value) -> Value {
    let content = batch["input_file_id"].as_str().and_then(|id| shelf.file(id)).map(|file| file.content);
    let text = content.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let (mut good, mut bad) = (String::new(), String::new());
    let (mut completed, mut failed, mut input, mut output) = (0u64, 0u64, 0, 0);
    let mut model = Value::Null;
    for (number, line) in text.lines().filter(|line| !line.trim().is_empty()).take(MAX_LINES).enumerate() {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        if model.is_null() {
            model = line["body"]["model"].clone();
        }
        let (status, body) = match one_line(&line, u64::try_from(number).unwrap_or(0)) {
            Ok(answer) => {
                input += answer.input_tokens;
                output += answer.output_tokens;
                completed += 1;
                (200, whole(answer))
            }
            Err(why) => {
                failed += 1;
                (why.status, serde_json::from_str(&openai::error_body(&why)).unwrap_or_default())
            }
        };
        let answered = json!({
            "id": shelf.id("batch_req_emu"), "custom_id": line["custom_id"], "error": null,
            "response": {"status_code": status, "request_id": shelf.id("req_"), "body": body}
        });
        let file = if status == 200 { &mut good } else { &mut bad };
        file.push_str(&answered.to_string());
        file.push('\n');
    }
    let file = |text: String, name: &str| match text.is_empty() {
        true => Value::Null,
        false => files::add(shelf, "batch_output", name, Bytes::from(text))["id"].clone(),
    };
    let mut done = batch.clone();
    done["status"] = "completed".into();
    // As OpenAI does: the version that answered, not the name that was asked for.
    done["model"] = model.as_str().map(|name| format!("{name}-{VERSION}")).into();
    done["output_file_id"] = file(good, "output.jsonl");
    done["error_file_id"] = file(bad, "errors.jsonl");
    done["completed_at"] = shelf.created().into();
    done["request_counts"] = json!({"total": completed + failed, "completed": completed, "failed": failed});
    done["usage"] = usage(input, output);
    done
}

fn one_line(line: &Value, serial: u64) -> Result<Answer, Rejection> {
    let mut body = line["body"].clone();
    if body.is_object() {
        body["stream"] = false.into();
    }
    let (faults, headers) = (Faults::default(), HeaderMap::new());
    let model = body["model"].as_str().unwrap_or("").to_owned();
    let cx =
        Context { faults: &faults, serial, deployment: None, model: &model, query: "", headers: &headers };
    match line["url"].as_str().unwrap_or("").trim_start_matches("/v1") {
        "/chat/completions" => openai::answer(openai::Endpoint::Chat, &body, &cx),
        "/completions" => openai::answer(openai::Endpoint::Completions, &body, &cx),
        "/embeddings" => openai::answer(openai::Endpoint::Embeddings, &body, &cx),
        "/responses" => {
            // What a batch makes is not stored.
            responses::answer(responses::Endpoint::Create, &body, &responses::Responses::default(), &cx)
        }
        other => Err(Rejection::new(400, format!("The url '{other}' can not be batched."))),
    }
}

fn whole(answer: Answer) -> Value {
    match answer.content {
        Content::Whole(text) => serde_json::from_str(&text).unwrap_or_default(),
        Content::Bytes(..) | Content::Stream(_) => Value::Null,
    }
}
