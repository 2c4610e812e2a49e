//! The places of a card, and what the network keeps while none is free.

use std::collections::{BTreeMap, VecDeque};

/// A PDU in its place.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// With its service centre.
    pub(super) pdu: Vec<u8>,
    /// Whether a program has read it.
    pub(super) is_read: bool,
}

/// Places from 1 on.
#[derive(Debug, Default)]
pub(super) struct Memory {
    places: usize,
    stored: BTreeMap<usize, Stored>,
    /// At the network, in the order in which it came.
    waiting: VecDeque<Vec<u8>>,
}

impl Memory {
    pub(super) fn with_places(places: usize) -> Self {
        Self { places, ..Self::default() }
    }

    pub(super) fn places(&self) -> usize {
        self.places
    }

    pub(super) fn used(&self) -> usize {
        self.stored.len()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The place that it got, or none: then it waits.
    pub(super) fn receive(&mut self, pdu: Vec<u8>) -> Option<usize> {
        self.waiting.push_back(pdu);
        self.settle()
    }

    /// Takes the next one that waits into a free place.
    pub(super) fn settle(&mut self) -> Option<usize> {
        let place = (1..=self.places).find(|place| !self.stored.contains_key(place))?;
        let pdu = self.waiting.pop_front()?;
        self.stored.insert(place, Stored { pdu, is_read: false });
        Some(place)
    }

    /// As it was before; it counts as read afterwards.
    pub(super) fn read(&mut self, place: usize) -> Option<Stored> {
        let stored = self.stored.get_mut(&place)?;
        let before = stored.clone();
        stored.is_read = true;
        Some(before)
    }

    pub(super) fn remove(&mut self, place: usize) -> bool {
        self.stored.remove(&place).is_some()
    }

    /// Whether it is in a place or waits for one.
    pub(super) fn holds(&self, pdu: &[u8]) -> bool {
        let in_place = self.stored.values().any(|stored| stored.pdu == pdu);
        in_place || self.waiting.iter().any(|waiting| waiting == pdu)
    }

    pub(super) fn taken(&self) -> Vec<usize> {
        self.stored.keys().copied().collect()
    }
}
