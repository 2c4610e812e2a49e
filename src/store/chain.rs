//! The chain of events: each hash covers the one before it and every column of its row, with the
//! length of each part in front so that no two rows have the same bytes.

use super::error::StoreError;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

/// Hash of what stands before the first event.
pub(super) const START: [u8; 32] = [0; 32];

/// Says what is hashed; a new format gets a new word.
const CONTEXT: &[u8] = b"mayorline event 1";

/// A link: what the hash of an event covers besides `prev`.
pub(super) struct Link<'a> {
    /// Place in the chain, from 1.
    pub(super) seq: i64,
    /// Whose event.
    pub(super) case_id: i64,
    /// When, epoch milliseconds.
    pub(super) at: i64,
    /// Who did it.
    pub(super) actor: &'a str,
    /// The JSON without its private part.
    pub(super) body: &'a str,
    /// Digest of the private part.
    pub(super) private_digest: Option<&'a [u8]>,
}

/// The hash of an event.
pub(super) fn hash(prev: &[u8], link: &Link<'_>) -> [u8; 32] {
    let numbers = [link.seq, link.case_id, link.at].map(i64::to_be_bytes).concat();
    let private = link.private_digest.unwrap_or_default();
    let (actor, body) = (link.actor.as_bytes(), link.body.as_bytes());
    hash_parts(&[CONTEXT, prev, &numbers, actor, body, private])
}

/// The hash of parts, each with its length in front.
pub(super) fn hash_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        sha.update(part);
    }
    sha.finalize().into()
}

/// The digest of a private part. The salt keeps four digits from being guessed out of it.
pub(super) fn private_digest(salt: &[u8], body: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(body).finalize().into()
}

/// The end of the chain as the writer knows it.
#[derive(Debug, Default)]
pub(super) struct ChainEnd {
    /// Number and hash of the last event; `None`: to be read.
    last: Option<(i64, [u8; 32])>,
    /// `PRAGMA data_version` when it was looked at last: another one means another writer.
    version: Option<i64>,
}

impl ChainEnd {
    /// A transaction begins: an administrator may have appended events since the last one.
    pub(super) fn begin(&mut self, db: &Connection) -> Result<(), StoreError> {
        let mut version = db.prepare_cached("PRAGMA data_version")?;
        let version = Some(version.query_row([], |row| row.get(0))?);
        if self.version != version {
            self.forget();
            self.version = version;
        }
        Ok(())
    }

    /// Number and hash of the last event.
    pub(super) fn last(&mut self, db: &Connection) -> Result<(i64, [u8; 32]), StoreError> {
        if let Some(last) = self.last {
            return Ok(last);
        }
        let mut newest =
            db.prepare_cached("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")?;
        let last = newest.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(*self.last.insert(last.unwrap_or((0, START))))
    }

    /// An event was appended.
    pub(super) fn moved_to(&mut self, seq: i64, hash: [u8; 32]) {
        self.last = Some((seq, hash));
    }

    /// Events were taken back.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_an_event_changes_its_hash() {
        let link = |seq, actor, body, private| {
            let link = Link { seq, case_id: 1, at: 2, actor, body, private_digest: private };
            hash(&START, &link)
        };
        let all = [
            link(1, "system", "{}", None),
            link(2, "system", "{}", None),
            link(1, "syste", "m{}", None),
            link(1, "system", "{}", Some(&[1; 32][..])),
            link(1, "system", "{ }", None),
        ];
        for (at, one) in all.iter().enumerate() {
            assert_eq!(all.iter().position(|other| other == one), Some(at));
        }
    }
}
