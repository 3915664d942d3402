//! Tests of [`super`].
use super::*;
use gw_model::Endpoint;

fn read_as(level: Level, body: &str) -> Result<AccountProfile, ApiError> {
    let given = read(level, body.as_bytes())?;
    let mut profile = AccountProfile::default();
    apply(level, UserKind::Person, &given, &mut profile, |_| false).map(|()| profile)
}

#[test]
fn a_whole_account_is_read_exactly() {
    let profile = read_as(
        Level::Team,
        r#"{"name":"core","models":["a/*"],"endpoints":["chat"],"max_output_tokens":500,"limits":{"rpm":5},
            "budget":{"limit_usd":"3","period":"month"},"metadata":{"a":"b"},"disabled":true,
            "plan_id":"plan_0000000000000000000000000000000A"}"#,
    )
    .unwrap();
    let policy = &profile.policy;
    assert_eq!((policy.max_output_tokens, policy.limits.rpm, policy.budgets.len()), (Some(500), Some(5), 1));
    assert_eq!(policy.endpoints, Some(vec![Endpoint::Chat]));
    assert_eq!(profile.plan, Some(AccountId { level: Level::Plan, number: 10 }));
    assert!(profile.disabled);
}

#[test]
fn people_have_an_address_and_each_membership_once() {
    let team = "team_00000000000000000000000000000001";
    let one = format!(r#"{{"account_id":"{team}","role":"admin"}}"#);
    let body = format!(r#"{{"email":" Ada@Example.com","memberships":[{one}]}}"#);
    let profile = read_as(Level::User, &body).unwrap();
    assert_eq!((profile.name.as_str(), profile.memberships[0].role), ("ada@example.com", Role::Admin));
    let twice = format!(r#"{{"email":"a@b","memberships":[{one},{one}]}}"#);
    assert!(format!("{:?}", read_as(Level::User, &twice).unwrap_err()).contains("memberships[1].account_id"));
}

#[test]
fn faults_name_their_field() {
    let one = r#"{"unit":"requests","limit":1}"#;
    let many = format!(r#"{{"name":"p","limits":{{"more":[{}]}}}}"#, vec![one; 17].join(","));
    let cases = [
        (Level::Team, r#"{}"#, "name"),
        (Level::Team, r#"{"name":"a","team_id":"x"}"#, "team_id"),
        (Level::Tag, r#"{"name":"a","organization_id":"x"}"#, "organization_id"),
        (Level::Team, r#"{"name":"a","max_output_tokens":0}"#, "max_output_tokens"),
        (Level::Team, r#"{"name":"a","max_output_tokens":-1}"#, "max_output_tokens"),
        (Level::Team, r#"{"name":"a","limits":{"rpm":9999999999999999}}"#, "limits.rpm"),
        (Level::Team, r#"{"name":"a","providers":["nobody"]}"#, "providers"),
        (Level::Team, r#"{"name":"a","plan_id":"team_00000000000000000000000000000001"}"#, "plan_id"),
        (Level::Plan, r#"{"name":"a","disabled":true}"#, "disabled"),
        (Level::Plan, many.as_str(), "limits"),
        (Level::User, r#"{"email":"nobody"}"#, "email"),
        (Level::User, r#"{"email":"a@b@c"}"#, "email"),
        (
            Level::User,
            r#"{"email":"a@b","memberships":[{"account_id":"x","role":"admin"}]}"#,
            "memberships[0].account_id",
        ),
    ];
    for (level, body, field) in cases {
        let error = format!("{:?}", read_as(level, body).unwrap_err());
        assert!(error.contains(&format!("Some(\"{field}\")")), "{body}: {error}");
    }
}

#[test]
fn a_parent_is_an_id_of_its_level() {
    let read = |level, body: &str| parent(level, &read(level, body.as_bytes()).unwrap());
    let (team, organization) =
        ("team_00000000000000000000000000000001", "org_00000000000000000000000000000002");
    let found = read(Level::Customer, &format!(r#"{{"team_id":"{team}","organization_id":null}}"#)).unwrap();
    assert_eq!(found.flatten().map(|id| id.to_string()).as_deref(), Some(team));
    assert_eq!(read(Level::Customer, "{}").unwrap(), None);
    let both = format!(r#"{{"team_id":"{team}","organization_id":"{organization}"}}"#);
    assert!(read(Level::Customer, &both).is_err());
    assert!(read(Level::Project, &format!(r#"{{"team_id":"{organization}"}}"#)).is_err());
}
