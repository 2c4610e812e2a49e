//! The ten 2 ms slots of a 20 ms frame: which rooms are due at which beat.

/// Slots of a frame.
pub(super) const SLOTS: usize = 10;

/// Places rooms (by their index on the thread) in slots; moving and removing is constant time.
#[derive(Debug, Default)]
pub(super) struct Wheel {
    slots: [Vec<usize>; SLOTS],
    /// For each room its slot and its position in it.
    places: Vec<Option<(usize, usize)>>,
}

impl Wheel {
    /// The emptiest of some slots, so that sends are spread over the frame.
    pub(super) fn emptiest(&self, among: impl Iterator<Item = usize>) -> usize {
        among.min_by_key(|&slot| self.slots[slot].len()).unwrap_or(0)
    }

    /// Whether it has a slot.
    pub(super) fn is_placed(&self, room: usize) -> bool {
        self.places.get(room).is_some_and(Option::is_some)
    }

    /// Puts a room into a slot, out of the one it was in.
    pub(super) fn place(&mut self, room: usize, slot: usize) {
        self.remove(room);
        if self.places.len() <= room {
            self.places.resize(room + 1, None);
        }
        self.places[room] = Some((slot, self.slots[slot].len()));
        self.slots[slot].push(room);
    }

    /// Takes a room out.
    pub(super) fn remove(&mut self, room: usize) {
        let Some(Some((slot, position))) = self.places.get_mut(room).map(Option::take) else {
            return;
        };
        self.slots[slot].swap_remove(position);
        if let Some(&moved) = self.slots[slot].get(position) {
            self.places[moved] = Some((slot, position));
        }
    }

    /// How many rooms are in a slot.
    pub(super) fn len(&self, slot: usize) -> usize {
        self.slots[slot].len()
    }

    /// The `position`-th room of a slot.
    pub(super) fn get(&self, slot: usize, position: usize) -> Option<usize> {
        self.slots[slot].get(position).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_are_spread_and_survive_the_removal_of_others() {
        let mut wheel = Wheel::default();
        for leg in 0..25 {
            let slot = wheel.emptiest(0..SLOTS);
            wheel.place(leg, slot);
        }
        assert_eq!((0..SLOTS).map(|slot| wheel.len(slot)).max(), Some(3));
        for leg in (0..25).step_by(2) {
            wheel.remove(leg);
            wheel.remove(leg);
        }
        let mut left: Vec<usize> = (0..SLOTS)
            .flat_map(|slot| (0..wheel.len(slot)).map(move |at| (slot, at)))
            .filter_map(|(slot, at)| wheel.get(slot, at))
            .collect();
        left.sort_unstable();
        assert_eq!(left, (1..25).step_by(2).collect::<Vec<_>>());
    }
}
