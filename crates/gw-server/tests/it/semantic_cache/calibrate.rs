//! `gatewright cache calibrate`, and what a configuration may say.

use crate::semantic::real_weights;
use crate::support::gateway::run;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thresholds_are_weighed_on_pairs() {
    let Some(weights) = real_weights::folder("embed-model") else { return };
    let weights = weights.display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pairs.csv");
    let text = "a,b,same\nHow do I boil an egg?,How can I boil an egg?,1\nHow do I boil an egg?,How do I boil 3 eggs?,0\n\
                \"Tell me, what is DNA?\",What is DNA?,true\nWhat is DNA?,What is RNA?,no\n";
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let (code, out, err) = run(&["cache", "calibrate", &file, "--model-dir", &weights, "--wrong"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("threshold  hits  wrong  precision  recall  precision_by_vectors\n"), "{out}");
    assert!(out.contains("precision 0.98 from threshold 0.50 on: precision 1.000, recall 1.000\n"), "{out}");
    let (code, out, err) =
        run(&["cache", "calibrate", &file, "--model-dir", &weights, "--int8", "--json"]).await;
    assert_eq!(code, 0, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["pairs"], &report["same"]), (&4.into(), &2.into()), "{report}");
    assert_eq!(report["threshold"]["precision"], 1.0, "{report}");
    assert_eq!(report["differs"]["numbers"], 1, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_have_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let pairs = file("pairs.jsonl", "{\"a\":\"x\",\"b\":\"y\",\"same\":true}\n{\"a\":\"x\"}\n");
    let (code, _, err) = run(&["cache", "calibrate", &pairs, "--model-dir", "/nowhere"]).await;
    assert_eq!(code, 2);
    assert!(err.starts_with(&format!("{pairs}:2: is no pair: ")), "{err}");
    let config = file(
        "gatewright.yaml",
        "providers: { openai: { api_key: k } }\ncache:\n  mode: semantic\n  threshold: 0.3\n  embeddings: nobody\n",
    );
    let (code, _, err) = run(&["check", &config]).await;
    assert_eq!(code, 2);
    assert!(err.contains(&format!("{config}:4:14: 'threshold' below 0.5")), "{err}");
    assert!(err.contains(&format!("{config}:5:15: there is no model 'nobody'")), "{err}");
}
