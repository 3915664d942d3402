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
    let kept = Membership { account: OTHER, role: Role::Billing };
    let before = AccountProfile {
        memberships: vec![Membership { account: TEAM, role: Role::Admin }, kept],
        gateway_role: Some(Role::Owner),
        ..AccountProfile::default()
    };
    let roles = |names: &[&str]| {
        let profile = with_roles(&before, &places, &groups(names));
        let at = |account| profile.memberships.iter().find(|one| one.account == account).map(|one| one.role);
        (profile.gateway_role, at(TEAM), at(ORGANIZATION), at(OTHER))
    };
    let (viewer, billing) = (Some(Role::Viewer), Some(Role::Billing));
    assert_eq!(roles(&["staff", "admins"]), (Some(Role::Admin), Some(Role::Owner), viewer, billing));
    assert_eq!(roles(&["staff", "x"]), (None, Some(Role::Member), viewer, billing));
    assert_eq!(roles(&[]), (None, None, viewer, billing));
    let untouched = with_roles(&before, &places[1..2], &groups(&["staff"]));
    assert_eq!(untouched.gateway_role, Some(Role::Owner), "no group has a role there");
}
