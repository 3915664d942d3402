//! Tests of [`super`].
use super::*;

fn with(format: WireFormat, model: &str, stream: bool) -> Route {
    Route::Call { format, path: PathFacts { model: Some(model.to_owned()), stream, json_array: false } }
}

#[test]
fn openai_paths_work_with_and_without_the_version() {
    for prefix in ["/v1/", "/", "/openai/v1/"] {
        assert_eq!(route(&format!("{prefix}chat/completions")), call(WireFormat::OpenAiChat));
        assert_eq!(route(&format!("{prefix}completions")), call(WireFormat::OpenAiCompletions));
        assert_eq!(route(&format!("{prefix}embeddings")), call(WireFormat::OpenAiEmbeddings));
        assert_eq!(route(&format!("{prefix}responses")), call(WireFormat::OpenAiResponses));
        let stored = |what| Route::Stored { id: "resp_1".to_owned(), what };
        assert_eq!(route(&format!("{prefix}responses/resp_1")), stored(Stored::Itself));
        assert_eq!(route(&format!("{prefix}responses/resp_1/cancel")), stored(Stored::Cancel));
        assert_eq!(route(&format!("{prefix}responses/resp_1/input_items")), stored(Stored::InputItems));
        assert_eq!(route(&format!("{prefix}images/generations")), call(WireFormat::OpenAiImages));
        assert_eq!(route(&format!("{prefix}images/edits")), call(WireFormat::OpenAiImageEdits));
        assert_eq!(route(&format!("{prefix}audio/speech")), call(WireFormat::OpenAiSpeech));
        assert_eq!(route(&format!("{prefix}audio/transcriptions")), call(WireFormat::OpenAiTranscriptions));
        assert_eq!(route(&format!("{prefix}audio/translations")), call(WireFormat::OpenAiTranslations));
        assert_eq!(route(&format!("{prefix}moderations")), call(WireFormat::OpenAiModerations));
        let later = Route::Later { format: WireFormat::OpenAiResponses };
        for rest in ["resp_1/other", "compact", ""] {
            assert_eq!(route(&format!("{prefix}responses/{rest}")), later, "{rest}");
        }
        assert_eq!(route(&format!("{prefix}models")), models(WireFormat::OpenAiChat, None));
        let one = Route::Models { id: Some("openai/gpt-4o".to_owned()), format: WireFormat::OpenAiChat };
        assert_eq!(route(&format!("{prefix}models/openai/gpt-4o")), one);
        assert_eq!(route(&format!("{prefix}models/openai%2Fgpt-4o")), one);
    }
    assert_eq!(route("/openai/responses"), call(WireFormat::OpenAiResponses), "as Azure's dated versions");
}

#[test]
fn anthropic_and_azure_have_their_own_forms() {
    for path in ["/v1/messages", "/anthropic/v1/messages", "/messages"] {
        assert_eq!(route(path), call(WireFormat::AnthropicMessages), "{path}");
        let counted = call(WireFormat::AnthropicCountTokens);
        assert_eq!(route(&format!("{path}/count_tokens")), counted, "{path}");
    }
    let unknown = Route::Unknown { format: WireFormat::AnthropicMessages };
    for path in ["/v1/messages/batches", "/v1/messages/batches/b/results", "/anthropic/v1/messages/batches"] {
        assert_eq!(route(path), unknown, "{path}");
    }
    assert_eq!(route("/v1/responses/input_tokens"), call(WireFormat::OpenAiInputTokens));
    let azure = with(WireFormat::OpenAiChat, "my/gpt", false);
    assert_eq!(route("/openai/deployments/my%2Fgpt/chat/completions"), azure);
    assert_eq!(route("/openai/deployments/my/gpt/chat/completions"), azure);
    let bare = |format| with(format, "a/b/c", false);
    assert_eq!(route("/openai/deployments/a/b/c/completions"), bare(WireFormat::OpenAiCompletions));
    assert_eq!(route("/openai/deployments/a/b/c/embeddings"), bare(WireFormat::OpenAiEmbeddings));
    assert_eq!(route("/openai/deployments/a/b/c/responses"), bare(WireFormat::OpenAiResponses));
    let format = WireFormat::OpenAiChat;
    assert_eq!(route("/openai/deployments/a/b/c/images/generations"), bare(WireFormat::OpenAiImages));
    assert_eq!(route("/openai/deployments/a/b/c/audio/speech"), bare(WireFormat::OpenAiSpeech));
    assert_eq!(route("/openai/deployments/gpt/images/variations"), Route::Later { format });
    for nothing in ["gpt", "gpt/", "/chat/completions", "/embeddings", ""] {
        let found = route(&format!("/openai/deployments/{nothing}"));
        assert_eq!(found, Route::Unknown { format }, "{nothing}");
    }
}

#[test]
fn only_googles_verbs_are_verbs() {
    let format = WireFormat::GeminiGenerate;
    for version in ["/v1beta", "/v1alpha", "/v1"] {
        let at = |rest: &str| route(&format!("{version}/models/{rest}"));
        assert_eq!(at("gemini-2.5-flash:generateContent"), with(format, "gemini-2.5-flash", false));
        assert_eq!(at("openai/gpt-4o:streamGenerateContent"), with(format, "openai/gpt-4o", true));
        assert_eq!(at("ollama%2Fllama3%3A8b:generateContent"), with(format, "ollama/llama3:8b", false));
        assert_eq!(at("llama3:8b:generateContent"), with(format, "llama3:8b", false));
        assert_eq!(at("m:countTokens"), with(WireFormat::GeminiCountTokens, "m", false));
        assert_eq!(at("a/b:embedContent"), with(WireFormat::GeminiEmbed, "a/b", false));
        assert_eq!(at("m:batchEmbedContents"), with(WireFormat::GeminiBatchEmbed, "m", false));
        for id in ["llama3:8b", ":generateContent", "m:generateContent:x"] {
            assert!(matches!(at(id), Route::Models { id: Some(found), .. } if found == id), "{id}");
        }
    }
    assert_eq!(route("/v1beta/models"), models(format, None));
    assert_eq!(route("/v1beta/models/a/b"), models(format, Some("a/b")));
    assert_eq!(route("/v1beta/cachedContents"), Route::Later { format });
}

#[test]
fn vertex_paths_name_models_of_several_makers() {
    for place in [
        "/v1/publishers",
        "/v1beta1/publishers",
        "/v1/projects/p/locations/global/publishers",
        "/v1beta1/projects/p/locations/us-east5/publishers",
    ] {
        let at = |rest: &str| route(&format!("{place}/{rest}"));
        let format = WireFormat::GeminiGenerate;
        assert_eq!(at("google/models/m:generateContent"), with(format, "m", false));
        assert_eq!(at("google/models/m:streamGenerateContent"), with(format, "m", true));
        assert_eq!(at("openai/models/gpt:generateContent"), with(format, "openai/gpt", false));
        let format = WireFormat::AnthropicMessages;
        assert_eq!(at("anthropic/models/claude@1:rawPredict"), with(format, "claude@1", false));
        // The body says whether to stream.
        assert_eq!(at("anthropic/models/claude@1:streamRawPredict"), with(format, "claude@1", false));
        assert_eq!(at("anthropic/models/count-tokens:rawPredict"), call(WireFormat::AnthropicCountTokens));
        for nothing in ["google/models/m:predict", "anthropic/models/:rawPredict", "google"] {
            assert_eq!(at(nothing), Route::Unknown { format: WireFormat::OpenAiChat }, "{nothing}");
        }
    }
}

#[test]
fn bedrock_and_cohere_have_their_own_paths() {
    let format = WireFormat::BedrockConverse;
    assert_eq!(route("/model/a.b-v1%3A0/converse"), with(format, "a.b-v1:0", false));
    assert_eq!(route("/model/a.b-v1:0/converse-stream"), with(format, "a.b-v1:0", true));
    let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx";
    let wanted = with(format, "arn:aws:bedrock:us-east-1:1:inference-profile/x", true);
    assert_eq!(route(&format!("/model/{arn}/converse-stream")), wanted);
    assert_eq!(route("/model/up/chat/converse"), with(format, "up/chat", false));
    for later in ["/model/m/invoke", "/model//converse", "/model/converse"] {
        assert_eq!(route(later), Route::Later { format }, "{later}");
    }
    assert_eq!(route("/model/a%3A0/count-tokens"), with(WireFormat::BedrockCountTokens, "a:0", false));
    assert_eq!(route("/v2/chat"), call(WireFormat::CohereChat));
    assert_eq!(route("/v2/embed"), call(WireFormat::CohereEmbed));
    assert_eq!(route("/v2/rerank"), call(WireFormat::CohereRerank));
    for plain in ["/rerank", "/v1/rerank"] {
        assert_eq!(route(plain), call(WireFormat::PlainRerank), "{plain}");
    }
    assert_eq!(route("/v2/datasets"), Route::Later { format: WireFormat::CohereChat });
}

#[test]
fn sessions_have_one_way_in() {
    for path in ["/v1/realtime", "/realtime", "/openai/v1/realtime", "/openai/realtime"] {
        assert_eq!(route(path), Route::Session { model: None }, "{path}");
    }
    let named = Route::Session { model: Some("a/b".to_owned()) };
    assert_eq!(route("/openai/deployments/a%2Fb/realtime"), named);
    for path in [
        "/v1/realtime/client_secrets",
        "/v1/realtime/sessions",
        "/realtime/calls",
        "/openai/v1/realtime/calls",
    ] {
        assert_eq!(route(path), Route::OtherSession, "{path}");
    }
}

#[test]
fn the_rest_is_told_apart() {
    assert_eq!(route("/api/v1/keys"), Route::Admin);
    assert_eq!(route("/metrics"), Route::Admin);
    assert_eq!((route("/ui"), route("/ui/keys")), (Route::Ui, Route::Ui));
    assert_eq!(route("/mcp"), Route::Later { format: WireFormat::OpenAiChat });
    assert_eq!(route("/nothing/here"), Route::Unknown { format: WireFormat::OpenAiChat });
    assert_eq!(route("/"), Route::Root);
}

#[test]
fn feedback_is_found_with_and_without_a_version() {
    for path in ["/v1/feedback", "/feedback", "/openai/v1/feedback"] {
        assert_eq!(route(path), Route::Feedback, "{path}");
    }
    assert!(matches!(route("/v1/feedback/7"), Route::Unknown { .. }));
}

#[test]
fn raw_paths_keep_what_stands_behind() {
    let raw = |provider: &str, path: &str| Route::Passthrough {
        provider: provider.to_owned(),
        path: path.to_owned(),
    };
    for (path, provider, rest) in [
        ("/passthrough/openai/v1/files", "openai", "/v1/files"),
        ("/passthrough/openai", "openai", "/"),
        ("/passthrough/openai/", "openai", "/"),
        ("/passthrough/my%20own/a%2Fb//c", "my own", "/a%2Fb//c"),
        ("/passthrough/openai/../x", "openai", "/../x"),
    ] {
        assert_eq!(route(path), raw(provider, rest), "{path}");
    }
    assert_eq!(route("/passthrough//x"), Route::Unknown { format: WireFormat::Passthrough });
    for prefix in ["/v1/", "/", "/openai/v1/", "/openai/"] {
        for rest in ["files", "files/file-1/content", "batches/b/cancel"] {
            assert_eq!(
                route(&format!("{prefix}{rest}")),
                Route::Objects { path: rest.to_owned() },
                "{prefix}{rest}"
            );
        }
    }
}
