//! Tests of [`super`]: names and sets.
use super::{Abilities, Ability, DropParams};

#[test]
fn a_set_holds_what_was_put_into_it() {
    let mut lacks = Abilities::default();
    assert!(lacks.is_empty());
    for ability in Ability::ALL {
        assert_eq!(Ability::from_name(ability.as_str()), Some(*ability));
        lacks.set(*ability, true);
        assert!(lacks.has(*ability));
    }
    assert_eq!(lacks.iter().count(), Ability::ALL.len());
    lacks.set(Ability::Vision, false);
    assert!(!lacks.has(Ability::Vision) && lacks.has(Ability::Tools));
}

#[test]
fn named_parameters_are_left_out_and_no_others() {
    let named = DropParams::Named(["n".into()].into());
    assert!(named.allows("n") && !named.allows("seed") && !named.is_empty());
    assert!(DropParams::Unsupported.allows("seed"));
    assert!(!DropParams::default().allows("n") && DropParams::default().is_empty());
}
