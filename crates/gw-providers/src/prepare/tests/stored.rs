//! Requests about stored answers: the path of each provider, and nothing that leads elsewhere.
use super::*;
use crate::prepare::{StoredInput, prepare_stored};
use http::Method;

fn ask(
    kind: ProviderKind,
    base: &str,
    version: Option<&str>,
    id: &str,
    query: &[(&str, &str)],
) -> Result<UpstreamParts, Refusal> {
    let mut p = provider(kind, base);
    p.api_version = version.map(Into::into);
    let query: Vec<(String, String)> =
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let input =
        StoredInput { method: Method::GET, id, below: "/input_items", query: &query, forward_headers: &[] };
    prepare_stored(&PreparedProvider::new(&p).unwrap(), &input)
}

#[test]
fn ids_go_below_the_path_of_responses() {
    let path = |kind, base, version, query: &[(&str, &str)]| {
        ask(kind, base, version, "resp_1", query).unwrap().path_and_query.to_string()
    };
    assert_eq!(path(OpenAiCompatible, "https://h/v1", None, &[]), "/v1/responses/resp_1/input_items");
    let query = [("limit", "2"), ("api-version", "mine"), ("include[]", "a b"), ("key", "gw-x")];
    assert_eq!(
        path(OpenAiCompatible, "https://h/v1", None, &query),
        "/v1/responses/resp_1/input_items?limit=2&include%5B%5D=a%20b"
    );
    assert_eq!(
        path(AzureOpenAi, "https://e", Some("2025-04-01-preview"), &[("order", "asc")]),
        "/openai/responses/resp_1/input_items?api-version=2025-04-01-preview&order=asc"
    );
    assert_eq!(path(AzureOpenAi, "https://e", Some("v1"), &[]), "/openai/v1/responses/resp_1/input_items");
}

#[test]
fn an_id_leads_nowhere_else() {
    let parts = ask(OpenAiCompatible, "https://h/v1", None, "../files/x?y#z", &[]).unwrap();
    assert_eq!(parts.path_and_query, "/v1/responses/..%2Ffiles%2Fx%3Fy%23z/input_items");
    for bad in ["", ".", ".."] {
        assert!(ask(OpenAiCompatible, "https://h/v1", None, bad, &[]).is_err(), "{bad:?}");
    }
    assert_eq!(parts.headers["authorization"], "Bearer sk-secret");
}
