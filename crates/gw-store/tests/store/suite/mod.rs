//! The conformance suite: what every store must do, whatever database it keeps its data in. Each case gets a fresh store.
//! [`for_each_case`] knows them all; a backend says what is done with them.

pub(crate) mod accounts;
pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod blocks;
pub(crate) mod bulk;
pub(crate) mod credentials;
pub(crate) mod datasets;
pub(crate) mod directory;
pub(crate) mod evaluations;
pub(crate) mod exports;
pub(crate) mod filters;
pub(crate) mod ledger;
pub(crate) mod objects;
pub(crate) mod recost;
pub(crate) mod reports;
pub(crate) mod rollups;
pub(crate) mod routes;
pub(crate) mod sample;
pub(crate) mod scim;
pub(crate) mod search;
pub(crate) mod sign_in;
pub(crate) mod tenancy;
pub(crate) mod tokens;
pub(crate) mod upstream;
pub(crate) mod views;

pub(crate) use gw_store::traits::Database as Store;

/// Hands every case, by module, to another macro, behind the given words.
#[macro_export]
macro_rules! for_each_case {
    ($with:ident! ($($words:tt)*)) => {
        $with! {
            ($($words)*)
            accounts:
                usage_is_summed_by_account, logs_are_filtered_by_account,
                a_lost_call_is_charged_to_its_accounts_until_the_truth_turns_up,
                windows_of_every_kind_are_restored, a_call_that_lasted_for_hours_is_not_forgotten,
                many_accounts_are_read_at_once,
                a_budget_that_is_added_knows_what_was_spent_before_folded_or_not;
            alerts:
                what_alerts_are_made_of_is_kept, whoever_moves_an_alert_first_is_the_only_one,
                an_alert_is_handed_to_one_teller_at_a_time, events_of_alerts_are_found_and_go,
                the_alerts_of_one_leave_room_for_those_of_others;
            audit:
                a_change_and_its_entry_are_stored_together_or_not_at_all, entries_are_numbered_listed_and_verified,
                old_entries_go_and_the_rest_still_verifies, threads_write_one_chain,
                another_key_and_a_noted_hash_that_is_not_there_are_found;
            blocks: blocks_of_the_configuration_are_kept_by_kind_and_name;
            bulk:
                many_changes_are_made_together, one_change_that_cannot_be_made_undoes_all,
                it_is_known_which_document_manages_what;
            credentials: credentials_are_kept_sealed_under_their_names;
            directory:
                keys_are_created_found_changed_and_revoked, names_are_unique_among_keys_in_force,
                changes_have_growing_revisions_and_failed_ones_leave_none, keys_are_listed_in_pages,
                a_change_of_an_outdated_revision_is_refused;
            exports: exports_are_changed_in_turn_and_forgotten_when_they_are_over;
            filters:
                records_are_found_by_what_else_they_say, what_only_looks_like_it_is_not_found,
                sub_calls_are_found_by_what_they_are, pages_of_what_is_packed_are_whole;
            scim:
                what_a_directory_says_of_a_person_is_kept,
                groups_of_directories_are_kept_and_go_with_their_organization;
            search:
                details_of_records_come_back, records_are_found_by_everything_they_say, records_are_found_by_their_ids_too,
                searches_miss_nothing_in_old_records, a_search_without_time_says_how_far_it_came,
                a_lost_call_has_no_details, bodies_stand_beside_their_records_for_a_time,
                pages_with_bodies_are_bounded_by_bytes,
                feedback_is_kept_up_to_a_number_and_found, old_records_go_and_sums_stay,
                what_is_old_goes_by_whose_it_is;
            tenancy:
                accounts_are_created_found_and_changed, names_of_accounts_are_unique_within_their_parent,
                accounts_are_listed_in_pages_and_by_what_they_belong_to, accounts_and_keys_go_together_or_not_at_all,
                a_key_is_rotated, answers_are_kept_for_a_time_and_up_to_a_number,
                what_is_missing_is_added_below_what_is_there, a_write_is_claimed_once, what_refers_to_what_goes_is_found;
            sign_in:
                a_login_is_changed_in_turn_and_found_by_its_link, sessions_are_listed_used_and_ended,
                what_a_user_signs_in_with_goes_with_him, issuers_call_people_by_one_name;
            tokens:
                tokens_are_found_by_what_is_shown_and_changed_in_turn, people_have_a_role_at_the_gateway,
                who_sees_a_part_is_told_of_that_part;
            upstream: what_was_used_at_a_provider_is_summed_by_day_and_model;
            datasets: datasets_are_kept_with_their_items;
            evaluations: evaluations_are_kept_with_their_results;
            views: views_are_kept_and_changed_in_turn;
            ledger:
                a_record_counts_once_however_often_it_comes, keys_of_several_hours_are_folded_at_once, sums_that_nothing_holds_stay_at_the_most,
                a_failed_batch_leaves_nothing,
                a_lost_call_is_charged_at_its_hold, the_truth_corrects_a_lost_call,
                the_truth_with_more_attempts_corrects_too, spending_is_kept_by_calendar_window,
                open_calls_and_watermarks_are_kept, intents_of_open_calls_are_kept_at_their_largest_hold,
                concurrent_batches_all_count, texts_may_hold_anything;
            objects:
                an_object_comes_back_and_the_last_word_counts, objects_are_listed_in_pages_by_owner,
                expired_objects_go_with_their_contents, a_journal_says_whose_an_object_is;
            rollups:
                calls_are_rolled_up_by_every_dimension, roll_ups_are_cut_by_time_and_removed, series_go_with_the_last_of_their_sums,
                calls_are_summed_up_by_what_series_do_not_tell, a_lost_call_gives_way_in_sums_of_parts,
                records_add_up_to_what_is_kept, records_are_summed_up_by_what_is_kept_apart,
                durations_of_many_batches_come_together, a_lost_call_gives_way_in_roll_ups,
                callers_beyond_a_bound_are_counted_by_their_place, what_is_used_first_is_told;
            routes:
                a_route_has_a_draft_and_one_version_in_force,
                route_names_are_unique_and_outdated_changes_are_refused, versions_of_a_route_are_bounded;
            recost:
                past_calls_cost_something_else_everywhere_but_in_budgets, a_recosting_that_is_late_changes_nothing,
                prices_are_kept_where_they_change;
            reports:
                logs_carry_every_field, logs_are_filtered_and_paged, usage_is_summed_by_every_dimension,
                retries_are_counted_where_they_happened, usage_is_cut_by_time,
                it_is_known_when_keys_were_last_used,
                sub_calls_are_listed_when_asked_for_and_are_no_requests;
        }
    };
}

/// A test for each case; the words are what makes a fresh store in a directory.
#[macro_export]
macro_rules! tests_of_cases {
    (($open:expr) $($module:ident: $($test:ident),+;)+) => {
        $($(#[test]
        fn $test() {
            let dir = tempfile::tempdir().unwrap();
            let store = $open(dir.path());
            $crate::suite::$module::$test(&store);
        })+)+
    };
}

/// All cases in a list, with their names; the word is the store's type.
#[macro_export]
macro_rules! list_of_cases {
    (($store:ty) $($module:ident: $($test:ident),+;)+) => {
        [$($((stringify!($test), (|store: &$store| $crate::suite::$module::$test(store)) as fn(&$store)),)+)+]
    };
}
