//! The network side: TLS, HTTP/2, an address of its own for the control plane, browsers, IPv6.

use super::support::http2::Http2;
use super::support::scripted::{Scripted, Step};
use super::support::{Call, Gateway, MASTER, Upstream, chat, eventually};
use http::Method;
use http_body_util::BodyExt;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Writes a certificate for `localhost`; gives it.
fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.key"), signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("tls.crt"), cert.pem()).unwrap();
    cert.der().clone()
}

/// A TLS connection that trusts this certificate alone.
async fn connect(
    addr: SocketAddr,
    trusted: &CertificateDer<'static>,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(addr).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// Several calls at once over one HTTP/2 connection.
async fn speak_http2(client: Http2) {
    let body = chat("up/chat-model", "hi");
    let calls = (0..20).map(async |_| {
        let response = client.send(&body, MASTER).await;
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body);
        assert!(status == 200 && text.contains("You said"), "{text}");
    });
    futures(calls).await;
}

/// Runs them at the same time.
async fn futures(calls: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut calls: Vec<_> = calls.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        calls.retain_mut(|call| call.as_mut().poll(cx).is_pending());
        if calls.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_with_prior_knowledge() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    speak_http2(Http2::connect(gateway.addr).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_with_a_certificate_that_changes() {
    let upstream = Upstream::start().await;
    let folder = tempfile::tempdir().unwrap();
    let first = write_certificate(folder.path());
    let tls = format!(
        "tls: {{ cert_file: \"{0}/tls.crt\", key_file: \"{0}/tls.key\" }}\n",
        folder.path().display()
    );
    let gateway = Gateway::start(&format!("{}{tls}", upstream.providers())).await;
    assert!(gateway.greeting.contains("https://"), "{}", gateway.greeting);
    let stream = connect(gateway.addr, &first, &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    speak_http2(Http2::over(stream, gateway.addr).await).await;

    let before = Http2::over(connect(gateway.addr, &first, &[b"h2"]).await.unwrap(), gateway.addr).await;
    let second = write_certificate(folder.path());
    eventually("the new certificate is served", async || connect(gateway.addr, &second, &[]).await.ok())
        .await;
    assert!(connect(gateway.addr, &first, &[]).await.is_err(), "the old one is gone");
    // A connection of before goes on.
    speak_http2(before).await;

    std::fs::write(folder.path().join("tls.crt"), "nonsense").unwrap();
    eventually("the fault is told", async || gateway.log().contains("tls.crt").then_some(())).await;
    connect(gateway.addr, &second, &[]).await.expect("the last good certificate stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_control_plane_can_have_an_address_of_its_own() {
    let upstream = Upstream::start().await;
    let admin: SocketAddr = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gateway = Gateway::start(&format!("admin_listen: {admin}\n{}", upstream.providers())).await;
    for path in ["/api/v1/keys", "/metrics", "/ui"] {
        assert_eq!(gateway.send(Call::get(path).key(MASTER)).await.status, 404, "{path} on the data plane");
        Call::get(path).key(MASTER).send(admin).await.ok();
    }
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await.ok();
    assert_eq!(Call::chat(&chat("up/chat-model", "hi")).key(MASTER).send(admin).await.status, 404);
    for addr in [gateway.addr, admin] {
        assert_eq!(Call::get("/healthz").send(addr).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_can_be_kept_from_strangers() {
    let upstream = Upstream::start().await;
    let admin: SocketAddr = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let access = "telemetry: { metrics: { access: protected } }";
    let gateway = Gateway::start(&format!("{access}\n{}", upstream.providers())).await;
    let apart = Gateway::start(&format!("admin_listen: {admin}\n{access}\n{}", upstream.providers())).await;
    for addr in [gateway.addr, admin] {
        let refused = Call::get("/metrics").send(addr).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["error"]["code"].as_str()),
            (401, Some("invalid_api_key"))
        );
        assert_eq!(Call::get("/metrics").key("gw-nobody").send(addr).await.status, 401);
        let read = Call::get("/metrics").key(MASTER).send(addr).await;
        assert!(read.ok().text().contains("gatewright_store_up"), "{}", read.text());
        Call::get("/healthz").send(addr).await.ok();
    }
    drop(apart);
    // A virtual key is no credential for it; a token is, where it may read usage of the gateway as a whole.
    let (_, key) = gateway.make_key(&serde_json::json!({"name": "caller"})).await;
    assert_eq!(gateway.send(Call::get("/metrics").key(&key)).await.status, 401);
    let made = async |path: &str, body: serde_json::Value| {
        let made = gateway.admin(Method::POST, path, Some(&body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()
    };
    let organization = made("/api/v1/organizations", serde_json::json!({"name": "o"})).await;
    for (body, status) in [
        (serde_json::json!({"name": "all", "role": "auditor", "scopes": ["usage:read"]}), 200),
        (serde_json::json!({"name": "keys", "role": "auditor", "scopes": ["keys:read"]}), 403),
        (serde_json::json!({"name": "one", "role": "auditor", "account_id": organization["id"]}), 403),
    ] {
        let token = made("/api/v1/admin-tokens", body.clone()).await;
        let read = gateway.send(Call::get("/metrics").key(token["token"].as_str().unwrap())).await;
        assert_eq!(read.status, status, "{body}: {}", read.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_are_let_in_from_listed_origins_only() {
    let upstream = Upstream::start().await;
    let preflight = |origin: &str| {
        Call::new(Method::OPTIONS, "/v1/chat/completions")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,x-stainless-os")
    };
    let gateway = Gateway::start(&format!(
        "cors: {{ allow_origins: [https://app.example] }}\n{}",
        upstream.providers()
    ))
    .await;
    let allowed = gateway.send(preflight("https://app.example")).await;
    assert!(allowed.status.is_success(), "{}", allowed.status);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(allowed.header("access-control-allow-methods").is_some_and(|methods| methods.contains("POST")));
    let headers = allowed.header("access-control-allow-headers").unwrap_or_default();
    assert!(
        ["authorization", "content-type", "x-stainless-os"].iter().all(|name| headers.contains(name)),
        "{headers}"
    );
    let call = Call::chat(&chat("up/chat-model", "hi")).key(MASTER);
    let answer = gateway.send(call.clone().header("origin", "https://app.example")).await;
    assert_eq!(answer.ok().header("access-control-allow-origin"), Some("https://app.example"));
    let refused = gateway.send(Call::chat(&chat("none", "hi")).header("origin", "https://app.example")).await;
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some("https://app.example"),
        "errors can be read too"
    );
    let other = gateway.send(preflight("https://evil.example")).await;
    assert_eq!(other.header("access-control-allow-origin"), None);

    let closed = Gateway::start(&upstream.providers()).await;
    let answer = closed.send(call.header("origin", "https://app.example")).await;
    assert_eq!(answer.ok().header("access-control-allow-origin"), None);
    assert_eq!(
        closed.send(preflight("https://app.example")).await.header("access-control-allow-origin"),
        None
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: this machine has no IPv6 loopback");
        return;
    }
    let upstream = Upstream::start().await;
    let gateway = Gateway::start_at(&upstream.providers(), "[::1]:0").await;
    assert!(gateway.addr.is_ipv6(), "{}", gateway.greeting);
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_the_connections_stays_between_two() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let call = Call::chat(&chat("up/chat-model", "hi")).key(MASTER);
    let call = call.header("cookie", "a=b").header("x-forwarded-for", "1.2.3.4").header("te", "trailers");
    let call = call
        .header("x-gatewright-customer", "c1")
        .header("openai-beta", "assistants=v2")
        .header("x-secret", "s");
    gateway.send(call).await.ok();
    let seen = upstream.emulator().requests(1).pop().unwrap();
    for name in ["cookie", "x-forwarded-for", "te", "x-gatewright-customer", "x-secret", "x-api-key"] {
        assert!(!seen.headers.contains_key(name), "{name} went upstream");
    }
    assert_eq!(seen.headers["openai-beta"], "assistants=v2");
    assert_eq!(seen.headers["host"].to_str().unwrap(), upstream.url().trim_start_matches("http://"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_sets_no_cookies_and_does_not_speak_in_our_name() {
    let headers = "set-cookie: a=b\r\nx-gatewright-cost-usd: 0\r\nx-gatewright-evil: 1\r\naccess-control-allow-origin: *\r\n\
                   strict-transport-security: max-age=1\r\nx-request-id: theirs\r\nserver: them\r\nx-of-theirs: kept\r\n";
    let body = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\n{headers}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let upstream = Scripted::start(move |_| vec![Step::Send(answer.clone().into_bytes())]).await;
    let gateway = Gateway::start(&upstream.provider()).await;
    let answer = gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await;
    answer.ok();
    for name in
        ["set-cookie", "x-gatewright-evil", "access-control-allow-origin", "strict-transport-security"]
    {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert_eq!(answer.header("x-upstream-request-id"), Some("theirs"));
    assert_ne!(answer.header("x-request-id"), Some("theirs"));
    assert_eq!(answer.header("x-gatewright-cost-usd"), Some("0.0003"));
    assert_eq!(answer.header("x-of-theirs"), Some("kept"));
    assert_eq!(answer.body, body);
}
