//! Orders that instructions no longer count: told to ignore them, to drop them, told that they are void or that others
//! take their place.
//! Serves the search for injections.

use super::{Rule, rules};
use crate::injection::lexicon::*;

pub(super) const ROWS: &[Rule] = rules! {
    "instruction_override" 95: FORGO, 4 PRIOR | OWN, 4 RULES;
    "instruction_override" 78: FORGO, 4 PRIOR | OWN, 2 LOOSE;
    "instruction_override" 60: OVERRIDE, 4 YOURS, 4 RULES;
    "instruction_override" 45: OVERRIDE, 4 PRIOR | OWN, 4 RULES;
    "instruction_override" 55: FORGO, 2 PRIOR, 3 PRIOR;
    "instruction_override" 55: FORGO, 2 ALL, 6 GIVEN;
    "instruction_override" 72: FORGO, 1 EVERYTHING, 2 BEHIND | PRIOR;
    "instruction_override" 60: FORGO, 1 ALL, 2 PRIOR, 1 BEHIND;
    "instruction_override" 60: FORGO, 3 OWN | SAFETY, 2 KEPT;
    "instruction_override" 60: NEW, 1 PROMPT;
    "instruction_override" 75: NEW, 1 PROMPT, 10 OBEY | LEAK | OVERRIDE | SEND;
    "instruction_override" 75: OWN, 1 RULES, 3 DISABLED;
    "instruction_override" 75: OWN, 1 NEW, 1 RULES, 4 OVERRIDE;
    "instruction_override" 40: OBEY, 1 ALL, 2 ASKED;
    "instruction_override" 75: OBEY, 2 ALL, 1 ASKED, 8 NOW;
    "instruction_override" 45: ROLE, 2 ALL, 3 NOT;
    "instruction_override" 75: STOP, 1 OBEY, 3 OWN | PRIOR, 2 RULES | PROMPT;
    "instruction_override" 75: STOP, 1 OBEY, 2 RULES, 2 OWN | YOURS;
    "instruction_override" 72: OVERRIDE, 2 ABOVE, 5 INSTEAD;
    "instruction_override" 74: OVERRIDE, 2 SECOND, 4 MACHINE;
    "instruction_override" 60: SELF, 3 OVERRIDE, 1 MY | OWN, 2 RULES;
    "instruction_override" 55: PRIOR | OWN, 1 RULES, 3 DISABLED;
    "instruction_override" 90: PRIOR, 4 RULES, 3 OVERRIDDEN;
    // Told to ignore, in both orders of words.
    "instruction_override" 92: FORGO, 5 RULES | LOOSE, 4 POST | TOLD;
    "instruction_override" 80: FORGO, 3 RULES, 5 YOURS;
    "instruction_override" 95: FORGO, 6 PRIOR | YOURS | TOLD, 5 ORDERS | SYSPROMPT;
    "instruction_override" 78: FORGO, 8 TOLD, 3 GIVEN;
    "instruction_override" 60: FORGO, 8 TOLD;
    "instruction_override" 76: FORGO, 5 MAKER, 5 GIVEN | RULES | PROMPT;
    "instruction_override" 76: FORGO, 3 PROMPT, 6 MAKER | TOLD | GIVEN;
    "instruction_override" 74: OVERRIDE | DROP | BREAKS, 3 PRIOR, 3 RULES, 4 MAKER;
    "instruction_override" 74: FORGO, 5 HIDDEN | YOURS, 2 PROMPT | SYSPROMPT | BEHIND;
    "instruction_override" 85: FORGO, 4 SYSPROMPT | MODERATION;
    "instruction_override" 55: FORGO, 2 ALL, 6 PRIOR;
    "instruction_override" 72: FORGO, 2 ALL, 6 PRIOR, 20 REVEAL | RULES | SYSPROMPT | ROLE | OBEY;
    "instruction_override" 60: FORGO, 4 BEHIND, 3 ABOVE;
    "instruction_override" 76: FORGO | LOSE, 2 YOURS, 2 EARLIER, 2 TASK;
    "instruction_override" 60: FORGO, 2 YOURS, 2 TASK;
    "instruction_override" 62: FORGO | LOSE, 6 TASK, 6 INSTEAD;
    "instruction_override" 75: FORGO, 2 RULES, 6 MAKER;
    "instruction_override" 74: FORGO, 6 OBEY, 3 NEW, 2 ORDERS;
    "instruction_override" 76: FORGO | LOSE, 2 ALL, 3 MAKER | HIDDEN, 3 GIVEN | SAYS;
    "instruction_override" 60: FORGO, 2 ORDERS;
    "instruction_override" 76: FORGO, 2 ORDERS, 12 TELLS | ROLE | CARRY;
    "instruction_override" 76: FORGO, 3 BEHIND | PAGE, 2 ABOVE, 5 INSTEAD;
    "instruction_override" 74: FORGO | LOSE, 3 ETHICS;
    // Told to go against them, or not to mind them.
    "instruction_override" 76: ROLE | OBEY | LOSE | LEAD, 6 AGAINST, 2 YOURS, 3 RULES;
    "instruction_override" 60: AGAINST, 2 YOURS, 2 ORDERS;
    "instruction_override" 76: AGAINST, 4 MAKER | TOLD, 3 GIVEN;
    "instruction_override" 76: SECOND, 2 BREAKS, 2 YOURS, 3 RULES;
    "instruction_override" 76: FORGO, 3 YOURS | OWN, 1 MAKER;
    "instruction_override" 74: FORGO, 3 SERVED, 2 ASKED;
    "instruction_override" 72: FORGO, 2 RULES, 12 TELLS;
    "instruction_override" 60: NEW, 1 RULES, 8 ALL, 2 ASKED;
    "instruction_override" 74: CARELESS, 5 YOURS, 3 RULES | SYSPROMPT;
    "instruction_override" 74: CARELESS, 5 TOLD, 16 TELLS | REVEAL | KEYWORD;
    "instruction_override" 76: STOP, 2 SECOND, 3 MACHINE;
    "instruction_override" 76: EARLIER, 1 PROMPT, 8 NEW, 1 PROMPT;
    "instruction_override" 74: ROLE | AS_IF, 4 RULES | SYSPROMPT, 8 VOIDED;
    "instruction_override" 74: OBEY, 6 INSTEAD, 3 MAKER | YOURS | SYSPROMPT;
    "instruction_override" 74: YOURS, 1 LOOSE | ORDERS | TASK, 2 DISABLED | VOIDED, 16 TELLS | FORGO | SEND;
    "instruction_override" 74: FORGO | LOSE, 3 RULES, 1 SECOND;
    "instruction_override" 74: LOSE, 4 TOLD, 2 SECOND;
    "instruction_override" 76: FORGO | LOSE, 2 YOURS, 2 TASK, 8 MACHINE | TELLS | KEYWORD | ROLE | DATA | GIVE;
    "instruction_override" 74: ABOVE | TOLD, 8 VOIDED, 8 INSTEAD;
    "instruction_override" 78: RULES, 2 SECOND, 4 VOIDED | DISABLED;
    "instruction_override" 78: SECOND, 8 PRIOR | YOURS, 2 RULES, 2 BREAKS;
    "instruction_override" 76: MACHINE, 3 YOURS, 1 NEW, 1 TASK;
    "instruction_override" 74: PUT, 1 ASIDE, 8 TOLD;
    "instruction_override" 76: TREAT, 2 MY, 5 SYSPROMPT;
    "instruction_override" 74: SECOND, 6 BREAKS, 2 PRIOR, 1 RULES;
    "instruction_override" 76: FORGO, 2 SECOND, 3 HAVE, 2 RULES;
    "instruction_override" 74: STOP | DENY, 2 APPLY, 3 RULES, 5 TOLD | YOURS;
    "instruction_override" 74: AS_IF, 2 YOURS, 2 RULES;
    // Told to drop them.
    "instruction_override" 82: LOSE, 5 YOURS, 5 RULES | SYSPROMPT;
    "instruction_override" 80: LOSE, 6 RULES | TASK, 6 TOLD | YOURS;
    "instruction_override" 74: LOSE, 4 EARLIER, 3 ORDERS;
    "instruction_override" 58: LOSE, 4 PRIOR, 3 ORDERS;
    "instruction_override" 80: LOSE, 4 SYSPROMPT;
    "instruction_override" 72: LOSE, 3 YOURS, 2 PRIOR | BEHIND, 2 BEHIND;
    "instruction_override" 80: LOSE, 4 RULES | SYSPROMPT, 8 FREED | UNBOUND | REVEAL | DATA;
    "instruction_override" 72: LOSE, 3 RULES, 2 BEHIND | ABOVE, 12 INSTEAD | DATA | REVEAL;
    "instruction_override" 85: PUT, 4 YOURS | PRIOR | OWN, 4 RULES | LOOSE | SYSPROMPT, 4 ASIDE;
    "instruction_override" 85: PUT, 1 ASIDE, 6 YOURS | PRIOR | OWN | HIDDEN, 5 RULES | LOOSE | SYSPROMPT;
    "instruction_override" 80: PUT, 3 RULES, 5 TOLD, 4 ASIDE;
    // They do not count any more.
    "instruction_override" 80: TREAT, 4 PRIOR | OWN | YOURS, 4 RULES, 5 VOIDED;
    "instruction_override" 80: YOURS, 4 RULES | SYSPROMPT, 8 VOIDED;
    "instruction_override" 80: RULES | SYSPROMPT, 6 TOLD, 10 VOIDED;
    "instruction_override" 78: TOLD, 3 GIVEN, 12 VOIDED;
    "instruction_override" 62: RULES, 2 ABOVE | BEHIND, 6 VOIDED;
    "instruction_override" 74: RULES, 2 ABOVE | BEHIND, 6 VOIDED, 16 SECOND | TELLS | FORGO | LOSE | ROLE | NEW | CARRY;
    "instruction_override" 62: RULES, 2 GIVEN, 3 PRIOR, 8 VOIDED;
    "instruction_override" 74: RULES, 2 GIVEN, 3 PRIOR, 8 VOIDED, 16 SECOND | TELLS | FORGO | LOSE | ROLE | NEW | CARRY;
    "instruction_override" 58: PRIOR, 3 RULES, 6 VOIDED;
    "instruction_override" 62: PRIOR, 3 PROMPT, 6 VOIDED;
    "instruction_override" 76: PRIOR, 3 PROMPT, 6 VOIDED, 16 SECOND | TELLS | FORGO | LOSE | ROLE | NEW | CARRY;
    "instruction_override" 76: PRIOR, 3 RULES, 8 VOIDED, 16 FORGO | ROLE | CARRY;
    "instruction_override" 74: NOT, 3 PRIOR, 3 ORDERS, 4 APPLY;
    "instruction_override" 60: NOT, 3 PRIOR, 3 RULES, 4 APPLY;
    "instruction_override" 76: NOT, 3 PRIOR, 3 RULES, 4 APPLY, 16 TELLS | SEND | LOSE | FORGO | DATA;
    "instruction_override" 78: NOT, 4 TOLD, 6 APPLY;
    "instruction_override" 78: SYSPROMPT, 6 VOIDED | NEW | OVERRIDE | DISABLED;
    "instruction_override" 76: AS_IF, 5 SYSPROMPT | MODERATION, 5 NOT;
    "instruction_override" 80: AS_IF, 4 SECOND, 6 NOT, 6 RULES;
    // Others take their place.
    "instruction_override" 78: MY | NEW, 3 PREVAIL, 6 SYSPROMPT | ORDERS;
    "instruction_override" 78: MY | NEW, 3 PREVAIL, 3 YOURS, 3 RULES | LOOSE;
    "instruction_override" 60: YOURS, 1 NEW, 1 TASK | RULES;
    "instruction_override" 60: NEW, 1 TASK | ORDERS, 4 MACHINE;
    "instruction_override" 74: NEW, 1 TASK | ORDERS, 4 MACHINE, 16 FORGO | SEND | VOIDED | KEYWORD | DELETE;
    "instruction_override" 74: NEW, 1 HIDDEN, 1 ORDERS;
    "instruction_override" 76: NEW, 1 ORDERS, 6 OVERRIDE | VOIDED;
    "instruction_override" 74: YOURS, 1 PRIOR, 4 VOIDED;
    "instruction_override" 76: YOURS, 3 NEW, 1 TASK | RULES, 12 KEYWORD | SYSPROMPT | SEND | UNBOUND | DATA;
    "instruction_override" 76: STOP, 1 OBEY, 6 SYSPROMPT | MODERATION;
    "instruction_override" 74: STOP, 1 OBEY, 4 RULES, 5 ABOVE | PRIOR | YOURS;
    "instruction_override" 74: NO_LONGER, 3 OBEY | FREED | CARRY | ROLE, 8 MAKER | RULES | SYSPROMPT;
    "instruction_override" 76: SECOND, 4 NO_LONGER, 4 OBEY | FREED | ROLE, 8 MAKER | RULES;
    // To whom it is to listen.
    "instruction_override" 50: LOYAL;
    "instruction_override" 76: NOW | FORGO | LOSE | NO_LONGER | STOP, 14 LOYAL;
    "instruction_override" 74: LOYAL, 10 NOW | FORGO | NO_LONGER | STOP;
    // Languages that name the thing before what is to become of it.
    "instruction_override" 92: RULES | SYSPROMPT, 3 OVERRIDDEN;
    "instruction_override" 88: YOURS, 2 RULES, 3 OVERRIDDEN;
};
