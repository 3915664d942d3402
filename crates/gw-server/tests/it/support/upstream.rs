//! The emulator as upstream, with what tests ask of it.

use bytes::Bytes;
use gw_emulator::{Emulator, EmulatorConfig, Running, Stats};
use std::time::Duration;

use super::poll::eventually_within;

/// A running emulator.
pub(crate) struct Upstream {
    running: Running,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        Self { running: Emulator::new(EmulatorConfig::default()).spawn_on_free_port().await.unwrap() }
    }

    /// `http://ADDRESS`.
    pub(crate) fn url(&self) -> String {
        self.running.url()
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        self.running.emulator()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.emulator().stats()
    }

    /// Faults for all requests that name the model as the upstream knows it.
    pub(crate) fn faults(&self, model: &str, faults: &str, times: Option<u64>) {
        self.emulator().set_faults(model, faults, times).unwrap();
    }

    /// The body of the last request.
    pub(crate) fn last_body(&self) -> Bytes {
        self.emulator().requests(1).pop().expect("a request came").body
    }

    /// Providers `up` (OpenAI's format) and `claude` (Anthropic's), each with a priced `chat-model`
    /// and three more for faults.
    pub(crate) fn providers(&self) -> String {
        let url = self.url();
        let one = "{ input_usd_per_million_tokens: 100, output_usd_per_million_tokens: 200, max_output_tokens: 4096 }";
        let price = format!("{{ chat-model: {one}, quick: {one}, slow: {one}, fault-hang: {one} }}");
        format!(
            "providers:\n  \
             up: {{ kind: openai-compatible, base_url: \"{url}/v1\", api_key: upstream-secret-1, models: {price} }}\n  \
             claude: {{ kind: anthropic, base_url: \"{url}\", api_key: upstream-secret-2, models: {price} }}\n"
        )
    }

    /// Waits until no connection and no stream is open.
    pub(crate) async fn is_quiet_within(&self, limit: Duration) {
        eventually_within(limit, "no open stream and connection upstream", async || {
            let stats = self.stats();
            (stats.open_streams == 0 && stats.open_connections == 0).then_some(())
        })
        .await;
    }

    /// Waits until so many requests have come.
    pub(crate) async fn has_asked(&self, requests: u64) {
        let what = format!("{requests} requests upstream");
        // Machines do much else meanwhile.
        eventually_within(Duration::from_secs(30), &what, async || {
            (self.stats().requests >= requests).then_some(())
        })
        .await;
    }

    /// Waits until no stream is open.
    pub(crate) async fn has_no_stream_within(&self, limit: Duration) {
        eventually_within(limit, "no open stream upstream", async || {
            (self.stats().open_streams == 0).then_some(())
        })
        .await;
    }
}
