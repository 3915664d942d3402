//! Prices and bounds of a model, when the catalogue has none or others hold.

use crate::shape::{Text, Usd, UsdPerMillionTokens, Whole, settings};

settings! {
    /// Prices and bounds of a model. Prices given here replace all of the catalogue's.
    pub struct ModelFacts {
        /// US dollars for a million input tokens.
        optional input_usd_per_million_tokens: UsdPerMillionTokens,
        /// US dollars for a million output tokens.
        optional output_usd_per_million_tokens: UsdPerMillionTokens,
        /// US dollars for a million input tokens read from the prompt cache. The input price when not given.
        optional cache_read_usd_per_million_tokens: UsdPerMillionTokens,
        /// US dollars for a million input tokens written to the prompt cache. The input price when not given.
        optional cache_write_usd_per_million_tokens: UsdPerMillionTokens,
        /// The same for a cache lifetime of an hour. The price of a plain cache write when not given.
        optional cache_write_1h_usd_per_million_tokens: UsdPerMillionTokens,
        /// US dollars for each request, besides its tokens; of models that rank: for each search, which is a query
        /// over up to a hundred documents.
        optional usd_per_request: Usd,
        /// US dollars for an image that is made. Where tokens have a price and the provider states them, they count.
        optional usd_per_image: Usd,
        /// US dollars for a minute of sound that is written down or spoken. As above.
        optional usd_per_minute: Usd,
        /// US dollars for a million characters of text that is spoken. As above.
        optional usd_per_million_characters: UsdPerMillionTokens,
        /// Take prices and bounds of this model of the catalogue: `gpt-4o`, or `openai/gpt-4o` of another provider.
        optional same_as: Text,
        /// Largest prompt, in tokens.
        optional max_input_tokens: Whole<1, 4_294_967_295>,
        /// Largest answer, in tokens.
        optional max_output_tokens: Whole<1, 4_294_967_295>,
    }
}
