//! A provider's invoice beside what was metered: by the API and by the command line.

use super::support::gateway::run;
use super::support::postgres::Postgres;
use super::support::{Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/reports/reconcile";

async fn report(gateway: &Gateway, body: Value) -> Value {
    gateway.admin(Method::POST, PATH, Some(&body)).await.ok().json()
}

/// Makes three calls of one model and one of another; an invoice that agrees with them.
async fn billed(gateway: &Gateway) -> (String, String) {
    let mut lines = String::from("Date,Model,Input,Output,Amount\n");
    let mut day = String::new();
    for model in ["chat-model", "chat-model", "quick", "chat-model"] {
        let answer = gateway.send(Call::chat(&chat(&format!("up/{model}"), "hi")).key(MASTER)).await;
        let row = gateway.record(&answer.request_id()).await;
        day = row["time"].as_str().unwrap()[..10].to_owned();
        let cost = row["cost_usd"].as_str().unwrap();
        let (input, output) = (&row["input_tokens"], &row["output_tokens"]);
        lines.push_str(&format!("{day},{model}-2026,\"{input}\",{output},${cost}\n"));
    }
    (lines, day)
}

fn columns() -> Value {
    json!({"day": "date", "model": "model", "input_tokens": "input", "output_tokens": "output", "cost_usd": "amount"})
}

fn asked(csv: &str) -> Value {
    let models = json!({"chat-model-2026": "chat-model", "quick-2026": "quick"});
    json!({"provider": "up", "csv": csv, "columns": columns(), "models": models})
}

async fn compared(gateway: &Gateway) {
    let (invoice, day) = billed(gateway).await;
    let agreed = report(gateway, asked(&invoice)).await;
    assert_eq!(
        (&agreed["agrees"], &agreed["lines"], &agreed["read_lines"]),
        (&json!(true), &json!(2), &json!(4)),
        "{agreed}"
    );
    assert_eq!(
        agreed["total"]["difference"],
        json!({"input_tokens": 0, "output_tokens": 0, "cost_usd": "0"})
    );
    let line = &agreed["data"][0];
    assert_eq!(
        (&line["day"], &line["model"], &line["status"]),
        (&json!(day), &json!("chat-model"), &json!("agrees"))
    );
    // One call more, of a model that was never called, and a line that says nothing.
    let more = format!("{invoice}{day},other,5,5,0.25\nTotal,,,,9\n");
    let differs = report(gateway, asked(&more)).await;
    assert_eq!(
        (&differs["agrees"], &differs["differing"], &differs["unread_lines"]),
        (&json!(false), &json!(1), &json!(1))
    );
    let strange = differs["data"].as_array().unwrap().iter().find(|line| line["status"] != "agrees").unwrap();
    assert_eq!(
        (&strange["status"], &strange["difference"]["cost_usd"]),
        (&json!("only_invoice"), &json!("0.25"))
    );
    assert_eq!(differs["unread"][0]["line"], 7);
    let mut lenient = asked(&format!("{invoice}{day},other,0,0,0.25\n"));
    lenient["tolerance_usd"] = json!("0.25");
    assert_eq!(report(gateway, lenient).await["agrees"], true);
    // Models that are called otherwise are on one side alone.
    let unnamed = report(gateway, json!({"provider": "up", "csv": invoice, "columns": columns()})).await;
    let mut found: Vec<&str> =
        unnamed["data"].as_array().unwrap().iter().map(|line| line["status"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["only_gateway", "only_gateway", "only_invoice", "only_invoice"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_is_compared_with_what_was_metered() {
    let upstream = Upstream::start().await;
    compared(&Gateway::start(&upstream.providers()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_so_it_is_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("reconcile");
    let variables =
        [("GATEWRIGHT_DATABASE_URL", url.as_str()), ("GATEWRIGHT_ENCRYPTION_KEY", "of the tests")];
    compared(&Gateway::start_with(&upstream.providers(), &variables).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_invoice_is_refused_with_the_reason() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let good = "day,cost_usd\n2026-01-01,1\n";
    let wrong = [
        (json!({"provider": "up", "csv": ""}), "csv"),
        (json!({"provider": "up", "csv": "day,model\n2026-01-01,x\n"}), "csv"),
        (json!({"provider": "up", "csv": "day,cost_usd\nnever,x\n"}), "csv"),
        (json!({"provider": "up", "csv": "day,cost_usd\n\"2026-01-01,1\n"}), "csv"),
        (json!({"provider": "up", "csv": "day,cost_usd\n2024-01-01,1\n2026-01-01,1\n"}), "from"),
        (json!({"provider": " ", "csv": good}), "provider"),
        (json!({"provider": "nowhere", "csv": good}), "provider"),
        (json!({"provider": "up", "csv": "day,cost_usd,Cost_USD\n2026-01-01,1,1\n"}), "csv"),
        (json!({"provider": "up", "csv": good, "decimal": "comma"}), "decimal"),
        (json!({"provider": "up", "csv": good, "columns": {"price": "x"}}), "columns"),
        (json!({"provider": "up", "csv": good, "columns": {"cost_usd": "x"}}), "csv"),
        (json!({"provider": "up", "csv": good, "tolerance_percent": "101"}), "tolerance_percent"),
        (json!({"provider": "up", "csv": good, "tolerance_usd": "-1"}), "tolerance_usd"),
    ];
    for (body, field) in wrong {
        let refused = gateway.admin(Method::POST, PATH, Some(&body)).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text());
        assert_eq!(refused.json()["error"]["field"], field, "{body}: {}", refused.text());
    }
    let near = gateway.admin(Method::POST, PATH, Some(&json!({"provider": "uo", "csv": good}))).await;
    assert!(near.text().contains("did you mean 'up'?"), "{}", near.text());
    // What may be read in two ways is told of, and is read as it is said.
    let doubtful = "day;cost_usd\n2026-01-01;1,234\n2026-01-02;1\n";
    let unread = report(&gateway, json!({"provider": "up", "csv": doubtful})).await;
    assert_eq!((&unread["read_lines"], &unread["unread"][0]["line"]), (&json!(1), &json!(2)), "{unread}");
    for (decimal, total) in [(",", "2.234"), (".", "1235")] {
        let read = report(&gateway, json!({"provider": "up", "csv": doubtful, "decimal": decimal})).await;
        assert_eq!(read["total"]["invoice"]["cost_usd"], total, "{read}");
    }
    for body in [json!({"provider": "up"}), json!({"provider": "up", "csv": good, "no_such": 1}), json!([])] {
        assert_eq!(gateway.admin(Method::POST, PATH, Some(&body)).await.status, 400, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_says_by_its_exit_code_whether_they_agree() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (invoice, day) = billed(&gateway).await;
    let file = gateway.folder().join("invoice.csv");
    let url = format!("http://{}", gateway.addr);
    let mut command = vec![
        "report",
        "reconcile",
        file.to_str().unwrap(),
        "--provider",
        "up",
        "--url",
        &url,
        "--key",
        MASTER,
    ];
    for column in ["day=Date", "model=Model", "input_tokens=Input", "output_tokens=Output", "cost_usd=Amount"]
    {
        command.extend(["--column", column]);
    }
    command.extend(["--model", "chat-model-2026=chat-model", "--model", "quick-2026=quick"]);
    std::fs::write(&file, &invoice).unwrap();
    let (code, out, errors) = run(&command).await;
    assert_eq!((code, errors.as_str()), (0, "0 of 2 lines differ\n"), "{out}");
    assert!(out.contains("difference cost_usd") && out.contains("total"), "{out}");
    std::fs::write(&file, format!("{invoice}{day},other,5,5,0.25\n")).unwrap();
    let (code, out, errors) = run(&command).await;
    assert_eq!(code, 1, "{out}{errors}");
    assert!(out.contains("only_invoice") && out.contains("0.25"), "{out}");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(run(&command).await.0, 2);
}
