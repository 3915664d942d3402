//! What else findings may lead to: words in place of an error, another model, a second answer; and terms in a file.

use super::guardrails::{ADDRESS, KEY, TARGETS, asking, config, said, script};
use super::support::gateway::run;
use super::support::scripted::{Scripted, Step};
use super::support::speaking::{self, Format};
use super::support::{Call, Gateway, eventually_within};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_may_be_an_answer_like_any_other_in_every_format() {
    const WORDS: &str = "I can not \"help\" with that.";
    let rails = |side: &str| {
        format!(
            "  personal-data: {{ kind: pii, on: [{side}], action: block, refusal: 'I can not \"help\" with that.' }}\n"
        )
    };
    let upstream =
        Scripted::by_request(|_, seen| script(seen, "Well, it is 4111 1111", " 1111 1111, yes", false)).await;
    let asked = Gateway::start(&config(&upstream, &rails("request"))).await;
    for format in Format::ALL {
        for stream in [false, true] {
            let answer =
                asked.send(asking(format, "chat/m", stream, &format!("mail {ADDRESS}")).key(KEY)).await;
            assert_eq!(said(format, stream, answer.ok()), WORDS, "{format:?} {stream}: {}", answer.text());
            assert_eq!(answer.header("x-gatewright-guardrails"), Some("personal-data=block"));
            let record = asked.record(&answer.request_id()).await;
            let ending = (&record["outcome"], &record["error_code"], &record["status"]);
            assert_eq!(ending, (&json!("refused"), &json!("guardrail_blocked"), &json!(200)), "{record}");
        }
    }
    assert!(upstream.all().is_empty());
    let answered = Gateway::start(&config(&upstream, &rails("response"))).await;
    for (_, target) in TARGETS {
        for format in Format::ALL {
            for stream in [false, true] {
                let what = format!("{format:?} to {target}, stream {stream}");
                let answer =
                    answered.send(asking(format, &format!("{target}/m"), stream, "hi").key(KEY)).await;
                let text = said(format, stream, answer.ok());
                assert!(text.ends_with(WORDS) && !text.contains("4111"), "{what}: {text}: {}", answer.text());
                assert!(!answer.text().contains("guardrail_blocked"), "{what}: {}", answer.text());
                let record = answered.record(&answer.request_id()).await;
                assert_eq!(record["error_code"], "guardrail_blocked", "{what}: {record}");
                assert!(
                    record["output_tokens"].as_u64().is_some_and(|tokens| tokens > 0),
                    "{what}: {record}"
                );
            }
        }
    }
    // A call without a conversation gets the error.
    let embed = json!({"model": "chat/m", "input": format!("mail {ADDRESS}")});
    asked
        .send(Call::post("/v1/embeddings", embed.to_string()).key(KEY))
        .await
        .refused(400, "guardrail_blocked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_may_lead_to_another_model() {
    let upstream = Scripted::by_request(|_, seen| script(seen, "Hello", " there", false)).await;
    let rails = "  personal-data: { kind: pii, on: [request], action: route, to: messages/m }\n  \
                 code: { kind: code, on: [request], action: route, to: gemini/m, mandatory: true }\n  \
                 seen: { kind: secrets, on: [request], action: route, to: cohere/m, mandatory: true, shadow: true }\n";
    let gateway = Gateway::start(&config(&upstream, rails)).await;
    let secret = "key ghp_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8";
    let code = "```python\nprint(1)\n```";
    for format in Format::ALL {
        for stream in [false, true] {
            for (text, path, provider, said_of) in [
                ("hi", "/chat/completions", "chat", None),
                (ADDRESS, "/messages", "messages", Some("personal-data=route")),
                (code, "enerateContent", "gemini", Some("code=route")),
                (secret, "/chat/completions", "chat", Some("seen=shadow")),
            ] {
                let answer = gateway.send(asking(format, "chat/m", stream, text).key(KEY)).await;
                assert_eq!(said(format, stream, answer.ok()), "Hello there", "{format:?}");
                let sent = upstream.last();
                assert!(sent.path.contains(path), "{text}: {}", sent.path);
                assert!(
                    sent.body.contains(text.lines().next().unwrap()),
                    "nothing is changed: {}",
                    sent.body
                );
                assert_eq!(answer.header("x-gatewright-provider"), Some(provider));
                assert_eq!(answer.header("x-gatewright-guardrails"), said_of);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terms_may_stand_in_a_file_that_changes() {
    let upstream = Scripted::by_request(|_, seen| script(seen, "Hello", " there", false)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("terms.txt");
    let mut all: String = (0..99_000).map(|number| format!("codeword{number}x\n")).collect();
    std::fs::write(&file, format!("# Names of projects\n\nProject Falcon\r\n{all}")).unwrap();
    let rails = format!(
        "  personal-data: {{ kind: keywords, terms: [heron], terms_file: {}, on: [request], action: block }}\n",
        file.display()
    );
    let gateway = Gateway::start(&config(&upstream, &rails)).await;
    let ask = async |text: &str| gateway.send(asking(Format::Chat, "chat/m", false, text).key(KEY)).await;
    for text in ["is project falcon late?", "the HERON", "a codeword98999x here"] {
        ask(text).await.refused(400, "guardrail_blocked");
    }
    ask("is project condor late? # Names of projects").await.ok();
    std::fs::write(&file, "Project Condor\n").unwrap();
    eventually_within(Duration::from_secs(30), "the new terms", async || {
        (ask("is project condor late?").await.status == 400).then_some(())
    })
    .await;
    ask("is project falcon late?").await.ok();
    // A faulty file is refused with its lines, and the terms in force stay.
    all.push_str(&format!("{}\n", "y".repeat(1025)));
    std::fs::write(&file, &all).unwrap();
    let told = format!("{}:99001: a term has at most 1024 bytes, and this one 1025", file.display());
    eventually_within(Duration::from_secs(30), "the refusal", async || {
        gateway.log().contains(&told).then_some(())
    })
    .await;
    ask("is project condor late?").await.refused(400, "guardrail_blocked");
    // So it is by the command, and so is one that is not there.
    let check = async || run(&["check", gateway.config_file().to_str().unwrap()]).await;
    let (code, out, err) = check().await;
    assert!(code == 2 && format!("{out}{err}").contains(&told), "{code} {out}{err}");
    std::fs::remove_file(&file).unwrap();
    let (code, out, err) = check().await;
    assert!(code == 2 && format!("{out}{err}").contains("cannot be read"), "{code} {out}{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_does_not_fit_its_schema_is_asked_for_once_more() {
    let upstream = Scripted::by_request(|_, seen| {
        let is_again = seen.body.contains("does not have the form") && !seen.body.contains("never");
        let said = if is_again { ["{\"a\":", "\"ok\"}"] } else { ["{\"a\":", "5}"] };
        script(seen, said[0], said[1], false)
    })
    .await;
    let rails = "  personal-data: { kind: json-schema, schema: '{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}', \
                 on: [response], action: block, repair: true }\n";
    let gateway = Gateway::start(&config(&upstream, rails)).await;
    for (_, target) in TARGETS {
        for format in Format::ALL {
            for stream in [false, true] {
                let what = format!("{format:?} to {target}, stream {stream}");
                let before = upstream.all().len();
                let answer =
                    gateway.send(asking(format, &format!("{target}/m"), stream, "hi").key(KEY)).await;
                assert_eq!(said(format, stream, answer.ok()), "{\"a\":\"ok\"}", "{what}: {}", answer.text());
                let sent = upstream.all().split_off(before);
                assert_eq!(sent.len(), 2, "{what}");
                let again = &sent[1].body;
                assert!(
                    again.contains("$.a: does not fit") && again.contains("\\\"a\\\":5"),
                    "{what}: {again}"
                );
            }
        }
    }
    // Both are metered, each with a record of its own.
    let answer = gateway.send(asking(Format::Chat, "chat/m", false, "hi").key(KEY)).await;
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["outcome"], &record["attempts"]), (&json!("success"), &json!(1)), "{record}");
    let repaired = eventually_within(Duration::from_secs(30), "the other's record", async || {
        let rows = gateway.rows("/api/v1/logs?include=subcalls").await;
        rows.into_iter().find(|row| row["role"] == "repair" && row["parent_id"] == record["id"])
    })
    .await;
    assert!(repaired["output_tokens"].as_u64().is_some_and(|tokens| tokens > 0), "{repaired}");
    for stream in [false, true] {
        let before = upstream.all().len();
        let answer = gateway.send(asking(Format::Chat, "messages/m", stream, "never").key(KEY)).await;
        answer.refused(400, "guardrail_blocked");
        assert_eq!(upstream.all().len(), before + 2, "once more, and no more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_of_calls_is_looked_at() {
    let upstream = Scripted::by_request(|_, seen| script(seen, "Well", " then", false)).await;
    let rails = "  some: { kind: pii, on: [request], action: flag, mandatory: true, sample_percent: 30 }\n  \
                 personal-data: { kind: keywords, terms: [mail], on: [request], action: flag, mandatory: true }\n";
    let gateway = Gateway::start(&config(&upstream, rails)).await;
    let (mut sampled, mut whole) = (0, 0);
    for _ in 0..200 {
        let text = format!("mail {ADDRESS}");
        let answer = gateway.send(asking(Format::ALL[0], "chat/m", false, &text).key(KEY)).await;
        let said = answer.ok().header("x-gatewright-guardrails").unwrap_or_default();
        sampled += usize::from(said.contains("some=flag"));
        whole += usize::from(said.contains("personal-data=flag"));
    }
    // Thirty of a hundred, within six times the spread.
    assert!((21..=99).contains(&sampled), "{sampled}");
    assert_eq!(whole, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_leaves_out_what_is_usual_and_nothing_else() {
    let upstream = Scripted::by_request(|_, seen| script(seen, "Well", " then", false)).await;
    let rails = "  usual: { kind: pii, on: [request], action: block, default: true }\n  \
                 always: { kind: keywords, terms: [falcon], on: [request], action: block, mandatory: true }\n  \
                 personal-data: { kind: keywords, terms: [hawk], on: [request], action: block }\n";
    let gateway = Gateway::start(&config(&upstream, rails)).await;
    let ask = async |key: &str, text: &str, names: &str| {
        let call = asking(Format::ALL[0], "chat/m", false, text).key(key);
        gateway
            .send(if names.is_empty() { call } else { call.header("x-gatewright-guardrails", names) })
            .await
    };
    let (_, bare) = gateway.make_key(&json!({"name": "bare"})).await;
    let (_, strict) = gateway.make_key(&json!({"name": "strict", "guardrails": ["usual"]})).await;
    ask(&bare, ADDRESS, "").await.refused(400, "guardrail_blocked");
    ask(&bare, ADDRESS, "-usual").await.ok();
    ask(&bare, ADDRESS, "personal-data, -usual").await.ok();
    ask(&bare, "a hawk", "personal-data, -usual").await.refused(400, "guardrail_blocked");
    ask(&bare, "a hawk", "personal-data, -personal-data").await.ok();
    ask(&bare, "a falcon", "-usual").await.refused(400, "guardrail_blocked");
    for (key, names) in [(&bare, "-always"), (&strict, "-usual"), (&bare, "-nobody")] {
        let answer = ask(key, "hello", names).await;
        answer.refused(400, "invalid_request");
        assert!(answer.text().contains(&format!("'{}'", &names[1..])), "{}", answer.text());
    }
    let rows = gateway.rows("/api/v1/guardrails").await;
    let usual: Vec<&Value> =
        rows.iter().filter(|row| row["default"] == true).map(|row| &row["name"]).collect();
    assert_eq!(usual, ["usual"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prompts_of_images_and_texts_of_speech_are_looked_into() {
    let upstream = Scripted::by_request(|_, seen| {
        let (kind, body) = match seen.path.ends_with("/audio/speech") {
            true => ("audio/mpeg", "ID3".to_owned()),
            false => (
                "application/json",
                json!({"created": 1, "data": [{"b64_json": "QUtJQUlPU0ZPRE5ON0VYQU1QTEU="}]}).to_string(),
            ),
        };
        vec![Step::Send(speaking::head("200 OK", kind, "", &body).into_bytes())]
    })
    .await;
    let rails = "  personal-data: { kind: pii, on: [request, response], action: redact }\n";
    let gateway = Gateway::start(&config(&upstream, rails)).await;
    let text = format!("Draw {ADDRESS}, please");
    for (path, name, mut body) in [
        ("images/generations", "prompt", json!({"n": 1})),
        ("images/edits", "prompt", json!({"images": [{"image_url": "data:image/png;base64,AAAA"}]})),
        ("audio/speech", "input", json!({"voice": "alloy"})),
        ("audio/speech", "instructions", json!({"voice": "alloy", "input": "hello"})),
    ] {
        body["model"] = "chat/m".into();
        body[name] = text.as_str().into();
        let answer = gateway.send(Call::post(&format!("/v1/{path}"), body.to_string()).key(KEY)).await;
        assert_eq!(answer.ok().header("x-gatewright-guardrails"), Some("personal-data=redact"), "{path}");
        let sent: Value = serde_json::from_str(&upstream.last().body).unwrap();
        assert_eq!(sent[name], "Draw [REDACTED_EMAIL], please", "{path}");
    }
    let stops = rails.replace("redact", "block");
    let gateway = Gateway::start(&config(&upstream, &stops)).await;
    let before = upstream.all().len();
    let body = json!({"model": "chat/m", "prompt": text});
    gateway
        .send(Call::post("/v1/images/generations", body.to_string()).key(KEY))
        .await
        .refused(400, "guardrail_blocked");
    assert_eq!(upstream.all().len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_answer_is_looked_at_beside_the_worker() {
    let long = "no blank".replace(' ', "").repeat(80_000);
    let said = format!("{long} {ADDRESS}");
    let script_said = said.clone();
    let upstream = Scripted::by_request(move |_, seen| script(seen, &script_said, "", false)).await;
    let rails = "  personal-data: { kind: pii, on: [request, response], action: redact }\n";
    let gateway = Gateway::start(&config(&upstream, rails)).await;
    for format in [Format::Chat, Format::Messages] {
        for (_, target) in TARGETS {
            let answer = gateway.send(asking(format, &format!("{target}/m"), false, "hi").key(KEY)).await;
            assert_eq!(answer.ok().header("x-gatewright-guardrails"), Some("personal-data=redact"));
            assert!(self::said(format, false, &answer) == format!("{long} [REDACTED_EMAIL]"), "{target}");
        }
    }
}
