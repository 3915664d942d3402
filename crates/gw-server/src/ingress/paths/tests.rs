//! Tests of [`super`].
use super::*;

#[test]
fn openai_paths_work_with_and_without_the_version() {
    for prefix in ["/v1/", "/", "/openai/v1/"] {
        assert_eq!(route(&format!("{prefix}chat/completions")), call(WireFormat::OpenAiChat));
        assert_eq!(route(&format!("{prefix}completions")), call(WireFormat::OpenAiCompletions));
        assert_eq!(route(&format!("{prefix}embeddings")), call(WireFormat::OpenAiEmbeddings));
        assert_eq!(route(&format!("{prefix}models")), Route::Models { id: None });
        let one = Route::Models { id: Some("openai/gpt-4o".to_owned()) };
        assert_eq!(route(&format!("{prefix}models/openai/gpt-4o")), one);
        assert_eq!(route(&format!("{prefix}models/openai%2Fgpt-4o")), one);
    }
}

#[test]
fn anthropic_and_azure_have_their_own_forms() {
    for path in ["/v1/messages", "/anthropic/v1/messages", "/messages"] {
        assert_eq!(route(path), call(WireFormat::AnthropicMessages), "{path}");
    }
    let azure = Route::Call { format: WireFormat::OpenAiChat, model: Some("my/gpt".to_owned()) };
    assert_eq!(route("/openai/deployments/my%2Fgpt/chat/completions"), azure);
    assert_eq!(route("/openai/deployments/my/gpt/chat/completions"), azure);
    let bare = |format| Route::Call { format, model: Some("a/b/c".to_owned()) };
    assert_eq!(route("/openai/deployments/a/b/c/completions"), bare(WireFormat::OpenAiCompletions));
    assert_eq!(route("/openai/deployments/a/b/c/embeddings"), bare(WireFormat::OpenAiEmbeddings));
    let format = WireFormat::OpenAiChat;
    assert_eq!(route("/openai/deployments/gpt/images/generations"), Route::Later { format });
    for nothing in ["gpt", "gpt/", "/chat/completions", "/embeddings", ""] {
        let found = route(&format!("/openai/deployments/{nothing}"));
        assert_eq!(found, Route::Unknown { format }, "{nothing}");
    }
}

#[test]
fn the_rest_is_told_apart() {
    assert_eq!(route("/api/v1/keys"), Route::Admin);
    assert_eq!(route("/metrics"), Route::Admin);
    assert_eq!(route("/mcp"), Route::Later { format: WireFormat::OpenAiChat });
    assert_eq!(route("/v1/responses"), Route::Later { format: WireFormat::OpenAiChat });
    assert_eq!(route("/nothing/here"), Route::Unknown { format: WireFormat::OpenAiChat });
    assert_eq!(route("/"), Route::Root);
}
