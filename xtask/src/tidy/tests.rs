//! Tests of [`super`]: each rule holds over a sound file and catches a deliberate violation.
use super::tree::{Edge, File};
use super::{RULES, Tree, Violation};

fn tree(files: &[(&str, &str)]) -> Tree {
    let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
    Tree { files: files.iter().map(file).collect(), ..Tree::default() }
}

/// The violations that the rule finds in one file.
fn found(rule: &str, path: &str, text: &str) -> Vec<Violation> {
    apply(rule, &tree(&[(path, text)]))
}

fn apply(rule: &str, tree: &Tree) -> Vec<Violation> {
    let (_, check) = RULES.iter().find(|(name, _)| *name == rule).expect("a rule of that name");
    check(tree)
}

/// The rule finds exactly one violation, at that line.
fn caught(rule: &str, path: &str, text: &str, line: usize) {
    let found = found(rule, path, text);
    assert_eq!(found.len(), 1, "{rule}: {found:?}");
    assert_eq!(found[0].line, line, "{rule}: {found:?}");
}

fn fine(rule: &str, path: &str, text: &str) {
    assert_eq!(found(rule, path, text), [], "{rule}");
}

#[test]
fn header() {
    fine("header", "a.rs", "//! What it is.\n");
    caught("header", "a.rs", "fn main() {}\n", 1);
    fine("header", "a.md", "text\n");
}

#[test]
fn length() {
    fine("length", "src/a.rs", &"x\n".repeat(150));
    caught("length", "tests/a.rs", &"x\n".repeat(601), 600);
    let long = found("length", "src/a.rs", &"x\n".repeat(200));
    assert!(long.len() == 1 && long[0].what.contains("median"), "{long:?}");
    let mut files = vec![("a.rs", "x\n"); 8];
    let text = "x\n".repeat(401);
    files.extend([("b.rs", text.as_str()); 2]);
    let long = apply("length", &tree(&files));
    assert!(long.len() == 1 && long[0].what.contains("90th"), "{long:?}");
}

#[test]
fn names() {
    fine("names", "src/clock.rs", "//! x\nmod time;\nmod commonplace;\n");
    caught("names", "src/utils.rs", "//! x\n", 0);
    caught("names", "src/common/clock.rs", "//! x\n", 0);
    caught("names", "src/a.rs", "//! x\npub mod helpers;\n", 2);
}

#[test]
fn ignored() {
    fine("ignored", "src/a.rs", "#[test]\nfn a() {}\n");
    caught("ignored", "src/a.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n", 2);
}

#[test]
fn allows() {
    fine("allows", "src/a.rs", "#[expect(\n    clippy::x,\n    reason = \"y\"\n)]\nfn a() {}\n");
    caught("allows", "src/a.rs", "#[allow(dead_code)]\nfn a() {}\n", 1);
    caught("allows", "src/a.rs", "#[expect(dead_code)]\nfn a() {}\n", 1);
}

#[test]
fn sleeps() {
    let nap = "    std::thread::sleep(Duration::from_millis(500));\n";
    caught("sleeps", "crates/x/tests/a.rs", nap, 1);
    caught("sleeps", "crates/x/src/a/tests.rs", "  tokio::time::sleep(Duration::from_secs(1)).await;", 1);
    caught("sleeps", "crates/x/tests/a.rs", "    sleep(wait).await;\n", 1);
    fine("sleeps", "crates/x/tests/a.rs", "    thread::sleep(Duration::from_millis(10));\n");
    fine("sleeps", "crates/x/tests/a.rs", "    // thread::sleep(forever)\n");
    fine("sleeps", "crates/x/src/a.rs", nap);
}

#[test]
fn architecture() {
    let mut tree = tree(&[("ARCHITECTURE.md", "gw-model is the vocabulary\n")]);
    tree.crates = ["gw-model".to_owned(), "gw-new".to_owned()].into();
    let found = apply("architecture", &tree);
    assert!(found.len() == 1 && found[0].what.contains("gw-new"), "{found:?}");
    caught("architecture", "ARCHITECTURE.md", &"x\n".repeat(300), 300);
    caught("architecture", "README.md", "", 0);
    fine("architecture", "ARCHITECTURE.md", &"x\n".repeat(299));
}

#[test]
fn run_length() {
    let path = "crates/gw-pipeline/src/run.rs";
    fine("run-length", path, &"x\n".repeat(119));
    caught("run-length", path, &"x\n".repeat(120), 120);
    caught("run-length", "other.rs", "", 0);
}

#[test]
fn native() {
    let at = |name: &str| format!("crates/gw-providers/src/native/x/{name}.rs");
    let names = ["errors", "mod", "request", "response", "stream"].map(at);
    let mut files: Vec<(&str, &str)> = names.iter().map(|path| (path.as_str(), "")).collect();
    assert_eq!(apply("native", &tree(&files)), []);
    files.pop();
    assert_eq!(apply("native", &tree(&files)).len(), 1);
}

#[test]
fn machine() {
    let home = concat!("/ho", "me/me/x");
    caught("machine", "docs/a.md", &format!("see `{home}`\n"), 1);
    caught("machine", "Cargo.toml", concat!("path = \"/ro", "ot/x\"\n"), 1);
    fine("machine", "docs/a.md", "https://host/v1/home/x and {base}/work/x\n");
    let mirror = "source = \"registry+https://mirror.example/index\"\n";
    caught("machine", "Cargo.lock", mirror, 1);
    fine("machine", "Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n");
    let lock = "tests/clients/package-lock.json";
    caught("machine", lock, "   \"resolved\": \"http://10.0.0.1/x.tgz\",\n", 1);
    fine("machine", lock, "   \"resolved\": \"https://registry.npmjs.org/x/-/x-1.tgz\",\n");
    caught("machine", "tests/requirements.txt", "--extra-index-url https://x\n", 1);
    caught("machine", "tests/clients/.npmrc", "registry=https://x\n", 1);
}

#[test]
fn edges() {
    let edge = |from: &str, to: &str, dev| Edge { from: from.to_owned(), to: to.to_owned(), dev };
    let with = |edges: &[Edge]| Tree { edges: edges.iter().cloned().collect(), ..Tree::default() };
    let sound = [
        edge("gw-wire", "gw-model", false),
        edge("gw-server", "gw-pipeline", false),
        edge("gw-ingress", "gw-pipeline", false),
        edge("gw-pipeline", "gw-emulator", true),
    ];
    assert_eq!(apply("edges", &with(&sound)), []);
    for wrong in [
        edge("gw-model", "gw-wire", false),
        edge("gw-pipeline", "gw-emulator", false),
        edge("gw-pipeline", "gw-server", true),
        edge("gw-ingress", "gw-server", false),
        edge("gw-emulator", "gw-wire", false),
    ] {
        assert_eq!(apply("edges", &with(&[wrong])).len(), 1);
    }
    let unknown = Tree { crates: ["gw-new".to_owned()].into(), ..Tree::default() };
    assert_eq!(apply("edges", &unknown).len(), 1);
}

#[test]
fn frozen() {
    let sound = [("crates/gw-store/tests/frozen/a", ""), ("crates/gw-wire/tests/samples/b", "")];
    assert_eq!(apply("frozen", &tree(&sound)), []);
    assert_eq!(apply("frozen", &tree(&sound[..1])).len(), 1);
}

#[test]
fn every_rule_has_a_test_of_its_name() {
    let tests = include_str!("tests.rs");
    for (name, _) in RULES {
        assert!(tests.contains(&format!("fn {}()", name.replace('-', "_"))), "{name}");
    }
}
