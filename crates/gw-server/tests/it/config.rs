//! Configuration from outside: `check`, start, reload, and what keeps a gateway from starting.

use super::support::gateway::{binary, run};
use super::support::{Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream, eventually};
use rustix::process::Signal;
use std::process::Stdio;
use std::time::Duration;

/// The table of providers in the documentation, row by row, as a configuration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_provider_of_the_documentation_can_be_configured() {
    let docs =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/providers.md")).unwrap();
    let mut config = String::from("listen: 127.0.0.1:4444\nproviders:\n");
    let mut count = 0;
    for row in docs.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (name, kind, url) = (cells[1], cells[3], cells[4]);
        let mut settings = String::new();
        match kind {
            "emulator" => {}
            "azure-openai" => settings.push_str("endpoint: https://east.example, "),
            _ if url == "-" => settings.push_str("base_url: http://127.0.0.1:1/v1, "),
            _ if url.contains("{region}") => settings.push_str("region: eu-west-1, "),
            _ => {}
        }
        let values: Vec<String> = url
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .filter(|(name, _)| *name != "region")
            .map(|(name, _)| format!("{name}: a-value"))
            .collect();
        if !values.is_empty() {
            settings.push_str(&format!("base_url_values: {{ {} }}, ", values.join(", ")));
        }
        if kind != "emulator" {
            settings.push_str("api_key: k");
        }
        config.push_str(&format!("  {name}: {{ {settings} }}\n"));
        count += 1;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.yaml");
    std::fs::write(&file, &config).unwrap();
    let (code, out, err) = run(&["check", file.to_str().unwrap()]).await;
    assert_eq!(code, 0, "{err}");
    assert!(count >= 110 && out.contains(&format!("{count} providers")), "{count}: {out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_names_the_place_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gatewright.yaml");
    let check = async |text: &str| {
        std::fs::write(&file, text).unwrap();
        run(&["check", file.to_str().unwrap()]).await
    };
    let local = "providers:\n  local: { kind: openai-compatible, base_url: http://127.0.0.1:8080/v1 }\n";
    let (code, out, err) = check(local).await;
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("gatewright.yaml"), "{out}");

    let cases = [
        ("providers:\n  local: { kind: openai-compatible, basse_url: http://h/v1 }\n", 2, "base_url"),
        (&format!("{local}models:\n  a:\n    targets: [{{ provider: missing, model: m }}]\n"), 5, "missing"),
        (&format!("{local}unknown_key: 1\n"), 3, "unknown_key"),
        (&format!("{local}settings: {{ max_body_bytes: lots }}\n"), 3, "max_body_bytes"),
        (&format!("{local}keys:\n  - {{ name: a, key: ${{NOT_SET_ANYWHERE}} }}\n"), 4, "NOT_SET_ANYWHERE"),
        (
            &format!("{local}guardrails:\n  g: {{ kind: regex, on: [request], action: block }}\n"),
            4,
            "patterns",
        ),
        (&format!("{local}cache: {{ mode: semantic }}\n"), 3, "semantic"),
        ("model_list:\n  - model_name: x\n", 1, "LiteLLM"),
        ("providers: [\n", 1, ""),
        (
            "providers:\n  meta: { kind: openai-compatible, base_url: \"http://169.254.169.254/v1\" }\n",
            2,
            "allow_link_local",
        ),
    ];
    for (text, line, word) in cases {
        let (code, out, err) = check(text).await;
        assert_eq!(code, 2, "{text}: {out}{err}");
        let said = format!("{out}{err}");
        let place = format!("gatewright.yaml:{line}:");
        assert!(said.contains(&place) || word.is_empty(), "{text}: no {place} in {said}");
        assert!(said.contains(word), "{text}: no {word:?} in {said}");
    }
    let (code, _, err) = run(&["check", "/nonexistent/gatewright.yaml"]).await;
    assert!(code == 2 && err.contains("/nonexistent/gatewright.yaml"), "{err}");
    assert_eq!(run(&["serve", "--no-such-flag"]).await.0, 2);
    assert_eq!(run(&["serve", "--listen", "nonsense"]).await.0, 2);
    for workers in ["0", "1025", "70000", "-1", "many"] {
        let (code, _, err) = run(&["serve", &format!("--workers={workers}")]).await;
        assert!(code == 2 && err.contains("--workers") && err.contains(workers), "{code} {err}");
    }
    for host in ["2852039166", "0xA9FEA9FE", "0251.0376.0251.0376"] {
        let url = format!("http://{host}/v1");
        let config = format!("providers:\n  local: {{ kind: openai-compatible, base_url: \"{url}\" }}\n");
        let (code, _, err) = check(&config).await;
        assert!(code == 2 && err.contains("metadata address"), "{url}: {code} {err}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schema_and_openapi_are_json() {
    for command in ["schema", "openapi"] {
        let (code, out, err) = run(&[command]).await;
        assert_eq!(code, 0, "{err}");
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(value.is_object());
    }
}

fn with_alias(upstream: &Upstream, alias: &str) -> String {
    format!(
        "{}models:\n  {alias}: {{ targets: [{{ provider: up, model: chat-model }}] }}\n",
        upstream.providers()
    )
}

async fn serves(gateway: &Gateway, model: &str) -> bool {
    gateway.send(Call::chat(&chat(model, "hi")).key(MASTER)).await.status == 200
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_file_and_a_hangup_take_effect() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&with_alias(&upstream, "first")).await;
    assert!(serves(&gateway, "first").await && !serves(&gateway, "second").await);

    gateway.write_config(&format!(
        "{}keys:\n  - {{ name: new, key: {KEY} }}\n",
        with_alias(&upstream, "second")
    ));
    eventually("the changed file is in force", async || serves(&gateway, "second").await.then_some(())).await;
    assert!(!serves(&gateway, "first").await);
    gateway.send(Call::chat(&chat("second", "hi")).key(KEY)).await.ok();

    gateway.write_config(&with_alias(&upstream, "third"));
    gateway.signal(Signal::HUP);
    eventually("the hangup is heard", async || serves(&gateway, "third").await.then_some(())).await;
    let gone = gateway.send(Call::chat(&chat("third", "hi")).key(KEY)).await;
    gone.refused(401, "invalid_api_key");
    assert!(gateway.metric("gatewright_config_reload_failures_total").await.abs() < f64::EPSILON);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_new_configuration_is_refused_and_the_old_one_stays() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&with_alias(&upstream, "first")).await;
    for (count, bad) in ["providers: {", "nonsense: 1\n", ""].into_iter().enumerate() {
        let before = gateway.metric("gatewright_config_reload_failures_total").await;
        gateway.write_config(&format!("{bad}# {count}\n"));
        gateway.signal(Signal::HUP);
        if bad.is_empty() {
            break;
        }
        eventually("the failure is counted", async || {
            (gateway.metric("gatewright_config_reload_failures_total").await > before).then_some(())
        })
        .await;
        assert!(serves(&gateway, "first").await, "the old configuration stays");
        assert_eq!(gateway.send(Call::get("/readyz")).await.status, 200);
        assert!(gateway.log().contains("gatewright.yaml:1:"), "the log names the place: {}", gateway.log());
    }
    gateway.write_config(&with_alias(&upstream, "mended"));
    eventually("a good one is taken again", async || serves(&gateway, "mended").await.then_some(())).await;
}

/// Starts a gateway that must not come up: exit code and stderr.
async fn fails(arguments: &[&str]) -> (i32, String) {
    let (code, out, err) = run(arguments).await;
    assert!(!out.contains("ready"), "{out}");
    assert!(!err.contains("panicked"), "{err}");
    (code, err)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_it_from_starting_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "x").unwrap();
    let below = file.join("data");
    let (code, err) =
        fails(&["serve", "--listen", "127.0.0.1:0", "--data-dir", below.to_str().unwrap()]).await;
    assert!(code == 1 || code == 2, "{code}: {err}");
    assert!(err.contains("a-file"), "it names the directory: {err}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let data = folder.path().join("data");
    let (code, err) = fails(&["serve", "--listen", &listen, "--data-dir", data.to_str().unwrap()]).await;
    assert!(code == 1 || code == 2, "{code}: {err}");
    assert!(err.contains(&listen), "it names the address: {err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_do_not_share_a_data_directory() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&with_alias(&upstream, "first")).await;
    let data = gateway.folder().join("data");
    let (code, err) =
        fails(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()]).await;
    assert!(code != 0 && err.contains(data.to_str().unwrap()), "{code}: {err}");
    assert!(serves(&gateway, "first").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_works_without_anything() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = binary();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--workers", "1"]);
    command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(child.stdout.take().unwrap()));
    let first =
        tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await.unwrap().unwrap().unwrap();
    let url = first.split_once("http://").expect("a URL").1;
    let addr = url.split(['/', ' ']).next().unwrap().parse().unwrap();
    let file = folder.path().join("gatewright-data/master.key");
    let master = std::fs::read_to_string(&file).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let answer = Call::chat(&chat("demo/chat", "Hello")).key(master.trim()).send(addr).await;
    answer.ok();
    assert!(answer.text().contains("Hello"), "{}", answer.text());
    child.start_kill().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.lines().any(|line| line.contains(&format!("master key: {}", master.trim()))), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_keeps_what_was_spent_and_what_runs() {
    let upstream = Upstream::start().await;
    upstream.faults("slow", "frames=20;frame-delay=50", None);
    let keys = |limit: &str| {
        format!(
            "keys:\n  - {{ name: a, key: {KEY}, budget: {{ limit_usd: {limit}, period: total }}, limits: {{ rpm: 500 }} }}\n"
        )
    };
    let gateway = Gateway::start(&format!("{}{}", with_alias(&upstream, "first"), keys("5"))).await;
    let mut stream = Call::chat(&chat_stream("up/slow", "hi")).key(KEY).open(gateway.addr).await;
    stream.until("data: ").await;
    let answer = gateway.send(Call::chat(&chat("first", "hi")).key(KEY)).await;
    answer.ok();
    let before = gateway.rows("/api/v1/budgets").await;
    gateway.write_config(&format!("{}{}", with_alias(&upstream, "second"), keys("0.0001")));
    eventually("the changed file is in force", async || serves(&gateway, "second").await.then_some(())).await;
    let after = gateway.rows("/api/v1/budgets").await;
    assert_eq!(after[0]["limit_usd"], "0.0001");
    assert!(
        before[0]["spent_usd"] != "0" && after[0]["spent_usd"].as_str() >= before[0]["spent_usd"].as_str(),
        "{after:?}"
    );
    gateway.send(Call::chat(&chat("second", "hi")).key(KEY)).await.refused(402, "budget_exceeded");
    let rest = stream.rest().await;
    assert!(rest.text().ends_with("data: [DONE]\n\n"), "the running stream was cut: {}", rest.text());
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}
