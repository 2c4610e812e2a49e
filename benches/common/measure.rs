//! What the benchmarks of the store share: the clock, one request with its answer, quantiles, the disk.

use jiff::Timestamp;
use mayorline::domain::call::{StoreReply, StoreRequest};
use mayorline::store::{RequestContext, StoreHandle};
use std::fs::File;
use std::io::Write;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

#[allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Sends one request and waits for its answer.
pub(crate) fn ask(store: &StoreHandle, at: Timestamp, request: StoreRequest) -> Option<StoreReply> {
    let (send, receive) = sync_channel(1);
    let reply = Box::new(move |reply| drop(send.send(reply)));
    let sent = store.submit(at, request, RequestContext::default(), reply);
    sent.then(|| receive.recv().ok()).flatten()
}

/// The value below which `share` of the sorted times lie, in ms.
pub(crate) fn quantile(sorted: &[Duration], share: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= share <= 1")]
    let at = (sorted.len().saturating_sub(1) as f64 * share) as usize;
    sorted.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

/// Small writes, each followed by fdatasync: what the disk itself takes.
pub(crate) fn bare_syncs(times: usize) -> std::io::Result<Vec<Duration>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut file = File::create(folder.path().join("bare"))?;
    let mut each = Vec::with_capacity(times);
    for _ in 0..times {
        let one = now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        each.push(one.elapsed());
    }
    Ok(each)
}
