//! Groups of directories: what comes out, and what is refused with which words.

use super::{faults, ok};
use gw_model::Role;

#[test]
fn groups_have_roles_at_the_organization_or_a_team() {
    let compiled = ok("providers: { openai: { api_key: k } }
scim:
  default_role: viewer
  groups:
    - { group: Admins, role: admin }
    - { group: Lab, organization: acme, team: Research }
");
    let scim = &compiled.scim;
    assert_eq!(
        (scim.default_role, scim.groups[0].role, scim.groups[1].role),
        (Role::Viewer, Role::Admin, Role::Viewer)
    );
    assert_eq!((&scim.groups[0].team, scim.groups[1].team.as_deref()), (&None, Some("Research")));
    assert_eq!(ok("providers: { openai: { api_key: k } }\n").scim.default_role, Role::Member);
}

#[test]
fn each_fault_has_its_place() {
    let of = |block: &str| faults(&format!("providers: {{ openai: {{ api_key: k }} }}\nscim:\n{block}"));
    let found = of("  default_role: boss\n  groups:\n    - { role: admin }\n");
    for line in ["f.yaml:3:17: ", "f.yaml:5:7: "] {
        assert!(found.contains(line), "{line}: {found}");
    }
    let found = of(
        "  groups:\n    - { group: Lab, team: a }\n    - { group: lab, team: a, role: owner }\n    - { group: Lab }\n",
    );
    assert!(found.contains("f.yaml:5:7: the group 'lab' has a role there already"), "{found}");
}
