//! Efforts and budgets.

use super::{Plan, ThinkingOut, generation, plan};
use gw_model::chat::{ChatRequest, Message, Part, PartKind, Reasoning, Role, ToolChoice};

fn wishing(reasoning: Reasoning) -> ChatRequest {
    ChatRequest { reasoning: Some(reasoning), ..ChatRequest::default() }
}

fn effort(effort: &str) -> ChatRequest {
    wishing(Reasoning::Effort(effort.to_owned()))
}

fn enabled(budget_tokens: u64, max_tokens: u64) -> Plan {
    Plan { thinking: Some(ThinkingOut::Enabled { budget_tokens }), max_tokens, ..Plan::default() }
}

#[test]
fn reads_the_generation() {
    for (model, expected) in [
        ("claude-opus-4-6", Some((4, 6))),
        ("claude-sonnet-4-20250514", Some((4, 0))),
        ("claude-sonnet-4-5-20250929", Some((4, 5))),
        ("claude-sonnet-5", Some((5, 0))),
        ("anthropic.claude-opus-4-7-v1:0", Some((4, 7))),
        ("claude-haiku-4.6", Some((4, 6))),
        ("claude-opus-4@20250514", Some((4, 0))),
        ("claude-3-7-sonnet-20250219", None),
        ("some-model", None),
        ("claude-", None),
    ] {
        assert_eq!(generation(model), expected, "{model}");
    }
}

#[test]
fn a_budget_stays_below_the_bound() {
    let old = "claude-sonnet-4-5";
    assert_eq!(plan(&effort("high"), old, 4096, None), enabled(4095, 4096));
    assert_eq!(plan(&effort("high"), old, 4096, Some(u64::MAX)), enabled(16384, 16384 + 4096));
    assert_eq!(plan(&effort("high"), old, 4096, Some(8000)), enabled(7999, 8000));
    assert_eq!(plan(&effort("minimal"), old, 64000, Some(u64::MAX)), enabled(1024, 64000));
    assert_eq!(plan(&wishing(Reasoning::Budget(100)), old, 2048, None), enabled(1024, 2048));
    assert!(plan(&effort("low"), old, 1000, None).is_dropped);
    assert_eq!(plan(&effort("none"), old, 10, None), Plan { max_tokens: 10, ..Plan::default() });
    assert_eq!(plan(&wishing(Reasoning::Off), old, 10, None), Plan { max_tokens: 10, ..Plan::default() });
}

#[test]
fn newer_models_are_told_an_effort() {
    let adaptive =
        |effort| Plan { thinking: Some(ThinkingOut::Adaptive), effort, max_tokens: 9, is_dropped: false };
    assert_eq!(plan(&effort("minimal"), "claude-opus-4-6", 9, None), adaptive(Some("low")));
    assert_eq!(plan(&effort("xhigh"), "claude-opus-4-6", 9, None), adaptive(Some("high")));
    assert_eq!(plan(&effort("xhigh"), "claude-opus-4-7", 9, None), adaptive(Some("xhigh")));
    assert_eq!(plan(&wishing(Reasoning::Budget(5000)), "claude-sonnet-5", 9, None), adaptive(Some("medium")));
    assert_eq!(plan(&wishing(Reasoning::Adaptive), "claude-sonnet-5", 9, None), adaptive(None));
    let mut forced = effort("low");
    forced.tool_choice = Some(ToolChoice::Required);
    let expected = Plan { thinking: None, effort: Some("low"), max_tokens: 9, is_dropped: false };
    assert_eq!(plan(&forced, "claude-sonnet-5", 9, None), expected);
    assert_eq!(plan(&effort("none"), "claude-sonnet-5", 9, None), Plan { max_tokens: 9, ..Plan::default() });
}

#[test]
fn a_tool_loop_without_thinking_goes_on_without() {
    let message = |role, kind| Message { role, parts: vec![Part::new(kind)], name: None };
    let mut request = effort("low");
    let call = PartKind::ToolCall { id: "1".to_owned(), name: "f".to_owned(), arguments: String::new() };
    let result = PartKind::ToolResult { id: "1".to_owned(), parts: vec![], is_error: false };
    request.messages = vec![message(Role::Assistant, call), message(Role::User, result)];
    assert!(plan(&request, "claude-sonnet-4-5", 4096, None).is_dropped);
    let thought = PartKind::Thinking { text: String::new(), signature: Some("s".to_owned()) };
    request.messages[0].parts.insert(0, Part::new(thought));
    assert!(!plan(&request, "claude-sonnet-4-5", 4096, None).is_dropped);
}
