//! The scenarios: what is asked of every system. Data only; `run` and `memory` carry them out.

use crate::load::Prompt;
use crate::systems::{Running, System};
use crate::wire::{Mode, Wire};
use std::time::Duration;

/// A scenario, as named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scenario {
    /// Small chat, one connection: latency.
    WholeC1,
    /// The same while the cores are kept from sleeping.
    AwakeC1,
    /// Small chat, 64 connections: CPU per request and throughput.
    WholeC64,
    /// 50-frame stream in one burst, 64 connections.
    BurstC64,
    /// 50-frame stream paced at 5 ms per frame, 256 connections.
    PacedC256,
    /// Anthropic messages in and out, 64 connections.
    MessagesC64,
    /// Anthropic messages as a burst stream, 64 connections.
    MessagesBurstC64,
    /// Chat with a prompt of 2 KiB in, Anthropic upstream, 64 connections.
    TranslateC64,
    /// The same as a burst stream, 64 connections.
    TranslateBurstC64,
    /// Small chat, 64 connections: one key against very many.
    Keys,
    /// Small chat, 64 connections: a bare key against one with all levels above it.
    Levels,
    /// Small chat, 64 connections: all levels counted in the process, and together with other gateways over Redis.
    Shared,
    /// Small chat, 64 connections: answers that are fetched against those that the cache has.
    Hits,
    /// 50-frame stream in one burst, 64 connections: without guardrails, and with all that are built in.
    Guards,
    /// 50-frame stream paced at 5 ms per frame, 16 connections: the first text without guardrails, and with all that are built in.
    FirstText,
    /// Memory before any load.
    Idle,
    /// Memory for one request of 10 MiB.
    BigBody,
    /// Memory of open streams.
    Streams,
    /// Memory after a minute of small chats at 64 connections.
    Sustained,
    /// Memory and start with a million keys in the store.
    ManyKeys,
    /// What other crates measure without a socket.
    Programs,
}

/// A scenario that measures speed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    pub(crate) connections: usize,
    /// What the caller speaks.
    pub(crate) caller: Wire,
    /// What the mock behind the system speaks.
    pub(crate) upstream: Wire,
    pub(crate) mode: Mode,
    pub(crate) prompt: Prompt,
}

/// One row of a speed scenario.
pub(crate) struct Lane<'a> {
    pub(crate) label: String,
    pub(crate) speed: Speed,
    pub(crate) running: &'a Running,
}

/// The row of translating scenarios that translates nothing.
pub(crate) const UNTRANSLATED: &str = "gatewright, same format";

impl Scenario {
    /// The rows that `running` has in this scenario.
    pub(crate) fn lanes<'a>(self, running: &'a Running) -> Vec<Lane<'a>> {
        let Some(speed) = self.speed().filter(|_| self.concerns(running.system)) else { return Vec::new() };
        let lane = |label: &str, speed| Lane { label: label.to_owned(), speed, running };
        let same = Speed { upstream: speed.caller, ..speed };
        let name = running.system.name();
        match running.system {
            // A bare proxy brings the caller whatever the upstream speaks.
            System::Nginx | System::Hyper => vec![lane(name, same)],
            System::Gatewright if speed.caller != speed.upstream => {
                vec![lane(UNTRANSLATED, same), lane(name, speed)]
            }
            _ => vec![lane(name, speed)],
        }
    }

    /// The load of a speed scenario; `None` for the others.
    pub(crate) fn speed(self) -> Option<Speed> {
        use Wire::{Chat, Messages};
        let speed = |connections, caller, upstream, mode| {
            // What is translated is measured by its size.
            let prompt = if caller == upstream { Prompt::Small } else { Prompt::System(2 << 10) };
            Some(Speed { connections, caller, upstream, mode, prompt })
        };
        match self {
            Self::WholeC1 | Self::AwakeC1 => speed(1, Chat, Chat, Mode::Whole),
            Self::WholeC64 => speed(64, Chat, Chat, Mode::Whole),
            Self::BurstC64 => speed(64, Chat, Chat, Mode::Burst),
            Self::PacedC256 => speed(256, Chat, Chat, Mode::Paced),
            Self::MessagesC64 => speed(64, Messages, Messages, Mode::Whole),
            Self::MessagesBurstC64 => speed(64, Messages, Messages, Mode::Burst),
            Self::TranslateC64 => speed(64, Chat, Messages, Mode::Whole),
            Self::TranslateBurstC64 => speed(64, Chat, Messages, Mode::Burst),
            Self::Keys
            | Self::Levels
            | Self::Shared
            | Self::Hits
            | Self::Guards
            | Self::FirstText
            | Self::Idle
            | Self::BigBody
            | Self::Streams
            | Self::Sustained
            | Self::ManyKeys
            | Self::Programs => None,
        }
    }

    /// Whether the scenario says something about this system.
    pub(crate) fn concerns(self, system: System) -> bool {
        match self {
            Self::WholeC1 | Self::AwakeC1 => true,
            Self::WholeC64 | Self::BurstC64 | Self::PacedC256 | Self::Idle | Self::Sustained => {
                system != System::Direct
            }
            Self::MessagesC64 | Self::MessagesBurstC64 | Self::BigBody | Self::Streams => {
                matches!(system, System::Nginx | System::Hyper) || system.is_gatewright()
            }
            Self::TranslateC64 | Self::TranslateBurstC64 => system == System::Nginx || system.is_gatewright(),
            Self::Keys | Self::Levels | Self::Shared | Self::Hits | Self::Guards | Self::FirstText => {
                system.is_gatewright()
            }
            Self::ManyKeys => system == System::Gatewright,
            Self::Programs => false,
        }
    }

    /// Whether it is about time, so that figures are read against the mock's own.
    pub(crate) const fn is_latency(self) -> bool {
        matches!(self, Self::WholeC1 | Self::AwakeC1)
    }

    /// Name in tables and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WholeC1 => "whole-c1",
            Self::AwakeC1 => "awake-c1",
            Self::WholeC64 => "whole-c64",
            Self::BurstC64 => "burst-c64",
            Self::PacedC256 => "paced-c256",
            Self::MessagesC64 => "messages-c64",
            Self::MessagesBurstC64 => "messages-burst-c64",
            Self::TranslateC64 => "translate-c64",
            Self::TranslateBurstC64 => "translate-burst-c64",
            Self::Keys => "keys",
            Self::Levels => "levels",
            Self::Shared => "shared",
            Self::Hits => "hits",
            Self::Guards => "guards",
            Self::FirstText => "first-text",
            Self::Idle => "idle",
            Self::BigBody => "big-body",
            Self::Streams => "streams",
            Self::Sustained => "sustained",
            Self::ManyKeys => "many-keys",
            Self::Programs => "programs",
        }
    }

    /// One line for the report.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::WholeC1 => "small chat, concurrency 1",
            Self::AwakeC1 => "small chat, concurrency 1, cores kept awake",
            Self::WholeC64 => "small chat, concurrency 64",
            Self::BurstC64 => "50-frame stream in one burst, concurrency 64",
            Self::PacedC256 => "50-frame stream paced at 5 ms per frame, concurrency 256",
            Self::MessagesC64 => "Anthropic messages, concurrency 64",
            Self::MessagesBurstC64 => "Anthropic messages, 50-event stream in one burst, concurrency 64",
            Self::TranslateC64 => "chat with 2 KiB in, Anthropic upstream, concurrency 64",
            Self::TranslateBurstC64 => {
                "chat with 2 KiB in, Anthropic upstream, 50-event stream in one burst, concurrency 64"
            }
            Self::Keys => "small chat, concurrency 64, by number of keys",
            Self::Levels => "small chat, concurrency 64, by what counts the call",
            Self::Shared => "small chat, concurrency 64, all levels counted here and over Redis",
            Self::Hits => "small chat, concurrency 64, fetched and from the cache",
            Self::Guards => "50-frame stream in one burst, concurrency 64, without and with guardrails",
            Self::FirstText => {
                "50-frame stream paced at 5 ms per frame, concurrency 16, without and with guardrails"
            }
            Self::Idle => "RSS before any load",
            Self::BigBody => "peak RSS added by one request of 10 MiB",
            Self::Streams => "RSS added per open stream",
            Self::Sustained => "RSS under load and after it",
            Self::ManyKeys => "RSS and start with 1,000,000 keys",
            Self::Programs => "what other crates measure without a socket",
        }
    }
}

impl Speed {
    /// The model asked of `system`: a gateway has a name of its own for the Anthropic upstream,
    /// a bare proxy passes the path on.
    pub(crate) fn model(&self, system: System) -> String {
        let prefix = if system.is_gatewright() && self.upstream == Wire::Messages { "messages-" } else { "" };
        format!("{prefix}{}", self.mode.model())
    }

    /// How long the connections take to start: paced ones are spread over a whole stream.
    pub(crate) fn ramp(&self) -> Duration {
        if self.mode == Mode::Paced { Duration::from_millis(250) } else { Duration::ZERO }
    }
}
