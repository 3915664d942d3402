//! Tests of [`super`]: what nodes become, and each refusal with its place or pointer.

use super::super::tests::{faults, ok};
use super::{RouteFault, compile_route};
use gw_model::limits::{Period, Sharing};
use gw_model::routing::{Destination, GateBy, GateLimit, GateUnit, Group, StickyBy, Strategy};
use gw_model::snapshot::{Model, Snapshot};
use gw_model::{ErrorCode, NanoUsd};
use serde_json::{Value, json};

const BASE: &str = "
providers:
  east: { kind: openai-compatible, base_url: 'http://e/v1' }
  west: { kind: openai-compatible, base_url: 'http://w/v1' }
models:
  good: { targets: [{ provider: east, model: m }, { provider: west, model: m }], strategy: weighted, retry: { attempts: 5 } }
";

fn snapshot() -> Snapshot {
    ok(BASE).snapshot
}

/// The groups of a model, with the nodes that they stand for.
fn tree(model: &Model, group: &Group) -> String {
    let inner: Vec<String> = group
        .members
        .iter()
        .map(|member| match &member.to {
            Destination::Target(index) => {
                let target = &model.targets[*index];
                format!("{}/{}", target.provider.name, target.model)
            }
            Destination::Group(inner) => tree(model, inner),
            Destination::End(end) => format!("!{} {}", end.node, end.code.status()),
        })
        .collect();
    format!("{}[{}]", group.node.as_deref().unwrap_or(""), inner.join(" "))
}

fn document() -> Value {
    json!({
        "start": "tier",
        "nodes": {
            "tier": { "type": "condition", "when": "\"vip\" in tags", "then": "best", "else": "guard" },
            "guard": { "type": "rate_limit", "limit": { "requests": 3, "per_seconds": 10 }, "by": "customer",
                "within": "split", "exceeded": "no" },
            "split": { "type": "percentage", "by": "user",
                "branches": [{ "percent": 90, "to": "best" }, { "percent": 10, "to": "canary" }] },
            "best": { "type": "model", "model": "good", "timeout": { "first_byte_ms": 700 } },
            "canary": { "type": "model", "model": "west/new", "retry": { "attempts": 1 }, "next": "best" },
            "no": { "type": "end", "status": 403, "message": "not today" },
        },
    })
}

fn compiled(document: &Value) -> Model {
    compile_route("r", document, &snapshot()).expect("it is good").model
}

fn refused(document: &Value) -> Vec<(String, String)> {
    let found = compile_route("r", document, &snapshot()).expect_err("it has faults");
    found.into_iter().map(|RouteFault { pointer, message }| (pointer, message)).collect()
}

#[test]
fn nodes_become_groups_and_a_graph_becomes_a_tree() {
    let model = compiled(&document());
    let best = "best[[east/m west/m]]";
    let expected = format!("tier[{best} guard[split[{best} canary[west/new {best}]] !no 403]]");
    assert_eq!(tree(&model, &model.group), expected);
    assert_eq!(model.targets.len(), 3, "targets are listed once");
    assert!(model.group.exclusive && model.group.is_conditional());
    let Destination::Group(guard) = &model.group.members[1].to else { panic!("a group") };
    let gate = guard.members[0].gate.as_ref().expect("a gate");
    assert_eq!(
        (gate.limit, gate.by),
        (
            GateLimit::Rate {
                unit: GateUnit::Requests,
                max: 3,
                per_seconds: 10,
                sharing: Sharing::default()
            },
            GateBy::Customer
        )
    );
    let Destination::Group(split) = &guard.members[0].to else { panic!("a group") };
    assert_eq!(split.strategy, Strategy::Sticky([StickyBy::User].into()));
    assert_eq!(split.members.iter().map(|member| member.weight).collect::<Vec<_>>(), [90, 10]);
    let Destination::Group(canary) = &split.members[1].to else { panic!("a group") };
    assert!(!canary.exclusive, "what is next takes over when it fails");
    let Destination::End(end) = &guard.members[1].to else { panic!("an end") };
    assert_eq!((end.code, &*end.message), (ErrorCode::ModelNotAllowed, "not today"));
}

#[test]
fn a_model_keeps_the_terms_of_its_alias_but_for_what_the_node_says() {
    let model = compiled(&document());
    let terms = |provider: &str, name: &str| {
        let found = model.targets.iter().find(|t| *t.provider.name == *provider && *t.model == *name);
        found.and_then(|target| target.terms.clone()).expect("terms")
    };
    let best = terms("east", "m");
    assert_eq!((best.retry.attempts, best.timeouts.first_byte_ms, best.timeouts.idle_ms), (5, 700, 60_000));
    assert_eq!(terms("west", "new").retry.attempts, 1);
}

#[test]
fn shares_may_change_without_moving_more_callers_than_they_must() {
    let salts = |percent: u64| {
        let mut changed = document();
        changed["nodes"]["split"]["branches"][0]["percent"] = percent.into();
        changed["nodes"]["split"]["branches"][1]["percent"] = (100 - percent).into();
        let model = compiled(&changed);
        let Destination::Group(guard) = &model.group.members[1].to else { panic!("a group") };
        let Destination::Group(split) = &guard.members[0].to else { panic!("a group") };
        split.members.iter().map(|member| member.salt).collect::<Vec<_>>()
    };
    assert_eq!(salts(90), salts(50));
}

/// A change of the document, and what is said of it.
type Case = (&'static str, Value, &'static str, &'static str);

fn cases() -> Vec<Case> {
    let branches = |a: u64, b: u64| json!([{ "percent": a, "to": "best" }, { "percent": b, "to": "canary" }]);
    vec![
        ("/start", json!("teir"), "/start", "there is no node 'teir', did you mean 'tier'?"),
        (
            "/nodes/tier/then",
            json!("nobody"),
            "/nodes/tier/then",
            "there is no node 'nobody': add it under 'nodes'",
        ),
        (
            "/nodes/canary/next",
            json!("guard"),
            "/nodes/canary/next",
            "'tier' -> 'guard' -> 'split' -> 'canary' -> 'guard' is a circle: remove one of its links",
        ),
        (
            "/nodes/split/branches",
            branches(90, 20),
            "/nodes/split/branches",
            "the percentages sum to 110, not to 100",
        ),
        (
            "/nodes/best/model",
            json!("goood"),
            "/nodes/best/model",
            "there is no model 'goood', did you mean 'good'?",
        ),
        (
            "/nodes/best/model",
            json!("north/m"),
            "/nodes/best/model",
            "there is no model 'north/m': write 'provider/model', or add an alias of that name",
        ),
        (
            "/nodes/tier/when",
            json!("1 + 1"),
            "/nodes/tier/when",
            "'when' is no condition: a condition is true or false, but this is an integer, at character 3",
        ),
    ]
}

/// Members of nodes that their types do not have.
fn cases_of_types() -> Vec<Case> {
    vec![
        ("/nodes/no/status", json!(404), "/nodes/no/status", "'status' must be 400, 402, 403, 429 or 503"),
        (
            "/nodes/guard/limit",
            json!({ "requests": 1, "tokens": 1 }),
            "/nodes/guard/limit",
            "'limit' needs either 'requests' or 'tokens'",
        ),
        (
            "/nodes/split/by",
            json!("route"),
            "/nodes/split/by",
            "'by: route' is for limits: write whose requests stay together",
        ),
        (
            "/nodes/no",
            json!({ "type": "end", "next": "best" }),
            "/nodes/no/next",
            "'next' is not for nodes of type end: remove it",
        ),
        (
            "/nodes/tier",
            json!({ "type": "condition", "when": "true", "then": "guard" }),
            "/nodes/tier",
            "'else' is missing in node 'tier' of type condition: add it",
        ),
        (
            "/nodes/no",
            json!({ "type": "budget_limit", "limit_usd": 5, "within": "best" }),
            "/nodes/no",
            "'period' is missing in node 'no' of type budget_limit: add it",
        ),
        (
            "/nodes/no",
            json!({ "type": "budget_limit", "limit_usd": -5, "period": "month", "within": "best" }),
            "/nodes/no/limit_usd",
            "'limit_usd' must not be negative: '-5'; write for example 50 or 0.10",
        ),
        (
            "/nodes/no",
            json!({ "type": "budget_limit", "limit_usd": 5, "period": "month", "within": "best", "exceeded": "best" }),
            "/nodes/no/exceeded",
            "'exceeded' is not for nodes of type budget_limit: remove it",
        ),
        (
            "/nodes/split/by",
            json!("team"),
            "/nodes/split/by",
            "'by: team' is for limits: write whose requests stay together",
        ),
        ("/start", json!("no"), "/start", "route 'r' comes to no model: add a node of type model"),
        ("/nodes/best/model", json!("east/$${X}"), "", ""),
    ]
}

#[test]
fn what_is_wrong_is_refused_with_its_pointer() {
    for (pointer, value, at, message) in cases().into_iter().chain(cases_of_types()) {
        let mut changed = document();
        *changed.pointer_mut(pointer).expect(pointer) = value;
        if message.is_empty() {
            // What comes over the API is not searched for variables.
            assert!(compiled(&changed).targets.iter().any(|target| *target.model == *"$${X}"));
            continue;
        }
        let found = refused(&changed);
        assert_eq!(found.first().map(|(a, m)| (a.as_str(), m.as_str())), Some((at, message)), "{found:?}");
    }
}

#[test]
fn what_has_no_bound_is_refused() {
    let chain = |length: usize| {
        let mut nodes = serde_json::Map::new();
        for n in 0..length {
            nodes.insert(
                format!("n{n}"),
                json!({ "type": "model", "model": "good", "next": format!("n{}", n + 1) }),
            );
        }
        nodes.insert(format!("n{length}"), json!({ "type": "model", "model": "good" }));
        json!({ "start": "n0", "nodes": nodes })
    };
    assert_eq!(compiled(&chain(31)).targets.len(), 2);
    assert_eq!(refused(&chain(32))[0].1, "the way here has more than 32 nodes: shorten it");
    assert_eq!(refused(&chain(200))[0].1, "there are more than 200 nodes: use fewer");
    let mut nodes = serde_json::Map::new();
    for n in 0..20 {
        let to = format!("n{}", n + 1);
        nodes.insert(format!("n{n}"), json!({ "type": "condition", "when": "true", "then": to, "else": to }));
    }
    nodes.insert("n20".into(), json!({ "type": "model", "model": "good" }));
    let many = refused(&json!({ "start": "n0", "nodes": nodes }));
    assert_eq!(many[0].1, "route 'r' has more than 10000 ways: use fewer nodes");
    assert!(refused(&json!({ "start": "x".repeat(300_000), "nodes": {} }))[0].1.contains("larger than"));
    for wrong in [json!(5), json!([]), json!("x"), json!({}), json!({ "start": "a", "nodes": [] })] {
        assert!(!refused(&wrong).is_empty(), "{wrong}");
    }
}

#[test]
fn nodes_that_no_way_leads_to_are_warned_of() {
    let mut changed = document();
    changed["nodes"]["lost"] = json!({ "type": "end" });
    let found = compile_route("r", &changed, &snapshot()).expect("it is good").warnings;
    let expected = RouteFault {
        pointer: "/nodes/lost".into(),
        message: "no way leads to node 'lost' of route 'r'".into(),
    };
    assert_eq!(found, [expected]);
}

#[test]
fn routes_of_the_file_share_the_names_of_models_and_their_faults_have_places() {
    let routes = |routes: &str| format!("{BASE}routes:\n{routes}");
    let simple = "  r:\n    start: a\n    nodes:\n      a: { type: model, model: good }\n";
    let compiled = ok(&routes(simple));
    assert_eq!(
        tree(&compiled.snapshot.models["r"], &compiled.snapshot.models["r"].group),
        "a[[east/m west/m]]"
    );
    assert_eq!(
        faults(&routes(&simple.replace("  r:", "  good:"))),
        "f.yaml:8:3: route 'good' has the name of a model (line 6): rename one of them"
    );
    assert_eq!(
        faults(&routes(&simple.replace("model: good", "model: r"))),
        "f.yaml:11:32: there is no model 'r': write 'provider/model', or add an alias of that name"
    );
    assert_eq!(
        faults(&routes(&simple.replace("  r:", "  r*:"))),
        "f.yaml:8:3: route name 'r*' must have 1 to 256 bytes, without spaces or '*'"
    );
    assert_eq!(
        faults(&routes(&simple.replace("start: a", "start: nobody"))),
        "f.yaml:9:12: there is no node 'nobody': add it under 'nodes'"
    );
}

#[test]
fn the_example_of_the_guide_loads() {
    let guide = include_str!("../../../../../docs/guides/dynamic-routes.md");
    let example =
        guide.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let compiled = ok(example);
    assert_eq!(compiled.warnings, []);
    let route = &compiled.snapshot.models["support-chat"];
    let usual = "usual[[local/qwen3-8b openai/gpt-4o-mini]]";
    let expected = format!(
        "tier[best[openai/gpt-4o {usual}] guard[split[{usual} canary[openai/gpt-4.1-mini {usual}]] !full 429]]"
    );
    assert_eq!(tree(route, &route.group), expected);
}

#[test]
fn a_budget_limit_becomes_a_gate_with_its_money() {
    let mut wanted = document();
    wanted["nodes"]["guard"] = json!({ "type": "budget_limit", "limit_usd": 2.5, "period": "week", "by": "team",
        "within": "split" });
    let model = compiled(&wanted);
    let Destination::Group(guard) = &model.group.members[1].to else { panic!("a group") };
    let gate = guard.members[0].gate.as_ref().expect("a gate");
    assert_eq!(gate.limit, GateLimit::Budget { limit: NanoUsd(2_500_000_000), period: Period::Week });
    assert_eq!(gate.by, GateBy::Team);
    let Destination::End(end) = &guard.members[1].to else { panic!("an end") };
    assert_eq!(
        (end.code, &*end.message),
        (ErrorCode::BudgetExceeded, "the budget 'guard' of the route 'r' is reached")
    );
    let node = |to: &str| json!({ "type": "budget_limit", "limit_usd": 1, "period": "day", "within": to });
    for number in 0..9 {
        let to = if number == 0 { "split".to_owned() } else { format!("b{}", number - 1) };
        wanted["nodes"][format!("b{number}")] = node(&to);
    }
    let found = refused(&wanted);
    assert!(
        found.iter().any(|(_, message)| message == "a route has at most 8 budget limits: use fewer"),
        "{found:?}"
    );
}
