//! Strategy `semantic`: the member that the prompt is meant for, then the others in the order written. Who that is was
//! found out before; where nobody knows, it is the order written.

use super::Ask;
use super::choice::Choice;
use crate::route::order::Scene;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let meant = scene.asked.semantic(choice.group.id);
    // A member whose condition does not hold is not asked, whatever the prompt means.
    let chosen = choice.from(0).find(|member| Some(*member) == meant);
    let others = choice.from(0).filter(|member| Some(*member) != chosen);
    chosen.into_iter().chain(others).any(ask)
}
