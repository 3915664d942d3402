//! One request at one deployment, from its way there until its end. Whatever becomes of it, the deployment's count of
//! requests in flight goes down again, and a probe that came to nothing gives its place to the next.

use super::deployment::Deployment;
use gw_model::Micros;
use gw_model::failure::ErrorClass;
use gw_model::routing::HealthPolicy;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(crate) struct Visit {
    deployment: Arc<Deployment>,
    started: Micros,
    /// Nobody else tries it meanwhile, and it is not known yet whether it is back.
    is_open_probe: bool,
    /// Tokens that the deployment's traffic was charged with at the start.
    expected: u64,
    is_stream: bool,
}

impl Visit {
    /// Goes to the deployment. `None` when it is taken for down and this request is not the one to try it, unless
    /// `is_forced`: nothing else is left.
    pub(crate) fn begin(
        deployment: &Arc<Deployment>,
        tokens: u64,
        is_forced: bool,
        now: Micros,
    ) -> Option<Self> {
        let is_open_probe = deployment.enter(tokens, is_forced, now)?;
        Some(Self {
            deployment: Arc::clone(deployment),
            started: now,
            is_open_probe,
            expected: tokens,
            is_stream: false,
        })
    }

    /// Its answer is to be a stream, or whole: which of them began how fast is kept apart.
    pub(crate) const fn of_stream(mut self, is_stream: bool) -> Self {
        self.is_stream = is_stream;
        self
    }

    /// An answer began: the deployment is up.
    pub(crate) fn answered(&mut self, now: Micros) {
        self.is_open_probe = false;
        self.deployment.answered(self.is_stream, self.took_us(now), now);
    }

    /// Another deployment answered first.
    pub(crate) fn outpaced(self, now: Micros) {
        self.deployment.outpaced(self.is_stream, self.took_us(now), now);
    }

    fn took_us(&self, now: Micros) -> u64 {
        u64::try_from(now - self.started).unwrap_or(0)
    }

    /// It ended well, having used so many tokens.
    pub(crate) fn good(self, tokens: u64, policy: &HealthPolicy, now: Micros) {
        self.deployment.good(tokens.saturating_sub(self.expected), policy, now);
    }

    /// It failed. Only what the deployment is to blame for counts against it.
    pub(crate) fn bad(mut self, class: ErrorClass, policy: &HealthPolicy, now: Micros, jitter: u64) {
        // What was under way before it came back says nothing of it now.
        if class.blames_target() && self.started >= self.deployment.back_since() {
            self.is_open_probe = false;
            self.deployment.bad(policy, now, jitter);
        } else if class.blames_caller() {
            self.deployment.is_back(now);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.deployment.leave(self.is_open_probe);
    }
}
