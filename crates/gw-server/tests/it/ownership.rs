//! Whose things are that a provider keeps, behind its own paths and in whatever member a request names them.

use super::support::scripted::{Scripted, Seen, Step};
use super::support::{Answer, Call, Gateway, MASTER, Upstream};
use http::Method;
use serde_json::{Value, json};

/// An upstream that answers with its request's body, or with the list that `list` makes of its query.
async fn shelf(list: impl Fn(&str) -> Value + Send + Sync + 'static) -> Scripted {
    Scripted::by_request(move |_, seen: &Seen| {
        let (_, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let is_read = seen.head.starts_with("GET ");
        let body = if is_read { list(query).to_string() } else { seen.body.clone() };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
        vec![Step::Send(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())]
    })
    .await
}

/// Providers of three kinds, and two keys that may use pass-through.
async fn set_up(url: &str) -> (Gateway, String, String) {
    let gateway = Gateway::start(&format!(
        "providers:\n  openai: {{ base_url: \"{url}/v1\", api_key: upstream-secret-1, models: {{ gpt-test: {{}} }} }}\n  \
         claude: {{ kind: anthropic, base_url: \"{url}\", api_key: upstream-secret-2 }}\n  \
         gemini: {{ base_url: \"{url}\", api_key: upstream-secret-3 }}\n"
    ))
    .await;
    let policy = |name: &str| json!({"name": name, "endpoints": ["passthrough", "chat", "files", "batches"]});
    let (_, alice) = gateway.make_key(&policy("alice")).await;
    let (_, bob) = gateway.make_key(&policy("bob")).await;
    (gateway, alice, bob)
}

async fn make(gateway: &Gateway, key: &str, path: &str, body: &Value) {
    let path = format!("/passthrough/{path}");
    gateway.send(Call::post(&path, body.to_string()).key(key)).await.ok();
}

fn ids(answer: &Answer, member: &str) -> Vec<String> {
    let list = answer.ok().json();
    let name =
        |entry: &Value| entry.get("id").or_else(|| entry.get("name")).unwrap().as_str().unwrap().to_owned();
    list[member].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_id_is_unknown_in_whatever_member() {
    let upstream = shelf(|_| json!({})).await;
    let (gateway, alice, bob) = set_up(&upstream.url()).await;
    let uuid = "7d3c0c55-90f6-4a43-8b0c-3c1f1f1d9b11";
    for (path, id) in [
        ("openai/v1/vector_stores", "vs_1"),
        ("openai/v1/fine_tuning/jobs", uuid),
        ("openai/v1/containers", "cntr_1"),
        ("claude/v1/files", "file_1"),
    ] {
        make(&gateway, &alice, path, &json!({"id": id})).await;
    }
    make(
        &gateway,
        &alice,
        "gemini/upload/v1beta/files",
        &json!({"file": {"name": "files/abc-1", "uri": "x"}}),
    )
    .await;
    let uri = "https://generativelanguage.googleapis.com/v1beta/files/abc-1";
    for body in [
        json!({"training_file": "file_1"}),
        json!({"input_file_id": "file_1"}),
        json!({"image": {"file_id": "file_1"}}),
        json!({"data_source": {"source": {"type": "file_id", "id": "file_1"}}}),
        json!({"attachments": [{"file_id": "file_1", "tools": []}]}),
        json!({"model": "vs_1", "tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}}),
        json!({"tools": [{"type": "code_interpreter", "container": "cntr_1"}]}),
        json!({"messages": [{"content": [{"source": {"type": "file", "file_id": "file_1"}}]}]}),
        json!({"contents": [{"parts": [{"fileData": {"fileUri": uri}}]}]}),
        json!({"contents": [{"parts": [{"file_data": {"file_uri": "files/abc-1"}}]}]}),
        json!({"training_files": [{"file_id": "file_1"}]}),
        json!({"document_id": uuid}),
        json!([{"anything": ["else", uuid]}]),
    ] {
        for path in ["openai/v1/things", "gemini/v1beta/things"] {
            let before = upstream.all().len();
            let call = |key: &str| Call::post(&format!("/passthrough/{path}"), body.to_string()).key(key);
            gateway.send(call(&bob)).await.refused(404, "not_found");
            assert_eq!(upstream.all().len(), before, "{body}");
            gateway.send(call(&alice)).await.ok();
            gateway.send(call(MASTER)).await.ok();
        }
    }
    let escaped = "{\"x\":\"vs\\u005f1\"}";
    gateway
        .send(Call::post("/passthrough/openai/v1/things", escaped).key(&bob))
        .await
        .refused(404, "not_found");
    let form = "--XX\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\nfile_1\r\n--XX--\r\n";
    for (content_type, body) in [
        ("multipart/form-data; boundary=XX", form),
        ("application/x-www-form-urlencoded", "a=b&source=file%5F1"),
    ] {
        let call = |key: &str| {
            let call = Call::new(Method::POST, "/passthrough/openai/v1/things");
            call.header("content-type", content_type).body(body).key(key)
        };
        gateway.send(call(&bob)).await.refused(404, "not_found");
        gateway.send(call(&alice)).await.ok();
    }
    for path in ["v1/things?x=vs_1", "v1/things?x%5B%5D=vs%5F1", "v1/things/vs_1", "v1/things/a:b/vs_1:do"] {
        let call = |key: &str| Call::get(&format!("/passthrough/openai/{path}")).key(key);
        gateway.send(call(&bob)).await.refused(404, "not_found");
        gateway.send(call(&alice)).await.ok();
    }
    // Where only a file's id stands, one that nobody is known to have is not there either.
    for body in [json!({"training_file": "file-nobodys"}), json!({"f": {"fileUri": "files/nobodys"}})] {
        let call = |key: &str| Call::post("/passthrough/openai/v1/things", body.to_string()).key(key);
        gateway.send(call(&alice)).await.refused(404, "not_found");
        gateway.send(call(MASTER)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_behind_known_paths_is_its_makers() {
    let upstream = shelf(|_| json!({"id": "x"})).await;
    let (gateway, alice, bob) = set_up(&upstream.url()).await;
    for (path, body, below) in [
        ("openai/v1/fine_tuning/jobs", json!({"id": "odd-name"}), "odd-name/events"),
        ("openai/v1/vector_stores", json!({"id": "vs_2"}), "vs_2/files/file-of-it"),
        ("openai/v1/assistants", json!({"id": "asst_2"}), "asst_2/files"),
        ("gemini/v1beta/cachedContents", json!({"name": "cachedContents/c2", "model": "gpt-test"}), "c2"),
    ] {
        make(&gateway, &alice, path, &body).await;
        let call = |key: &str, id: &str| Call::get(&format!("/passthrough/{path}/{id}")).key(key);
        gateway.send(call(&alice, below)).await.ok();
        gateway.send(call(&bob, below)).await.refused(404, "not_found");
        // What the gateway has not seen made is the operator's to name.
        gateway.send(call(&alice, "made-elsewhere")).await.refused(404, "not_found");
        gateway.send(call(MASTER, "made-elsewhere")).await.ok();
    }
    for path in [
        "openai/v1/models/made-elsewhere",
        "openai/v1/threads/thread_made_elsewhere",
        "claude/v1/files/file_of_code/content",
        "claude/v1/messages/batches/made-elsewhere",
        "gemini/v1beta/files/x:download",
        "gemini/v1beta/batches/x",
        "openai/v1/conversations/conv_streamed/items",
        "openai/v1/datasets/usage",
    ] {
        gateway.send(Call::get(&format!("/passthrough/{path}")).key(&alice)).await.ok();
    }
    let gateway = gateway.restart().await;
    let path = "/passthrough/openai/v1/fine_tuning/jobs/odd-name/cancel";
    gateway.send(Call::post(path, "{}").key(&bob)).await.refused(404, "not_found");
    gateway.send(Call::post(path, "{}").key(&alice)).await.ok();
}

/// A page of ten entries `vs_00` to `vs_09`, behind `after` or `after_id`.
fn page(query: &str) -> Value {
    let value = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')))
    };
    let after = value("after").or_else(|| value("after_id")).map_or(-1, |id| id[3..].parse::<i32>().unwrap());
    let limit: i32 = value("limit").map_or(3, |limit| limit.parse().unwrap());
    let names: Vec<String> =
        (after + 1..10).take(usize::try_from(limit).unwrap()).map(|n| format!("vs_{n:02}")).collect();
    let data: Vec<Value> = names.iter().map(|id| json!({"id": id})).collect();
    json!({
        "object": "list", "data": data, "first_id": names.first(), "last_id": names.last(),
        "has_more": after + 1 + limit < 10, "more": 1
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_hold_the_callers_own_and_say_so() {
    let upstream = shelf(page).await;
    let (gateway, alice, bob) = set_up(&upstream.url()).await;
    for (path, cursor) in [("openai/v1/vector_stores", "after"), ("claude/v1/vector_stores", "after_id")] {
        if cursor == "after" {
            for number in [1, 4, 5, 8] {
                make(&gateway, &alice, path, &json!({"id": format!("vs_{number:02}")})).await;
            }
            make(&gateway, &bob, path, &json!({"id": "vs_06"})).await;
        }
        let get = async |key: &str, query: &str| {
            gateway.send(Call::get(&format!("/passthrough/{path}?{query}")).key(key)).await
        };
        for (query, wanted, more) in [
            ("", &["vs_01", "vs_04", "vs_05"][..], true),
            ("limit=2", &["vs_01", "vs_04"], true),
            (&format!("limit=2&{cursor}=vs_04"), &["vs_05", "vs_08"], false),
            (&format!("limit=2&{cursor}=vs_08"), &[], false),
            ("limit=10", &["vs_01", "vs_04", "vs_05", "vs_08"], false),
        ] {
            let answer = get(&alice, query).await;
            assert_eq!(ids(&answer, "data"), wanted, "{query}");
            let list = answer.json();
            let ends = (list["first_id"].as_str(), list["last_id"].as_str(), list["has_more"].as_bool());
            assert_eq!(ends, (wanted.first().copied(), wanted.last().copied(), Some(more)), "{query}");
            assert_eq!(list["more"], 1);
        }
        assert_eq!(ids(&get(&bob, "").await, "data"), ["vs_06"]);
        get(&bob, &format!("{cursor}=vs_04")).await.refused(404, "not_found");
        assert_eq!(get(MASTER, "").await.ok().json(), page(""));
    }
    // A path that nothing is known of loses what is another's, and first and last go along.
    let answer = gateway.send(Call::get("/passthrough/openai/v1/things?limit=5").key(&bob)).await;
    assert_eq!(ids(&answer, "data"), ["vs_00", "vs_02", "vs_03"]);
    assert_eq!((&answer.json()["last_id"], &answer.json()["has_more"]), (&json!("vs_03"), &json!(true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn googles_lists_are_named_like_what_they_hold() {
    let upstream =
        shelf(|_| json!({"files": [{"name": "files/a1"}, {"name": "files/b1"}], "nextPageToken": "t"})).await;
    let (gateway, alice, bob) = set_up(&upstream.url()).await;
    make(&gateway, &alice, "gemini/v1beta/files", &json!({"file": {"name": "files/a1"}})).await;
    for (key, wanted) in [(&alice, &["files/a1"][..]), (&bob, &[])] {
        let answer = gateway.send(Call::get("/passthrough/gemini/v1beta/files").key(key)).await;
        assert_eq!(ids(&answer, "files"), wanted);
        assert_eq!(answer.json()["nextPageToken"], "t");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_a_batch_name_nothing_of_anothers() {
    let upstream = Upstream::start().await;
    let (gateway, alice, bob) = set_up(&upstream.url()).await;
    let form = |purpose: &str, content: &str| {
        format!(
            "--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n--XX\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{content}\r\n--XX--\r\n"
        )
    };
    let send = async |key: &str, purpose: &str, content: &str| {
        let call =
            Call::new(Method::POST, "/v1/files").header("content-type", "multipart/form-data; boundary=XX");
        gateway.send(call.body(form(purpose, content)).key(key)).await
    };
    let file = send(&alice, "user_data", "x").await.ok().json()["id"].as_str().unwrap().to_owned();
    for member in [
        json!({"input": [{"type": "input_image", "image": file}]}),
        json!({"tools": [{"type": "code_interpreter", "container": {"any": [file]}}]}),
    ] {
        let mut body = json!({"model": "gpt-test", "input": "hi"});
        body.as_object_mut().unwrap().extend(member.as_object().unwrap().clone());
        let line =
            json!({"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": body}).to_string();
        send(&bob, "batch", &line).await.refused(404, "not_found");
        send(&alice, "batch", &line).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_anothers_is_taken_out_wherever_it_stands() {
    const LISTS: [(&[&str], &[&str]); 4] = [
        (&["msgbatch_1"], &[]),
        (&["msgbatch_1", "thing_1"], &["thing_1"]),
        (&["thing_1", "msgbatch_1"], &["thing_1"]),
        (
            &["msgbatch_1", "thing_1", "msgbatch_1", "msgbatch_1", "batch_2", "msgbatch_1"],
            &["thing_1", "batch_2"],
        ),
    ];
    let upstream = shelf(|query| {
        let (all, _) = LISTS[query.strip_prefix("n=").unwrap().parse::<usize>().unwrap()];
        json!({"data": all.iter().map(|id| json!({"id": id})).collect::<Vec<_>>(), "has_more": false})
    })
    .await;
    let (gateway, alice, bob) = set_up(&upstream.url()).await;
    make(&gateway, &alice, "claude/v1/messages/batches", &json!({"id": "msgbatch_1"})).await;
    for (number, (all, seen)) in LISTS.into_iter().enumerate() {
        for (who, wanted) in [(&alice, all), (&bob, seen)] {
            let call = Call::get(&format!("/passthrough/claude/v1/things?n={number}"));
            assert_eq!(ids(&gateway.send(call.key(who)).await, "data"), wanted);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_be_made_unseen_is_its_makers_once_it_was_seen() {
    let upstream = shelf(|_| json!({"id": "x"})).await;
    let (gateway, alice, bob) = set_up(&upstream.url()).await;
    for (made_at, answer, path) in [
        ("openai/v1/conversations", json!({"id": "conv_2"}), "openai/v1/conversations/conv_2/items"),
        ("openai/v1/conversations", json!({"conversation_id": "c-22"}), "openai/v1/conversations/c-22"),
        ("claude/v1/messages/batches", json!({"id": "msgbatch_2"}), "claude/v1/messages/batches/msgbatch_2"),
        (
            "gemini/v1beta/models/m:batchGenerateContent",
            json!({"name": "batches/b1"}),
            "gemini/v1beta/batches/b1",
        ),
        (
            "claude/v1/finetuned-models",
            json!({"finetuned_model": {"id": "u-12"}}),
            "claude/v1/finetuned-models/u-12",
        ),
        ("openai/v1/videos/edits", json!({"id": "video_2"}), "openai/v1/videos/video_2/content"),
        ("openai/v1/videos/video_2/remix", json!({"id": "video_3"}), "openai/v1/videos/video_3"),
        ("claude/v1/files/upload", json!({"id": "odd-name"}), "claude/v1/files/odd-name"),
    ] {
        make(&gateway, &alice, made_at, &answer).await;
        let call = |key: &str| Call::get(&format!("/passthrough/{path}")).key(key);
        gateway.send(call(&alice)).await.ok();
        gateway.send(call(&bob)).await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_of_models_name_nothing_of_anothers() {
    let upstream = Scripted::by_request(|_, seen: &Seen| {
        let is_model = seen.path.contains("generateContent") || seen.path.ends_with("/responses");
        let body = match is_model {
            true => json!({"error": {"message": "went out"}}).to_string(),
            false => seen.body.clone(),
        };
        let status = if is_model { "400 Bad Request" } else { "200 OK" };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
        vec![Step::Send(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())]
    })
    .await;
    let (gateway, alice, bob) = set_up(&upstream.url()).await;
    make(&gateway, &alice, "gemini/v1beta/fileSearchStores", &json!({"name": "fileSearchStores/s-1"})).await;
    make(&gateway, &alice, "openai/v1/containers", &json!({"id": "cntr_alice"})).await;
    let search = json!({"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/s-1"]}});
    let code = json!({"type": "code_interpreter", "container": "cntr_alice"});
    for (path, body) in [
        (
            "/v1beta/models/gemini/g-1:generateContent",
            json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "tools": [search]}),
        ),
        ("/v1/responses", json!({"model": "openai/gpt-test", "input": "hi", "tools": [code]})),
    ] {
        let call = |key: &str| Call::post(path, body.to_string()).key(key);
        let before = upstream.all().len();
        let answer = gateway.send(call(&bob)).await;
        assert_eq!((answer.status.as_u16(), upstream.all().len()), (404, before), "{}", answer.text());
        let answer = gateway.send(call(&alice)).await;
        assert_eq!((answer.status.as_u16(), upstream.all().len() > before), (400, true), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_of_another_provider_is_any_text() {
    let (google, other) = (shelf(|_| json!({})).await, shelf(|_| json!({})).await);
    let gateway = Gateway::start(&format!(
        "providers:\n  openai: {{ base_url: \"{0}/v1\", api_key: upstream-secret-1 }}\n  \
         google: {{ kind: gemini, base_url: \"{1}\", api_key: upstream-secret-2 }}\n  \
         google-too: {{ kind: gemini, base_url: \"{0}\", api_key: upstream-secret-2 }}\n",
        other.url(),
        google.url()
    ))
    .await;
    let policy = |name: &str| json!({"name": name, "endpoints": ["passthrough"]});
    let (_, alice) = gateway.make_key(&policy("alice")).await;
    let (_, bob) = gateway.make_key(&policy("bob")).await;
    make(&gateway, &alice, "google/upload/v1beta/files", &json!({"file": {"name": "files/logo-1"}})).await;
    let body = json!({"image_url": "https://cdn.example.com/files/logo-1"}).to_string();
    let call = |name: &str| Call::post(&format!("/passthrough/{name}/v1/things"), body.clone()).key(&bob);
    gateway.send(call("openai")).await.ok();
    // What may be the same account is.
    gateway.send(call("google")).await.refused(404, "not_found");
    gateway.send(call("google-too")).await.refused(404, "not_found");
    let file = json!({"fileUri": "https://api.example.com/v1/files/report.pdf"}).to_string();
    gateway.send(Call::post("/passthrough/google/v1/things", file).key(&bob)).await.ok();
}
