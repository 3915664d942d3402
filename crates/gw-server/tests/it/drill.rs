//! `gatewright drill` from outside: what it reports of small scenarios, and its exit codes.

use super::support::gateway::{binary, run};
use super::support::redis::Redis;
use super::support::{Gateway, MASTER, Upstream, eventually};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// A quick scenario of two targets; the first fails from a half second on, unless `timeline` is empty.
fn write(folder: &Path, timeline: &str, objectives: &str) -> String {
    let text = format!(
        "about: a test\ntargets: [{{ name: east }}, {{ name: west }}]\n\
         alias: {{ strategy: weighted, retry: {{ attempts: 1 }} }}\n\
         load: {{ requests_per_second: 80, seconds: 2, streams: 0.5 }}\n{timeline}objectives: {objectives}\n"
    );
    let file = folder.join("mine.yaml");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

const OUTAGE: &str = "timeline:\n  - { at: 0.5, targets: [east], fault: refuse }\n  - { at: 1, targets: [east], fault: none }\n";

#[tokio::test]
async fn a_scenario_of_one_s_own_is_run_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), OUTAGE, "{ success_rate: 1.0, wrong_answers: 0 }");
    let (code, out, err) = run(&["drill", &file, "--json"]).await;
    assert_eq!(code, 0, "{out}\n{err}");
    let reports: Value = serde_json::from_str(&out).unwrap();
    let report = &reports[0];
    assert_eq!(reports.as_array().map(Vec::len), Some(1), "{reports}");
    assert_eq!((&report["scenario"], &report["requests"]), (&"mine".into(), &160.into()), "{report}");
    assert_eq!((&report["success_rate"], &report["wrong_answers"]), (&1.0.into(), &0.into()), "{report}");
    assert_eq!((&report["passed"], &report["missed"]), (&true.into(), &Value::Array(vec![])), "{report}");
    for member in ["p99_added_ms", "detect_ms", "recover_ms"] {
        assert!(report.get(member).is_some(), "{member} is not in {report}");
    }
    assert!(err.contains("[1/1] mine: passed"), "{err}");
}

#[tokio::test]
async fn an_objective_that_is_missed_is_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let all_down = OUTAGE.replace("[east]", "[east, west]");
    let file = write(folder.path(), &all_down, "{ success_rate: 1.0, wrong_answers: 0 }");
    let (code, out, err) = run(&["drill", &file]).await;
    assert_eq!(code, 1, "{out}\n{err}");
    assert!(out.contains("| mine | 160 | ") && out.contains("0 of 1 scenarios passed"), "{out}");
    assert!(out.contains("- mine: success rate "), "{out}");
    assert!(!out.contains("wrong answers, "), "failures are no wrong answers: {out}");
}

#[tokio::test]
async fn a_wrong_scenario_or_command_line_is_exit_code_2_with_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "", "{ succes_rate: 1.0 }");
    let (code, out, err) = run(&["drill", &file]).await;
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains(&format!("{file}:5:15: unknown key 'succes_rate' in 'objectives'")), "{err}");
    let file = write(folder.path(), "gateway: { settings: { retries: 3 } }\n", "{}");
    let (code, _, err) = run(&["drill", &file]).await;
    assert_eq!(code, 2, "{err}");
    assert!(err.contains(&format!("{file}:5:24: the gateway says: unknown key 'retries'")), "{err}");
    for arguments in [&["drill"][..], &["drill", "no-such-drill"], &["drill", "--all", "region-outage"]] {
        assert_eq!(run(arguments).await.0, 2, "{arguments:?}");
    }
}

#[tokio::test]
async fn built_in_scenarios_are_listed_and_printed_as_files() {
    let (code, listed, _) = run(&["drill", "--list"]).await;
    assert_eq!(code, 0);
    assert!(listed.lines().count() >= 12 && listed.contains("region-outage "), "{listed}");
    let (code, printed, _) = run(&["drill", "region-outage", "--print"]).await;
    assert_eq!(code, 0);
    assert!(printed.contains("objectives:") && printed.contains("detect_ms: 1000"), "{printed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_gateway_is_drilled_by_its_url() {
    let (east, west) = (Upstream::start().await, Upstream::start().await);
    let provider = |name: &str, upstream: &Upstream| {
        format!(
            "  {name}: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key: x, models: \
             {{ chat-model: {{ input_usd_per_million_tokens: 3, output_usd_per_million_tokens: 7 }} }} }}\n",
            upstream.url()
        )
    };
    let config = format!(
        "providers:\n{}{}models:\n  prod: {{ strategy: weighted, targets: [{{ provider: east, model: chat-model }}, \
         {{ provider: west, model: chat-model }}], retry: {{ attempts: 1 }} }}\n",
        provider("east", &east),
        provider("west", &west)
    );
    let gateway = Gateway::start(&config).await;
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), OUTAGE, "{ success_rate: 1.0 }");
    let url = format!("http://{}", gateway.addr);
    let (one, two) = (format!("east={}", east.url()), format!("west={}", west.url()));
    let arguments = ["drill", &file, "--json", "--url", &url, "--key", MASTER, "--model", "prod"];
    let (code, out, err) = run(&[&arguments[..], &["--emulator", &one, "--emulator", &two]].concat()).await;
    assert_eq!(code, 0, "{out}\n{err}");
    let reports: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&reports[0]["requests"], &reports[0]["wrong_answers"]), (&160.into(), &0.into()), "{out}");
    assert!(reports[0]["tries_at_faulty"].as_u64() > Some(0), "the fault did not come: {out}");
    // A second scenario that cannot be run does not take the first one's report away.
    let other = folder.path().join("other.yaml");
    std::fs::write(&other, std::fs::read_to_string(&file).unwrap().replace("west", "north")).unwrap();
    let more = [other.to_str().unwrap(), "--emulator", &one, "--emulator", &two];
    let (code, out, err) = run(&[&arguments[..], &more].concat()).await;
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("--emulator north=URL"), "{err}");
    let reports: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(reports.as_array().map(Vec::len), Some(1), "{out}");
}

#[tokio::test]
async fn what_was_started_ends_with_the_drill() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), OUTAGE, "{}");
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap().replace("seconds: 2", "seconds: 60"))
        .unwrap();
    let mut child = binary().args(["drill", &file]).env("TMPDIR", folder.path()).spawn().unwrap();
    let began = || {
        let entries = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.into_iter().find(|path| path.join("data/master.key").exists())
    };
    let data = eventually("the gateway under drill starts", async || began()).await;
    let id = i32::try_from(child.id().unwrap()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), rustix::process::Signal::TERM)
        .unwrap();
    let status = tokio::time::timeout(Duration::from_secs(10), child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(!data.exists(), "its folder is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_gateways_tell_each_other_of_their_targets() {
    if Redis::start().await.is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pause = "timeline: [{ at: 0.52, targets: [east], fault: status=429;retry-after=30 }]\ngateways: 8\n";
    let file = write(folder.path(), pause, "{ success_rate: 1.0, max_requests_to_faulty: 5, max_trips: 0 }");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("requests_per_second: 80", "requests_per_second: 20")).unwrap();
    // The gateways are found by their path.
    let path = std::env::var("PATH").unwrap_or_default();
    let output = binary().args(["drill", &file, "--json"]).env("PATH", path).output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");
    let reports: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&reports[0]["trips"], &reports[0]["wrong_answers"]), (&0.into(), &0.into()), "{out}");
    assert!(reports[0]["tries_at_faulty"].as_u64() > Some(0), "the fault did not come: {out}");
    // Others' gateways are not started by the drill.
    let running = ["--url", "http://127.0.0.1:9", "--key", "k", "--emulator", "east=http://127.0.0.1:9"];
    let (code, _, err) = run(&[&["drill", &file][..], &running].concat()).await;
    assert!(code == 2 && err.contains("several gateways"), "{code} {err}");
}
