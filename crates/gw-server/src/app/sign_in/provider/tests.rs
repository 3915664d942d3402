//! What groups make of a person, without a gateway around it.

use super::*;

const ORGANIZATION: AccountId = AccountId { level: Level::Organization, number: 1 };
const TEAM: AccountId = AccountId { level: Level::Team, number: 2 };
const OTHER: AccountId = AccountId { level: Level::Team, number: 3 };

fn rule(group: &str, role: Role) -> GroupRole {
    GroupRole { group: group.to_owned(), role, organization: None, team: None, project: None }
}

fn groups(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn roles_are_those_of_the_groups_where_groups_have_any() {
    let (admins, staff) = (rule("admins", Role::Admin), rule("staff", Role::Member));
    let (team_admins, all) = (rule("admins", Role::Owner), rule("*", Role::Viewer));
    let places =
        [(None, &admins), (Some(TEAM), &staff), (Some(TEAM), &team_admins), (Some(ORGANIZATION), &all)];
    let kept = Membership::by_hand(OTHER, Role::Billing);
    let before = AccountProfile {
        memberships: vec![Membership::by_hand(TEAM, Role::Admin), kept],
        gateway_role: Some(Role::Owner),
        ..AccountProfile::default()
    };
    let roles = |names: &[&str]| {
        let profile = with_roles(&before, &places, &groups(names), &"oidc:idp".into());
        let at = |account| profile.memberships.iter().find(|one| one.account == account).map(|one| one.role);
        (profile.gateway_role, at(TEAM), at(ORGANIZATION), at(OTHER))
    };
    let (viewer, billing) = (Some(Role::Viewer), Some(Role::Billing));
    assert_eq!(roles(&["staff", "admins"]), (Some(Role::Admin), Some(Role::Owner), viewer, billing));
    assert_eq!(roles(&["staff", "x"]), (None, Some(Role::Member), viewer, billing));
    assert_eq!(roles(&[]), (None, None, viewer, billing));
    let untouched = with_roles(&before, &places[1..2], &groups(&["staff"]), &"oidc:idp".into());
    assert_eq!(untouched.gateway_role, Some(Role::Owner), "no group has a role there");
}

#[test]
fn what_a_provider_gave_it_takes_where_the_place_is_not_found_any_more_too() {
    let leads = rule("leads", Role::Admin);
    let (idp, other): (Arc<str>, Arc<str>) = ("oidc:idp".into(), "oidc:other".into());
    let by_hand = Membership::by_hand(OTHER, Role::Billing);
    let before = AccountProfile { memberships: vec![by_hand.clone()], ..AccountProfile::default() };
    let given = with_roles(&before, &[(Some(TEAM), &leads)], &groups(&["leads"]), &idp);
    let at_team = Membership { account: TEAM, role: Role::Admin, given_by: Some(Arc::clone(&idp)) };
    let both = |profile: &AccountProfile| {
        profile.memberships.contains(&at_team) && profile.memberships.contains(&by_hand)
    };
    assert!(both(&given), "{given:?}");
    // The rule finds no place now: the team has another name, or there are two of it.
    let elsewhere = with_roles(&given, &[], &groups(&["leads"]), &other);
    assert!(both(&elsewhere), "another provider takes nothing that it did not give: {elsewhere:?}");
    let gone = with_roles(&given, &[], &groups(&[]), &idp);
    assert_eq!(gone.memberships, [by_hand]);
}
