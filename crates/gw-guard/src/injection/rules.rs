//! The rules: sequences of classes of words, and marks that no honest text has. Serves the search for injections. A new
//! trick is a new row; words stand in the lexicon.

use super::lexicon::*;

/// A word of one of these classes, at most so many words behind the last.
pub(super) struct Step {
    pub(super) any: u64,
    pub(super) within: usize,
}

/// A sequence that tells.
pub(super) struct Rule {
    pub(super) family: &'static str,
    /// How much it tells, in percent.
    pub(super) score: u8,
    pub(super) steps: &'static [Step],
}

macro_rules! rules {
    ($($family:literal $score:literal: $first:expr $(, $within:literal $any:expr)*;)*) => {
        &[$(Rule { family: $family, score: $score, steps: &[Step { any: $first, within: 0 } $(, Step { any: $any, within: $within })*] }),*]
    };
}

pub(super) const RULES_OF_WORDS: &[Rule] = rules! {
    "instruction_override" 95: OVERRIDE, 4 PRIOR | OWN, 4 RULES;
    "instruction_override" 55: OVERRIDE, 2 PRIOR, 3 PRIOR;
    "instruction_override" 55: OVERRIDE, 2 ALL, 6 GIVEN;
    "instruction_override" 72: OVERRIDE, 1 ALL, 2 BEHIND | PRIOR;
    "instruction_override" 60: OVERRIDE, 3 OWN | SAFETY, 2 KEPT;
    "instruction_override" 60: NEW, 1 PROMPT;
    "instruction_override" 75: NEW, 1 PROMPT, 10 OBEY | LEAK | OVERRIDE | SEND;
    "instruction_override" 75: OWN, 1 RULES, 3 DISABLED;
    "instruction_override" 75: OWN, 1 NEW, 1 RULES, 4 OVERRIDE;
    "instruction_override" 40: OBEY, 1 ALL, 2 ASKED;
    "instruction_override" 75: OBEY, 2 ALL, 1 ASKED, 8 NOW;
    "instruction_override" 45: ROLE, 2 ALL, 3 NOT;
    "prompt_extraction" 88: REVEAL, 6 HIDDEN, 3 PROMPT;
    "prompt_extraction" 82: REVEAL, 5 PROMPT, 2 HIDDEN;
    "prompt_extraction" 72: REVEAL, 3 OWN, 3 PROMPT;
    "prompt_extraction" 75: GIVE, 3 YOURS, 4 PROMPT;
    "prompt_extraction" 45: REVEAL, 4 FULL, 2 PROMPT;
    "prompt_extraction" 50: PROMPT, 3 GIVEN;
    "prompt_extraction" 45: PROMPT, 3 FULL;
    "prompt_extraction" 75: REVEAL, 2 BEHIND, 2 PRIOR;
    "prompt_extraction" 72: REVEAL, 5 OWN, 1 BEHIND, 1 BEHIND;
    "prompt_extraction" 75: REVEAL, 10 HIDDEN, 1 BEHIND;
    "instruction_override" 75: STOP, 1 OBEY, 3 OWN | PRIOR, 2 RULES;
    "instruction_override" 75: STOP, 1 OBEY, 2 RULES, 2 OWN | YOURS;
    "instruction_override" 72: OVERRIDE, 2 ABOVE, 5 INSTEAD;
    "instruction_override" 74: OVERRIDE, 1 SECOND, 4 MACHINE;
    "instruction_override" 60: SELF, 3 OVERRIDE, 1 MY | OWN, 2 RULES;
    "instruction_override" 55: PRIOR | OWN, 1 RULES, 3 DISABLED;
    "instruction_override" 90: PRIOR, 4 RULES, 3 OVERRIDDEN;
    "prompt_extraction" 72: HIDDEN, 2 PROMPT, 3 SHOWN;
    "prompt_extraction" 72: WHAT, 3 SECOND, 3 GIVEN, 4 ABOVE | PROMPT;
    "prompt_extraction" 65: REVEAL, 2 ALL, 1 ABOVE;
    "prompt_extraction" 76: REVEAL, 2 ALL, 1 ABOVE, 4 FULL | COUNT | BEHIND;
    "prompt_extraction" 50: MY, 1 HIDDEN, 1 PROMPT;
    "prompt_extraction" 74: START, 10 MY, 1 HIDDEN, 1 PROMPT;
    "prompt_extraction" 74: REVEAL | GIVE, 12 SECRET, 1 PROMPT | RULES;
    "prompt_extraction" 74: REVEAL | GIVE, 6 YOURS, 1 HIDDEN, 1 BEHIND;
    "prompt_extraction" 74: REVEAL | GIVE, 4 COUNT, 5 YOURS, 2 PROMPT;
    "prompt_extraction" 72: BEHIND, 1 ABOVE, 1 MY, 3 BEHIND;
    "jailbreak" 75: SECOND, 6 NOT, 3 RULES;
    "jailbreak" 78: ROLE | SECOND, 12 MACHINE, 6 NOT, 4 RULES;
    "jailbreak" 74: ROLE | PERSONA, 14 NOT, 2 REFUSE;
    "jailbreak" 74: SECOND, 3 NOW, 12 NOT, 4 RULES;
    "jailbreak" 85: ROLE, 10 NOT, 3 RULES;
    "jailbreak" 80: NOW, 8 NOT, 3 RULES;
    "jailbreak" 78: ROLE | YOU | MACHINE, 6 UNBOUND;
    "jailbreak" 70: UNBOUND, 1 MACHINE | REPLY | MODES | ASKED;
    "jailbreak" 72: YOU, 5 MODE, 1 MODES;
    "jailbreak" 45: MODE, 1 MODES;
    "jailbreak" 65: YOU, 2 NOW, 1 DAN;
    "jailbreak" 60: NOT, 1 SAFETY, 1 KEPT;
    "jailbreak" 78: OBEY | ROLE, 6 NOT, 2 UNBOUND | RULES;
    "safety_disabled" 60: SAFETY, 1 KEPT, 8 DISABLED;
    "safety_disabled" 80: SAFETY, 1 KEPT, 8 DISABLED, 8 SCOPE;
    "safety_disabled" 60: DISABLED, 3 SAFETY, 2 KEPT;
    "safety_disabled" 80: DISABLED, 3 SAFETY, 2 KEPT, 8 SCOPE;
    "safety_disabled" 80: DISABLED, 1 YOURS, 2 SAFETY, 2 KEPT;
    "safety_disabled" 50: KEPT, 3 NOT, 4 DISABLED;
    "safety_disabled" 80: SAFETY | OWN, 1 KEPT, 3 NOT, 4 DISABLED;
    "safety_disabled" 72: THOUGHT, 6 DISABLED, 6 KEPT | RULES;
    "forged_reasoning" 55: SELF, 6 THOUGHT, 16 DISABLED | OBEY | NOT;
    "forged_reasoning" 60: SELF, 4 OVERRIDE, 3 SAFETY, 2 KEPT;
    "forged_reasoning" 55: DISABLED, 5 KEPT;
    "exfiltration" 75: SEND, 6 DATA, 10 OUTSIDE;
    "exfiltration" 75: DATA, 8 SEND, 6 OUTSIDE;
    "exfiltration" 72: LEAK, 4 DATA, 3 DATA;
    "exfiltration" 75: LEAK, 3 DATA, 6 YOU;
    "exfiltration" 74: LEAK, 5 HIDDEN, 2 DATA;
    "tool_abuse" 75: CALL, 2 NAME, 24 BEFORE;
    "tool_abuse" 74: BEFORE, 8 CALL, 2 NAME;
    "tool_abuse" 72: CALL, 2 NAME, 12 OUTSIDE | DATA;
    "tool_abuse" 60: CALL, 2 DELETE;
    "note_to_machine" 75: ADDRESS, 4 MACHINE, 24 APPEND | SEND | DELETE | OVERRIDE | LEAK;
    "note_to_machine" 75: MACHINE, 3 ADDRESS, 16 APPEND | SEND | DELETE | OVERRIDE | LEAK;
    "note_to_machine" 60: ADDRESS, 3 MACHINE;
    "note_to_machine" 72: MACHINE, 3 ADDRESS, 5 MUST;
    "note_to_machine" 74: SECOND, 3 MACHINE, 2 ADDRESS;
    "note_to_machine" 74: ADDRESS, 8 SEND, 8 INBOX, 6 OUTSIDE;
    "tool_abuse" 60: MACHINE, 3 CALL, 4 SHELL;
    "planted_mark" 74: APPEND, 6 MARK, 10 REPLY;
    "planted_mark" 74: MARK, 8 APPEND, 8 REPLY;
    "planted_mark" 72: APPEND, 3 NAME, 8 REPLY;
    "planted_order" 70: MACHINE | FUTURE, 10 REVEAL, 5 HIDDEN, 1 PROMPT;
    "planted_order" 50: FUTURE, 12 APPEND | OVERRIDE;
    "hidden_orders" 80: DECODE, 6 CODING, 12 OBEY;
    "hidden_orders" 78: CODING, 6 DECODE, 8 OBEY;
};

/// Pieces of text that tell, as they stand in small letters, and how much.
pub(super) const MARKS: &[(&str, &str, u8)] = &[
    ("<|im_start|>", "role_spoofing", 90),
    ("<|im_end|>", "role_spoofing", 85),
    ("<|system|>", "role_spoofing", 90),
    ("<|assistant|>", "role_spoofing", 85),
    ("<|user|>", "role_spoofing", 75),
    ("<|endoftext|>", "role_spoofing", 75),
    ("<|start_header_id|>", "role_spoofing", 90),
    ("<<sys>>", "role_spoofing", 90),
    ("[/inst]", "role_spoofing", 85),
    ("[inst]", "role_spoofing", 75),
    ("<start_of_turn>", "role_spoofing", 85),
    ("[system]", "role_spoofing", 70),
    ("</system>", "role_spoofing", 75),
    ("<system>", "role_spoofing", 60),
    ("### system", "role_spoofing", 72),
    ("end of user input", "role_spoofing", 75),
    ("end of document ---", "role_spoofing", 60),
    ("end of system prompt", "role_spoofing", 75),
    ("system note", "role_spoofing", 55),
    ("systemhinweis", "role_spoofing", 55),
    ("note systeme", "role_spoofing", 55),
    ("nota del sistema", "role_spoofing", 55),
    ("nota di sistema", "role_spoofing", 55),
    ("system update", "role_spoofing", 40),
    ("system override", "role_spoofing", 72),
    ("<thinking>", "forged_reasoning", 40),
    ("reasoning trace", "forged_reasoning", 40),
    ("as the assistant, i", "forged_reasoning", 55),
    ("als assistent habe ich", "forged_reasoning", 55),
    ("en tant qu'assistant, j", "forged_reasoning", 55),
    ("como asistente, ya he", "forged_reasoning", 55),
    ("come assistente, ho", "forged_reasoning", 55),
    ("do anything now", "jailbreak", 85),
    ("dan mode", "jailbreak", 80),
    ("stay in character no matter", "jailbreak", 60),
    ("word for word", "prompt_extraction", 30),
    ("what it says", "hidden_orders", 40),
    ("i am your developer", "jailbreak", 60),
    ("this is a test of your safety", "jailbreak", 50),
    ("hereby instructed", "note_to_machine", 50),
    ("rm -rf", "tool_abuse", 40),
    ("| sh", "tool_abuse", 45),
    ("| bash", "tool_abuse", 45),
    ("exfiltrat", "exfiltration", 45),
    ("your new task is", "instruction_override", 50),
    ("your real task is", "instruction_override", 60),
    ("word by word", "prompt_extraction", 30),
];

/// Who seems to speak where a line begins so.
pub(super) const SPEAKERS: &[&str] =
    &["system:", "assistant:", "[assistant]", "developer:", "system message:"];
