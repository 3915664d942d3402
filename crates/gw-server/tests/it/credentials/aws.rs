//! Bedrock: roles, instances and web identities; Claude in its own format by `InvokeModel`.

use super::{TokenServer, file, reply};
use crate::support::binary;
use crate::support::scripted::{Scripted, Seen, Step};
use crate::support::speaking::{self, Format, TEXT};
use crate::support::{Call, Gateway, MASTER, sse};
use gw_model::Secret;
use gw_providers::aws::{Claim, RequestParts, body_hash};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/caller";
const MODEL: &str = "b/us.anthropic.claude-x-v1:0";

/// STS's and the metadata services' answers, by path.
fn aws(number: usize, seen: &Seen) -> String {
    match seen.path.as_str() {
        "/latest/api/token" => "session-1".to_owned(),
        "/latest/meta-data/iam/security-credentials/" => "my-role".to_owned(),
        path if path.starts_with("/latest/") || path == "/container" => json!({
            "AccessKeyId": "ASIAHOST", "SecretAccessKey": "host-secret", "Token": "host-token",
            "Expiration": "2036-01-01T00:00:00Z",
        })
        .to_string(),
        _ => format!(
            "<R><Credentials><AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>\
             <SessionToken>role-token</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration></Credentials></R>"
        ),
    }
}

/// Bedrock, as far as these tests go.
async fn bedrock() -> Scripted {
    Scripted::by_request(|_, seen| match seen.path.rsplit('/').next().unwrap_or_default() {
        "invoke" if seen.body.contains("break") => {
            let body = r#"{"message":"max_tokens: too large"}"#;
            vec![Step::Send(
                speaking::head("400 Bad Request", "application/json", "x-amzn-errortype: ValidationException\r\n", body)
                    .into_bytes(),
            )]
        }
        "invoke" => reply("200 OK", &speaking::whole(Format::Messages)),
        "invoke-with-response-stream" => {
            let mut out = b"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\nconnection: close\r\n\r\n".to_vec();
            for data in messages() {
                let payload = json!({"bytes": base64(data.as_bytes()), "p": "abcd"});
                out.extend(binary::event("chunk", &payload));
            }
            vec![Step::Send(out)]
        }
        _ => reply("200 OK", &speaking::whole(Format::Converse)),
    })
    .await
}

/// The data of a stream in Claude's format.
fn messages() -> Vec<String> {
    let text = String::from_utf8(speaking::frames(Format::Messages).concat()).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    out
}

/// Who signed a request, checked.
#[track_caller]
fn signer(seen: &Seen, secret: &str) -> String {
    let mut headers = http::HeaderMap::new();
    for (name, value) in seen.head.lines().skip(1).filter_map(|line| line.split_once(':')) {
        headers.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.trim().parse().unwrap());
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
    let claim = Claim::read(&headers, i64::try_from(now).unwrap()).unwrap();
    let parts = RequestParts { method: "POST", path: &seen.path, query: "", host: "", headers: &headers };
    let body = bytes::Bytes::copy_from_slice(seen.body.as_bytes());
    claim.check(&parts, &body_hash(&[body]), &Secret::new(secret.to_owned())).unwrap();
    claim.access_key_id.to_owned()
}

async fn ask(gateway: &Gateway, model: &str) {
    let answer = gateway.send(Format::Chat.call(model, false).key(MASTER)).await;
    assert_eq!(Format::Chat.text_of(&answer.ok().json()), TEXT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_instances_and_web_identities_are_signed_with() {
    let (sts, upstream) = (TokenServer::start(aws).await, bedrock().await);
    let (_folder, token_file) = file("header.claims.signature\n");
    let (url, at) = (upstream.url(), sts.url());
    let place = format!("kind: bedrock, region: eu-west-1, endpoint: \"{url}\", token_endpoint: \"{at}");
    let config = format!(
        "providers:\n  \
         role: {{ {place}\", aws_access_key_id: AKBASE, aws_secret_access_key: base-secret, aws_role_arn: \"{ROLE}\", \
         aws_external_id: ext, aws_role_session_name: me }}\n  \
         web: {{ {place}\", aws_web_identity_token_file: \"{token_file}\", aws_role_arn: \"{ROLE}\" }}\n  \
         host: {{ {place}\", identity: instance }}\n  \
         box: {{ {place}/container\", identity: container }}\n"
    );
    let gateway = Gateway::start(&config).await;
    for _ in 0..3 {
        for provider in ["role", "web"] {
            ask(&gateway, &format!("{provider}/m")).await;
            let seen = upstream.last();
            assert!(signer(&seen, "role-secret").starts_with("ASIA"));
            assert_eq!(seen.header("x-amz-security-token"), Some("role-token"));
        }
        for provider in ["host", "box"] {
            ask(&gateway, &format!("{provider}/m")).await;
            assert_eq!(signer(&upstream.last(), "host-secret"), "ASIAHOST");
            assert_eq!(upstream.last().header("x-amz-security-token"), Some("host-token"));
        }
    }
    let asked = sts.scripted.all();
    assert_eq!(asked.len(), 6, "one for each role, three for the instance, one for the container");
    let role = asked.iter().find(|seen| seen.body.contains("Action=AssumeRole&")).unwrap();
    assert_eq!(signer(role, "base-secret"), "AKBASE");
    assert!(
        role.body.contains("ExternalId=ext") && role.body.contains("RoleSessionName=me"),
        "{}",
        role.body
    );
    let web = asked.iter().find(|seen| seen.body.contains("Action=AssumeRoleWithWebIdentity&")).unwrap();
    assert!(web.body.contains("WebIdentityToken=header.claims.signature"), "{}", web.body);
    assert!(web.header("authorization").is_none());
    let log = gateway.log();
    assert!(!log.contains("role-secret") && !log.contains("role-token") && !log.contains("base-secret"));
}

async fn invoking() -> (Scripted, Gateway) {
    let upstream = bedrock().await;
    let config = format!(
        "providers:\n  b: {{ kind: bedrock, region: us-east-1, endpoint: \"{}\", aws_access_key_id: AK, \
         aws_secret_access_key: sk, upstream_format: messages }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claudes_callers_reach_claude_in_its_own_format() {
    let (upstream, gateway) = invoking().await;
    let mut body = Format::Messages.body(MODEL, false);
    body["metadata"] = json!({"user_id": "u"});
    let call = Call::messages(&body).key(MASTER).header("anthropic-beta", "context-1m-2025-08-07");
    let answer = gateway.send(call).await;
    assert_eq!(answer.ok().text(), speaking::whole(Format::Messages), "byte for byte");
    let seen = upstream.last();
    assert_eq!(seen.path, "/model/us.anthropic.claude-x-v1%3A0/invoke");
    assert_eq!(signer(&seen, "sk"), "AK");
    let sent: Value = serde_json::from_str(&seen.body).unwrap();
    let mut wanted = body.clone();
    wanted.as_object_mut().unwrap().retain(|name, _| name != "model" && name != "stream");
    wanted["anthropic_version"] = "bedrock-2023-05-31".into();
    wanted["anthropic_beta"] = json!(["context-1m-2025-08-07"]);
    assert_eq!(sent, wanted);

    let answer = gateway.send(Format::Messages.call(MODEL, true).key(MASTER)).await;
    assert_eq!(answer.ok().header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(upstream.last().path, "/model/us.anthropic.claude-x-v1%3A0/invoke-with-response-stream");
    let data: Vec<String> =
        answer.text().lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect();
    assert_eq!(data, messages());
    assert!(sse::error(&answer.body).is_none() && Format::Messages.streamed(&answer.body) == TEXT);
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!(
        (&record["usage_source"], &record["outcome"]),
        (&"upstream".into(), &"success".into()),
        "{record}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_reach_it_too_and_other_models_stay_with_converse() {
    let (upstream, gateway) = invoking().await;
    for format in [Format::Chat, Format::Gemini] {
        for stream in [false, true] {
            let answer = gateway.send(format.call(MODEL, stream).key(MASTER)).await;
            let text = match stream {
                true => format.streamed(&answer.ok().body),
                false => format.text_of(&answer.ok().json()),
            };
            assert_eq!(text, TEXT, "{format:?} {stream}");
            assert!(upstream.last().path.contains("/invoke"), "{}", upstream.last().path);
        }
    }
    ask(&gateway, "b/amazon.nova-lite").await;
    assert_eq!(upstream.last().path, "/model/amazon.nova-lite/converse");
    let answer = gateway.send(Format::Converse.call(MODEL, false).key(MASTER)).await;
    assert_eq!(answer.ok().text(), speaking::whole(Format::Converse));

    let mut body = Format::Messages.body(MODEL, false);
    body["stop_sequences"] = json!(["break"]);
    let answer = gateway.send(Call::messages(&body).key(MASTER)).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let error = answer.json();
    assert_eq!(
        (&error["type"], &error["error"]["message"]),
        (&"error".into(), &"max_tokens: too large".into())
    );
}
