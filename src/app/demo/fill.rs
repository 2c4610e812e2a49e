//! The script of an invented city, carried out by the store: one commit a day, then its reports.

use super::calls;
use crate::app::common::midnight;
use crate::app::exit::{Exit, Failure};
use crate::app::output::unwritten;
use crate::domain::call::{NewIntake, RecordingKind, RecordingSummary};
use crate::domain::case::{MergeTarget, Order, Task, local_day};
use crate::domain::demo::{City, Deed, Step, Wish};
use crate::domain::report::{Period, ReportKind};
use crate::store::{
    DataFolder, Filled, Filling, PersonIntake, SoundKeys, StoreError, Together, WrapUpOrder,
    digest, recording_file,
};
use crate::units::CaseNumber;
use crate::wire::wav::Channels;
use jiff::{Timestamp, ToSpan};
use std::path::PathBuf;
use std::time::Duration;

/// A spoken message of the demo is this much of silence, whatever the citizen would have said.
const SAMPLES_PER_SECOND: u64 = 8_000;

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    pub(super) directory: usize,
    pub(super) numbered: usize,
    pub(super) steps: usize,
    pub(super) warned: usize,
    pub(super) reports: usize,
}

/// Carries the steps of a city out; knows which case each contact became.
pub struct Filler<'a> {
    city: &'a City,
    cases: Vec<Option<Filled>>,
    sounds: SoundKeys,
    data: PathBuf,
}

impl<'a> Filler<'a> {
    /// Nothing was done yet.
    #[must_use]
    pub fn new(city: &'a City, folder: &DataFolder) -> Self {
        let (cases, sounds) = (vec![None; city.scripts.len()], SoundKeys::new(folder));
        Self { city, cases, sounds, data: folder.path.clone() }
    }

    /// The cases so far, by the place of their contact.
    #[must_use]
    pub fn cases(&self) -> &[Option<Filled>] {
        &self.cases
    }

    /// One step of a contact.
    ///
    /// # Errors
    /// What the store says; the contact and the step stand in the log.
    pub fn apply(
        &mut self,
        store: &mut Together<'_>,
        script: usize,
        step: &Step,
    ) -> Result<(), StoreError> {
        self.carry_out(store, script, step).inspect_err(|error| {
            let key = self.city.scripts.get(script).map_or("", |script| script.key.as_str());
            tracing::error!(key, at = %step.at, deed = ?step.deed, %error, "a step was refused");
        })
    }

    fn carry_out(
        &mut self,
        store: &mut Together<'_>,
        script: usize,
        step: &Step,
    ) -> Result<(), StoreError> {
        let at = step.at;
        match &step.deed {
            Deed::Rings(talk) => calls::begins(store, talk),
            Deed::HangsUp(talk) => calls::ends(store, talk, self.number(script)),
            Deed::Open(intake, seat) => {
                let filled = store.open(at, intake, seat.as_ref())?;
                self.keep(script, filled)
            }
            Deed::LeavesMessage(intake, seconds) => {
                let intake = self.recorded(intake, *seconds)?;
                let filled = store.open(at, &intake, None)?;
                self.keep(script, filled)
            }
            Deed::TakesDown(intake, actor, accept) => {
                let (intake, actor) = ((**intake).clone(), actor.clone());
                let wish = PersonIntake { intake, actor, accept: accept.clone() };
                let filled = store.take_down(at, &wish)?;
                self.keep(script, filled)
            }
            Deed::Acts(order) => {
                let filled = store.act(at, self.case(script)?, order)?;
                self.keep(script, filled)
            }
            Deed::ActsOn(other, order) => {
                let filled = store.act(at, self.case(*other)?, order)?;
                self.keep(*other, filled)
            }
            Deed::Merges(other, actor) => {
                let number = self.number(*other).ok_or(StoreError::NotFound)?;
                // Where that case stands is looked up by the store.
                let target = MergeTarget { number, state: None, closed_on: None };
                let order = Order { actor: actor.clone(), task: Task::Merge(target) };
                let filled = store.act(at, self.case(script)?, &order)?;
                self.keep(script, filled)
            }
            Deed::WrapsUp(wrap_up, onto) => {
                let case = Some(self.case(onto.unwrap_or(script))?.id);
                let order = WrapUpOrder { case, wrap_up: (**wrap_up).clone() };
                let filled = store.wrap_up(at, &order)?;
                self.keep(onto.unwrap_or(script), filled)
            }
            Deed::CallsBack(seat, call, rang, outcome) => {
                let ends = at.saturating_add(*rang).unwrap_or(at);
                store.call_back((at, ends), self.case(script)?, (seat, call), *outcome)
            }
        }
    }

    fn case(&self, script: usize) -> Result<Filled, StoreError> {
        self.cases.get(script).copied().flatten().ok_or(StoreError::NotFound)
    }

    fn number(&self, script: usize) -> Option<CaseNumber> {
        self.case(script).ok()?.number
    }

    fn keep(&mut self, script: usize, filled: Filled) -> Result<(), StoreError> {
        *self.cases.get_mut(script).ok_or(StoreError::NotFound)? = Some(filled);
        Ok(())
    }

    /// The intake with its recording, which is on the disk: silence, sealed like any other.
    fn recorded(&self, intake: &NewIntake, seconds: u32) -> Result<NewIntake, StoreError> {
        let call = intake.call.as_ref().ok_or(StoreError::NotFound)?;
        let file = recording_file(local_day(intake.received_at), call, RecordingKind::Message, 1);
        let path = self.data.join(&file);
        let duration = Duration::from_secs(u64::from(seconds));
        let sha256 = self.write_silence(&path, seconds);
        let sha256 = sha256.map_err(|error| StoreError::File { path, error })?;
        let summary = RecordingSummary { file, duration, speech: duration / 2, sha256 };
        Ok(NewIntake { recording: Some(summary), ..intake.clone() })
    }

    fn write_silence(&self, path: &std::path::Path, seconds: u32) -> std::io::Result<[u8; 32]> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = self.sounds.create(path, Channels::Mono)?;
        let second = vec![0; usize::try_from(SAMPLES_PER_SECOND * 2).unwrap_or(0)];
        for _ in 0..seconds {
            file.append(std::slice::from_ref(&second))?;
        }
        file.finish()?;
        digest(path)
    }
}

/// Fills everything in; reports that are ready before `now` are issued as of their time.
pub(super) fn fill(
    mut filling: Filling,
    city: &City,
    wish: &Wish,
    (folder, now): (&DataFolder, Timestamp),
) -> Result<Told, Exit> {
    let begins = midnight(wish.from())?;
    let ends = midnight(wish.until.saturating_add(1.day()))?;
    let mut told = Told { directory: directory(&mut filling, city, begins)?, ..Told::default() };
    for opening in &city.openings {
        let set = filling.set_opening(begins, opening);
        set.map_err(|error| unwritten(&error))?;
    }
    let mut filler = Filler::new(city, folder);
    let timeline = city.timeline(ends);
    told.steps = timeline.len();
    for day in timeline.chunk_by(|(_, one), (_, other)| local_day(one.at) == local_day(other.at)) {
        let warned = filling.together(|store| {
            let mut warned = 0;
            for (script, step) in day {
                warned += store.supervise(step.at)?;
                filler.apply(store, *script, step)?;
            }
            Ok(warned)
        });
        told.warned += warned.map_err(|error| unwritten(&error))?;
    }
    told.warned +=
        filling.together(|store| store.supervise(ends)).map_err(|error| unwritten(&error))?;
    told.numbered = filler.cases.iter().flatten().filter(|case| case.number.is_some()).count();
    told.reports = reports(&mut filling, wish, now)?;
    filling.finish().map_err(|error| unwritten(&error))?;
    Ok(told)
}

/// The tables, by the importer that checks those of a real city.
fn directory(filling: &mut Filling, city: &City, at: Timestamp) -> Result<usize, Exit> {
    let mut rows = 0;
    for table in &city.tables {
        let imported = filling.import(at, table).map_err(|error| unwritten(&error))?;
        let imported = imported.map_err(|fault| {
            let fault = fault.to_string();
            Exit::new(Failure::Software, format!("{}: {}", table.name, fault.trim_end()))
        })?;
        rows += imported.added;
    }
    Ok(rows)
}

/// Every report of the months that has ended and is ready.
fn reports(filling: &mut Filling, wish: &Wish, now: Timestamp) -> Result<usize, Exit> {
    let mut made = 0;
    for (kind, ..) in ReportKind::NAMES {
        let mut period = Period::containing(kind, wish.from());
        while period.last() <= wish.until {
            let ready = filling.ready_at(&period).filter(|at| *at <= now);
            if let Some(ready) = ready {
                let issued = filling.make_report(ready, period);
                made += usize::from(issued.map_err(|error| unwritten(&error))?.is_some());
            }
            period = Period::containing(kind, period.after());
        }
    }
    Ok(made)
}
