//! Reranking: each dialect read and written.

use super::{Answer, Dialect, Document, Ranked, Request, Units, answer, request};
use crate::codec::{Options, WriteContext};
use gw_model::ErrorCode;
use serde_json::{Value, json};

const ALL: [Dialect; 5] =
    [Dialect::Cohere, Dialect::Jina, Dialect::Voyage, Dialect::Together, Dialect::Bedrock];

fn read(dialect: Dialect, body: &Value) -> Request {
    request::read(dialect, body.to_string().as_bytes()).unwrap()
}

fn write(dialect: Dialect, request: &Request) -> (Value, Vec<String>) {
    let written = request::write(dialect, request, &Options::default()).unwrap();
    (serde_json::from_slice(&written.body).unwrap(), written.dropped)
}

/// A request without its documents' spelling.
fn digest(request: &Request) -> (String, String, Vec<String>, Option<u64>) {
    let text = |document: &Document| super::request::text_of(document).into_owned();
    (
        request.model.clone(),
        request.query.clone(),
        request.documents.iter().map(text).collect(),
        request.top_n,
    )
}

fn context() -> WriteContext {
    WriteContext {
        fallback_id: "req_1".to_owned(),
        fallback_model: "fm".to_owned(),
        ..WriteContext::default()
    }
}

fn body() -> Value {
    json!({"model":"m","query":"q","documents":["a",{"text":"b"},{"title":"t","text":"c"}],"top_n":2,
           "return_documents":true,"max_tokens_per_doc":100,"rank_fields":["title","text"],"priority":1})
}

#[test]
fn a_request_says_the_same_in_every_dialect() {
    let request = read(Dialect::Cohere, &body());
    assert!(request.return_documents && request.unknown == ["priority"]);
    for dialect in ALL {
        let (written, dropped) = write(dialect, &request);
        assert_eq!(digest(&read(dialect, &written)), digest(&request), "{dialect:?}");
        assert!(dropped.contains(&"priority".to_owned()), "{dialect:?}");
        let again = write(dialect, &read(dialect, &written)).0;
        assert_eq!(again, written, "{dialect:?}");
    }
}

#[test]
fn each_dialect_has_its_names() {
    let request = read(Dialect::Cohere, &body());
    let texts = json!(["a", "b", "{\"title\":\"t\",\"text\":\"c\"}"]);
    let (cohere, dropped) = write(Dialect::Cohere, &request);
    assert_eq!(cohere, json!({"model":"m","query":"q","documents":texts,"top_n":2,"max_tokens_per_doc":100}));
    assert_eq!(dropped, ["rank_fields", "priority"]);
    let (jina, _) = write(Dialect::Jina, &request);
    assert_eq!(
        jina,
        json!({"model":"m","query":"q","documents":texts,"top_n":2,"return_documents":false,"max_doc_length":100})
    );
    let (voyage, dropped) = write(Dialect::Voyage, &request);
    assert_eq!(voyage, json!({"model":"m","query":"q","documents":texts,"top_k":2}));
    assert_eq!(dropped, ["rank_fields", "max_tokens_per_doc", "priority"]);
    let (together, _) = write(Dialect::Together, &request);
    assert_eq!(
        together,
        json!({"model":"m","query":"q","documents":body()["documents"],"top_n":2,"rank_fields":["title","text"]})
    );
}

#[test]
fn bedrock_wraps_every_value() {
    let request = read(Dialect::Cohere, &body());
    let options = Options { model: Some("arn:aws:bedrock:x".to_owned()), ..Options::default() };
    let written = request::write(Dialect::Bedrock, &request, &options).unwrap();
    let text = |text: &str| json!({"type":"INLINE","inlineDocumentSource":{"type":"TEXT","textDocument":{"text":text}}});
    let fields = json!({"title":"t","text":"c"});
    assert_eq!(
        serde_json::from_slice::<Value>(&written.body).unwrap(),
        json!({"queries":[{"type":"TEXT","textQuery":{"text":"q"}}],
               "sources":[text("a"), text("b"),
                   {"type":"INLINE","inlineDocumentSource":{"type":"JSON","jsonDocument":fields}}],
               "rerankingConfiguration":{"type":"BEDROCK_RERANKING_MODEL","bedrockRerankingConfiguration":{
                   "numberOfResults":2,"modelConfiguration":{"modelArn":"arn:aws:bedrock:x"}}}})
    );
    assert_eq!(written.dropped, ["rank_fields", "max_tokens_per_doc", "priority"]);
}

#[test]
fn faults_are_named() {
    let cases = [
        (Dialect::Cohere, json!({"model":"m","documents":["a"]}), "query"),
        (Dialect::Cohere, json!({"model":"m","query":"q"}), "documents"),
        (Dialect::Cohere, json!({"model":"m","query":"q","documents":[]}), "documents"),
        (Dialect::Cohere, json!({"model":"m","query":"q","documents":[1]}), "documents"),
        (Dialect::Cohere, json!({"model":"m","query":"q","documents":["a"],"top_n":0}), "top_n"),
        (Dialect::Voyage, json!({"model":"m","query":"q","documents":["a"],"top_k":"x"}), "top_k"),
        (Dialect::Jina, json!({"model":"m","query":["q"],"documents":["a"]}), "query"),
        (Dialect::Bedrock, json!({"sources":[]}), "queries"),
        (
            Dialect::Bedrock,
            json!({"queries":[{"textQuery":{"text":"q"}}],"sources":[{"type":"INLINE"}]}),
            "sources",
        ),
        (
            Dialect::Bedrock,
            json!({"queries":[{"textQuery":{"text":"q"}}],"sources":[]}),
            "rerankingConfiguration",
        ),
    ];
    for (dialect, body, param) in cases {
        let refusal = request::read(dialect, body.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.param.as_deref()),
            (ErrorCode::InvalidRequest, Some(param)),
            "{body}"
        );
    }
}

#[test]
fn an_answer_says_the_same_in_every_dialect() {
    let cohere = json!({"id":"r1","results":[{"index":1,"relevance_score":0.86303437},
        {"index":0,"relevance_score":1e-5,"document":{"text":"theirs"}}],
        "meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1.0}}});
    let found = answer::read(cohere.to_string().as_bytes()).unwrap();
    assert_eq!(found.units, Units { search_units: Some(1), tokens: None });
    let request = read(Dialect::Cohere, &json!({"model":"m","query":"q","documents":["a","b"]}));
    for dialect in ALL {
        let written = answer::write(dialect, &found, &request, &context());
        assert_eq!(answer::read(&written).unwrap().results, found.results, "{dialect:?}");
    }
    let written = answer::write(Dialect::Cohere, &found, &request, &context());
    assert_eq!(
        serde_json::from_slice::<Value>(&written).unwrap(),
        json!({"id":"r1","results":[{"index":1,"relevance_score":0.86303437},{"index":0,"relevance_score":1e-5}],
               "meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}})
    );
}

#[test]
fn documents_are_the_callers_own() {
    let body =
        json!({"model":"m","query":"q","documents":["a",{"text":"b"},{"title":"t"}],"return_documents":true});
    let request = read(Dialect::Cohere, &body);
    let results = [2_u32, 1, 0, 9].map(|index| Ranked { index, score: 1.into() }).to_vec();
    let found = Answer { results, ..Answer::default() };
    let documents = |dialect: Dialect| {
        let written: Value =
            serde_json::from_slice(&answer::write(dialect, &found, &request, &context())).unwrap();
        let list = if dialect == Dialect::Voyage { "data" } else { "results" };
        written[list].as_array().unwrap().iter().map(|r| r["document"].clone()).collect::<Vec<_>>()
    };
    let objects = [json!({"title":"t"}), json!({"text":"b"}), json!({"text":"a"}), Value::Null];
    for dialect in [Dialect::Cohere, Dialect::Jina, Dialect::Together, Dialect::Bedrock] {
        assert_eq!(documents(dialect), objects, "{dialect:?}");
    }
    assert_eq!(documents(Dialect::Voyage), [json!("{\"title\":\"t\"}"), json!("b"), json!("a"), Value::Null]);
    let jina = |more: Value| {
        let mut body = json!({"model":"m","query":"q","documents":["a"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read(Dialect::Jina, &body).return_documents
    };
    assert!(jina(json!({})) && !jina(json!({"return_documents":false})));
}

#[test]
fn tokens_are_read_and_written() {
    let voyage = json!({"object":"list","data":[{"relevance_score":0.5,"index":0}],"model":"rerank-2.5",
                        "usage":{"total_tokens":12}});
    let found = answer::read(voyage.to_string().as_bytes()).unwrap();
    assert_eq!(found.units.tokens.map(|usage| usage.input_tokens), Some(12));
    let request = read(Dialect::Voyage, &json!({"model":"m","query":"q","documents":["a"]}));
    let written = |dialect| -> Value {
        serde_json::from_slice(&answer::write(dialect, &found, &request, &context())).unwrap()
    };
    assert_eq!(written(Dialect::Voyage), voyage);
    assert_eq!(written(Dialect::Cohere)["meta"]["billed_units"], json!({"input_tokens":12}));
    assert_eq!(
        written(Dialect::Together),
        json!({"id":"req_1","object":"rerank","model":"rerank-2.5","results":[{"index":0,"relevance_score":0.5}],
               "usage":{"prompt_tokens":12,"completion_tokens":0,"total_tokens":12}})
    );
}

#[test]
fn nonsense_is_an_error() {
    for body in
        ["", "{}", r#"{"results":3}"#, r#"{"results":[{}]}"#, r#"{"results":[{"index":0,"score":"x"}]}"#]
    {
        assert!(answer::read(body.as_bytes()).is_err(), "{body}");
    }
}
