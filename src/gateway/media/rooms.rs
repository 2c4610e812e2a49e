//! The rooms of a thread: which legs belong together, and when they are due.

use super::wheel::{SLOTS, Wheel};
use crate::media::room::Voice;
use std::collections::HashMap;
use std::ops::Range;

/// A room ticks so many beats after the first packet that was heard in it: 4 to 10 ms. Sooner, and a
/// packet that comes a little late misses its frame; later, and everybody hears the speaker later.
const BEATS_BEHIND: Range<u64> = 3..6;

/// The legs of one group, by their index on the thread.
#[derive(Default)]
struct Room {
    group: u64,
    legs: Vec<usize>,
    /// Its slot lies behind the packets of the leg that was heard first.
    is_behind_speaker: bool,
    /// What legs that have left said last; heard fading in the next tick.
    parting: Vec<Voice>,
}

/// All rooms of a thread, each in a slot of the wheel once one of its legs has media.
#[derive(Default)]
pub(super) struct Rooms {
    rooms: Vec<Room>,
    free: Vec<usize>,
    by_group: HashMap<u64, usize>,
    wheel: Wheel,
}

impl Rooms {
    /// Takes a leg into the room of its group; gives the room.
    pub(super) fn enter(&mut self, group: u64, leg: usize) -> usize {
        let room = *self.by_group.entry(group).or_insert_with(|| {
            self.free.pop().unwrap_or_else(|| {
                self.rooms.push(Room::default());
                self.rooms.len() - 1
            })
        });
        self.rooms[room].group = group;
        self.rooms[room].legs.push(leg);
        room
    }

    /// A leg's media begins: the room is due from now on, in the emptiest slot.
    pub(super) fn start(&mut self, room: usize) {
        if !self.wheel.is_placed(room) {
            let slot = self.wheel.emptiest(0..SLOTS);
            self.wheel.place(room, slot);
        }
    }

    /// A leg is heard for the first time, at this beat. Where it is the first of its room, usually the
    /// citizen, the room ticks from now on soon after his packets come: they wait the least.
    pub(super) fn hear_first(&mut self, room: usize, beat: u64) {
        if !std::mem::replace(&mut self.rooms[room].is_behind_speaker, true) {
            let slot = self.wheel.emptiest(BEATS_BEHIND.map(|behind| slot(beat + behind)));
            self.wheel.place(room, slot);
        }
    }

    /// Lets a leg go; `true` while others are in the room.
    pub(super) fn leave(&mut self, room: usize, leg: usize) -> bool {
        let left = &mut self.rooms[room];
        left.legs.retain(|&other| other != leg);
        if !left.legs.is_empty() {
            return true;
        }
        left.parting.clear();
        left.is_behind_speaker = false;
        self.by_group.remove(&left.group);
        self.wheel.remove(room);
        self.free.push(room);
        false
    }

    /// What a leg that left said last.
    pub(super) fn part(&mut self, room: usize, voice: Voice) {
        self.rooms[room].parting.push(voice);
    }

    /// The legs of a room.
    pub(super) fn legs(&self, room: usize) -> &[usize] {
        &self.rooms[room].legs
    }

    /// Moves what parted legs said last.
    pub(super) fn take_parting(&mut self, room: usize, voices: &mut Vec<Voice>) {
        voices.append(&mut self.rooms[room].parting);
    }

    /// How many rooms are due at a beat.
    pub(super) fn due(&self, beat: u64) -> usize {
        self.wheel.len(slot(beat))
    }

    /// The `position`-th of them.
    pub(super) fn room(&self, beat: u64, position: usize) -> Option<usize> {
        self.wheel.get(slot(beat), position)
    }
}

fn slot(beat: u64) -> usize {
    usize::try_from(beat % SLOTS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(rooms: &Rooms) -> Vec<usize> {
        let all = (0..SLOTS as u64).flat_map(|beat| {
            (0..rooms.due(beat)).filter_map(move |position| rooms.room(beat, position))
        });
        all.collect()
    }

    #[test]
    fn legs_of_a_group_share_a_room_and_its_beat() {
        let mut rooms = Rooms::default();
        let first = rooms.enter(70, 1);
        let other = rooms.enter(71, 2);
        assert_eq!((rooms.enter(70, 3), rooms.legs(first)), (first, &[1, 3][..]));
        assert_ne!(first, other);
        rooms.start(first);
        rooms.start(first);
        assert_eq!(due(&rooms), [first], "once, however many of its legs begin");
        assert!(rooms.leave(first, 1));
        assert!(!rooms.leave(first, 3));
        assert!(due(&rooms).is_empty());
        assert_eq!(rooms.enter(72, 4), first, "an empty room is used again");
    }

    /// The beats until a room is due that hears its first packet at a beat.
    fn behind(rooms: &mut Rooms, group: u64, beat: u64) -> u64 {
        let leg = usize::try_from(group).unwrap();
        let room = rooms.enter(group, leg);
        rooms.start(room);
        rooms.hear_first(room, beat);
        let is_due = |beat| (0..rooms.due(beat)).any(|n| rooms.room(beat, n) == Some(room));
        (1..=SLOTS as u64).find(|behind| is_due(beat + behind)).unwrap()
    }

    #[test]
    fn a_room_ticks_soon_after_the_packets_of_whom_it_heard_first() {
        let mut rooms = Rooms::default();
        // All in one phase are still spread over three slots.
        let mut waits: Vec<u64> = (0..9).map(|group| behind(&mut rooms, group, 47)).collect();
        waits.sort_unstable();
        assert_eq!(waits, [3, 3, 3, 4, 4, 4, 5, 5, 5]);
        let before = due(&rooms);
        rooms.hear_first(0, 52);
        assert_eq!(due(&rooms), before, "who is heard later moves nothing");
        assert!(!rooms.leave(0, 0));
        assert!((3..6).contains(&behind(&mut rooms, 20, 52)), "nor does who was here before");
    }
}
