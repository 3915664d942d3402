//! Embeddings: each dialect read and written, and vectors from one spelling to the other.

mod native;

use super::{Dialect, Dtype, Encoding, Input, Purpose, Request, Truncation, answer, base64, request};
use crate::codec::{Options, WriteContext};
use gw_model::ErrorCode;
use serde_json::{Value, json};

fn read(dialect: Dialect, body: &Value) -> Request {
    request::read(dialect, body.to_string().as_bytes()).unwrap()
}

fn rewrite(from: Dialect, to: Dialect, body: &Value) -> (Value, Vec<String>) {
    let options = Options { model: Some("target".to_owned()), ..Options::default() };
    let written = request::write(to, &read(from, body), &options).unwrap();
    (serde_json::from_slice(&written.body).unwrap(), written.dropped)
}

fn refusal(from: Dialect, to: Dialect, body: &Value) -> (ErrorCode, Option<String>) {
    let refusal = request::read(from, body.to_string().as_bytes())
        .and_then(|request| request::write(to, &request, &Options::default()))
        .unwrap_err();
    (refusal.code, refusal.param.map(std::borrow::Cow::into_owned))
}

fn through(from: Dialect, to: Dialect, answer_body: &Value, asked: &Request) -> Value {
    let body = answer_body.to_string();
    let read = answer::read(from, body.as_bytes(), asked).unwrap();
    let context = WriteContext {
        fallback_id: "req_1".to_owned(),
        fallback_model: "fm".to_owned(),
        ..WriteContext::default()
    };
    serde_json::from_slice(&answer::write(to, &read, asked, &context).unwrap()).unwrap()
}

#[test]
fn openai_to_cohere_and_voyage() {
    let body = json!({"model":"m","input":["a","b"],"dimensions":256,"encoding_format":"base64","user":"u",
                      "input_type":"query","store":true});
    let (cohere, dropped) = rewrite(Dialect::OpenAi, Dialect::Cohere, &body);
    assert_eq!(
        cohere,
        json!({"model":"target","texts":["a","b"],"input_type":"search_query","embedding_types":["float"],
               "output_dimension":256})
    );
    assert_eq!(dropped, ["user", "store"]);
    let (voyage, dropped) = rewrite(Dialect::OpenAi, Dialect::Voyage, &body);
    assert_eq!(
        voyage,
        json!({"model":"target","input":["a","b"],"input_type":"query","output_dimension":256,
               "encoding_format":"base64"})
    );
    assert_eq!(dropped, ["user", "store"]);
    let (cohere, _) = rewrite(Dialect::OpenAi, Dialect::Cohere, &json!({"model":"m","input":"one"}));
    assert_eq!((&cohere["texts"], &cohere["input_type"]), (&json!(["one"]), &json!("search_document")));
}

#[test]
fn cohere_and_voyage_to_openai() {
    let body = json!({"model":"m","texts":["a"],"input_type":"search_document","truncate":"START","priority":3,
                      "embedding_types":["float","float"],"output_dimension":8,"max_tokens":null});
    let (openai, dropped) = rewrite(Dialect::Cohere, Dialect::OpenAi, &body);
    assert_eq!(openai, json!({"model":"target","input":["a"],"dimensions":8,"encoding_format":"float"}));
    assert_eq!(dropped, ["input_type", "truncate", "priority"]);
    let body =
        json!({"model":"m","input":"a","input_type":null,"truncation":false,"encoding_format":"base64"});
    let (openai, dropped) = rewrite(Dialect::Voyage, Dialect::OpenAi, &body);
    assert_eq!(openai, json!({"model":"target","input":["a"],"encoding_format":"base64"}));
    assert_eq!(dropped, Vec::<String>::new());
}

#[test]
fn cohere_and_voyage_have_more_types() {
    let body = json!({"model":"m","inputs":[{"content":[{"type":"text","text":"a"}]}],"input_type":"clustering",
                      "embedding_types":["int8"],"truncate":"NONE"});
    let (voyage, dropped) = rewrite(Dialect::Cohere, Dialect::Voyage, &body);
    assert_eq!(voyage, json!({"model":"target","input":["a"],"output_dtype":"int8","truncation":false}));
    assert_eq!(dropped, ["input_type"]);
    let body =
        json!({"model":"m","input":["a"],"output_dtype":"ubinary","truncation":true,"input_type":"document"});
    let (cohere, _) = rewrite(Dialect::Voyage, Dialect::Cohere, &body);
    assert_eq!(
        cohere,
        json!({"model":"target","texts":["a"],"input_type":"search_document","embedding_types":["ubinary"],
               "truncate":"END"})
    );
    let several =
        json!({"model":"m","texts":["a"],"input_type":"image","embedding_types":["float","base64","uint8"]});
    let request = read(Dialect::Cohere, &several);
    assert_eq!(request.encodings.len(), 3);
    assert_eq!(request.purpose, Some(Purpose::Other("image".to_owned())));
    assert_eq!(request.truncation, None::<Truncation>);
    let (cohere, _) = rewrite(Dialect::Cohere, Dialect::Cohere, &several);
    assert_eq!(cohere["embedding_types"], json!(["float", "uint8"]));
}

#[test]
fn token_ids_go_where_they_mean_something() {
    let ids = json!({"model":"m","input":[1,2,3]});
    assert_eq!(read(Dialect::OpenAi, &ids).input, Input::Tokens(vec![vec![1, 2, 3]]));
    let lists = json!({"model":"m","input":[[1],[2,3]]});
    assert_eq!(rewrite(Dialect::OpenAi, Dialect::OpenAi, &lists).0["input"], json!([[1], [2, 3]]));
    for to in [Dialect::Cohere, Dialect::Voyage] {
        let wanted = (ErrorCode::UnsupportedParameter, Some("input".to_owned()));
        assert_eq!(refusal(Dialect::OpenAi, to, &lists), wanted);
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let bad = |from, body: Value, param: &str| {
        assert_eq!(
            refusal(from, Dialect::OpenAi, &body),
            (ErrorCode::InvalidRequest, Some(param.to_owned())),
            "{body}"
        );
    };
    bad(Dialect::OpenAi, json!({"model":"m"}), "input");
    bad(Dialect::OpenAi, json!({"model":"m","input":[]}), "input");
    bad(Dialect::OpenAi, json!({"model":"m","input":["a",1]}), "input");
    bad(Dialect::OpenAi, json!({"model":"m","input":[[1],"a"]}), "input");
    bad(Dialect::OpenAi, json!({"model":"m","input":[{"text":"a"}]}), "input");
    bad(Dialect::OpenAi, json!({"model":"m","input":"a","encoding_format":"hex"}), "encoding_format");
    bad(Dialect::OpenAi, json!({"model":"m","input":"a","dimensions":-1}), "dimensions");
    bad(Dialect::Voyage, json!({"model":"m","input":"a","output_dtype":"int4"}), "output_dtype");
    bad(Dialect::Cohere, json!({"model":"m","texts":[]}), "texts");
    bad(Dialect::Cohere, json!({"model":"m","texts":"a"}), "texts");
    bad(Dialect::Cohere, json!({"model":"m","texts":["a"],"embedding_types":["x"]}), "embedding_types");
    bad(Dialect::Cohere, json!({"model":"m","texts":["a"],"truncate":"MID"}), "truncate");
    let cannot = |from, to, body: Value, param: &str| {
        let wanted = (ErrorCode::UnsupportedParameter, Some(param.to_owned()));
        assert_eq!(refusal(from, to, &body), wanted, "{body}");
    };
    let image = json!([{"content":[{"type":"image_url","image_url":{"url":"data:"}}]}]);
    cannot(Dialect::Cohere, Dialect::OpenAi, json!({"model":"m","images":["data:"]}), "images");
    cannot(Dialect::Cohere, Dialect::OpenAi, json!({"model":"m","inputs":image}), "images");
    let types = |types: Value| json!({"model":"m","texts":["a"],"embedding_types":types});
    cannot(Dialect::Cohere, Dialect::OpenAi, types(json!(["int8"])), "embedding_types");
    cannot(Dialect::Cohere, Dialect::Voyage, types(json!(["float", "int8"])), "embedding_types");
}

#[test]
fn answers_go_through_every_pair() {
    // 0.5 and -2.0 as little-endian floats.
    let base64 = "AAAAPwAAAMA=";
    let cohere = json!({"id":"e1","texts":["a"],"embeddings":{"float":[[0.5,-2.0]]},
        "meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":3.0}},"response_type":"embeddings_by_type"});
    let voyage = json!({"object":"list","data":[{"object":"embedding","embedding":base64,"index":0}],
        "model":"voyage-3.5","usage":{"total_tokens":3}});
    let asked = |body: Value| read(Dialect::OpenAi, &body);
    let floats = asked(json!({"model":"m","input":"a"}));
    let encoded = asked(json!({"model":"m","input":"a","encoding_format":"base64"}));
    let answer = |embedding: Value, model: &str| {
        json!({"object":"list","data":[{"object":"embedding","index":0,"embedding":embedding}],"model":model,
               "usage":{"prompt_tokens":3,"total_tokens":3}})
    };
    let plain = through(Dialect::Cohere, Dialect::OpenAi, &cohere, &floats);
    assert_eq!(plain, answer(json!([0.5, -2.0]), "fm"));
    assert_eq!(through(Dialect::Cohere, Dialect::OpenAi, &cohere, &encoded), answer(json!(base64), "fm"));
    let numbers = through(Dialect::Voyage, Dialect::OpenAi, &voyage, &floats);
    assert_eq!(numbers, answer(json!([0.5, -2]), "voyage-3.5"));
    assert_eq!(through(Dialect::Voyage, Dialect::OpenAi, &voyage, &encoded)["data"][0]["embedding"], base64);
    let both =
        read(Dialect::Cohere, &json!({"model":"m","texts":["a"],"embedding_types":["float","base64"]}));
    assert_eq!(
        through(Dialect::OpenAi, Dialect::Cohere, &plain, &both),
        json!({"id":"req_1","embeddings":{"float":[[0.5,-2.0]],"base64":[base64]},"texts":["a"],
               "meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":3}},
               "response_type":"embeddings_by_type"})
    );
}

#[test]
fn other_types_have_their_own_bytes() {
    let asked = read(
        Dialect::Voyage,
        &json!({"model":"m","input":"a","output_dtype":"int8","encoding_format":"base64"}),
    );
    assert_eq!(asked.encodings, [Encoding { dtype: Dtype::Int8, base64: true }]);
    let cohere = json!({"id":"e","embeddings":{"int8":[[-128,0,127]],"float":null},"meta":{}});
    let voyage = through(Dialect::Cohere, Dialect::Voyage, &cohere, &asked);
    assert_eq!(voyage["data"][0]["embedding"], "gAB/");
    let back = read(Dialect::Cohere, &json!({"model":"m","texts":["a"],"embedding_types":["int8"]}));
    assert_eq!(
        through(Dialect::Voyage, Dialect::Cohere, &voyage, &back)["embeddings"],
        json!({"int8":[[-128,0,127]]})
    );
    let unsigned = read(Dialect::Cohere, &json!({"model":"m","texts":["a"],"embedding_types":["uint8"]}));
    assert_eq!(
        through(Dialect::Voyage, Dialect::Cohere, &voyage, &unsigned)["embeddings"],
        json!({"uint8":[[128,0,127]]})
    );
}

#[test]
fn floats_survive_both_ways() {
    let numbers = "[0.1, -0.0038253393,1e-10,3.4028235e38,-0,16777216,0.30000001192092896]";
    let body = format!(r#"{{"data":[{{"embedding":{numbers}}}]}}"#);
    let asked =
        |encoding: &str| read(Dialect::OpenAi, &json!({"model":"m","input":"a","encoding_format":encoding}));
    let context = WriteContext::default();
    let there = answer::read(Dialect::OpenAi, body.as_bytes(), &asked("base64")).unwrap();
    let encoded = answer::write(Dialect::OpenAi, &there, &asked("base64"), &context).unwrap();
    let back = answer::read(Dialect::OpenAi, &encoded, &asked("float")).unwrap();
    let decoded: Value =
        serde_json::from_slice(&answer::write(Dialect::OpenAi, &back, &asked("float"), &context).unwrap())
            .unwrap();
    let text = decoded["data"][0]["embedding"].to_string();
    let list = |text: &str| -> Vec<u32> {
        serde_json::from_str::<Vec<f32>>(text).unwrap().iter().map(|f| f.to_bits()).collect()
    };
    assert_eq!(list(&text), list(numbers));
}

#[test]
fn odd_answers_are_errors_or_put_in_order() {
    let asked = read(Dialect::OpenAi, &json!({"model":"m","input":["a","b"]}));
    let swapped = json!({"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1]}]});
    let answer = through(Dialect::OpenAi, Dialect::OpenAi, &swapped, &asked);
    assert_eq!(
        (&answer["data"][0]["embedding"], &answer["data"][1]["embedding"]),
        (&json!([1]), &json!([2]))
    );
    let unreadable = [
        "",
        "{}",
        r#"{"data":[{"index":0}]}"#,
        r#"{"data":[{"embedding":[[1]]}]}"#,
        r#"{"data":[{"embedding":["a"]}]}"#,
    ];
    for body in unreadable {
        assert!(super::answer::read(Dialect::OpenAi, body.as_bytes(), &asked).is_err(), "{body}");
    }
    let unwritable = [
        r#"{"data":[{"embedding":[1]}]}"#,
        r#"{"data":[{"embedding":"!"},{"embedding":"AAAA"}]}"#,
        r#"{"data":[{"embedding":"AAAA"},{"embedding":"AAAA"}]}"#,
    ];
    for body in unwritable {
        let read = super::answer::read(Dialect::OpenAi, body.as_bytes(), &asked).unwrap();
        assert!(
            super::answer::write(Dialect::OpenAi, &read, &asked, &WriteContext::default()).is_err(),
            "{body}"
        );
    }
    assert!(super::answer::read(Dialect::Cohere, br#"{"id":"x"}"#, &asked).is_err());
}

#[test]
fn base64_is_lenient_in_and_strict_out() {
    assert_eq!(base64::decode("aGk=").as_deref(), Some(&b"hi"[..]));
    assert_eq!(base64::decode("aG\r\nk").as_deref(), Some(&b"hi"[..]));
    assert_eq!(base64::decode("a?"), None);
    assert_eq!(base64::encode(b"hi"), "aGk=");
}
