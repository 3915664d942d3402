//! How people sign in to the control plane, and how long they stay signed in.

use crate::shape::{Whole, settings};

settings! {
    /// How people sign in with a password or a key.
    pub struct SignInBlock {
        /// Users may have passwords. Without, they sign in at an identity provider, or with a key.
        default(true) passwords: bool,
        /// Fewest characters of a password that is chosen.
        default(12) min_password_length: Whole<8, 128>,
        /// Failures in a row that an account may have. Beyond, it has to wait: as many come back in `window_seconds`, one by one.
        default(10) failures_per_account: Whole<1, 10_000>,
        /// The same of an address (of IPv6, of a /64 network).
        default(50) failures_per_address: Whole<1, 1_000_000>,
        /// In which time as many failures are forgiven.
        default(900) window_seconds: Whole<1, 86_400>,
        /// Most accounts and addresses with failures that are remembered, at each gateway.
        default(100_000) max_tracked: Whole<100, 10_000_000>,
        /// How long a link to choose a password is good.
        default(259_200) link_seconds: Whole<60, 2_592_000>,
    }
}

settings! {
    /// How long people stay signed in.
    pub struct SessionBlock {
        /// A session that was not used for so long ends.
        default(43_200) idle_seconds: Whole<60, 31_536_000>,
        /// A session ends after so long whatever is done.
        default(604_800) max_seconds: Whole<60, 31_536_000>,
        /// Most sessions of a person, or of a key. One more ends the oldest.
        default(20) per_person: Whole<1, 1_000>,
    }
}
