//! Tests of [`super`]: what is asked, and where.
use super::*;
use crate::testing::provider;

fn asked(provider: &Provider, model: Option<&str>) -> (String, String, Value) {
    let prepared = PreparedProvider::new(provider).unwrap();
    let parts = prepare_probe(provider, &prepared, model, 0).unwrap();
    let body = parts.body.first().map(|body| serde_json::from_slice(body).unwrap()).unwrap_or_default();
    (parts.method.to_string(), parts.path_and_query.to_string(), body)
}

#[test]
fn models_are_listed_where_a_provider_does_and_one_token_is_asked_for_else() {
    let open = provider(ProviderKind::OpenAiCompatible, "https://api.openai.com/v1");
    assert_eq!(asked(&open, None), ("GET".to_owned(), "/v1/models".to_owned(), Value::Null));
    let (method, path, body) = asked(&open, Some("gpt-4o"));
    assert_eq!((&*method, &*path), ("POST", "/v1/chat/completions"));
    assert_eq!((&body["model"], &body["messages"][0]["content"]), (&json!("gpt-4o"), &json!("Hi")));

    let azure = provider(ProviderKind::AzureOpenAi, "https://x.example");
    let prepared = PreparedProvider::new(&azure).unwrap();
    let refused = prepare_probe(&azure, &prepared, None, 0).unwrap_err();
    assert!(refused.message.contains("name one in 'model'"), "{}", refused.message);
}
