//! Names of what becomes of bodies of calls, where policy wants them kept.

use super::Metrics;
use prometheus_client::registry::Registry;

impl Metrics {
    #[expect(clippy::disallowed_methods, reason = "this is where metrics are registered")]
    pub(super) fn register_bodies(&self, r: &mut Registry) {
        r.register("record_bodies_written", "Calls whose bodies are kept", self.bodies_written.clone());
        r.register("record_bodies_dropped", "Calls whose bodies were dropped", self.bodies_dropped.clone());
        r.register(
            "record_bodies_unmasked",
            "Calls whose bodies could not be masked",
            self.bodies_unmasked.clone(),
        );
        r.register(
            "record_body_segments_sent",
            "Files of bodies that were sent to object storage",
            self.body_segments_sent.clone(),
        );
        r.register(
            "record_body_storage_failures",
            "Times that object storage was of no use for bodies",
            self.body_storage_failures.clone(),
        );
        r.register(
            "record_body_spool_bytes",
            "Bytes of files of bodies here, where they are sent to object storage",
            self.body_spool_bytes.clone(),
        );
    }
}
