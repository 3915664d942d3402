//! Strategy `round-robin`: each member in turn; those that follow in the list take over when it fails.

use super::Ask;
use super::choice::Choice;
use crate::route::order::Scene;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let count = choice.count();
    let first = usize::try_from((scene.turn)(choice.group.id) % (count.max(1) as u64)).unwrap_or(0);
    choice.from(first).any(ask)
}
