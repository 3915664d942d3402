//! Google's and Bedrock's dialects.

use super::{read, refusal, rewrite, through};
use crate::codec::Options;
use crate::embeddings::{Dialect, translate};
use gw_model::ErrorCode;
use serde_json::{Value, json};

fn content(text: &str) -> Value {
    json!({"content":{"parts":[{"text":text}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":8})
}

#[test]
fn openai_and_cohere_to_google() {
    let body = json!({"model":"m","input":["a","b"],"dimensions":8,"encoding_format":"base64","user":"u",
        "input_type":"search_query"});
    let (batch, dropped) = rewrite(Dialect::OpenAi, Dialect::GeminiBatch, &body);
    let mut one = content("a");
    one["model"] = "models/target".into();
    let mut two = content("b");
    two["model"] = "models/target".into();
    assert_eq!(batch, json!({"requests":[one,two]}));
    assert_eq!(dropped, ["user"]);
    let cohere = json!({"model":"m","texts":["a"],"input_type":"classification","truncate":"NONE"});
    let (single, dropped) = rewrite(Dialect::Cohere, Dialect::Gemini, &cohere);
    assert_eq!(single, json!({"content":{"parts":[{"text":"a"}]},"taskType":"CLASSIFICATION"}));
    assert_eq!(dropped, ["truncate"]);
    let (predict, dropped) = rewrite(Dialect::Cohere, Dialect::VertexPredict, &cohere);
    assert_eq!(
        predict,
        json!({"instances":[{"content":"a","task_type":"CLASSIFICATION"}],"parameters":{"autoTruncate":false}})
    );
    assert_eq!(dropped, Vec::<String>::new());
}

#[test]
fn google_to_the_others() {
    let batch = json!({"requests":[content("a"),content("b")]});
    let (openai, dropped) = rewrite(Dialect::GeminiBatch, Dialect::OpenAi, &batch);
    assert_eq!(openai, json!({"model":"target","input":["a","b"],"dimensions":8,"encoding_format":"float"}));
    assert_eq!(dropped, ["input_type"]);
    let (cohere, dropped) = rewrite(Dialect::GeminiBatch, Dialect::Cohere, &batch);
    assert_eq!((&cohere["input_type"], &cohere["output_dimension"]), (&json!("search_query"), &json!(8)));
    assert_eq!(dropped, Vec::<String>::new());
    let task =
        |task: &str| json!({"content":{"parts":[{"text":"a"},{"text":"b"}]},"task_type":task,"title":"t"});
    let (cohere, dropped) = rewrite(Dialect::Gemini, Dialect::Cohere, &task("SEMANTIC_SIMILARITY"));
    assert_eq!((&cohere["texts"], &cohere["input_type"]), (&json!(["a\nb"]), &json!("search_document")));
    assert_eq!(dropped, ["input_type", "title"]);
    let (voyage, _) = rewrite(Dialect::Gemini, Dialect::Voyage, &task("QUESTION_ANSWERING"));
    assert_eq!(voyage["input_type"], "query");
    let named = |to| {
        let body = task("SEMANTIC_SIMILARITY").to_string();
        translate::translated(Dialect::Gemini, to, body.as_bytes(), &Options::default()).unwrap().dropped
    };
    assert_eq!(named(Dialect::OpenAi), ["taskType", "title"], "in the caller's spelling");
}

#[test]
fn what_google_may_say_and_others_cannot() {
    let cannot = |from, body: Value, param: &str| {
        let wanted = (ErrorCode::UnsupportedParameter, Some(param.to_owned()));
        assert_eq!(refusal(from, Dialect::OpenAi, &body), wanted, "{body}");
    };
    let mut other = content("b");
    other["outputDimensionality"] = 9.into();
    cannot(Dialect::GeminiBatch, json!({"requests":[content("a"),other]}), "requests");
    cannot(Dialect::Gemini, json!({"content":{"parts":[{"inlineData":{}}]}}), "content");
    for (dialect, body) in [
        (Dialect::GeminiBatch, json!({"requests":[]})),
        (Dialect::GeminiBatch, json!({})),
        (Dialect::Gemini, json!({})),
        (Dialect::Gemini, json!({"content":1})),
    ] {
        assert_eq!(refusal(dialect, Dialect::OpenAi, &body).0, ErrorCode::InvalidRequest, "{body}");
    }
    let ids = json!({"model":"m","input":[1,2]});
    for to in [Dialect::GeminiBatch, Dialect::Titan, Dialect::BedrockCohere] {
        assert_eq!(refusal(Dialect::OpenAi, to, &ids).0, ErrorCode::UnsupportedParameter);
    }
}

#[test]
fn answers_of_google_both_ways() {
    let theirs = json!({"embeddings":[{"values":[0.5,-1]},{"values":[2.25,1e-3]}],
        "usageMetadata":{"promptTokenCount":9}});
    let asked = |encoding: &str| {
        read(Dialect::OpenAi, &json!({"model":"m","input":["a","b"],"encoding_format":encoding}))
    };
    let ours = through(Dialect::GeminiBatch, Dialect::OpenAi, &theirs, &asked("float"));
    assert_eq!(ours["data"][1], json!({"object":"embedding","index":1,"embedding":[2.25,1e-3]}));
    assert_eq!(ours["usage"], json!({"prompt_tokens":9,"total_tokens":9}));
    let packed = through(Dialect::GeminiBatch, Dialect::OpenAi, &theirs, &asked("base64"));
    assert_eq!(packed["data"][0]["embedding"], "AAAAPwAAgL8=");
    let plain = json!({"content":{"parts":[{"text":"a"}]}});
    let batch = read(Dialect::GeminiBatch, &json!({"requests":[plain, plain]}));
    let back = through(Dialect::OpenAi, Dialect::GeminiBatch, &packed, &batch);
    assert_eq!(back["embeddings"], json!([{"values":[0.5,-1]},{"values":[2.25,0.001]}]));
    assert_eq!(back["usageMetadata"], json!({"promptTokenCount":9,"totalTokenCount":9}));
    let single = read(Dialect::Gemini, &content("a"));
    let predicted = json!({"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":5}}}]});
    let one = through(Dialect::VertexPredict, Dialect::Gemini, &predicted, &single);
    assert_eq!(one["embedding"], json!({"values":[1]}));
    assert_eq!(one["usageMetadata"]["promptTokenCount"], 5);
    assert!(crate::embeddings::answer::read(Dialect::Gemini, b"{}", &single).is_err());
}

#[test]
fn titan_takes_one_text_at_a_time() {
    let body = json!({"model":"m","input":["a","b"],"dimensions":256,"encoding_format":"base64","user":"u"});
    let options = |model: &str| Options { model: Some(model.to_owned()), ..Options::default() };
    let send = |model: &str| {
        translate::translated(Dialect::OpenAi, Dialect::Titan, body.to_string().as_bytes(), &options(model))
            .unwrap()
    };
    let value = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    let written = send("amazon.titan-embed-text-v2:0");
    assert_eq!(value(&written.body), json!({"inputText":"a","dimensions":256}));
    assert_eq!(
        written.more.iter().map(|b| value(b)).collect::<Vec<_>>(),
        [json!({"inputText":"b","dimensions":256})]
    );
    assert_eq!(written.dropped, ["user"]);
    let image = send("amazon.titan-embed-image-v1");
    assert_eq!(value(&image.body)["embeddingConfig"], json!({"outputEmbeddingLength":256}));
    let many = json!({"model":"m","input":vec!["a"; 300]}).to_string();
    let refused =
        translate::translated(Dialect::OpenAi, Dialect::Titan, many.as_bytes(), &Options::default())
            .unwrap_err();
    assert_eq!((refused.code, refused.param.as_deref()), (ErrorCode::InvalidRequest, Some("input")));
    let context = crate::WriteContext { request: body.to_string().into(), ..crate::WriteContext::default() };
    let part =
        |number: f64, tokens: u64| json!({"embedding":[number],"inputTextTokenCount":tokens}).to_string();
    let (first, second) = (part(0.5, 2), part(-1.0, 3));
    let whole =
        translate::answer(Dialect::Titan, Dialect::OpenAi, &[first.as_bytes(), second.as_bytes()], &context)
            .unwrap();
    let answer = value(&whole.body);
    assert_eq!(answer["data"][0]["embedding"], "AAAAPw==");
    assert_eq!(answer["data"][1]["embedding"], "AACAvw==");
    assert_eq!((whole.usage.unwrap().input_tokens, &answer["usage"]["total_tokens"]), (5, &json!(5)));
}

#[test]
fn cohere_on_bedrock_has_the_model_in_its_path() {
    let body = json!({"model":"m","input":"a","dimensions":512});
    let (written, _) = rewrite(Dialect::OpenAi, Dialect::BedrockCohere, &body);
    assert_eq!(
        written,
        json!({"texts":["a"],"input_type":"search_document","embedding_types":["float"],"output_dimension":512})
    );
    let asked = read(Dialect::OpenAi, &body);
    for theirs in [json!({"embeddings":{"float":[[0.5]]}}), json!({"embeddings":[[0.5]]})] {
        let ours = through(Dialect::BedrockCohere, Dialect::OpenAi, &theirs, &asked);
        assert_eq!(ours["data"][0]["embedding"], json!([0.5]));
    }
}
