//! LiteLLM's proxy from PyPI in a virtual environment of its own: one worker, one key, no database.

use super::{Bench, Running, System, free_port, fresh_directory, install, write};
use crate::error::BenchError;
use crate::process::Child;
use crate::wire::Mode;
use std::time::Duration;

const VERSION: &str = "1.106.2";
const KEY: &str = "sk-bench-0000000000000000";

pub(super) fn start(bench: &Bench) -> Result<Running, BenchError> {
    let home = bench.work.join("litellm");
    let package = format!("litellm[proxy]=={VERSION}");
    install::ensure(
        "litellm",
        &home,
        VERSION,
        &[
            ("python3", &["-m", "venv", "venv"]),
            (
                "venv/bin/python",
                &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package],
            ),
        ],
    )?;
    let directory = fresh_directory(bench, "litellm")?;
    let port = free_port()?;
    let config = directory.join("config.yaml");
    write(&config, &configuration(bench.mock_port))?;
    let log = directory.join("log");
    // Named by its interpreter, so that the environment works where its directory was moved to.
    let script = home.join("venv/bin/litellm").display().to_string();
    let mut args = vec![script, "--config".to_owned(), config.display().to_string()];
    args.extend(["--host", "127.0.0.1", "--num_workers", "1", "--port"].map(str::to_owned));
    args.push(port.to_string());
    // The price list that comes with the package is used; nothing is fetched or sent.
    let env = [("LITELLM_LOCAL_MODEL_COST_MAP", "True"), ("LITELLM_LOG", "ERROR"), ("NO_PROXY", "127.0.0.1")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let child = Child::start(&home.join("venv/bin/python"), &args, &env, &directory, &log, bench.pin)?;
    Running {
        system: System::Litellm,
        version: VERSION.to_owned(),
        port,
        headers: Vec::new(),
        keys: vec![KEY.to_owned()],
        child: Some(child),
        _needs: None,
        started_in: Duration::ZERO,
    }
    .wait_ready(bench, &log, Duration::from_secs(180))
}

fn configuration(mock_port: u16) -> String {
    let mut text = "model_list:\n".to_owned();
    for mode in Mode::ALL {
        let model = mode.model();
        text.push_str(&format!(
            "  - model_name: {model}\n    litellm_params:\n      model: openai/{model}\n      \
             api_base: http://127.0.0.1:{mock_port}/v1\n      api_key: sk-mock\n"
        ));
    }
    text.push_str(&format!(
        "general_settings:\n  master_key: {KEY}\nlitellm_settings:\n  telemetry: false\n"
    ));
    text
}
