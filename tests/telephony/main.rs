//! Real clients over real sockets on the loopback: first against each other, so that each is known
//! to work, then against the service.

// A test that cannot go on must stop loudly, and it waits on the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;

#[macro_use]
mod together;

mod attended;
mod calls;
mod carrier;
mod contacts;
mod disk;
mod five_legs;
mod foreign_seats;
mod handset;
mod hearing;
mod keys;
mod line;
mod listening_day;
mod media;
mod moves;
mod notices;
mod numbers;
mod offers;
mod peers;
mod phones;
mod proxy;
mod recovery;
mod reports;
mod rtp_bleed;
mod scanners;
mod seats;
mod sign_in;
mod soak;
mod spoken;
mod three_way;
mod toll_fraud;
mod trunk_health;
mod verbs;
mod words;
mod wrap_ups;

/// They wait most of the time: one after the other they would take a quarter of an hour.
#[test]
fn citizens_are_served_as_the_script_says() {
    together!(CITIZENS:
        calls::three_wrong_tries_end_the_look_up_and_an_unknown_number_sounds_like_a_wrong_code,
        calls::a_spoken_message_becomes_a_case_that_its_number_and_code_open,
        keys::zero_seven_eight_and_nine_mean_the_same_everywhere,
        calls::who_hangs_up_leaves_a_draft_and_who_says_nothing_is_led_to_the_message,
        disk::on_a_full_disk_calls_are_answered_and_the_line_recovers_by_itself,
        disk::without_a_usable_folder_calls_are_answered_until_there_is_one,
        calls::who_asks_to_be_called_back_gets_a_case_with_a_callback_task,
        numbers::past_the_last_number_callers_are_told_none_and_nothing_of_theirs_is_lost,
        calls::the_opening_arrives_bit_for_bit_with_no_gap,
        calls::sigterm_lets_the_live_call_finish_and_refuses_new_ones,
        keys::keys_by_events_by_info_by_tones_and_over_a_bad_line_are_each_counted_once,
        media::every_packet_length_codec_and_transport_carries_the_very_audio_both_ways,
        media::a_stranger_is_not_heard_gets_no_packet_and_presses_no_key,
        reports::reports_tell_what_was_sent_and_heard_and_a_goodbye_by_report_ends_no_call,
        calls::a_citizen_who_vanishes_does_not_hold_up_the_drain,
        media::on_hold_nothing_is_sent_and_afterwards_the_call_goes_on,
        calls::fifty_citizens_at_once_are_answered_within_a_second_and_each_hears_the_opening,
        calls::a_text_by_sip_becomes_a_case_once,
    );
}

#[test]
fn replies_are_heard_as_an_engine_said_them() {
    together!(CITIZENS:
        spoken::espeak_says_the_reply_and_the_citizen_hears_it_again_and_slowly,
        spoken::a_hanging_engine_holds_up_no_call_and_after_a_kill_only_the_rest_is_said,
    );
}

#[test]
fn phones_of_others_are_served_as_well() {
    together!(TELEPHONES:
        phones::sixty_calls_of_the_stock_sipp_caller_all_succeed,
        phones::a_sipp_scenario_with_options_inside_the_call_succeeds,
        phones::baresip_leaves_a_message_and_hears_how_it_stands,
        phones::linphone_leaves_a_message_and_hears_how_it_stands,
    );
}

#[test]
fn citizens_talk_to_people_at_seats() {
    together!(TELEPHONES:
        listening_day::the_leader_is_briefed_takes_the_citizen_and_is_left_alone_after_his_window,
        seats::who_presses_nothing_talks_to_the_seat_and_rates_the_talk,
        seats::an_answer_is_heard_at_once_in_both_directions,
        seats::an_unanswered_seat_is_passed_over_and_the_next_one_rings,
        seats::who_gives_up_waiting_becomes_a_callback_task,
        three_way::in_a_three_way_call_each_hears_the_others_and_never_itself,
        three_way::while_a_seat_consults_the_citizen_hears_music_and_nobody_hears_him,
        three_way::a_unit_that_declines_falls_back_to_assignment,
    );
}

/// `make soak` has it last ten minutes beside a hundred calls.
#[test]
fn three_way_calls_have_no_gap() {
    together!(TELEPHONES:soak::no_run_is_lost_or_put_in_while_three_talk_beside_many_calls);
}

#[test]
fn every_verb_of_a_conversation_is_heard_as_it_is_meant() {
    together!(CITIZENS:
        contacts::a_machine_that_answers_for_the_unit_never_hears_the_citizen_and_is_not_heard,
        verbs::each_verb_for_a_party_is_heard_and_a_secret_is_not_recorded,
        moves::who_leaves_returns_hands_over_and_transfers_is_heard_as_far_as_he_is_there,
        words::who_waits_is_told_so_before_the_music_and_who_stays_that_the_seat_has_left,
        five_legs::five_hear_each_other_and_each_leg_is_dropped_in_turn,
        contacts::the_second_contact_rings_when_the_first_does_not_lift_and_talks,
        offers::a_caller_is_offered_with_his_open_cases_and_a_stranger_with_none,
    );
}

#[test]
fn units_are_told_by_telephone() {
    together!(TELEPHONES:
        notices::a_unit_hears_what_is_overdue_on_its_duty_telephone_and_confirms_by_key_one,
        notices::baresip_is_the_duty_telephone_of_a_unit_that_is_told,
    );
}

#[test]
fn a_seat_hands_over_by_its_telephone_and_what_it_has_written_is_kept() {
    together!(TELEPHONES:
        attended::a_telephone_consults_a_second_seat_and_hands_the_citizen_over,
        wrap_ups::a_wrap_up_that_was_done_is_there_after_a_power_cut,
        wrap_ups::on_a_full_disk_a_wrap_up_is_not_done_the_seat_goes_on_and_sends_it_again,
    );
}

/// SIPp is the carrier.
#[test]
fn calls_leave_through_a_carrier() {
    together!(TELEPHONES:
        carrier::a_carrier_that_wants_proofs_is_registered_with_announces_and_is_joined,
        carrier::a_refused_registration_is_an_alarm_and_a_consultation_says_that_nobody_is_reached,
        carrier::a_carrier_without_a_free_line_is_passed_over_before_it_rings,
        carrier::a_carrier_that_answers_nothing_is_passed_over_after_four_seconds,
        carrier::a_carrier_that_loses_messages_gets_its_call,
        trunk_health::a_trunk_that_is_silent_to_options_is_passed_over_and_comes_back,
        carrier::a_stranger_who_asks_for_a_proof_gets_none,
        toll_fraud::a_seat_dials_only_what_and_as_often_as_it_may,
        toll_fraud::a_callback_goes_to_numbers_that_are_dialled_and_to_no_other,
    );
}

#[test]
fn telephones_of_others_are_seats_as_well() {
    together!(TELEPHONES:
        foreign_seats::baresip_at_a_seat_over_udp,
        foreign_seats::baresip_at_a_seat_over_tcp,
        foreign_seats::baresip_at_a_seat_over_tls_by_srtp,
        foreign_seats::baresip_at_a_seat_over_tls_without_srtp,
        sign_in::a_telephone_takes_calls_once_its_person_has_dialled_the_code,
        foreign_seats::linphone_at_a_seat_over_udp,
        foreign_seats::linphone_at_a_seat_over_tcp,
        foreign_seats::linphone_at_a_seat_over_tls_by_srtp,
        proxy::baresip_registers_holds_and_talks_through_kamailio,
        proxy::a_citizen_behind_kamailio_talks_holds_and_is_hung_up,
        proxy::a_department_is_called_out_through_kamailio,
    );
}

#[test]
fn scanners_learn_nothing() {
    together!(TELEPHONES:scanners::sipvicious_learns_and_guesses_nothing_while_people_talk);
}

#[test]
fn a_stranger_who_sprays_the_ports_learns_nothing() {
    together!(TELEPHONES:
        rtp_bleed::a_stranger_who_sprays_every_port_gets_nothing_and_nobody_hears_him,
    );
}
