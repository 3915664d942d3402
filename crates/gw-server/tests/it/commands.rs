//! The commands for what the admin API keeps, with the real binary against a real gateway: made, listed, shown by id and by
//! name, changed in parts, deleted; and what they refuse. Their secrets come from elsewhere than the command line.

use super::support::gateway::binary;
use super::support::scripted::{Scripted, Step};
use super::support::speaking;
use super::support::{Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const SECRET: &str = "sk-secret-of-the-provider";

/// What a command said.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// The id of what it made.
    #[track_caller]
    fn id(self) -> String {
        self.done().trim().strip_prefix("id: ").expect("an id").to_owned()
    }

    /// Refused with that code: the reason.
    #[track_caller]
    fn refused(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        self.err
    }
}

/// Runs a command with that on its standard input.
async fn fed(url: &str, arguments: &[&str], stdin: &str) -> Said {
    let mut command = binary();
    command.args(arguments).args(["--url", url, "--key", MASTER]).env("PROVIDER_KEY", SECRET);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // Who reads nothing may be gone already.
    drop(pipe.write_all(stdin.as_bytes()).await);
    drop(pipe);
    let output = tokio::time::timeout(Duration::from_secs(20), child.wait_with_output()).await;
    let output = output.expect("the command ends").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

struct Commands {
    gateway: Gateway,
    url: String,
    _upstream: Upstream,
}

impl Commands {
    async fn start() -> Self {
        let upstream = Upstream::start().await;
        let gateway = Gateway::start(&upstream.providers()).await;
        let url = format!("http://{}", gateway.addr);
        Self { gateway, url, _upstream: upstream }
    }

    /// Runs what stands in a line, by its words.
    async fn run(&self, line: &str) -> Said {
        fed(&self.url, &line.split_whitespace().collect::<Vec<_>>(), "").await
    }

    async fn shown(&self, path: &str) -> Value {
        self.gateway.admin(Method::GET, &format!("/api/v1/{path}"), None).await.ok().json()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_made_found_by_name_changed_in_parts_and_deleted() {
    let at = Commands::start().await;
    let acme = at.run("organizations create --name acme --set metadata.owner=ada").await.id();
    let team = "teams create --name core --organization acme --set limits.rpm=60 --set limits.tpm=900";
    let team = at.run(&format!("{team} --set budget.limit_usd=5 --set budget.period=month")).await.id();
    let project = at.run(&format!("projects create --name app --team {team}")).await.id();
    at.run("customers create --name c1 --team core").await.id();
    at.run("tags create --name batch --set limits.rpm=5").await.id();
    let plan = at.run("plans create --name free --set limits.rpm=10").await.id();
    let shown = at.shown(&format!("teams/{team}")).await;
    assert_eq!((&shown["organization_id"], &shown["budget"]["limit_usd"]), (&json!(acme), &json!("5")));
    let listed = at.run("teams list").await.done();
    assert!(listed.contains("budget_usd") && listed.contains(&team) && listed.contains("60"), "{listed}");
    let listed = at.run("projects list --json --filter name=app").await.done();
    assert_eq!(serde_json::from_str::<Value>(&listed).unwrap()["data"][0]["id"], json!(project));
    assert!(at.run("teams get core").await.done().contains("organization_id"));

    let change =
        format!("teams update core --set limits.rpm=70 --set plan_id={plan} --set metadata.a=b --json");
    let changed: Value = serde_json::from_str(&at.run(&change).await.done()).unwrap();
    assert_eq!((&changed["limits"]["rpm"], &changed["limits"]["tpm"]), (&json!(70), &json!(900)));
    assert_eq!(changed["plan_id"], json!(plan));
    at.run("teams update core --unset plan_id --unset limits.tpm --set metadata.c=d --name heart")
        .await
        .done();
    let shown = at.shown(&format!("teams/{team}")).await;
    assert_eq!((&shown["name"], &shown["limits"]["rpm"]), (&json!("heart"), &json!(70)));
    assert!(shown["limits"]["tpm"].is_null() && shown["plan_id"].is_null(), "{shown}");
    assert_eq!(shown["metadata"], json!({"a": "b", "c": "d"}), "a part of a whole leaves the rest");

    let budgets = at.run("budgets list --level team").await.done();
    assert!(
        budgets.contains("limit_now_usd") && budgets.contains("heart") && budgets.contains("month"),
        "{budgets}"
    );
    assert!(at.run("budgets get heart").await.done().contains(&team));
    assert!(at.run(&format!("budgets get {team} --json")).await.done().contains("\"limit_usd\":\"5\""));
    assert!(at.run("budgets get nobody").await.refused(1).contains("there is no budget named 'nobody'"));

    assert!(at.run("teams delete heart").await.refused(1).contains("409"), "a project belongs to it");
    assert!(at.run("teams delete heart --cascade").await.done().contains(&team));
    assert!(at.run("teams get heart").await.refused(1).contains("there is no team named 'heart'"));
    at.run("plans delete free").await.done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_several_is_refused_and_so_is_a_wrong_command_line() {
    let at = Commands::start().await;
    let mut ids = Vec::new();
    for name in ["acme", "other"] {
        at.run(&format!("organizations create --name {name}")).await.id();
        ids.push(at.run(&format!("teams create --name core --organization {name}")).await.id());
    }
    for line in ["teams get core", "teams delete core", "teams update core --set limits.rpm=1"] {
        let told = at.run(line).await.refused(1);
        assert!(ids.iter().all(|id| told.contains(id)), "{line}: {told}");
    }
    at.run(&format!("teams delete {}", ids[0])).await.done();
    at.run("teams update core --set limits.rpm=1").await.done();
    let usage = [
        ("teams update core", "nothing to change"),
        ("teams update core --set limits.rpm", "MEMBER=VALUE"),
        ("teams update core --set a..b=1", "names of members"),
        ("teams update core --set-env name=NOT_THERE", "'NOT_THERE' is not set"),
        ("teams update core --set name=x --set name.y=1", "has no place"),
        ("teams list --filter name", "NAME=VALUE"),
        ("teams create --file /nowhere.yaml", "cannot be read"),
        ("credentials create --name c --api-key-env NOT_THERE", "'NOT_THERE' is not set"),
        ("credentials create --name c --api-key-stdin", "standard input"),
        ("organizations create --team x", "--team"),
    ];
    for (line, wanted) in usage {
        let told = at.run(line).await.refused(2);
        assert!(told.contains(wanted), "{line}: {told}");
    }
    let told = at.run("teams create --name x --set limits.rpm=often").await.refused(1);
    assert!(told.contains("400") && told.contains("rpm"), "{told}");
    assert!(at.run("teams get team_00000000000000000000000000000000").await.refused(1).contains("404"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_may_stand_in_a_file_or_come_from_standard_input() {
    let at = Commands::start().await;
    let file = at.gateway.folder().join("plan.yaml");
    std::fs::write(&file, "name: free\nmodels: [chat-*]\nlimits: { rpm: 5, tpm: 100 }\n").unwrap();
    let made = format!("plans create --file {} --set limits.rpm=6 --name paid", file.display());
    let id = at.run(&made).await.id();
    let shown = at.shown(&format!("plans/{id}")).await;
    assert_eq!((&shown["name"], &shown["models"]), (&json!("paid"), &json!(["chat-*"])));
    assert_eq!((&shown["limits"]["rpm"], &shown["limits"]["tpm"]), (&json!(6), &json!(100)));
    let body = json!({"limits": {"rpm": 7}}).to_string();
    fed(&at.url, &["plans", "update", "paid", "--file", "-"], &body).await.done();
    assert_eq!(at.shown(&format!("plans/{id}")).await["limits"]["rpm"], 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_of_the_revision_that_was_read_unless_it_is_forced() {
    let answer =
        |body: &str| vec![Step::Send(speaking::head("200 OK", "application/json", "", body).into_bytes())];
    let api = Scripted::start(move |_| answer(r#"{"id":"team_1","revision":7}"#)).await;
    let id = "team_00000000000000000000000000000001";
    fed(&api.url(), &["teams", "update", id, "--set", "limits.rpm=1"], "").await.done();
    assert_eq!(api.last().header("if-match"), Some("\"7\""));
    assert!(api.last().head.starts_with("PATCH "), "{}", api.last().head);
    assert_eq!(api.all().len(), 2);
    fed(&api.url(), &["teams", "update", id, "--set", "limits.rpm=1", "--force"], "").await.done();
    assert_eq!(api.last().header("if-match"), None);
    assert_eq!(api.all().len(), 3, "nothing is read for it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn providers_credentials_and_aliases_are_managed_and_their_secrets_never_shown() {
    let at = Commands::start().await;
    let mut said = Vec::new();
    let mut keep = |text: String| said.push(text);
    let upstream = Scripted::start(|_| {
        let good = speaking::whole(speaking::Format::Chat);
        vec![Step::Send(speaking::head("200 OK", "application/json", "", &good).into_bytes())]
    })
    .await;
    let base = format!("base_url={}/v1", upstream.url());
    let made = format!("providers create --name west --set kind=openai-compatible --set {base} --json");
    let more = r#"--set models={"m":{},"n.1":{}} --set capacity.rpm=50 --set capacity.max_parallel=3"#;
    keep(at.run(&format!("{made} --api-key-env PROVIDER_KEY {more}")).await.done());
    keep(at.run("providers list").await.done());
    keep(at.run("providers get west").await.done());
    let change = r"providers update west --set capacity.rpm=60 --set models.n\.1.max_output_tokens=9 --json";
    let changed: Value = serde_json::from_str(&at.run(change).await.done()).unwrap();
    assert_eq!(changed["settings"]["capacity"], json!({"rpm": 60, "max_parallel": 3}));
    assert_eq!(changed["settings"]["models"]["n.1"]["max_output_tokens"], 9);
    keep(at.run("providers update west --set-env headers.x-team=PROVIDER_KEY").await.done());
    let told = at.run("providers update west --set headers.x-other=1").await.refused(2);
    assert!(told.contains("give all of 'headers'"), "{told}");

    let alias = r#"models create --name chat --set targets=[{"provider":"west","model":"m"}]"#;
    assert_eq!(at.run(alias).await.id(), "chat");
    at.gateway.send(Call::chat(&chat("chat", "hi")).key(MASTER)).await.ok();
    assert_eq!(upstream.last().header("authorization"), Some(&*format!("Bearer {SECRET}")));
    assert_eq!(upstream.last().header("x-team"), Some(SECRET));
    at.run("models update chat --set targets.0.model=n.1").await.done();
    let shown = at.run("models get chat --json").await.done();
    assert!(shown.contains("n.1"), "{shown}");
    assert!(at.run("models").await.done().contains("CAPABILITIES"));
    assert!(at.run("models list --provider west").await.done().contains("west/m"));
    let listed = at.run("models --managed-by api").await.done();
    assert!(listed.contains("chat") && listed.contains("west/n.1") && !listed.contains("up/"), "{listed}");
    assert!(at.run("providers delete west").await.refused(1).contains("409"));
    at.run("models delete chat").await.done();
    at.run("providers delete west").await.done();
    assert!(
        at.run("providers update up --set region=eu").await.refused(1).contains("409"),
        "it is the file's"
    );

    let make = ["credentials", "create", "--name", "kept", "--api-key-stdin", "--set", "description=a key"];
    keep(fed(&at.url, &make, &format!("{SECRET}\n")).await.done());
    keep(at.run("credentials list").await.done());
    keep(at.run("credentials get kept --json").await.done());
    keep(at.run("credentials update kept --api-key-env PROVIDER_KEY --json").await.done());
    keep(at.run("credentials create --name kept --api-key-env PROVIDER_KEY").await.refused(1));
    keep(at.run("credentials create --name b/d --api-key-env PROVIDER_KEY").await.refused(1));
    at.run("credentials delete kept").await.done();
    assert!(said.iter().all(|text| !text.contains(SECRET)), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_found_by_address_changed_stopped_and_deleted() {
    let at = Commands::start().await;
    let made = "users create --email ada@example.com --name Ada --set limits.rpm=9";
    let id = at.run(made).await.id();
    assert_eq!(at.shown(&format!("users/{id}")).await["limits"]["rpm"], 9);
    assert!(at.run("users get ada@example.com").await.done().contains(&id));
    at.run("users update Ada --set gateway_role=viewer --set limits.rpm=8").await.done();
    let shown = at.shown(&format!("users/{id}")).await;
    assert_eq!((&shown["gateway_role"], &shown["limits"]["rpm"]), (&json!("viewer"), &json!(8)));
    for (word, wanted) in [("disable", true), ("enable", false)] {
        at.run(&format!("users {word} Ada")).await.done();
        assert_eq!(at.shown(&format!("users/{id}")).await["disabled"], wanted);
    }
    at.run("users delete ada@example.com").await.done();
    assert!(at.run("users get Ada").await.refused(1).contains("there is no user named 'Ada'"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_else_is_kept_has_the_same_commands() {
    let at = Commands::start().await;
    let rows = [
        ("datasets", "--set description=d", "description=changed"),
        ("views", "--set filters.model=m", "filters.outcome=refused"),
        (
            "alert-channels",
            "--set kind=webhook --set url=https://hooks.example/a --set default=true",
            "timeout_ms=9000",
        ),
        ("alert-rules", "--set kind=new_key", "severity=critical"),
        ("alert-silences", "--set until=2999-01-01T00:00:00Z --set severity=warning", "comment=later"),
    ];
    for (resource, made, changed) in rows {
        at.run(&format!("{resource} create --name first {made}")).await.id();
        assert!(at.run(&format!("{resource} list")).await.done().contains("first"), "{resource}");
        let (member, value) = changed.split_once('=').unwrap();
        at.run(&format!("{resource} update first --set {changed}")).await.done();
        let shown: Value =
            serde_json::from_str(&at.run(&format!("{resource} get first --json")).await.done()).unwrap();
        let found = shown.pointer(&format!("/{}", member.replace('.', "/"))).cloned().unwrap_or_default();
        let found = found.as_str().map_or_else(|| found.to_string(), ToOwned::to_owned);
        assert_eq!(found, value, "{resource}: {shown}");
        assert!(resource != "views" || shown["filters"]["model"] == "m", "{shown}");
        at.run(&format!("{resource} delete first")).await.done();
        at.run(&format!("{resource} get first")).await.refused(1);
    }
}
