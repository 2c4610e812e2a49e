//! A day that has no case number more (domain.md 6.3): callers are told none, and nothing of theirs is lost.

use crate::line::{House, PROMPTS, SENTENCE_LIMIT, case_row, short_speech, wait_tone};
use crate::support::citizen::Call;
use crate::support::numbers::spend_today;
use serde_json::Value;

fn tells_no_number(call: &Call) {
    assert!(call.wait_ended(SENTENCE_LIMIT), "the call is not ended after the goodbye");
    let ids = PROMPTS.ids(call);
    assert!(!ids.iter().any(|id| id.starts_with("M05.") || id.starts_with("M05C")), "{ids:?}");
}

pub(crate) fn past_the_last_number_callers_are_told_none_and_nothing_of_theirs_is_lost() {
    let house = House::open();
    spend_today(house.service.data());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let call = house.dial("19900000091");
            call.press("3");
            PROMPTS.wait(&call, "Q05.2", SENTENCE_LIMIT);
            call.press("1");
            PROMPTS.wait(&call, "Q08N", SENTENCE_LIMIT);
            tells_no_number(&call);
        });
        scope.spawn(|| {
            let call = house.dial("19900000092");
            call.press("2");
            let told = PROMPTS.wait(&call, "M01", SENTENCE_LIMIT);
            wait_tone(&call, told.end);
            call.speak(&short_speech());
            call.press("#");
            PROMPTS.wait(&call, "M04", SENTENCE_LIMIT);
            call.press("1");
            PROMPTS.wait(&call, "M05N", SENTENCE_LIMIT);
            tells_no_number(&call);
        });
    });
    for (channel, reason) in [("callback_request", "asked"), ("voicemail", "number_untold")] {
        let kept = case_row(&house.service, |row| row["channel"] == channel);
        assert_eq!((&kept["number"], &kept["state"]), (&Value::Null, &"draft".into()), "{kept}");
        assert_eq!(kept["callback_reason"], reason, "{kept}");
        assert_eq!(kept["recording"].is_string(), channel == "voicemail", "{kept}");
    }
    let cases = house.service.json(&["case", "list"]);
    assert_eq!(cases.as_array().unwrap().len(), 2, "one of each: {cases}");
    let log = house.service.stderr();
    assert_eq!(log.matches("ALARM no case number is left").count(), 1, "{log}");
    assert!(house.service.stop().success());
}
