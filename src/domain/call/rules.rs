//! Every limit of a call by telephone, by name.

use std::time::Duration;

/// The limits that one call is held to. The defaults are those of the prompt script
/// (`docs/limits.md` lists them).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRules {
    /// How long the answer may stay unconfirmed: 64 * T1 of RFC 3261 and a margin.
    pub confirm_wait: Duration,
    /// Silence after a question that counts as no answer (X02).
    pub menu_silence: Duration,
    /// The same in slow speech.
    pub menu_silence_slow: Duration,
    /// Invalid keys and silences in one menu until it is given up.
    pub failures_max: u8,
    /// Keys kept while nobody listens; more are dropped and counted.
    pub type_ahead_max: usize,
    /// A `#` this soon after a complete entry still belongs to it.
    pub entry_tail: Duration,
    /// Entries of the ledger; more are dropped and counted.
    pub entries_max: usize,
    /// Plays in one call; past it the call is ended politely.
    pub plays_max: u32,
    /// A play whose end was not reported is taken as ended after this.
    pub play_max: Duration,
    /// Longest message.
    pub message_limit: Duration,
    /// "您还有十秒" is said this long before the end of a message.
    pub message_warning: Duration,
    /// Less speech than this is no message.
    pub message_speech_min: Duration,
    /// How long a recording may take to close.
    pub record_wait: Duration,
    /// How long the store may take; longer is spoken of as unavailable.
    pub store_wait: Duration,
    /// L03 or M12 is said when the store takes longer.
    pub wait_notice: Duration,
    /// A refused look-up is never answered sooner, so its time tells nothing.
    pub lookup_refusal_delay: Duration,
    /// Wrong look-ups in one call (L05, L06).
    pub lookup_tries_max: u8,
    /// Entries in a row that cannot be read (L04).
    pub entry_failures_max: u8,
    /// Cases that one call may open.
    pub intakes_max: u8,
    /// A caller who stayed at least this long wanted something: he is called back.
    pub stay_min: Duration,
    /// Q01 is said when a citizen has waited this long for a person.
    pub busy_after: Duration,
    /// The place in the queue is told at most this often, and only when it has improved.
    pub place_every: Duration,
    /// Q04 (callback or message instead) is said when a citizen has waited this long,
    pub offer_after: Duration,
    /// and from then on this often.
    pub offer_every: Duration,
    /// Longest wait for a person; then a callback or a message is left.
    pub wait_max: Duration,
    /// Longest talk with people, counted from the last one who was connected. A whole call lasts at
    /// most `call_max + talk_max`.
    pub talk_max: Duration,
    /// Longest call with nobody but us.
    pub call_max: Duration,
    /// X05 is said this long before.
    pub call_warning: Duration,
    /// How long the network may take to confirm our hang-up.
    pub hang_up_wait: Duration,
    /// How long recordings and then the store may take after the end, each.
    pub closing_wait: Duration,
    /// Whether the citizen is asked for a rating after a talk (V01, 满意度评价).
    pub survey: bool,
    /// How often silence is answered by the question once more (V03).
    pub survey_repeats: u8,
    /// The whole call is recorded from the end of G02 on. Without it G02 is not said, because it
    /// would be untrue; messages are recorded all the same.
    pub record_calls: bool,
    /// For how many days recordings are kept (G08).
    pub retention_days: u32,
}

impl CallRules {
    /// After this much longer than its longest (`call_max`, with people [`CallRules::longest`]) every
    /// call has finished: goodbye, hang-up, closing.
    #[must_use]
    pub fn ending_max(&self) -> Duration {
        self.play_max + self.hang_up_wait + self.closing_wait * 2
    }

    /// Longest call with people.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.call_max + self.talk_max
    }

    /// How long to wait for a key.
    pub(super) fn silence(&self, slow: bool) -> Duration {
        if slow { self.menu_silence_slow } else { self.menu_silence }
    }
}

impl Default for CallRules {
    fn default() -> Self {
        Self {
            confirm_wait: Duration::from_secs(40),
            menu_silence: Duration::from_secs(8), // X02: 8 s
            menu_silence_slow: Duration::from_secs(12), // X02: 12 s in slow speech
            failures_max: 2,
            type_ahead_max: 32, // a look-up typed blind is 1 + 11 + # + 4 + # = 18
            entry_tail: Duration::from_secs(5),
            entries_max: 512,
            plays_max: 200,
            play_max: Duration::from_secs(120), // the longest sentence group lasts about 60 s
            message_limit: Duration::from_secs(180),
            message_warning: Duration::from_secs(10), // M03
            message_speech_min: Duration::from_secs(2), // M08
            record_wait: Duration::from_secs(5),
            store_wait: Duration::from_secs(8),
            wait_notice: Duration::from_secs(1), // L03
            lookup_refusal_delay: Duration::from_millis(800),
            lookup_tries_max: 3, // L06
            entry_failures_max: 3,
            intakes_max: 5,
            stay_min: Duration::from_secs(5),
            busy_after: Duration::from_secs(12),  // Q01
            place_every: Duration::from_secs(30), // Q02
            offer_after: Duration::from_secs(30), // Q04
            offer_every: Duration::from_secs(120),
            wait_max: Duration::from_secs(15 * 60),
            talk_max: Duration::from_secs(60 * 60),
            call_max: Duration::from_secs(20 * 60),
            call_warning: Duration::from_secs(60), // X05
            hang_up_wait: Duration::from_secs(40), // 64 * T1 of RFC 3261 and a margin
            closing_wait: Duration::from_secs(10),
            survey: true,
            survey_repeats: 1,
            record_calls: true,
            retention_days: 180,
        }
    }
}
