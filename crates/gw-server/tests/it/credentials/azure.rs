//! Azure OpenAI: applications and managed identities of Entra ID, keys, and API versions.

use super::{TokenServer, answering};
use crate::support::speaking::Format;
use crate::support::{Gateway, MASTER};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_authenticate_and_every_kind_of_version() {
    let tokens = TokenServer::oauth(0).await;
    let upstream = answering(Format::Chat).await;
    let (url, endpoint) = (upstream.url(), tokens.url());
    let config = format!(
        "providers:\n  \
         app: {{ kind: azure-openai, endpoint: \"{url}\", tenant_id: t-1, client_id: c-1, client_secret: s-1, \
         token_endpoint: \"{endpoint}\" }}\n  \
         managed: {{ kind: azure-openai, endpoint: \"{url}\", api_version: \"2024-10-21\", identity: managed, \
         client_id: user-1, token_endpoint: \"{endpoint}\" }}\n  \
         keyed: {{ kind: azure-openai, endpoint: \"{url}\", api_version: preview, api_key: k-1 }}\n"
    );
    let gateway = Gateway::start(&config).await;
    let ask = async |model: &str| {
        gateway.send(Format::Chat.call(model, false).key(MASTER)).await.ok();
        upstream.last()
    };
    let seen = ask("app/gpt-x").await;
    assert_eq!(seen.path, "/openai/v1/chat/completions");
    assert!(seen.header("authorization").unwrap().starts_with("Bearer token-"), "{}", seen.head);
    assert!(seen.header("api-key").is_none() && seen.body.contains("\"gpt-x\""), "{}", seen.head);
    let seen = ask("managed/gpt-x").await;
    assert_eq!(seen.path, "/openai/deployments/gpt-x/chat/completions?api-version=2024-10-21");
    assert!(seen.header("authorization").unwrap().starts_with("Bearer token-"), "{}", seen.head);
    let seen = ask("keyed/gpt-x").await;
    assert_eq!(seen.path, "/openai/v1/chat/completions?api-version=preview");
    assert_eq!((seen.header("api-key"), seen.header("authorization")), (Some("k-1"), None));
    for _ in 0..3 {
        ask("app/gpt-x").await;
        ask("managed/gpt-x").await;
    }
    assert_eq!(tokens.asked(), 2, "one for each");
    let asked = tokens.scripted.all();
    let by_app = asked.iter().find(|seen| seen.path == "/t-1/oauth2/v2.0/token").expect("the application's");
    assert!(
        by_app.body.contains("client_secret=s-1") && by_app.body.contains("client_id=c-1"),
        "{}",
        by_app.body
    );
    let by_machine =
        asked.iter().find(|seen| seen.path.starts_with("/metadata/identity/oauth2/token")).unwrap();
    assert!(by_machine.path.ends_with("&client_id=user-1"), "{}", by_machine.path);
    assert_eq!(by_machine.header("metadata"), Some("true"));
    assert!(!gateway.log().contains("s-1\"") && !gateway.log().contains("token-1"));
}
