//! Calls of tools and their results as places of their own: a guardrail looks at what a model wants to call tools with, and
//! at what these returned, whoever speaks which format.

use super::guardrails::{KEY, TARGETS, config};
use super::support::scripted::{STREAM_HEAD, Scripted, Seen, Step};
use super::support::speaking::{self, Format};
use super::support::{Call, Gateway};
use serde_json::{Value, json};

/// What no tool may be called with.
const TERM: &str = "rm -rf";

/// An answer in the format of chats: words, and a call of a tool in two fragments.
fn answering(seen: &Seen, said: &str, called: &str) -> Vec<Step> {
    let (first, rest) = called.split_at(called.len() / 2);
    if !seen.body.contains("\"stream\":true") {
        let function = json!({"name": "shell", "arguments": called});
        let calls = json!([{"id": "call_1", "type": "function", "function": function}]);
        let message = json!({"role": "assistant", "content": said, "tool_calls": calls});
        let usage = json!({"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2});
        let choices = json!([{"index": 0, "message": message, "finish_reason": "tool_calls"}]);
        let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": usage});
        let body = speaking::head("200 OK", "application/json", "", &body.to_string());
        return vec![Step::Send(body.into_bytes())];
    }
    let chunk = |delta: Value, reason: Value| {
        let choices = json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
        let data = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices});
        format!("data: {data}\n\n")
    };
    let begun = json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "shell", "arguments": first}});
    let gone_on = json!({"index": 0, "function": {"arguments": rest}});
    let body = [
        STREAM_HEAD.to_owned(),
        chunk(json!({"role": "assistant", "content": said}), Value::Null),
        chunk(json!({"tool_calls": [begun]}), Value::Null),
        chunk(json!({"tool_calls": [gone_on]}), Value::Null),
        chunk(json!({}), "tool_calls".into()),
        "data: [DONE]\n\n".to_owned(),
    ];
    vec![Step::Send(body.concat().into_bytes())]
}

/// A guardrail under the name that the key asks for.
fn rail(kind: &str, rest: &str) -> String {
    let what = match kind {
        "cel" => format!("expression: 'text.content.contains(\"{TERM}\")'"),
        _ => format!("terms: ['{TERM}']"),
    };
    format!("  personal-data: {{ kind: {kind}, {what}, action: block, {rest} }}\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_tool_is_called_with_is_looked_at_before_anybody_calls_it() {
    let called = json!({"command": format!("{TERM} /")}).to_string();
    let said = format!("I say {TERM}, and call no tool with it.");
    let harmless = json!({"command": "ls"}).to_string();
    let bad = Scripted::by_request(move |_, seen| answering(seen, "Well.", &called)).await;
    let good = Scripted::by_request(move |_, seen| answering(seen, &said, &harmless)).await;
    for (kind, speakers, stops_said) in
        [("keywords", "tool_call", false), ("cel", "tool_call", false), ("keywords", "assistant", true)]
    {
        let rails = rail(kind, &format!("on: [response], speakers: [{speakers}]"));
        let (bad_one, good_one) =
            (Gateway::start(&config(&bad, &rails)).await, Gateway::start(&config(&good, &rails)).await);
        for format in Format::ALL {
            for stream in [false, true] {
                let what = format!("{kind} {speakers} {format:?} {stream}");
                let answer = bad_one.send(format.call("chat/m", stream).key(KEY)).await;
                assert!(answer.text().contains("guardrail"), "{what}: {}", answer.text());
                assert!(!answer.text().contains(TERM), "{what}: {}", answer.text());
                let record = bad_one.record(&answer.request_id()).await;
                assert_eq!(record["error_code"], "guardrail_blocked", "{what}: {record}");
                assert_eq!(
                    record["guardrails"][0]["findings"][0]["speaker"], "tool_call",
                    "{what}: {record}"
                );
                let answer = good_one.send(format.call("chat/m", stream).key(KEY)).await;
                assert_eq!(answer.text().contains("guardrail"), stops_said, "{what}: {}", answer.text());
                assert_eq!(answer.text().contains(TERM), !stops_said, "{what}: {}", answer.text());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_tool_was_called_with_and_returned_is_looked_at_where_that_is_asked_for() {
    let upstream = Scripted::by_request(|_, seen| answering(seen, "Well.", "{}")).await;
    let conversation = |user: &str, called: &str, returned: &str| {
        let function = json!({"name": "shell", "arguments": json!({"command": called}).to_string()});
        let calls = json!([{"id": "call_1", "type": "function", "function": function}]);
        json!({"model": "chat/m", "messages": [
            {"role": "user", "content": user},
            {"role": "assistant", "content": null, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "call_1", "content": returned},
        ]})
    };
    for (speaker, stops) in
        [("user", [true, false, false]), ("tool_call", [false, true, false]), ("tool", [false, false, true])]
    {
        let rails = rail("cel", &format!("on: [request], speakers: [{speaker}]"));
        let gateway = Gateway::start(&config(&upstream, &rails)).await;
        let bodies = [
            conversation(TERM, "ls", "a b"),
            conversation("hi", TERM, "a b"),
            conversation("hi", "ls", TERM),
        ];
        for (body, stops) in bodies.into_iter().zip(stops) {
            let answer = gateway.send(Call::post("/v1/chat/completions", body.to_string()).key(KEY)).await;
            assert_eq!(answer.text().contains("guardrail_blocked"), stops, "{speaker}: {}", answer.text());
        }
        let row = &gateway.rows("/api/v1/guardrails").await[0];
        assert_eq!((&row["speakers"], &row["buffered"]), (&json!([speaker]), &json!(true)), "{row}");
    }
    assert_eq!(TARGETS[0].1, "chat");
    // Whatever a provider's tools are called with, and by whatever name that stands there.
    let rails = rail("cel", "on: [request], speakers: [tool_call]");
    let gateway = Gateway::start(&config(&upstream, &rails)).await;
    for item in [
        json!({"type": "shell_call", "call_id": "c", "action": {"commands": [TERM]}}),
        json!({"type": "local_shell_call", "call_id": "c", "action": {"command": ["sh", TERM]}}),
        json!({"type": "apply_patch_call", "call_id": "c", "operation": {"diff": TERM}}),
        json!({"type": "code_interpreter_call", "id": "c", "code": TERM}),
        json!({"type": "file_search_call", "id": "c", "queries": [TERM]}),
        json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": json!({"x": TERM}).to_string()}),
    ] {
        let body = json!({"model": "responses/m", "input": [item, {"role": "user", "content": "hi"}]});
        let answer = gateway.send(Call::post("/v1/responses", body.to_string()).key(KEY)).await;
        assert!(answer.text().contains("guardrail_blocked"), "{body}: {}", answer.text());
    }
    // To whoever does not name them, calls of tools are what the model says.
    let says = format!("text.speaker == \"assistant\" && text.content.contains(\"{TERM}\")");
    let rails =
        format!("  personal-data: {{ kind: cel, expression: '{says}', on: [request], action: block }}\n");
    let gateway = Gateway::start(&config(&upstream, &rails)).await;
    let call = json!({"type": "tool_use", "id": "t", "name": "shell", "input": {"command": TERM}});
    let body = json!({"model": "chat/m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "a b"}]}]});
    let answer = gateway.send(Call::post("/v1/messages", body.to_string()).key(KEY)).await;
    answer.refused(400, "guardrail_blocked");
    let rails = rail("keywords", "on: [response]");
    let gateway = Gateway::start(&config(&upstream, &rails)).await;
    assert_eq!(gateway.rows("/api/v1/guardrails").await[0]["buffered"], false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_repeats_a_text_stays_where_only_whole_texts_are_judged() {
    let upstream = Scripted::by_request(|_, _| {
        let token = json!({"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []});
        let choice = json!({"index": 0, "message": {"role": "assistant", "content": "Hi"}, "logprobs": {"content": [token]},
            "finish_reason": "stop"});
        let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}});
        vec![Step::Send(speaking::head("200 OK", "application/json", "", &body.to_string()).into_bytes())]
    })
    .await;
    for (kind, is_whole) in [("length, max_chars: 1000", true), ("keywords, terms: [nothing]", false)] {
        let rails = format!("  personal-data: {{ kind: {kind}, on: [response], action: block }}\n");
        let gateway = Gateway::start(&config(&upstream, &rails)).await;
        let answer = gateway.send(Format::Chat.call("chat/m", false).key(KEY)).await;
        let probabilities = &answer.ok().json()["choices"][0]["logprobs"]["content"];
        assert_eq!(probabilities.is_array(), is_whole, "{kind}: {}", answer.text());
    }
}
