//! The thread of one channel: begun again after a fault of ours, ended with the service.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::sync::watch;

/// Until a channel that could not work, or broke down, is begun again.
pub(super) const AGAIN: Duration = Duration::from_secs(5);

/// What a channel does until it is ended. The error says why it cannot: it is asked again.
pub(super) type Work = Box<dyn FnMut(&Ended) -> Result<(), String> + Send>;

/// Tells a channel that it ends.
pub(super) struct Ended {
    thread: Receiver<()>,
    task: watch::Receiver<()>,
    /// Why it could not work, as it was told last: nobody is told the same again and again.
    told: RefCell<Option<String>>,
}

impl Ended {
    /// Its sender is gone when the channel ends.
    pub(super) fn receiver(&self) -> &Receiver<()> {
        &self.thread
    }

    /// Ready when the channel ends.
    pub(super) fn future(&self) -> impl Future<Output = ()> + use<> {
        let mut task = self.task.clone();
        async move { while task.changed().await.is_ok() {} }
    }

    /// It works again: what stops it next is told, whatever it is.
    pub(super) fn works(&self) {
        self.told.take();
    }

    /// Whether it ends within that time.
    fn within(&self, pause: Duration) -> bool {
        !matches!(self.thread.recv_timeout(pause), Err(RecvTimeoutError::Timeout))
    }
}

/// A running channel.
pub(super) struct Channel {
    account: String,
    ending: Option<(SyncSender<()>, watch::Sender<()>)>,
    handle: JoinHandle<()>,
}

impl Channel {
    /// Starts its thread, which is called by the medium and the account.
    ///
    /// # Errors
    /// When there is none to be had.
    pub(super) fn start(medium: &str, account: String, work: Work) -> io::Result<Self> {
        let (ending, thread) = sync_channel(1);
        let (stop, task) = watch::channel(());
        let name = account.clone();
        let run = move || {
            supervise(&name, &Ended { thread, task, told: RefCell::default() }, work);
        };
        let handle = Builder::new().name(format!("{medium}-{account}")).spawn(run)?;
        Ok(Self { account, ending: Some((ending, stop)), handle })
    }

    /// Tells it to end.
    pub(super) fn end(&mut self) {
        self.ending = None;
    }

    /// Waits for its end.
    pub(super) fn join(self) {
        drop(self.ending);
        if self.handle.join().is_err() {
            tracing::error!(account = self.account, "the thread of a channel died");
        }
    }
}

/// What cannot work yet keeps no call from being answered, and a fault of ours ends no channel: both are
/// tried again until the service ends.
fn supervise(account: &str, ended: &Ended, mut work: Work) {
    loop {
        match catch_unwind(AssertUnwindSafe(|| work(ended))) {
            Ok(Ok(())) => return,
            Ok(Err(why)) => {
                if ended.told.replace(Some(why.clone())).as_ref() != Some(&why) {
                    tracing::error!(
                        account,
                        why,
                        "ALARM no messages come or go: it is tried again"
                    );
                }
            }
            Err(_) => {
                ended.works();
                tracing::error!(
                    account,
                    "ALARM a fault of ours stopped a channel: it begins again"
                );
            }
        }
        if ended.within(AGAIN) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[test]
    fn a_channel_begins_again_after_a_fault_and_ends_with_the_service() {
        let (tell, told) = sync_channel(8);
        let mut begun = 0;
        let work: Work = Box::new(move |ended| {
            begun += 1;
            tell.send(begun).unwrap();
            match begun {
                1 => panic!("a fault of ours"),
                2 => Err("no folder".to_owned()),
                _ => {
                    assert!(ended.receiver().recv().is_err(), "nothing is ever sent");
                    Ok(())
                }
            }
        });
        let mut channel = Channel::start("sms", "modem".to_owned(), work).unwrap();
        for time in 1..=3 {
            assert_eq!(told.recv_timeout(LIMIT), Ok(time));
        }
        channel.end();
        channel.join();
        assert!(told.recv_timeout(LIMIT).is_err(), "it was not begun once more");
    }

    #[test]
    fn what_waits_in_a_runtime_is_told_as_well() {
        let work: Work = Box::new(|ended| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(ended.future());
            Ok(())
        });
        let mut channel = Channel::start("sms", "carrier".to_owned(), work).unwrap();
        channel.end();
        channel.join();
    }
}
