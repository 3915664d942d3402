//! The scenarios that the program has in it: one file each in `drills/`, the same that users may write.

/// A scenario in the program.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! builtin {
    ($($name:literal),+ $(,)?) => {
        /// Every scenario, in the order in which all are run.
        pub const BUILTIN: &[Builtin] =
            &[$(Builtin { name: $name, text: include_str!(concat!("../drills/", $name, ".yaml")) }),+];
    };
}

builtin![
    "region-outage",
    "region-errors",
    "rate-limit-storm",
    "slow-provider",
    "slow-drip",
    "mid-stream-cuts",
    "silent-stream",
    "flapping",
    "bad-credential",
    "quota-exhausted",
    "dns-failure",
    "tls-failure",
    "half-dead",
    "gray-failure",
    "thundering-herd",
    "callers-own-errors",
    "error-event-first",
    "uneven-recovery",
    "shared-pause",
    "hedging",
    "outlier",
    "overload",
];

impl Builtin {
    /// The scenario of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        BUILTIN.iter().copied().find(|builtin| builtin.name == name)
    }
}
