//! What a request asked for by its parameters, as its record has it: a few numbers and words of known meaning, whatever its
//! format calls them. Never a text that the caller made up.

use serde::{Deserialize, Serialize};

/// How the number of a parameter is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// As it stands.
    Whole,
    /// In thousandths.
    Thousandths,
    /// The place of a word.
    Word(&'static [&'static str]),
}

/// Of words that are none of those that are known.
const OTHER: &str = "other";
const EFFORTS: &[&str] = &[OTHER, "none", "minimal", "low", "medium", "high", "xhigh", "max"];
const FORMS: &[&str] = &[OTHER, "text", "json_object", "json_schema"];
const TIERS: &[&str] = &[OTHER, "standard", "flex", "batch", "priority"];
const CHOICES: &[&str] = &[OTHER, "auto", "none", "required", "named"];

macro_rules! parameters {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $name:literal, $unit:expr;)+) => {
        /// A parameter. The numbers are stored.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Parameter { $($(#[$meta])* $variant = $code),+ }
        impl Parameter {
            /// Every parameter.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The name in JSON and in filters.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $name),+ } }
            const fn unit(self) -> Unit { match self { $(Self::$variant => $unit),+ } }
            /// The parameter of that number.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> { match code { $($code => Some(Self::$variant),)+ _ => None } }
        }
    };
}

parameters! {
    /// How freely tokens are drawn.
    Temperature = 1, "temperature", Unit::Thousandths;
    /// From how much of what is likely.
    TopP = 2, "top_p", Unit::Thousandths;
    /// From how many of the likeliest.
    TopK = 3, "top_k", Unit::Whole;
    /// The caller's bound on the answer, in tokens.
    MaxOutputTokens = 4, "max_output_tokens", Unit::Whole;
    /// How many answers, where it is more than one.
    Choices = 5, "choices", Unit::Whole;
    /// What is drawn from.
    Seed = 6, "seed", Unit::Whole;
    /// Against what was said at all.
    PresencePenalty = 7, "presence_penalty", Unit::Thousandths;
    /// Against what was said often.
    FrequencyPenalty = 8, "frequency_penalty", Unit::Thousandths;
    /// How many texts end the answer.
    Stops = 9, "stop_sequences", Unit::Whole;
    /// How many tools are offered.
    Tools = 10, "tools", Unit::Whole;
    /// How much to reason, in a word.
    ReasoningEffort = 11, "reasoning_effort", Unit::Word(EFFORTS);
    /// The same in tokens.
    ReasoningTokens = 12, "reasoning_tokens", Unit::Whole;
    /// What form the answer must have.
    ResponseFormat = 13, "response_format", Unit::Word(FORMS);
    /// The service tier that was asked for.
    ServiceTier = 14, "service_tier", Unit::Word(TIERS);
    /// Whether tools must be called.
    ToolChoice = 15, "tool_choice", Unit::Word(CHOICES);
    /// How long vectors are to be.
    Dimensions = 16, "dimensions", Unit::Whole;
}

impl Parameter {
    /// The number that stands for a word of this parameter.
    #[must_use]
    pub fn code_of(self, word: &str) -> i64 {
        let Unit::Word(words) = self.unit() else { return 0 };
        let place = words.iter().position(|known| known.eq_ignore_ascii_case(word)).unwrap_or(0);
        i64::try_from(place).unwrap_or(0)
    }

    /// A value as people write it: `0.7`, `256`, `low`.
    #[must_use]
    pub fn text(self, value: i64) -> String {
        match self.unit() {
            Unit::Whole => value.to_string(),
            Unit::Word(words) => {
                usize::try_from(value).ok().and_then(|at| words.get(at)).unwrap_or(&OTHER).to_string()
            }
            Unit::Thousandths => {
                let sign = if value < 0 { "-" } else { "" };
                let (whole, rest) = (value.unsigned_abs() / 1000, value.unsigned_abs() % 1000);
                let text = format!("{sign}{whole}.{rest:03}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
    }

    /// Is a value a word? Others are numbers.
    #[must_use]
    pub const fn is_word(self) -> bool {
        matches!(self.unit(), Unit::Word(_))
    }
}

/// Parameters that a request has, each once. Most have none or few.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters(Vec<(Parameter, i64)>);

impl Parameters {
    /// True when it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes one, in the place of what was noted of it before.
    pub fn set(&mut self, parameter: Parameter, value: i64) {
        // The smallest has no positive counterpart, and is written without its sign.
        let value = value.max(-i64::MAX);
        match self.0.iter_mut().find(|(known, _)| *known == parameter) {
            Some((_, known)) => *known = value,
            None => self.0.push((parameter, value)),
        }
    }

    /// The value of one.
    #[must_use]
    pub fn get(&self, parameter: Parameter) -> Option<i64> {
        self.0.iter().find(|(known, _)| *known == parameter).map(|(_, value)| *value)
    }

    /// Each with its value.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Parameter, i64)> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_people_do() {
        for (parameter, value, text) in [
            (Parameter::Temperature, 700, "0.7"),
            (Parameter::Temperature, 0, "0"),
            (Parameter::Temperature, 2_000, "2"),
            (Parameter::PresencePenalty, -1_050, "-1.05"),
            (Parameter::MaxOutputTokens, 4_096, "4096"),
            (Parameter::ReasoningEffort, 3, "low"),
            (Parameter::ReasoningEffort, 99, "other"),
        ] {
            assert_eq!(parameter.text(value), text);
        }
        assert_eq!(Parameter::ReasoningEffort.code_of("LOW"), 3);
        assert_eq!(Parameter::ReasoningEffort.code_of("a lot"), 0);
        assert_eq!(Parameter::Temperature.code_of("low"), 0);
    }

    #[test]
    fn numbers_of_parameters_are_their_own() {
        for parameter in Parameter::ALL {
            assert_eq!(Parameter::from_code(*parameter as u8), Some(*parameter));
            // The two highest bits are marks where they are stored.
            assert!((*parameter as u8) < 0x40);
        }
        assert_eq!(Parameter::from_code(0), None);
    }
}
