//! Texts that come over the line: into the journal, and at once to where they belong.

use super::{Line, News};
use crate::domain::message::{FORM_SIP, Medium, SIP_ACCOUNT, SIP_UNVOUCHED_ACCOUNT};
use crate::gateway::switch::TextOrder;
use crate::store::{
    InboundText, Journalled, Parsed, RawInbound, SettledInbound, StoreError, Words,
};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

impl Line {
    /// Journals a text; its sender is answered when it is also settled, or when nothing but the journal takes
    /// it now: whoever takes messages out of it does the rest then.
    pub(super) fn keep_text(&self, order: TextOrder) {
        let TextOrder { text, key, said, is_vouched, at } = order;
        let account = if is_vouched { SIP_ACCOUNT } else { SIP_UNVOUCHED_ACCOUNT };
        let raw = RawInbound {
            medium: Medium::Sms,
            account: account.to_owned(),
            dedup_key: dedup_key(&said.from, &key),
            form: FORM_SIP,
            received_at: at,
            raw: said.write(),
        };
        let words = Words::Whole { text: said.words, suspect: false };
        let parsed = InboundText { from: said.from, to: None, sent_at: None, words };
        let (store, tell) = (self.store.clone(), self.tell.clone());
        let answer = move |token: Option<Arc<Journalled>>| {
            if tell.try_send(News::Text(text, token.is_some())).is_err() {
                tracing::error!("the line is behind: an answer of the store is lost");
            }
        };
        let refused = answer.clone();
        let kept = Box::new(move |kept: Result<Vec<Journalled>, StoreError>| {
            let Some(token) = kept.ok().and_then(|kept| kept.into_iter().next()).map(Arc::new)
            else {
                return answer(None);
            };
            let (known, later) = (Arc::clone(&token), answer.clone());
            let settled = Box::new(move |settled: Result<SettledInbound, StoreError>| {
                if let Err(error) = settled {
                    tracing::warn!(%error, "a text is kept and not settled yet");
                }
                later(Some(known));
            });
            let parsed = Parsed::Text(Box::new(parsed));
            if !store.inbound_settle(at, token.id(), parsed, settled) {
                answer(Some(token));
            }
        });
        if !self.store.inbound_put(vec![raw], kept) {
            refused(None);
        }
    }
}

/// A text is named by its sender, Call-ID and `CSeq` (RFC 3428, 4).
fn dedup_key(from: &str, key: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update("sip");
    for part in [from, key] {
        hash.update(b"|");
        hash.update(part);
    }
    hash.finalize().into()
}
