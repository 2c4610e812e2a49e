//! Wrap-ups that the store cannot take now: what an operator has written is tried again until it is
//! stored.

use super::{Line, News};
use crate::store::{StoreError, WrapUpDone, WrapUpOrder};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Wrap-ups that wait for the store; one more is logged and lost.
pub const WRAP_UPS_WAITING_MAX: usize = 1_000;
/// Between two tries.
const AGAIN: Duration = Duration::from_secs(1);
/// Tries to find the case of the call, which may be stored late: ten minutes.
const TRIES_MAX: u32 = 600;

/// A wrap-up and when it was given.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    at: Timestamp,
    order: WrapUpOrder,
    tries: u32,
}

impl Waiting {
    pub(super) fn new(at: Timestamp, order: WrapUpOrder) -> Self {
        Self { at, order, tries: 0 }
    }

    /// Whether another try can succeed after this error.
    fn may_succeed(&self, error: &StoreError) -> bool {
        match error {
            StoreError::NotFound => self.tries < TRIES_MAX,
            StoreError::Refused(_) | StoreError::Malformed(_) | StoreError::Damaged(_) => false,
            _ => true,
        }
    }
}

/// Those that wait.
#[derive(Debug, Default)]
pub(super) struct WrapUps {
    waiting: VecDeque<Waiting>,
    again: Option<Instant>,
}

impl WrapUps {
    pub(super) fn put_off(&mut self, now: Instant, waiting: Waiting) {
        if self.waiting.len() == WRAP_UPS_WAITING_MAX {
            return tracing::error!("ALARM a wrap-up is lost: too many wait for the store");
        }
        self.waiting.push_back(waiting);
        self.again.get_or_insert(now + AGAIN);
    }

    pub(super) fn poll_timeout(&self) -> Option<tokio::time::Instant> {
        self.again.map(tokio::time::Instant::from_std)
    }

    fn due(&mut self, now: Instant) -> VecDeque<Waiting> {
        if self.again.is_none_or(|again| again > now) {
            return VecDeque::new();
        }
        self.again = None;
        std::mem::take(&mut self.waiting)
    }
}

impl Line {
    pub(super) fn wrap_up(&mut self, waiting: Waiting) {
        let again = Waiting { tries: waiting.tries + 1, ..waiting.clone() };
        let tell = self.tell.clone();
        let stored = Box::new(move |stored: Result<WrapUpDone, StoreError>| match stored {
            Ok(_) => {}
            Err(error) if !again.may_succeed(&error) => {
                tracing::error!(%error, "ALARM a wrap-up does not fit its case and is not stored");
            }
            Err(_) => {
                if tell.try_send(News::WrapUpRefused(Box::new(again))).is_err() {
                    tracing::error!("ALARM a wrap-up is lost: the line is behind");
                }
            }
        });
        if !self.store.wrap_up(waiting.at, waiting.order.clone(), stored) {
            let now = (self.clock.monotonic)();
            self.wrap_ups.put_off(now, waiting);
        }
    }

    pub(super) fn store_wrap_ups(&mut self) {
        for waiting in self.wrap_ups.due((self.clock.monotonic)()) {
            self.wrap_up(waiting);
        }
    }
}
