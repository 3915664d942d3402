//! What models are known not to do, what requests may ask for, and what the configuration wants done about it.
//! Serves the fitting of requests. It must not list what models can: those are names in the catalogue.

use std::sync::Arc;

macro_rules! abilities {
    ($($(#[$meta:meta])* $variant:ident = $text:literal;)+) => {
        /// Something that a request may ask of a model, and that the model may be known to lack.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Ability { $($(#[$meta])* $variant),+ }
        impl Ability {
            /// Every ability.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The name in the catalogue and in configuration.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
        }
    };
}

abilities! {
    /// Calls tools.
    Tools = "tools";
    /// Calls several tools at once, and can be told whether to.
    ParallelTools = "parallel_tools";
    /// Reads images.
    Vision = "vision";
    /// Reads documents.
    Documents = "pdf_input";
    /// Hears audio.
    AudioInput = "audio_input";
    /// Can be held to a JSON schema.
    JsonSchema = "json_schema";
    /// Can be told how much to reason.
    Reasoning = "reasoning";
    /// Takes `temperature` and the other sampling parameters.
    Sampling = "sampling";
    /// Takes them while it reasons.
    SamplingWhileReasoning = "sampling_while_reasoning";
    /// Takes the bound on the answer under its old name, `max_tokens`, in chat requests.
    MaxTokens = "max_tokens";
}

impl Ability {
    /// The ability of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|ability| ability.as_str() == name)
    }

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of abilities: those that a model is known to lack, or that a request may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities(u16);

impl Abilities {
    /// Every ability.
    pub const ALL: Self = Self(u16::MAX);

    /// True when there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Is the ability among them?
    #[must_use]
    pub const fn has(self, ability: Ability) -> bool {
        self.0 & ability.bit() != 0
    }

    /// Puts one in, or takes it out.
    pub const fn set(&mut self, ability: Ability, is_in: bool) {
        if is_in {
            self.0 |= ability.bit();
        } else {
            self.0 &= !ability.bit();
        }
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The abilities in the set.
    pub fn iter(self) -> impl Iterator<Item = Ability> {
        Ability::ALL.iter().copied().filter(move |ability| self.has(*ability))
    }
}

/// Which parameters are left out for a model, in place of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DropParams {
    /// Only those whose absence harms nobody, as the tables say.
    #[default]
    Harmless,
    /// Whatever the model or its format cannot take.
    Unsupported,
    /// These, always.
    Named(Arc<[Arc<str>]>),
}

impl DropParams {
    /// True when the configuration asks for nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Harmless)
    }

    /// May this parameter be left out where it would be refused?
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        match self {
            Self::Harmless => false,
            Self::Unsupported => true,
            Self::Named(names) => names.iter().any(|known| **known == *name),
        }
    }
}

#[cfg(test)]
mod tests;
