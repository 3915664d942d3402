//! Tests of replies; must not involve a wire format.
use serde_json::json;

use super::*;
use crate::prompt::{Tool, ToolChoice};

fn prompt(text: &str) -> Prompt {
    Prompt { user_text: text.to_owned(), ..Prompt::default() }
}

fn tool(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        schema: json!({"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}),
    }
}

fn called(prompt: &Prompt) -> Vec<String> {
    compose(prompt, &Faults::default(), 0).calls.into_iter().map(|call| call.name).collect()
}

#[test]
fn text_is_an_echo_cut_by_stops_and_bounds() {
    let reply = compose(&prompt("hello"), &Faults::default(), 0);
    assert_eq!(
        (reply.text.as_str(), reply.output_tokens, reply.finish),
        ("You said: hello", 5, Finish::Stop)
    );
    let stopped = Prompt { stops: vec!["zzz".into(), "hel".into()], ..prompt("hello") };
    let reply = compose(&stopped, &Faults::default(), 0);
    assert_eq!((reply.text.as_str(), reply.finish), ("You said: ", Finish::StopSequence("hel".into())));
    let short = Prompt { max_tokens: Some(2), ..prompt("hello") };
    let reply = compose(&short, &Faults::default(), 0);
    assert_eq!((reply.text.as_str(), reply.output_tokens, reply.finish), ("You said", 2, Finish::Length));
}

#[test]
fn tools_are_chosen_by_the_rule() {
    let tools = vec![tool("weather"), tool("time"), tool("news")];
    let with = |text: &str| Prompt { tools: tools.clone(), ..prompt(text) };
    assert_eq!(called(&with("hi")), ["weather"]);
    assert_eq!(called(&with("use time")), ["time"]);
    assert_eq!(called(&with("news, then weather")), ["news", "weather"]);
    assert_eq!(called(&with("in parallel")), ["weather", "time", "news"]);
    assert_eq!(called(&Prompt { one_call: true, ..with("in parallel") }), ["weather"]);
    assert_eq!(called(&Prompt { choice: ToolChoice::Named("news".into()), ..with("time") }), ["news"]);
    assert!(called(&Prompt { choice: ToolChoice::None, ..with("time") }).is_empty());
    let after = Prompt { tool_results: vec!["21 C".into()], ..with("time") };
    assert_eq!(compose(&after, &Faults::default(), 0).text, "The tool returned: 21 C");
    let reply = compose(&with("weather"), &Faults::default(), 0);
    assert_eq!(
        (reply.calls[0].arguments.as_str(), reply.finish),
        ("{\"q\":\"sample q\"}", Finish::ToolCalls)
    );
    let mut silent = Faults::default();
    silent.add("no-calls").expect("known");
    assert_eq!(compose(&with("weather"), &silent, 0).text, "You said: weather");
    let cut = compose(&Prompt { max_tokens: Some(3), ..with("weather") }, &Faults::default(), 0);
    assert_eq!((cut.finish, cut.output_tokens), (Finish::Length, 3));
}

#[test]
fn images_and_sizes_are_told() {
    let seen = Prompt { images: vec!["image/png".into(), "image/jpeg".into()], ..prompt("what?") };
    let text = compose(&seen, &Faults::default(), 0).text;
    assert_eq!(text, "I see 2 images (image/png, image/jpeg). You said: what?");
    let mut faults = Faults::default();
    faults.add("output-tokens=7").expect("known");
    assert_eq!(compose(&prompt("x"), &faults, 0).output_tokens, 7);
    faults.add("huge=1000").expect("known");
    assert_eq!(compose(&prompt("x"), &faults, 0).text.len(), 1000);
}
