//! What the switch wants done, carried out: sockets, media, store, pages.

use super::{Line, News};
use crate::domain::call::StoreReply;
use crate::domain::desk::Refusal;
use crate::gateway::media::recording_playlist;
use crate::gateway::switch::{BegunAttempt, ConversationId, Output, StoreOrder, WrapUpAttempt};
use crate::proto::Transport;
use crate::store::{
    AuditEntry, CallStarted, NewAttempt, RequestContext, StoreError, WrapUpDone, WrapUpOrder,
};
use crate::units::{LegId, OfferId, PhoneNumber};
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;

impl Line {
    pub(super) fn carry_out(&mut self) {
        while let Some(output) = self.switch.poll_output() {
            self.do_one(output);
        }
        self.media.flush();
    }

    fn do_one(&mut self, output: Output) {
        match output {
            Output::Transmit(transmit) => match transmit.flow.transport {
                Transport::Udp => self.udp.send(&transmit),
                Transport::Tcp | Transport::Tls => self.tcp.send(transmit),
            },
            Output::OpenMedia(leg, ip, group) => self.open_media(leg, ip, group),
            Output::Media(leg, command) => {
                if !self.media.command(leg, command) {
                    self.switch.media_failed(self.clock.now(), leg);
                }
            }
            Output::CloseMedia(leg) => self.media.close(leg),
            Output::LoadRecording(leg, play, file) => self.load_recording(leg, play, &file),
            Output::Store(order) => self.ask_store(*order),
            Output::Text(order) => self.keep_text(*order),
            Output::Started(started) => {
                let started = CallStarted {
                    call: started.call,
                    caller: started.caller,
                    called: started.called,
                    at: started.at,
                    peer: started.peer.to_string(),
                };
                if !self.store.call_started(started) {
                    tracing::error!("the ledger did not take a call");
                }
            }
            Output::Finished(account, at) => {
                let call = account.record.call.clone();
                if !self.store.call_accounted(at, *account) {
                    tracing::error!(%call, "the ledger did not take the end of a call");
                }
            }
            Output::QueueLog(at, entry) => {
                if !self.store.queue_log(at, *entry) {
                    tracing::error!("the ledger did not take an event of the queue");
                }
            }
            Output::Bindings(seat, bindings) => self.save_bindings(seat, &bindings),
            Output::WrapUp(attempt, at, order) => self.store_wrap_up(attempt, at, *order),
            Output::Audit(at, entry) => self.note(at, entry),
            Output::OpenCases(offer, number) => self.find_cases(offer, number),
            Output::BeginAttempt(id, at, attempt) => self.begin_attempt(id, at, attempt),
            Output::EndAttempt(at, id, outcome) => {
                let ended = Box::new(|ended: Result<bool, StoreError>| {
                    if let Err(error) = ended {
                        tracing::error!(%error, "the end of an attempt was not stored");
                    }
                });
                if !self.store.end_attempt(at, id, outcome, ended) {
                    tracing::error!("ALARM the end of an attempt is lost until the next start");
                }
            }
            Output::VoiceEnded(at, id, outcome, call) => self.voice_ended(at, id, (outcome, call)),
            Output::Desk(news) => {
                if self.desk.to.try_send(news).is_err() {
                    tracing::error!("the pages of the seats are behind: news of them is lost");
                }
            }
        }
    }

    fn note(&self, at: Timestamp, entry: AuditEntry) {
        let noted = Box::new(|noted: Result<(), StoreError>| {
            if let Err(error) = noted {
                tracing::error!(%error, "the audit did not take an entry");
            }
        });
        if !self.store.audit(at, entry, noted) {
            tracing::error!("ALARM the audit did not take an entry: the store is behind");
        }
    }

    fn open_media(&mut self, leg: LegId, ip: IpAddr, group: u64) {
        let opened = self.media.open(leg, ip, group);
        if let Err(error) = &opened {
            tracing::warn!(%error, "a call is refused: no media");
        }
        self.switch.media_opened(self.clock.now(), leg, opened.ok());
    }

    fn ask_store(&mut self, order: StoreOrder) {
        let StoreOrder { asker, request, call, caller, seat, at } = order;
        let context = RequestContext { call, caller: caller.number, seat };
        let tell = self.tell.clone();
        let reply = Box::new(move |reply| {
            // The writer must not wait for the line; a call that misses its answer says so after
            // its own limit, and what is committed stays committed.
            if tell.try_send(News::Answer(asker, reply)).is_err() {
                tracing::error!("the line is behind: an answer of the store is lost");
            }
        });
        if !self.store.submit(at, request, context, reply) {
            self.switch.stored(self.clock.now(), asker, StoreReply::Unavailable);
        }
    }

    /// The seat hears of it after the commit; an answer that is lost here the room takes as none.
    fn store_wrap_up(&mut self, attempt: WrapUpAttempt, at: Timestamp, order: WrapUpOrder) {
        let (tell, outage) = (self.tell.clone(), self.outage.clone());
        let stored = Box::new(move |stored: Result<WrapUpDone, StoreError>| {
            let stored = outage.note(stored);
            if tell.try_send(News::WrapUp(attempt, stored)).is_err() {
                tracing::error!("the line is behind: the answer to a wrap-up is lost");
            }
        });
        if !self.store.wrap_up(at, order, stored) {
            let stored = self.outage.note::<()>(Err(StoreError::Unavailable));
            self.switch.wrap_up_stored(self.clock.now(), attempt, stored);
        }
    }

    fn find_cases(&self, offer: OfferId, number: PhoneNumber) {
        let tell = self.tell.clone();
        let found = Box::new(move |found: Result<_, StoreError>| {
            let _ = tell.try_send(News::OpenCases(offer, found.unwrap_or_default()));
        });
        // A seat that is shown no cases can still take the call.
        let _ = self.store.open_cases(number, found);
    }

    /// A kept place names its task by the citizen's number.
    fn begin_attempt(&mut self, id: ConversationId, at: Timestamp, attempt: NewAttempt) {
        let number = (attempt.task == 0).then(|| self.switch.callback_number(id)).flatten();
        let (store, tell) = (self.store.clone(), self.tell.clone());
        let Some(number) = number else { return submit_attempt(&store, &tell, id, at, attempt) };
        let found = Box::new(move |tasks: Result<Vec<crate::store::OpenCallback>, StoreError>| {
            let tasks = tasks.unwrap_or_default();
            let task = tasks.into_iter().find(|task| task.phone.as_ref() == Some(&number));
            let Some(task) = task else {
                let _ = tell.try_send(News::Attempt(id, Err(Refusal::NoSuchTarget)));
                return;
            };
            let attempt = NewAttempt { task: task.task, ..attempt };
            submit_attempt(&store, &tell, id, at, attempt);
        });
        if !self.store.open_callbacks(found) {
            self.switch.attempt_begun(self.clock.now(), id, Err(Refusal::NoSuchTarget));
        }
    }

    pub(super) fn hear(&mut self, news: News) {
        let now = self.clock.now();
        match news {
            News::Answer(asker, reply) => self.switch.stored(now, asker, reply),
            News::Text(text, is_kept) => self.switch.text_kept(now, text, is_kept),
            News::Seats(seats) => self.seats_changed(*seats),
            News::OpenCases(offer, cases) => self.switch.open_cases(now, offer, cases),
            News::Attempt(id, begun) => self.switch.attempt_begun(now, id, begun),
            News::Callbacks(view) => self.show_callbacks(view),
            News::Voices(due) => self.switch.voice_due(now, due),
            News::WrapUp(attempt, stored) => self.switch.wrap_up_stored(now, attempt, stored),
        }
    }

    /// Reads a recording for the citizen to hear, beside the line.
    fn load_recording(&self, leg: LegId, play: u32, file: &str) {
        let path = self.folder.join(file);
        let (load, keys) = (self.load.clone(), self.keys.clone());
        tokio::task::spawn_blocking(move || {
            let list = recording_playlist(&path, &keys)
                .map_err(|error| tracing::error!(%error, "a recording cannot be played back"));
            let _ = load.blocking_send((leg, play, list.ok().map(Arc::new)));
        });
    }
}

fn submit_attempt(
    store: &crate::store::StoreHandle,
    tell: &tokio::sync::mpsc::Sender<News>,
    id: ConversationId,
    at: Timestamp,
    attempt: NewAttempt,
) {
    let (task, told) = (attempt.task, tell.clone());
    let begun = Box::new(move |begun: Result<crate::store::Attempt, StoreError>| {
        let begun = match begun {
            Ok(attempt) => Ok(BegunAttempt { id: attempt.id, task, phone: attempt.phone }),
            Err(StoreError::Taken(_)) => Err(Refusal::WrongState),
            Err(_) => Err(Refusal::NoSuchTarget),
        };
        let _ = told.try_send(News::Attempt(id, begun));
    });
    if !store.begin_attempt(at, attempt, begun) {
        let _ = tell.try_send(News::Attempt(id, Err(Refusal::NoSuchTarget)));
    }
}
