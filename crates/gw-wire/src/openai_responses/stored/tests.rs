//! Tests of [`super`].
use super::*;
use serde_json::{Value, json};

fn state(request: &Value, answer: &Value) -> Vec<u8> {
    State::write(request.to_string().as_bytes(), answer.to_string().as_bytes()).unwrap()
}

fn answer(id: &str) -> Value {
    json!({"id": id, "object": "response", "output": [
        {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "sealed"},
        {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]})
}

fn parsed(body: Vec<u8>) -> Value {
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn items_are_kept_with_ids_types_and_parts() {
    let id = answer_id(0xabc);
    assert_eq!(id, "resp_00000000000000000000000000000abc");
    let input = json!([
        "a text",
        {"role": "assistant", "content": "said"},
        {"type": "message", "id": "msg_given", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
        {"type": "function_call_output", "call_id": "call_1", "output": "42"},
    ]);
    let bytes = state(&json!({"model": "m", "input": input}), &answer(&id));
    let read = State::read(&bytes).unwrap();
    let items: Vec<Value> = read.input().map(|item| serde_json::from_str(item).unwrap()).collect();
    assert_eq!(items[0]["content"][0], json!({"type": "input_text", "text": "a text"}));
    assert_eq!(items[0]["id"], format!("msg_{}_in0", &id[5..]));
    assert_eq!(
        (&items[1]["type"], &items[1]["content"][0]["type"]),
        (&json!("message"), &json!("output_text"))
    );
    assert_eq!(items[2], input[2]);
    assert_eq!(items[3]["id"], format!("fco_{}_in3", &id[5..]));
    assert_eq!(answer_of_item(items[3]["id"].as_str().unwrap()).as_deref(), Some(id.as_str()));
    assert_eq!(read.item("fc_1"), Some(answer(&id)["output"][1].to_string().as_str()));
    assert_eq!(serde_json::from_str::<Value>(read.answer()).unwrap(), answer(&id));

    let bytes = state(&json!({"model": "m", "input": "hello"}), &answer(&id));
    let read = State::read(&bytes).unwrap();
    assert_eq!(read.input().count(), 1);
}

#[test]
fn ids_that_no_answer_here_has_lead_nowhere() {
    for id in ["msg_1", "msg_zz000000000000000000000000000abc_0", "rs_68af", "", "msg__0", "fc_abc_1"] {
        assert_eq!(answer_of_item(id), None, "{id}");
    }
}

#[test]
fn a_request_is_written_out_with_what_it_goes_on_from() {
    let bytes = state(&json!({"model": "m", "input": "first"}), &answer("resp_1"));
    let previous = State::read(&bytes).unwrap();
    let body = json!({
        "model": "m", "previous_response_id": "resp_1", "instructions": "new",
        "input": [{"type": "function_call_output", "call_id": "call_1", "output": "42"}],
    });
    let history = History { previous: Some(&previous), ..History::default() };
    let full = parsed(expand(body.to_string().as_bytes(), &history, false).unwrap());
    assert_eq!(full.get("previous_response_id"), None);
    assert_eq!((&full["model"], &full["instructions"]), (&json!("m"), &json!("new")));
    let kinds: Vec<&str> =
        full["input"].as_array().unwrap().iter().map(|i| i["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message", "reasoning", "function_call", "function_call_output"]);

    let portable = parsed(expand(body.to_string().as_bytes(), &history, true).unwrap());
    let items = portable["input"].as_array().unwrap();
    assert_eq!(items.len(), 3, "reasoning stays out");
    assert!(items.iter().all(|item| item.get("id").is_none()), "{items:?}");

    let body = json!({"model": "m", "previous_response_id": "resp_1", "input": "and now?"});
    let full = parsed(expand(body.to_string().as_bytes(), &history, false).unwrap());
    assert_eq!(full["input"][3], json!({"role": "user", "content": "and now?"}));
    let body = json!({"model": "m", "previous_response_id": "resp_1"});
    let full = parsed(expand(body.to_string().as_bytes(), &history, false).unwrap());
    assert_eq!(full["input"].as_array().unwrap().len(), 3);
}

#[test]
fn references_are_found_and_resolved() {
    let body = json!({"model": "m", "input": [
        {"role": "user", "content": "item_reference"},
        {"type": "item_reference", "id": "fc_1"},
        {"id": "rs_1"},
        {"type": "item_reference", "id": "unknown"},
    ]});
    let body = body.to_string();
    let ids: Vec<String> = references(body.as_bytes()).into_iter().map(|found| found.id).collect();
    assert_eq!(ids, ["fc_1", "rs_1", "unknown"]);
    let bytes = state(&json!({"input": "first"}), &answer("resp_1"));
    let held = State::read(&bytes).unwrap();
    let items = ["fc_1", "rs_1"].into_iter().map(|id| (id.to_owned(), held.item(id).unwrap()));
    let history = History { previous: None, items: items.collect() };
    let full = parsed(expand(body.as_bytes(), &history, false).unwrap());
    let kinds: Vec<&str> =
        full["input"].as_array().unwrap().iter().filter_map(|i| i["type"].as_str()).collect();
    assert_eq!(kinds, ["function_call", "reasoning", "item_reference"]);
}

#[test]
fn items_that_only_what_is_stored_makes_whole_are_references_too() {
    let found = |item: &str| {
        let body = format!("{{\"input\":[{item}]}}");
        let facts = crate::facts::read(
            gw_model::WireFormat::OpenAiResponses,
            &format!("{{\"model\":\"m\",\"input\":[{item}]}}").into(),
            99,
        );
        let list = references(body.as_bytes());
        assert_eq!(facts.unwrap().refers_to_items, !list.is_empty(), "{item}");
        list.first().map(|found| found.is_bare)
    };
    for bare in [
        r#"{"type":"item_reference","id":"x"}"#,
        r#"{"id":"x"}"#,
        r#"{"type":null,"id":"x"}"#,
        r#"{"type":"item\u005freference","\u0069d":"x"}"#,
    ] {
        assert_eq!(found(bare), Some(true), "{bare}");
    }
    for half in [
        r#"{"type":"reasoning","id":"rs_1","summary":[]}"#,
        r#"{"type":"image_generation_call","id":"ig_1"}"#,
    ] {
        assert_eq!(found(half), Some(false), "{half}");
    }
    for whole in [
        r#"{"role":"user","content":"hi"}"#,
        r#"{"type":"message","id":"msg_1","role":"assistant","content":"item_reference"}"#,
        r#"{"id":"msg_1","role":"assistant","content":"hi"}"#,
        r#"{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"}"#,
        r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"sealed"}"#,
        r#"{"type":"image_generation_call","id":"ig_1","result":"base64"}"#,
    ] {
        assert_eq!(found(whole), None, "{whole}");
    }
}

#[test]
fn the_id_of_an_answer_is_found_unless_it_is_not_stored() {
    let of = |id: &str, items: &[&str]| {
        Some(Made { id: id.to_owned(), items: items.iter().map(|item| (*item).to_owned()).collect() })
    };
    let body = br#" {"object":"response","id":"resp_1","output":[{"type":"reasoning","id":"rs_1"},{},{"id":"msg_1"}]}"#;
    assert_eq!(made(body), of("resp_1", &["rs_1", "msg_1"]));
    assert_eq!(made(br#"{"id":"resp_1","store":true}"#), of("resp_1", &[]));
    for none in [&br#"{"id":"resp_1","store":false}"#[..], b"{\"output\":[]}", b"[]", b"", b"{", b"\xff"] {
        assert_eq!(made(none), None);
    }
    let frame = br#"{"type":"response.created","response":{"id":"resp_2","store":true}}"#;
    assert_eq!(made_in_frame(frame), of("resp_2", &[]));
    assert_eq!(made_in_frame(br#"{"type":"response.created"}"#), None);
}

#[test]
fn pages_of_the_input_go_either_way() {
    let input: Vec<Value> =
        (0..5).map(|n| json!({"id": format!("msg_{n}"), "role": "user", "content": "x"})).collect();
    let bytes = state(&json!({"input": input}), &answer("resp_1"));
    let held = State::read(&bytes).unwrap();
    let page = |query: &[(&str, &str)]| Page::of(query.iter().copied()).and_then(|page| page.write(&held));
    let ids = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
    };
    let first = parsed(page(&[("limit", "2")]).unwrap());
    assert_eq!(ids(&first), ["msg_4", "msg_3"], "newest first");
    assert_eq!((&first["has_more"], &first["last_id"]), (&json!(true), &json!("msg_3")));
    let rest = parsed(page(&[("after", "msg_3"), ("include[]", "x")]).unwrap());
    assert_eq!((ids(&rest).len(), &rest["has_more"]), (3, &json!(false)));
    let up = parsed(page(&[("order", "asc"), ("after", "msg_4")]).unwrap());
    assert_eq!((ids(&up).len(), &up["first_id"]), (0, &Value::Null));
    for bad in [("limit", "0"), ("limit", "101"), ("limit", "x"), ("order", "up"), ("after", "nothing")] {
        assert_eq!(page(&[bad]).unwrap_err().param.as_deref(), Some(bad.0));
    }
    assert_eq!(parsed(deleted("resp_1")), json!({"id": "resp_1", "object": "response", "deleted": true}));
}

/// A state as the first version stored it. It must load for ever.
#[test]
fn the_frozen_state_still_loads() {
    let frozen = include_bytes!("../../../tests/samples/stored_response_v1.json");
    let held = State::read(frozen).unwrap();
    assert_eq!((held.input().count(), held.output().count()), (1, 2));
    assert_eq!(state(&json!({"input": "first"}), &answer("resp_1")), frozen.trim_ascii_end());
    assert!(State::read(br#"{"version":2,"input":[],"answer":{}}"#).is_err());
}
