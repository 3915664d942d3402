//! Who may do what, without a gateway around it.
use super::caller::Grant;
use super::*;
use gw_model::{AccountId, Level, Role};

const ORGANIZATION: AccountId = AccountId { level: Level::Organization, number: 1 };
const TEAM: AccountId = AccountId { level: Level::Team, number: 2 };
const OTHER: AccountId = AccountId { level: Level::Team, number: 3 };
const USER: AccountId = AccountId { level: Level::User, number: 4 };

fn at(under: &[AccountId], of: Option<AccountId>) -> Standing {
    Standing { under: under.to_vec(), of, ..Standing::default() }
}

fn who(role: Role, at: Option<AccountId>, scopes: &[&str]) -> Authority {
    let scopes = Scopes::parse(scopes.iter().map(ToString::to_string).collect()).unwrap();
    Authority::of(vec![Grant { role, at }], Some(USER), scopes)
}

#[test]
fn a_role_holds_where_it_was_given_and_below() {
    let (below, beside) = (at(&[TEAM, ORGANIZATION], None), at(&[OTHER], None));
    let write = Resource::Keys.write();
    for place in [TEAM, ORGANIZATION] {
        let admin = who(Role::Admin, Some(place), &["*"]);
        assert_eq!(admin.may(write, &below), Ok(Reach::All));
        assert_eq!(admin.may(write, &beside), Err(Denied::Hidden));
        assert_eq!(admin.may(write, &Standing::of_gateway()), Err(Denied::Missing(write)));
        assert_eq!(admin.may(Resource::Plans.read(), &Standing::common()), Ok(Reach::All));
    }
    let team = who(Role::Admin, Some(TEAM), &["*"]);
    assert_eq!(team.may(Resource::Teams.write(), &at(&[ORGANIZATION], None)), Err(Denied::Hidden));
    assert_eq!(who(Role::Admin, None, &["*"]).may(write, &beside), Ok(Reach::All));
}

#[test]
fn members_have_what_is_theirs() {
    let member = who(Role::Member, Some(TEAM), &["*"]);
    let write = Resource::Keys.write();
    assert_eq!(member.may(write, &at(&[TEAM], Some(USER))), Ok(Reach::Own));
    assert_eq!(
        member.may(write, &at(&[TEAM], None)),
        Err(Denied::Hidden),
        "what he does not see he does not learn of"
    );
    assert_eq!(member.may(write, &at(&[OTHER], Some(USER))), Err(Denied::Hidden));
    assert_eq!(
        member.may(Resource::Budgets.write(), &at(&[TEAM], Some(USER))).unwrap_err(),
        Denied::Missing(Resource::Budgets.write())
    );
    assert_eq!(member.seen_from(Resource::Logs.read()), Ok(Some(vec![USER])));
    assert_eq!(who(Role::Auditor, Some(TEAM), &["*"]).seen_from(Resource::Logs.read()), Ok(Some(vec![TEAM])));
    assert_eq!(who(Role::Auditor, None, &["*"]).seen_from(Resource::Logs.read()), Ok(None));
    let viewer = who(Role::Viewer, Some(TEAM), &["*"]);
    assert_eq!(viewer.seen_from(Resource::Logs.read()), Err(Denied::Missing(Resource::Logs.read())));
}

#[test]
fn scopes_narrow_what_a_role_may() {
    let here = at(&[TEAM], None);
    let reader = who(Role::Owner, Some(TEAM), &["*:read", "budgets:*"]);
    assert_eq!(reader.may(Resource::Keys.read(), &here), Ok(Reach::All));
    assert_eq!(reader.may(Resource::Budgets.write(), &here), Ok(Reach::All));
    assert_eq!(reader.may(Resource::Keys.write(), &here), Err(Denied::Missing(Resource::Keys.write())));
    for wrong in ["", "keys", "keys:", "key:read", "keys:delete", ":", "*:"] {
        assert!(Scopes::parse(vec![wrong.to_owned()]).is_err(), "{wrong}");
    }
    assert!(Scopes::parse(Vec::new()).is_err());
    let parse = |scopes: &[&str]| Scopes::parse(scopes.iter().map(ToString::to_string).collect()).unwrap();
    assert!(parse(&["keys:read"]).are_within(&parse(&["keys:*"])));
    assert!(!parse(&["keys:*"]).are_within(&parse(&["keys:read", "*:read"])));
    assert!(parse(&["*:read", "*:write"]).are_everything());
}

#[test]
fn nobody_gives_more_than_he_has() {
    let here = at(&[TEAM], None);
    for given in Role::ALL {
        for own in Role::ALL {
            let may = who(*own, Some(TEAM), &["*"]).may_give(*given, &here).is_ok();
            let expected = *own == Role::Owner || *own == Role::Admin && *given != Role::Owner;
            assert_eq!(may, expected, "{own:?} gives {given:?}");
            assert!(who(*own, Some(OTHER), &["*"]).may_give(*given, &here).is_err());
        }
    }
    // A membership has no scopes: whoever has some only cannot give one.
    assert!(who(Role::Owner, Some(TEAM), &["users:*"]).may_give(Role::Viewer, &here).is_err());
    let narrow = who(Role::Owner, Some(TEAM), &["admin_tokens:*", "keys:read"]).until(Some(50));
    assert!(narrow.may_lend(&[(Role::Owner, here.clone())]).is_ok());
    assert!(narrow.may_lend(&[(Role::Owner, here), (Role::Viewer, at(&[OTHER], None))]).is_err());
    assert_eq!(narrow.is_exceeded_by(&Scopes::everything(), Some(50)), Some("scopes"));
    let less = Scopes::parse(vec!["keys:read".to_owned()]).unwrap();
    assert_eq!(narrow.is_exceeded_by(&less, None), Some("expires_at"));
    assert_eq!(narrow.is_exceeded_by(&less, Some(51)), Some("expires_at"));
    assert_eq!(narrow.is_exceeded_by(&less, Some(50)), None);
}
