//! The table, and the guide that shows it.
use super::*;

const GUIDE: &str = include_str!("../../../../../../docs/guides/roles.md");

fn word(permission: Permission, role: Role) -> &'static str {
    match permission.of_role(role) {
        Reach::All => "all",
        Reach::Own => "own",
        Reach::Nothing => "",
    }
}

/// The lines of the guide's table.
fn lines() -> String {
    let mut out = String::new();
    for (resource, ..) in TABLE {
        for permission in [resource.read(), resource.write()] {
            if Role::ALL.iter().all(|role| permission.of_role(*role) == Reach::Nothing) {
                continue;
            }
            let cells: Vec<&str> = Role::ALL.iter().map(|role| word(permission, *role)).collect();
            out.push_str(&format!("| `{permission}` | {} |\n", cells.join(" | ")));
        }
    }
    out
}

#[test]
fn the_guide_shows_the_table() {
    assert!(GUIDE.contains(&lines()), "docs/guides/roles.md must have these lines:\n{}", lines());
}

#[test]
fn whoever_changes_something_sees_it_and_owners_may_do_what_any_may() {
    for permission in Permission::all() {
        for role in Role::ALL {
            let read = permission.resource.read();
            assert!(permission.of_role(*role) <= read.of_role(*role), "{permission} {role:?}");
            assert!(permission.of_role(*role) <= permission.of_role(Role::Owner), "{permission} {role:?}");
        }
    }
    for (_, name, read, write) in TABLE {
        assert_eq!((read.len(), write.len()), (Role::ALL.len(), Role::ALL.len()), "{name}");
        assert_eq!(TABLE.iter().filter(|(_, other, ..)| other == name).count(), 1, "{name}");
    }
}
