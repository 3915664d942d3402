//! Addresses, bodies and signatures of providers whose paths name the model.
use super::{path, request, send};
use crate::aws::{self, RequestParts};
use crate::prepare::{PrepareError, PreparedProvider};
use crate::testing::{call, provider, target};
use ProviderKind::{Anthropic, AzureOpenAi, Bedrock, Cohere, Emulator, Gemini, OpenAiCompatible};
use gw_model::Secret;
use gw_model::catalog::{AuthScheme, ProviderKind};
use gw_model::format::WireFormat::{
    AnthropicCountTokens, BedrockCohereEmbed, BedrockConverse, BedrockCountTokens, BedrockRerank,
    BedrockTitanEmbed, CohereChat, CohereEmbed, CohereRerank, GeminiBatchEmbed, GeminiCountTokens,
    GeminiEmbed, GeminiGenerate, OpenAiChat, OpenAiEmbeddings, OpenAiInputTokens, OpenAiResponses,
    PlainRerank, VoyageEmbed, VoyageRerank,
};
use gw_model::refusal::ErrorCode;
use gw_model::snapshot::{AwsCredentials, Provider};

#[test]
fn addresses_of_formats_that_name_the_model_in_the_path() {
    let google = "https://generativelanguage.googleapis.com";
    let aws = "https://bedrock-runtime.us-east-1.amazonaws.com";
    let id = "us.anthropic.claude-v1:0";
    let arn = "arn:aws:bedrock:us-east-1:1:inference-profile/x";
    let v1 = Some("v1");
    let cases = [
        (Gemini, google, None, "m", GeminiGenerate, "/v1beta/models/m:generateContent"),
        (Gemini, "http://h/v1", None, "models/m", GeminiGenerate, "/v1/models/m:generateContent"),
        (Gemini, "http://h/g?a=b", None, "a/b", GeminiGenerate, "/g/v1beta/models/a%2Fb:generateContent?a=b"),
        (Gemini, google, None, "m", OpenAiEmbeddings, "/v1beta/openai/embeddings"),
        (OpenAiCompatible, "http://h/v1beta", None, "m", GeminiGenerate, "/v1beta/models/m:generateContent"),
        (Emulator, "http://demo/v1", None, "m", GeminiGenerate, "/v1beta/models/m:generateContent"),
        (Bedrock, aws, None, id, BedrockConverse, "/model/us.anthropic.claude-v1%3A0/converse"),
        (
            Bedrock,
            "http://h/x",
            None,
            arn,
            BedrockConverse,
            "/x/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse",
        ),
        (OpenAiCompatible, "http://h/v1", None, "m", BedrockConverse, "/model/m/converse"),
        (Cohere, "https://api.cohere.com", None, "m", CohereChat, "/v2/chat"),
        (Cohere, "https://api.cohere.com/v2", None, "m", CohereChat, "/v2/chat"),
        (OpenAiCompatible, "http://h/v1", None, "m", CohereChat, "/v2/chat"),
        (OpenAiCompatible, "https://api.openai.com/v1", None, "m", OpenAiResponses, "/v1/responses"),
        (AzureOpenAi, "https://e", v1, "m", OpenAiResponses, "/openai/v1/responses"),
        (
            AzureOpenAi,
            "https://e",
            Some("2025-04-01-preview"),
            "m",
            OpenAiResponses,
            "/openai/responses?api-version=2025-04-01-preview",
        ),
    ];
    for (kind, base, version, model, format, wanted) in cases {
        assert_eq!(path(kind, base, version, model, format), wanted);
    }
    for model in ["", "..", "models/"] {
        let refused =
            request(&call(GeminiGenerate, "x"), &target(provider(Gemini, google), model), GeminiGenerate);
        assert_eq!(refused.unwrap_err().code, ErrorCode::InvalidRequest, "{model:?}");
    }
}

#[test]
fn a_stream_has_a_path_of_its_own_and_the_body_names_no_model() {
    let cases = [
        (Gemini, GeminiGenerate, "/v1beta/models/other:streamGenerateContent?alt=sse"),
        (Bedrock, BedrockConverse, "/model/other/converse-stream"),
    ];
    for (kind, format, wanted) in cases {
        let mut from = call(format, "alias");
        from.facts.stream = true;
        from.facts.model_span = None;
        from.body = bytes::Bytes::from_static(br#"{"contents":[]}"#);
        let parts = request(&from, &target(provider(kind, "http://h"), "other"), format).unwrap();
        assert_eq!(parts.path_and_query, wanted);
        assert_eq!(parts.body.concat(), from.body);
    }
}

#[test]
fn google_takes_the_key_elsewhere_in_openais_formats() {
    let mut google = provider(Gemini, "http://h");
    google.auth = AuthScheme::Header("x-goog-api-key".into());
    let own = send(google.clone(), "m", GeminiGenerate);
    assert_eq!(own.headers["x-goog-api-key"], "sk-secret");
    assert!(!own.headers.contains_key("authorization"));
    let other = send(google, "m", OpenAiEmbeddings);
    assert_eq!(other.headers["authorization"], "Bearer sk-secret");
    assert!(other.headers["authorization"].is_sensitive() && !other.headers.contains_key("x-goog-api-key"));
}

fn signed(base: &str) -> Provider {
    let mut p = provider(Bedrock, base);
    p.api_key = None;
    p.region = Some("eu-west-1".into());
    p.aws = Some(AwsCredentials {
        access_key_id: "AKID".into(),
        secret_access_key: Secret::new("top-secret".to_owned()),
        session_token: Some(Secret::new("session".to_owned())),
    });
    p
}

#[test]
fn a_signed_request_is_the_one_that_goes_out() {
    for (base, host) in [("https://H.example:443", "h.example"), ("http://h.example:8080", "h.example:8080")]
    {
        let parts = send(signed(base), "a.b-v1:0", BedrockConverse);
        assert_eq!(parts.headers["accept"], "*/*");
        assert_eq!(parts.headers["x-amz-security-token"], "session");
        assert!(parts.headers["authorization"].is_sensitive());
        assert!(!format!("{parts:?}").contains("secret"));
        let sent = RequestParts {
            method: "POST",
            path: parts.path_and_query.path(),
            query: "",
            host,
            headers: &parts.headers,
        };
        let lookup = |id: &str| (id == "AKID").then(|| Secret::new("top-secret".to_owned()));
        let claim = aws::verify(&sent, &aws::body_hash(&parts.body), 0, lookup).unwrap();
        assert_eq!((claim.region, claim.service), ("eu-west-1", "bedrock"));
    }
    let bearer = send(provider(Bedrock, "http://h"), "m", BedrockConverse);
    assert_eq!(bearer.headers["authorization"], "Bearer sk-secret");
    let mut nowhere = signed("http://h");
    nowhere.region = None;
    assert_eq!(PreparedProvider::new(&nowhere).unwrap_err(), PrepareError::Region);
    // A translated body is signed as well.
    let translated =
        request(&call(OpenAiChat, "m"), &target(signed("http://h"), "m"), BedrockConverse).unwrap();
    assert!(translated.headers.contains_key("x-amz-date"));
}

#[test]
fn ranking_on_bedrock_has_a_host_and_a_name_of_its_own() {
    let prepared = |base: &str| {
        let mut p = provider(Bedrock, base);
        p.region = Some("us-gov-west-1".into());
        p.formats = vec![BedrockConverse, BedrockRerank];
        (PreparedProvider::new(&p).unwrap(), p)
    };
    let (own, p) = prepared("https://bedrock-runtime.us-gov-west-1.amazonaws.com");
    let host = "bedrock-agent-runtime.us-gov-west-1.amazonaws.com";
    assert_eq!(own.other_authority(BedrockRerank), Some(host));
    assert_eq!(own.other_authority(BedrockConverse), None);
    assert_eq!(prepared("http://127.0.0.1:1").0.other_authority(BedrockRerank), None);
    let named = |model: &str| {
        let options =
            crate::write_options(&call(BedrockConverse, "x"), &target(p.clone(), model), &own, BedrockRerank);
        options.model.unwrap()
    };
    assert_eq!(named("m:0"), "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/m:0");
    assert_eq!(named("arn:aws:bedrock:x"), "arn:aws:bedrock:x");
}

#[test]
fn addresses_of_vectors_rankings_and_counts() {
    let google = "https://generativelanguage.googleapis.com";
    let aws = "https://bedrock-runtime.us-east-1.amazonaws.com";
    let id = "us.anthropic.claude-v1:0";
    let cases = [
        (Gemini, google, "m", GeminiCountTokens, "/v1beta/models/m:countTokens"),
        (Gemini, google, "models/m", GeminiEmbed, "/v1beta/models/m:embedContent"),
        (Gemini, google, "m", GeminiBatchEmbed, "/v1beta/models/m:batchEmbedContents"),
        (Bedrock, aws, id, BedrockCountTokens, "/model/us.anthropic.claude-v1%3A0/count-tokens"),
        (Bedrock, aws, "titan:0", BedrockTitanEmbed, "/model/titan%3A0/invoke"),
        (Bedrock, aws, "m", BedrockCohereEmbed, "/model/m/invoke"),
        (Bedrock, aws, "m", BedrockRerank, "/rerank"),
        (Cohere, "https://api.cohere.com/v1", "m", CohereEmbed, "/v2/embed"),
        (Cohere, "https://api.cohere.com", "m", CohereRerank, "/v2/rerank"),
        (Anthropic, "https://api.anthropic.com", "m", AnthropicCountTokens, "/v1/messages/count_tokens"),
        (AzureOpenAi, "https://e", "m", AnthropicCountTokens, "/anthropic/v1/messages/count_tokens"),
        (OpenAiCompatible, "https://api.voyageai.com/v1", "m", VoyageEmbed, "/v1/embeddings"),
        (OpenAiCompatible, "https://api.voyageai.com/v1", "m", VoyageRerank, "/v1/rerank"),
        (OpenAiCompatible, "http://h/v1", "m", PlainRerank, "/v1/rerank"),
        (OpenAiCompatible, "http://h/v1", "m", OpenAiInputTokens, "/v1/responses/input_tokens"),
    ];
    for (kind, base, model, format, wanted) in cases {
        let mut p = provider(kind, base);
        p.formats = vec![format];
        let target = target(p, model);
        let parts = request(&call(format, "x"), &target, format).unwrap();
        assert_eq!(parts.path_and_query, wanted);
    }
}
