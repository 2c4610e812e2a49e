//! One IMAP mailbox (RFC 9051, RFC 3501), watched.
//!
//! A round: select, search what was not taken, fetch each, keep it, and only then mark or move it; then IDLE
//! until the server tells of news, or until it is time. Any return of IDLE means "look": a server that died
//! looks like one that is quiet, and only the next command tells. What it told while something else was
//! asked of it, it does not tell again: then there is no IDLE, but another look.
//!
//! Nothing is ever copied in the mailbox: a copy whose original cannot be deleted becomes one more each
//! round.

use super::tls::Secure;
use super::tries::Tries;
use super::{Credential, Inbox, MailFault, Pace, RawMail, Server};
use crate::wire::mime::MAIL_BYTES_MAX;
use async_imap::error::Error;
use async_imap::types::{Flag, UnsolicitedResponse};
use async_imap::{Authenticator, Client, Session};
use futures_util::TryStreamExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// How a mail that was taken is told from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filing {
    /// By the flag `\Seen` and a keyword of ours.
    Mark,
    /// By moving it to this folder, where the server can (RFC 6851); marked otherwise.
    Move(String),
}

/// A mailbox.
#[derive(Debug, Clone)]
pub struct ImapAccount {
    /// Its server, for IMAP over TLS.
    pub server: Server,
    /// Who signs in.
    pub user: String,
    /// How.
    pub credential: Credential,
    /// Which mailbox: `INBOX`.
    pub mailbox: String,
    /// What becomes of mails that were taken.
    pub filing: Filing,
    /// How long is waited.
    pub pace: Pace,
}

/// The keyword of mails that were taken.
const TAKEN: &str = "$MayorlineTaken";
/// Mails whose sizes are asked for at once.
const SIZES_AT_ONCE: usize = 100;

/// What is known of a mailbox as long as the process lives.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Numbers hold for this only.
    validity: Option<u32>,
    /// Taken or given up, whatever the server made of the mark.
    done: BTreeSet<u32>,
    tries: Tries<u32>,
}

struct XOauth2(String);

impl Authenticator for XOauth2 {
    type Response = String;

    fn process(&mut self, challenge: &[u8]) -> String {
        // A second challenge is the refusal in JSON; an empty answer ends it.
        if challenge.is_empty() { std::mem::take(&mut self.0) } else { String::new() }
    }
}

/// A signed-in connection.
struct Visit<'a> {
    account: &'a ImapAccount,
    session: Session<Secure>,
    can_move: bool,
    can_idle: bool,
    news: News,
}

/// Looks at once, one behind the other, for news of which nothing is found; then IDLE, whatever is told.
const LOOKS_MAX: u8 = 3;

/// Whether mails came that the last search need not have found.
///
/// A server tells of them with its answer to any command, and once (RFC 3501 §5.2, §7.3.1).
#[derive(Debug, Default)]
struct News {
    /// Mails in the mailbox, as far as it told.
    exists: u32,
    came: bool,
    /// Looks at once since a mail was found or the server was left in peace.
    looks: u8,
}

impl News {
    /// A round begins, with so many mails in the mailbox.
    fn begin_round(&mut self, exists: u32) {
        (self.exists, self.came) = (exists, false);
    }

    /// A mail was found, or the server was left in peace for a while.
    fn rest(&mut self) {
        self.looks = 0;
    }

    /// Whether to look again at once; counts that look.
    fn look_again(&mut self) -> bool {
        let again = self.came && self.looks < LOOKS_MAX;
        self.looks += u8::from(again);
        again
    }

    /// Takes all that was told.
    fn hear(&mut self, mut told: impl FnMut() -> Option<UnsolicitedResponse>) {
        while let Some(response) = told() {
            match response {
                // Some repeat the number with each answer.
                UnsolicitedResponse::Exists(exists) => {
                    self.came |= exists > self.exists;
                    self.exists = exists;
                }
                UnsolicitedResponse::Expunge(_) => self.exists = self.exists.saturating_sub(1),
                _ => {}
            }
        }
    }
}

fn fault(error: &Error) -> MailFault {
    match error {
        Error::Io(_) | Error::ConnectionLost => MailFault::Closed,
        Error::No(_) => MailFault::Refused,
        _ => MailFault::Protocol,
    }
}

/// Watches the mailbox until something fails.
pub(super) async fn watch<I: Inbox>(
    account: &ImapAccount,
    known: &mut Known,
    inbox: &mut I,
    well: &mut bool,
) -> Result<(), MailFault> {
    let mut visit = Visit::open(account).await?;
    loop {
        visit.round(known, inbox).await?;
        *well = true;
        inbox.seen(None).await;
        visit = visit.wait().await?;
    }
}

impl<'a> Visit<'a> {
    async fn open(account: &'a ImapAccount) -> Result<Self, MailFault> {
        let pace = &account.pace;
        let mut client = Client::new(account.server.connect(pace).await?);
        // The greeting first: what is sent before it is read is answered never.
        let greeting = pace.answered(client.read_response()).await?;
        greeting.map_err(|_| MailFault::Closed)?.ok_or(MailFault::Closed)?;
        let mut session = pace.answered(Self::sign_in(account, client)).await??;
        // RFC 2971: some providers refuse what follows to clients that do not say who they are, whether they
        // list the command or not.
        let who = [("name", Some("mayorline")), ("version", Some(env!("CARGO_PKG_VERSION")))];
        match pace.answered(session.id(who)).await? {
            Ok(_) | Err(Error::No(_) | Error::Bad(_)) => {}
            Err(error) => return Err(fault(&error)),
        }
        let capabilities =
            pace.answered(session.capabilities()).await?.map_err(|error| fault(&error))?;
        let (can_move, can_idle) = (capabilities.has_str("MOVE"), capabilities.has_str("IDLE"));
        let news = News::default();
        let mut visit = Self { account, session, can_move, can_idle, news };
        if let (Filing::Move(folder), true) = (&account.filing, can_move) {
            // It mostly exists.
            let _ = pace.answered(visit.session.create(folder)).await?;
        }
        Ok(visit)
    }

    async fn sign_in(
        account: &ImapAccount,
        client: Client<Secure>,
    ) -> Result<Session<Secure>, MailFault> {
        let signed_in = match &account.credential {
            Credential::Password(password) => client.login(&account.user, password).await,
            Credential::Bearer(token) => {
                let proof = XOauth2(Credential::xoauth2(&account.user, token));
                client.authenticate("XOAUTH2", proof).await
            }
        };
        signed_in.map_err(|(error, _)| match error {
            Error::No(_) | Error::Bad(_) => MailFault::Login,
            error => fault(&error),
        })
    }

    /// Takes all that is new.
    async fn round<I: Inbox>(&mut self, known: &mut Known, inbox: &mut I) -> Result<(), MailFault> {
        let (account, pace) = (self.account, &self.account.pace);
        let selected = pace.answered(self.session.select(&account.mailbox)).await?;
        let selected = selected.map_err(|error| fault(&error))?;
        // Of what was told before, all is found by the search.
        self.hear();
        self.news.begin_round(selected.exists);
        // RFC 3501 §2.3.1.1: another value, and no number means what it meant.
        if known.validity != selected.uid_validity {
            *known = Known { validity: selected.uid_validity, ..Known::default() };
        }
        let keeps_keywords = selected.permanent_flags.iter().any(|flag| match flag {
            Flag::MayCreate => true,
            Flag::Custom(name) => name.eq_ignore_ascii_case(TAKEN),
            _ => false,
        });
        let query = match (&account.filing, keeps_keywords) {
            (Filing::Mark, true) => format!("UNDELETED UNKEYWORD {TAKEN}"),
            _ => "UNDELETED".to_owned(),
        };
        let found =
            pace.answered(self.session.uid_search(query)).await?.map_err(|error| fault(&error))?;
        known.tries.begin_round(|uid| found.contains(uid));
        known.done.retain(|uid| found.contains(uid));
        let new: Vec<u32> = BTreeSet::from_iter(found).difference(&known.done).copied().collect();
        if !new.is_empty() {
            self.news.rest();
        }
        for some in new.chunks(SIZES_AT_ONCE) {
            for (uid, size) in self.sizes(some).await? {
                self.take(uid, size, keeps_keywords, known, inbox).await?;
                // Each time: past a hundred that nobody hears the rest is dropped without a word.
                self.hear();
            }
        }
        self.hear();
        Ok(())
    }

    fn hear(&mut self) {
        let told = &self.session.unsolicited_responses;
        self.news.hear(|| told.try_recv().ok());
    }

    async fn sizes(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, u32>, MailFault> {
        let set: Vec<String> = uids.iter().map(u32::to_string).collect();
        let fetching = async {
            let fetched = self.session.uid_fetch(set.join(","), "(UID RFC822.SIZE)").await?;
            fetched.try_collect::<Vec<_>>().await
        };
        let fetched = self.account.pace.answered(fetching).await?.map_err(|error| fault(&error))?;
        let asked = |uid: &u32| uids.contains(uid);
        Ok(fetched
            .iter()
            .filter_map(|one| Some((one.uid.filter(asked)?, one.size.unwrap_or(0))))
            .collect())
    }

    async fn take<I: Inbox>(
        &mut self,
        uid: u32,
        size: u32,
        keeps_keywords: bool,
        known: &mut Known,
        inbox: &mut I,
    ) -> Result<(), MailFault> {
        if !known.tries.begin(uid) {
            return Ok(());
        }
        let Some(bytes) = self.fetch(uid, size).await? else {
            // Somebody else took it away.
            return Ok(());
        };
        let kept = inbox.keep(RawMail::new(bytes)).await;
        known.tries.fetched(&uid);
        let kept = kept.map_err(|_| MailFault::NotKept)?;
        known.done.insert(uid);
        self.file(uid, keeps_keywords, kept).await
    }

    async fn fetch(&mut self, uid: u32, size: u32) -> Result<Option<Vec<u8>>, MailFault> {
        let is_long = usize::try_from(size).unwrap_or(usize::MAX) > MAIL_BYTES_MAX;
        let query = match is_long {
            // One more, by which it is known that the mail goes on.
            true => format!("(UID BODY.PEEK[]<0.{}>)", MAIL_BYTES_MAX + 1),
            false => "(UID BODY.PEEK[])".to_owned(),
        };
        let limit = self.account.pace.for_bytes(u64::from(size));
        let fetching = async {
            let mut fetched = self.session.uid_fetch(uid.to_string(), query).await?;
            let mut bytes = None;
            while let Some(one) = fetched.try_next().await? {
                if one.uid == Some(uid) {
                    bytes = one.body().map(<[u8]>::to_vec).or(bytes);
                }
            }
            Ok(bytes)
        };
        let fetched = tokio::time::timeout(limit, fetching).await.map_err(|_| MailFault::Silent)?;
        fetched.map_err(|error: Error| fault(&error))
    }

    /// Tells the server that a mail was taken, for which `_kept` is the proof. A refusal changes nothing: the
    /// mail is known here, and would be known to the store after a restart.
    async fn file<K>(&mut self, uid: u32, keeps_keywords: bool, _kept: K) -> Result<(), MailFault> {
        let pace = &self.account.pace;
        let filed = match &self.account.filing {
            Filing::Move(folder) if self.can_move => {
                pace.answered(self.session.uid_mv(uid.to_string(), folder)).await?
            }
            _ => {
                let flags =
                    if keeps_keywords { format!("\\Seen {TAKEN}") } else { "\\Seen".to_owned() };
                let marking = async {
                    let marked = self
                        .session
                        .uid_store(uid.to_string(), format!("+FLAGS.SILENT ({flags})"))
                        .await?;
                    marked.try_collect::<Vec<_>>().await.map(|_| ())
                };
                pace.answered(marking).await?
            }
        };
        match filed {
            Ok(()) => Ok(()),
            Err(Error::No(_) | Error::Bad(_)) => {
                tracing::warn!(uid, "a mail was kept, but its server neither moves nor marks it");
                Ok(())
            }
            Err(error) => Err(fault(&error)),
        }
    }

    /// Until the server tells of news, or it is time to look.
    async fn wait(mut self) -> Result<Self, MailFault> {
        if self.news.look_again() {
            return Ok(self);
        }
        let Self { account, session, can_move, can_idle, mut news } = self;
        let pace = &account.pace;
        if !can_idle {
            tokio::time::sleep(pace.poll).await;
            news.rest();
            return Ok(Self { account, session, can_move, can_idle, news });
        }
        let told = session.unsolicited_responses.clone();
        let mut idle = session.idle();
        pace.answered(idle.init()).await?.map_err(|error| fault(&error))?;
        news.hear(|| told.try_recv().ok());
        if !news.look_again() {
            let (told, _stop) = idle.wait_with_timeout(pace.poll);
            // Keep-alives of the server lengthen its own limit.
            let _ = tokio::time::timeout(pace.poll, told).await;
            news.rest();
        }
        let session = pace.answered(idle.done()).await?.map_err(|error| fault(&error))?;
        Ok(Self { account, session, can_move, can_idle, news })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use UnsolicitedResponse::{Exists, Expunge};

    fn told(news: &mut News, responses: impl IntoIterator<Item = UnsolicitedResponse>) -> bool {
        let mut responses = responses.into_iter();
        news.hear(|| responses.next());
        news.look_again()
    }

    #[test]
    fn a_mail_is_news_and_a_number_that_is_repeated_is_none() {
        let mut news = News::default();
        news.begin_round(5);
        assert!(!told(&mut news, [Exists(5)]));
        // Two are moved away, and none has come.
        assert!(!told(&mut news, [Expunge(1), Expunge(1), Exists(3)]));
        assert!(told(&mut news, [Exists(4)]), "one came while they were moved");
        news.begin_round(4);
        assert!(!told(&mut news, []));
    }

    #[test]
    fn a_server_that_tells_of_what_is_not_there_is_not_looked_at_without_end() {
        let mut news = News::default();
        let looks = (0..100).take_while(|_| {
            news.begin_round(1);
            told(&mut news, [Exists(2)])
        });
        assert_eq!(looks.count(), usize::from(LOOKS_MAX));
        assert!(!told(&mut news, [Exists(3)]), "nor told so when IDLE begins");
        news.rest();
        assert!(news.look_again(), "it counts anew afterwards");
    }
}
