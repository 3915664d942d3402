//! What pairs of formats lose, and how streams end.

use super::table::{Treatment, members, treatment};
use super::{PathFacts, request};
use crate::codec::Options;
use gw_model::WireFormat::{self, AnthropicMessages, OpenAiChat, OpenAiCompletions, OpenAiEmbeddings};
use gw_model::refusal::{ErrorCode, Refusal};
use serde_json::{Value, json};

mod cited;
mod content;
mod endings;
mod pairs;

fn translated(from: WireFormat, to: WireFormat, body: &Value) -> Result<(Value, Vec<String>), Refusal> {
    let written = request(from, to, body.to_string().as_bytes(), PathFacts::default(), &Options::default())?;
    Ok((serde_json::from_slice(&written.body).unwrap(), written.dropped))
}

fn chat(extra: &Value) -> Value {
    let mut body = json!({"model":"m","messages":[{"role":"user","content":"hi"}]});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

fn messages(extra: &Value) -> Value {
    let mut body = json!({"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

#[test]
fn tables_name_nothing_twice_and_keep_nothing_at_home() {
    for from in WireFormat::ALL {
        let table = members(*from);
        for (index, member) in table.iter().enumerate() {
            assert!(!table[..index].iter().any(|other| other.name == member.name), "{}", member.name);
            assert!(!matches!(member.otherwise, Treatment::Keep(_)), "{}", member.name);
            assert!(!member.kept_by.iter().any(|(to, _)| to == from), "{}", member.name);
        }
        assert!(table.is_sorted_by_key(|member| member.name), "{from:?}");
    }
}

#[test]
fn defaults_are_no_loss() {
    let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    let of = |name: &str, value: &str| treatment(OpenAiChat, AnthropicMessages, name, &raw(value));
    assert_eq!(of("presence_penalty", "0.0"), Treatment::Default);
    assert_eq!(of("presence_penalty", "-0.5"), Treatment::Drop);
    assert_eq!(of("modalities", "[ \"text\" ]"), Treatment::Default);
    assert!(matches!(of("modalities", "[\"audio\"]"), Treatment::Refuse(_)));
    assert_eq!(of("logprobs", "null"), Treatment::Default);
    assert_eq!(of("anything_new", "1"), Treatment::Drop);
    assert_eq!(of("cache_control", "{}"), Treatment::Keep("cache_control"));
}

#[test]
fn what_is_left_out_is_named_once() {
    let asked = json!({"logit_bias":{"1":2},"seed":1,"seeds":[1],"service_tier":"flex","store":false,"metadata":{"a":"b"}});
    let (body, dropped) = translated(OpenAiChat, AnthropicMessages, &chat(&asked)).unwrap();
    assert_eq!(dropped, ["logit_bias", "seeds", "metadata", "service_tier", "seed"]);
    assert_eq!(body, messages_of_chat());
    let asked = json!({"top_k":3,"metadata":{"user_id":"x".repeat(65)},"service_tier":"auto","speed":"fast"});
    let (body, dropped) = translated(AnthropicMessages, OpenAiChat, &messages(&asked)).unwrap();
    assert_eq!(dropped, ["speed", "metadata.user_id", "top_k"]);
    assert_eq!(
        body,
        json!({"model":"m","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":5})
    );
}

fn messages_of_chat() -> Value {
    json!({"model":"m","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})
}

#[test]
fn what_must_not_be_left_out_is_refused() {
    let file =
        json!([{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://e"}}]}]);
    let upload = json!([{"role":"user","content":[{"type":"container_upload","file_id":"file_1"}]}]);
    for (from, to, body, param) in [
        (OpenAiChat, AnthropicMessages, chat(&json!({"n":2})), "n"),
        (OpenAiChat, AnthropicMessages, chat(&json!({"logprobs":true})), "logprobs"),
        (OpenAiChat, AnthropicMessages, chat(&json!({"web_search_options":{}})), "web_search_options"),
        (
            OpenAiChat,
            AnthropicMessages,
            chat(&json!({"tools":[{"type":"custom","custom":{"name":"c"}}]})),
            "tools",
        ),
        (
            AnthropicMessages,
            OpenAiChat,
            messages(&json!({"mcp_servers":[{"url":"https://e"}]})),
            "mcp_servers",
        ),
        (
            AnthropicMessages,
            OpenAiChat,
            messages(&json!({"tools":[{"type":"bash_20250124","name":"bash"}]})),
            "tools",
        ),
        (AnthropicMessages, OpenAiChat, messages(&json!({"messages":file})), "messages"),
        (AnthropicMessages, OpenAiChat, messages(&json!({"messages":upload})), "messages"),
        (AnthropicMessages, OpenAiEmbeddings, messages(&json!({})), "model"),
        (OpenAiEmbeddings, AnthropicMessages, json!({"model":"m","input":"x"}), "model"),
        (OpenAiChat, OpenAiCompletions, chat(&json!({})), "model"),
    ] {
        let refusal = translated(from, to, &body).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UnsupportedParameter, "{body}");
        assert_eq!(refusal.param.as_deref(), Some(param), "{body}");
    }
}

#[test]
fn history_of_provider_tools_is_left_out() {
    let history = json!([
        {"role":"user","content":"search"},
        {"role":"assistant","content":[
            {"type":"server_tool_use","id":"s","name":"web_search","input":{}},
            {"type":"web_search_tool_result","tool_use_id":"s","content":[]}]},
        {"role":"assistant","content":[{"type":"text","text":"found"}]},
        {"role":"user","content":"and?"}]);
    let (body, dropped) =
        translated(AnthropicMessages, OpenAiChat, &messages(&json!({"messages":history}))).unwrap();
    assert_eq!(dropped, ["messages.content.server_tool_use", "messages.content.web_search_tool_result"]);
    let roles: Vec<&str> =
        body["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
}

#[test]
fn repeated_ids_become_unique() {
    let call = json!({"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}});
    let result = json!({"role":"function","name":"f","content":"1"});
    let history = json!([{"role":"user","content":"go"}, call, result, call, result]);
    let asked = json!({"messages":history,"functions":[{"name":"f","parameters":{}}],"function_call":"auto"});
    let (body, _) = translated(OpenAiChat, AnthropicMessages, &chat(&asked)).unwrap();
    let ids: Vec<&str> = (1..5)
        .map(|turn| &body["messages"][turn]["content"][0])
        .map(|block| block.get("id").or_else(|| block.get("tool_use_id")).unwrap().as_str().unwrap())
        .collect();
    assert_eq!(ids, ["f", "f", "f-1", "f-1"]);
    assert_eq!(body["tool_choice"], json!({"type":"auto"}));
}

#[test]
fn completions_become_messages() {
    let body = json!({"model":"m","prompt":"Once","max_tokens":7,"stop":["."],"echo":false,"best_of":1});
    let (body, dropped) = translated(OpenAiCompletions, AnthropicMessages, &body).unwrap();
    assert_eq!(dropped, Vec::<String>::new());
    let expected = json!({"model":"m","max_tokens":7,"stop_sequences":["."],
        "messages":[{"role":"user","content":[{"type":"text","text":"Once"}]}]});
    assert_eq!(body, expected);
    let body = json!({"model":"m","prompt":"Once","suffix":"end"});
    assert_eq!(
        translated(OpenAiCompletions, AnthropicMessages, &body).unwrap_err().param.as_deref(),
        Some("suffix")
    );
}
