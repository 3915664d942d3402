//! The conformance suite: what every store must do, whatever database it keeps its data in. A backend runs
//! it by `store_suite!(name, open)`, where `open` makes a fresh store in a directory.

pub(crate) mod audit;
pub(crate) mod directory;
pub(crate) mod ledger;
pub(crate) mod objects;
pub(crate) mod reports;
pub(crate) mod routes;
pub(crate) mod sample;

use gw_store::traits::{AuditLog, CredentialStore, Directory, Ledger, ObjectStore, Reports, RouteStore};

/// All that a store offers.
pub(crate) trait Store:
    AuditLog + CredentialStore + Directory + Ledger + ObjectStore + Reports + RouteStore
{
}
impl<T: AuditLog + CredentialStore + Directory + Ledger + ObjectStore + Reports + RouteStore> Store for T {}

/// Runs the suite on one backend.
#[macro_export]
macro_rules! store_suite {
    ($backend:ident, $open:expr) => {
        mod $backend {
            $crate::store_suite!(@tests $open, audit:
                a_change_and_its_entry_are_stored_together_or_not_at_all, entries_are_numbered_listed_and_verified,
                old_entries_go_and_the_rest_still_verifies, threads_write_one_chain,
                another_key_and_a_noted_hash_that_is_not_there_are_found);
            $crate::store_suite!(@tests $open, directory:
                keys_are_created_found_changed_and_revoked, names_are_unique_among_keys_in_force,
                changes_have_growing_revisions_and_failed_ones_leave_none, keys_are_listed_in_pages,
                a_change_of_an_outdated_revision_is_refused);
            $crate::store_suite!(@tests $open, ledger:
                a_record_counts_once_however_often_it_comes, a_failed_batch_leaves_nothing,
                a_lost_call_is_charged_at_its_hold, the_truth_corrects_a_lost_call,
                the_truth_with_more_attempts_corrects_too, spending_is_kept_by_calendar_window,
                open_calls_and_watermarks_are_kept, concurrent_batches_all_count);
            $crate::store_suite!(@tests $open, objects:
                an_object_comes_back_and_the_last_word_counts, objects_are_listed_in_pages_by_owner,
                expired_objects_go_with_their_contents, a_journal_says_whose_an_object_is);
            $crate::store_suite!(@tests $open, routes:
                a_route_has_a_draft_and_one_version_in_force, route_names_are_unique_and_outdated_changes_are_refused,
                versions_of_a_route_are_bounded);
            $crate::store_suite!(@tests $open, reports:
                logs_carry_every_field, logs_are_filtered_and_paged, usage_is_summed_by_every_dimension,
                retries_are_counted_where_they_happened, usage_is_cut_by_time,
                sub_calls_are_listed_when_asked_for_and_are_no_requests);
        }
    };
    (@tests $open:expr, $module:ident: $($test:ident),+) => {
        $(#[test]
        fn $test() {
            let dir = tempfile::tempdir().unwrap();
            let store = $open(dir.path());
            $crate::suite::$module::$test(&store);
        })+
    };
}
