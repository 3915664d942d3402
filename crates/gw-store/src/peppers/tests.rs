//! What outlives an encryption key opens what was made under it.

use super::{all, is_one, of_bodies, sealed};
use crate::bodies::{BodyContent, BodySealer};
use crate::keys::pepper;
use crate::vault::Vault;
use gw_model::{RequestId, Secret};

#[test]
fn a_pepper_and_a_key_of_bodies_outlive_their_encryption_key() {
    let key = |text: &str| Secret::new(text.to_owned());
    let (old, new) = (key("the first encryption key"), key("the second encryption key"));
    let vault = Vault::new(&[new.clone(), old.clone()]);
    let kept = sealed(&vault, &old, 7).unwrap();
    assert!(kept.iter().all(|one| is_one(&one.name)) && !is_one("older-pepper"));
    let names =
        |of: &[crate::types::StoredCredential]| of.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_ne!(names(&kept), names(&sealed(&vault, &new, 7).unwrap()));

    let alone = Vault::new(std::slice::from_ref(&new));
    let found = all(std::slice::from_ref(&new), &kept, &alone);
    assert!(found == vec![pepper(&new), pepper(&old)]);

    let content = BodyContent { format: "chat".to_owned(), ..BodyContent::default() };
    let body = BodySealer::new(std::slice::from_ref(&old)).seal(RequestId(3), &content).unwrap();
    assert!(BodySealer::new(std::slice::from_ref(&new)).open(RequestId(3), &body).is_err());
    let both = BodySealer::with_older(std::slice::from_ref(&new), of_bodies(&kept, &alone));
    assert_eq!(both.open(RequestId(3), &body).unwrap(), content);
    // With both keys it is there already.
    assert_eq!(all(&[new, old], &kept, &vault).len(), 2);
}
