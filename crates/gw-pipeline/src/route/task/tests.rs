//! Which class a request is of: what it has comes before what it says.

use super::*;
use bytes::Bytes;
use gw_model::WireFormat;
use serde_json::{Value, json};

fn signs(format: WireFormat, body: &Value) -> Signs {
    let body = Bytes::from(body.to_string());
    let facts = gw_wire::facts::read_with_model(format, &body, 64, "m").expect("a request");
    Signs::of(&Call { format, body, facts, forward_headers: Vec::new(), raw: None })
}

fn class(body: &Value) -> Task {
    signs(WireFormat::OpenAiChat, body).task(10, 1000).0
}

fn said(text: &str) -> Task {
    class(&json!({ "messages": [{ "role": "user", "content": text }] }))
}

#[test]
fn what_a_request_has_decides_before_its_words() {
    let words = json!([{ "role": "user", "content": "Translate this into German: good morning" }]);
    let tools = json!([{ "type": "function", "function": { "name": "f", "parameters": {} } }]);
    let image = json!([{ "role": "user", "content": [
        { "type": "text", "text": "Write a python function" },
        { "type": "image_url", "image_url": { "url": "https://x.example/a.png" } },
    ] }]);
    let format = json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": {} } });
    assert_eq!(class(&json!({ "messages": words })), Task::Translation);
    assert_eq!(
        class(&json!({ "messages": words, "response_format": { "type": "text" } })),
        Task::Translation
    );
    assert_eq!(class(&json!({ "messages": words, "response_format": format })), Task::Extraction);
    assert_eq!(
        class(&json!({ "messages": words, "response_format": { "type": "json_object" } })),
        Task::Extraction
    );
    assert_eq!(class(&json!({ "messages": words, "response_format": format, "tools": tools })), Task::Tools);
    assert_eq!(class(&json!({ "messages": words, "tools": [] })), Task::Translation);
    assert_eq!(class(&json!({ "messages": image, "tools": tools })), Task::Vision);
    let long = signs(WireFormat::OpenAiChat, &json!({ "messages": words, "tools": tools }));
    assert_eq!(long.task(1000, 1000).0, Task::LongContext);
    assert_eq!(long.task(999, 1000).0, Task::Tools);
}

#[test]
fn other_formats_are_read_as_well() {
    let user = json!([{ "role": "user", "content": "Summarize this article in three sentences: ..." }]);
    let messages = signs(WireFormat::AnthropicMessages, &json!({ "max_tokens": 9, "messages": user }));
    assert_eq!(messages.task(1, 1000).0, Task::Summarization);
    let responses = signs(WireFormat::OpenAiResponses, &json!({ "input": "Debug this python traceback" }));
    assert_eq!(responses.task(1, 1000).0, Task::Code);
    let gemini = json!({ "contents": [{ "parts": [{ "text": "hello" }] }],
        "generationConfig": { "responseMimeType": "application/json" } });
    assert_eq!(signs(WireFormat::GeminiGenerate, &gemini).task(1, 1000).0, Task::Extraction);
    let plain = json!({ "contents": [{ "parts": [{ "text": "hello" }] }] });
    assert_eq!(signs(WireFormat::GeminiGenerate, &plain).task(1, 1000).0, Task::Chat);
}

#[test]
fn only_the_last_words_of_the_user_count() {
    let body = json!({ "messages": [
        { "role": "system", "content": "You translate into French." },
        { "role": "user", "content": "Write a python function that sorts a list" },
        { "role": "assistant", "content": "def f(): pass" },
        { "role": "user", "content": "Thank you, what a lovely day" },
    ] });
    assert_eq!(class(&body), Task::Chat);
}

/// Prompts as people write them, with their classes.
const LABELLED: &[(Task, &[&str])] = &[
    (
        Task::Code,
        &[
            "Write a Python function that reverses a linked list",
            "Why does this panic? ```rust\nlet x = v[9];\n```",
            "Refactor this class so that it can be tested",
            "SELECT * FROM users WHERE id = 1; -- why is this query slow?",
            "How do I fix a segfault in my C program?",
            "Write a SQL query that counts orders per customer",
            "My docker container exits at once, here is the traceback",
            "Convert this JavaScript to TypeScript",
            "Explain what git rebase does to my branches",
            "for (int i = 0; i < n; i++) { sum += a[i]; } return sum;",
        ],
    ),
    (
        Task::Math,
        &[
            "Prove that the square root of two is irrational",
            "What is the derivative of x squared times sine x?",
            "Solve the equation 3x + 5 = 20",
            "Calculate the probability of rolling two sixes",
            "A train leaves at 3 and goes 120 km in 2 hours; compute its average speed",
            "Berechne die Summe der ersten 100 Zahlen",
            "What is 15 percent of 240?",
        ],
    ),
    (
        Task::Extraction,
        &[
            "Extract all names and dates from the text below",
            "Classify the sentiment of this review: great food, slow service",
            "Return the fields of this invoice as JSON",
            "Extrahiere alle Firmennamen aus dem Text",
        ],
    ),
    (
        Task::Summarization,
        &[
            "Summarize the following meeting notes in five bullet points",
            "Give me the gist of this article",
            "TLDR please: the committee met on Monday and",
            "Fasse den folgenden Text zusammen",
            "Write a short summary of this chapter",
            "请总结一下这篇文章",
        ],
    ),
    (
        Task::Translation,
        &[
            "Translate to French: Where is the station?",
            "Übersetze diesen Satz ins Englische: Guten Morgen",
            "How do you say good morning in Japanese? Give me a translation",
            "Traduis ce texte en anglais",
            "把这句话翻译成英文",
            "Translate the following python docstring into Spanish",
        ],
    ),
    (
        Task::Chat,
        &[
            "Hi, how are you?",
            "What should I cook tonight?",
            "Write a poem about the sea",
            "Tell me about the history of Rome",
            "Who won the world cup in 2014?",
            "Plan a trip of three days to Lisbon",
            "I feel sad today",
        ],
    ),
];

#[test]
fn prompts_are_of_the_class_that_people_say() {
    let all = LABELLED.iter().flat_map(|(task, prompts)| prompts.iter().map(move |prompt| (*task, *prompt)));
    let wrong: Vec<_> =
        all.filter_map(|(task, prompt)| Some((task, said(prompt), prompt)).filter(|w| w.0 != w.1)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_text_of_any_length_and_script_is_read_in_part() {
    let mut rng = fastrand::Rng::with_seed(3);
    for _ in 0..2_000 {
        let text: String = (0..rng.usize(..1500)).map(|_| rng.char(..)).collect();
        let _ = words::task(&text);
    }
    let pasted = format!("Translate this into German:\n{}", "def f(x): return python(code)\n".repeat(10_000));
    assert_eq!(words::task(&pasted), Task::Translation, "what is pasted is not what is asked for");
    let prose = format!("Translate this into German:\n{}", "The sea was calm that day. ".repeat(10_000));
    assert_eq!(words::task(&prose), Task::Translation);
    let asked_last = format!("{}\nSummarize the above.", "The sea was calm that day. ".repeat(10_000));
    assert_eq!(words::task(&asked_last), Task::Summarization);
}
