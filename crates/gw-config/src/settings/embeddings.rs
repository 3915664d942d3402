//! Text embeddings in the process, for semantic routes.

use crate::shape::{Text, Whole, choices, settings};

settings! {
    /// Text embeddings in the process, for strategy `semantic`.
    pub struct EmbeddingsSettings {
        /// The folder with the weights of a small BERT (docs/guides/embeddings-in-process.md says how to get one). Without it nothing is computed in the process.
        optional model_dir: Text,
        /// How weights are kept: `f32`, or `int8` (a quarter of the memory, and quicker).
        default("f32") precision: PrecisionName,
        /// Threads that compute.
        default(1) threads: Whole<1, 64>,
        /// Texts that may wait to be computed; one more is not compared, and `semantic.on_error` decides.
        default(256) queue: Whole<1, 65_536>,
        /// What texts that were seen before may take in memory with their vectors, in bytes: as much again for each other model of `semantic.model`.
        default(16_777_216) cache_bytes: Whole<0, 4_294_967_296>,
    }
}

choices! {
    /// How weights are kept.
    pub enum PrecisionName {
        /// As the file has them.
        F32 = "f32",
        /// In 8 bits.
        Int8 = "int8",
    }
}
