//! A store in memory that can be told to fail at any step: what the real one promises, step by step.

use jiff::Timestamp;
use mayorline::channels::sms::{Form, Part, PartId, Ports, RawInbound, Settled, Unavailable};
use mayorline::wire::sms::{Destination, Submit, Validity, split};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// What was kept, by its key.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) form: Form,
    pub(super) raw: Vec<u8>,
    /// How often it came.
    pub(super) times: usize,
}

#[derive(Debug, Default)]
pub(super) struct Content {
    /// In the order in which they came.
    pub(super) kept: Vec<([u8; 32], Kept)>,
    pub(super) queue: VecDeque<Part>,
    pub(super) submitting: Vec<PartId>,
    pub(super) settled: BTreeMap<PartId, Vec<Settled>>,
    /// Calls left before it is unavailable.
    pub(super) calls_left: Option<usize>,
}

/// Shared by a channel and its test.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Content>>);

/// Only a commit makes one.
pub(super) struct Committed(());

impl Memory {
    pub(super) fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    /// A text waits to be sent; the ids of its parts.
    pub(super) fn send(&self, first: u64, to: &str, text: &str) -> Vec<PartId> {
        let mut content = self.content();
        let destination = Destination::number(to).unwrap();
        let parts = split(text, u16::try_from(first % 256).unwrap(), false).unwrap();
        let ids = (first..).map(|part| PartId { part, attempt: 1 });
        let parts = ids.zip(parts).map(|(id, data)| {
            let (destination, validity) = (destination.clone(), Validity::of_minutes(720));
            let submit = Submit { destination, wants_report: true, validity, data };
            Part { id, submit, is_urgent: false }
        });
        let parts: Vec<Part> = parts.collect();
        let ids = parts.iter().map(|part| part.id).collect();
        content.queue.extend(parts);
        ids
    }

    /// What became of an attempt, as it was told.
    pub(super) fn settled(&self, id: PartId) -> Vec<Settled> {
        self.content().settled.get(&id).cloned().unwrap_or_default()
    }

    /// What was kept of this form.
    pub(super) fn kept(&self, form: Form) -> Vec<Kept> {
        let content = self.content();
        content.kept.iter().map(|(_, kept)| kept.clone()).filter(|kept| kept.form == form).collect()
    }

    fn call(&self) -> Result<MutexGuard<'_, Content>, Unavailable> {
        let mut content = self.content();
        match &mut content.calls_left {
            Some(0) => return Err(Unavailable),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(content)
    }
}

impl Ports for Memory {
    type Journalled = Committed;

    fn put(&mut self, inbound: RawInbound<'_>) -> Result<Committed, Unavailable> {
        let mut content = self.call()?;
        let known = content.kept.iter_mut().find(|(key, _)| *key == inbound.dedup_key);
        match known {
            Some((_, kept)) => kept.times += 1,
            None => {
                let kept = Kept { form: inbound.form, raw: inbound.raw.to_vec(), times: 1 };
                content.kept.push((inbound.dedup_key, kept));
            }
        }
        Ok(Committed(()))
    }

    fn lease(&mut self, _at: Timestamp, most: usize) -> Result<Vec<Part>, Unavailable> {
        let mut content = self.call()?;
        let most = most.min(content.queue.len());
        Ok(content.queue.drain(..most).collect())
    }

    fn submitting(&mut self, _at: Timestamp, id: PartId) -> Result<(), Unavailable> {
        self.call()?.submitting.push(id);
        Ok(())
    }

    fn settle(&mut self, _at: Timestamp, id: PartId, settled: Settled) -> Result<(), Unavailable> {
        self.call()?.settled.entry(id).or_default().push(settled);
        Ok(())
    }
}
