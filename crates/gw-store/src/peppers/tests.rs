use super::{all, is_one, sealed};
use crate::keys::pepper;
use crate::vault::Vault;
use gw_model::Secret;

#[test]
fn a_pepper_outlives_its_key() {
    let key = |text: &str| Secret::new(text.to_owned());
    let (old, new) = (key("the first encryption key"), key("the second encryption key"));
    let vault = Vault::new(&[new.clone(), old.clone()]);
    let kept = sealed(&vault, &old, 7).unwrap();
    assert!(is_one(&kept.name) && !is_one("older-pepper"), "{}", kept.name);
    assert_ne!(kept.name, sealed(&vault, &new, 7).unwrap().name);

    let alone = Vault::new(std::slice::from_ref(&new));
    let found = all(std::slice::from_ref(&new), std::slice::from_ref(&kept), &alone);
    assert!(found == vec![pepper(&new), pepper(&old)]);
    // With both keys it is there already.
    assert_eq!(all(&[new, old], &[kept], &vault).len(), 2);
}
