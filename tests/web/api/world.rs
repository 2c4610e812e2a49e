//! A store with an account of every role and cases of every kind, and the server in front of it.

use super::document::Document;
use crate::folder::{intake, noonish, store_intake};
use crate::house::{Directory, Shelf, sources};
use crate::http::{Answer, ask};
use jiff::Timestamp;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{IntakeKind, NewIntake};
use mayorline::domain::case::{
    Actor, Classification, DeadlineRules, Nature, Order, Role, Task, Trigger, Urgency,
};
use mayorline::domain::listening_day::ListeningRules;
use mayorline::domain::message::mail::House;
use mayorline::domain::message::mail::templates::Desk;
use mayorline::domain::message::{MailSite, MessageRules};
use mayorline::store::{
    Administration, CaseName, FoundingAccounts, NewAccount, NewToken, PasswordHash, Reader, Store,
    StoreConfig, StoreHandle,
};
use mayorline::units::CaseNumber;
use mayorline::web::{ApiConfig, DeskLink, PublicConfig, Web, WebConfig};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::mpsc::channel;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "kite river 7 lamp";
/// The citizen's number, which nobody may be told who is not to know it.
pub(crate) const PHONE: &str = "19900000017";
/// The citizen's words: they name him.
pub(crate) const WORDS: &str = "张三丰，电话19900000017，北宿镇路灯不亮";

/// The account by which its mails come.
pub(crate) const MAILBOX: &str = "mailbox";

fn site() -> MailSite {
    MailSite {
        house: House { address: "hotline@example.org".to_owned(), own_domains: vec![] },
        desk: Desk {
            signer: "受理中心".to_owned(),
            hotline: "12345".to_owned(),
            texts: String::new(),
        },
    }
}

/// A running server in front of a store.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    /// Who has heard what and why.
    pub(crate) shelf: Arc<Shelf>,
    document: Document,
    store: Option<Store>,
    // The line's ends, held open.
    _ends: (
        tokio::sync::mpsc::Receiver<mayorline::domain::desk_link::FromDesk>,
        tokio::sync::mpsc::Sender<mayorline::domain::desk_link::ToDesk>,
    ),
}

/// The roles that accounts hold.
pub(crate) fn roles() -> Vec<Role> {
    let all = Role::NAMES.into_iter().map(|(role, ..)| role);
    all.filter(|role| !matches!(role, Role::System | Role::Citizen)).collect()
}

/// The token of an account, as the program has it.
pub(crate) fn token(account: &str) -> String {
    format!("{account}-token")
}

fn account(name: &str, unit: Option<&str>) -> NewAccount {
    NewAccount { name: name.to_owned(), title: "王芳".to_owned(), unit: unit.map(str::to_owned) }
}

/// The three administrators, and an account of every other role under the role's name; of the unit
/// `unit.07` where it needs one; besides `handler9` of another unit, `clerk2` and the operator of seat 801.
fn accounts(folder: &TempDir) {
    let mut store = Administration::open_or_make(folder.path(), noonish()).unwrap();
    let three = FoundingAccounts {
        system: account("administrator", None),
        security: account("security", None),
        audit: account("auditor", None),
    };
    store.begin_accounts(noonish(), &three).unwrap();
    let password = PasswordHash::of(PASSWORD, &[7; 32]).unwrap();
    let mut people: Vec<(String, Role, &str)> =
        roles().into_iter().map(|role| (role.as_str().to_owned(), role, "unit.07")).collect();
    people.push(("handler9".to_owned(), Role::Handler, "unit.09"));
    people.push(("clerk2".to_owned(), Role::Clerk, "unit.07"));
    // An operator whose account is named like his seat.
    people.push(("801".to_owned(), Role::Operator, "unit.07"));
    for (name, role, unit) in people {
        let administers = matches!(role, Role::Administrator | Role::Security | Role::Auditor);
        if !administers {
            let placed = role.is_of_unit() || role == Role::VillageOfficer;
            let new = account(&name, placed.then_some(unit));
            store.add_account(noonish(), "administrator", &new).unwrap();
            store.grant_role(noonish(), "security", (&name, role)).unwrap();
            store.confirm_role(noonish(), "administrator", (&name, role)).unwrap();
        }
        store.set_account_password(noonish(), &name, (&name, &password)).unwrap();
        let hash = Sha256::digest(token(&name)).into();
        let new = NewToken { hash, account: name, role, label: "test".to_owned(), days: 30 };
        store.add_token(noonish(), "security", &new).unwrap();
    }
}

impl World {
    /// Opens everything.
    pub(crate) async fn open() -> Self {
        Self::open_at(noonish).await
    }

    /// With this wall clock.
    pub(crate) async fn open_at(wall: fn() -> Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        accounts(&folder);
        let messages =
            MessageRules { mail: [(MAILBOX.to_owned(), site())].into(), ..MessageRules::default() };
        let config = StoreConfig { messages, ..StoreConfig::new(folder.path(), noonish()) };
        let store = Store::open(config, Calendar::built_in(), [7; 32]).unwrap();
        let (to_line, from_pages) = channel(64);
        let (to_pages, from_line) = channel(64);
        let api = ApiConfig {
            folder: folder.path().into(),
            store: store.handle(),
            wall,
            remote: false,
            dispositions: BTreeMap::new(),
            reach: Default::default(),
            open311: Some(crate::open311::config()),
        };
        let listen = "127.0.0.1:0".parse().unwrap();
        let (rules, calendar) = (ListeningRules::default(), Arc::new(Calendar::built_in()));
        let public = Some(PublicConfig { folder: folder.path().into(), wall, rules, calendar });
        let config = WebConfig {
            listen,
            tls: None,
            trusted_proxy: None,
            api: Some(api),
            public,
            demo: false,
        };
        let link = DeskLink { to_line, from_line };
        let shelf = Arc::new(Shelf::default());
        let from = (Arc::new(Directory) as _, Arc::clone(&shelf) as _);
        let web = Web::bind(config, from, sources(), link).await.unwrap();
        let address = web.address().unwrap();
        tokio::spawn(web.run(std::future::pending()));
        let ends = (from_pages, to_pages);
        let document = Document::read();
        Self { address, folder, shelf, document, store: Some(store), _ends: ends }
    }

    /// Asks as an account's program; the answer is held against the description.
    pub(crate) async fn ask(
        &self,
        account: &str,
        method: &str,
        path: &str,
        headers: &[String],
        body: &str,
    ) -> Answer {
        let bearer = format!("Authorization: Bearer {}", token(account));
        let headers: Vec<_> = headers.iter().cloned().chain([bearer]).collect();
        self.raw(method, path, &headers, body).await
    }

    /// The same without saying who asks.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[String],
        body: &str,
    ) -> Answer {
        let path = format!("/api/v1{path}");
        let answer = ask(self.address, method, &path, headers, body).await;
        self.document.check(method, &path, &answer);
        answer
    }

    pub(crate) async fn get(&self, account: &str, path: &str) -> Answer {
        self.ask(account, "GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, account: &str, path: &str, body: Value) -> Answer {
        self.ask(account, "POST", path, &[], &body.to_string()).await
    }

    /// A command on the case as it is now.
    pub(crate) async fn command(&self, account: &str, case: &str, command: Value) -> Answer {
        let seen = self.last_event(case);
        self.command_on(account, case, seen, command).await
    }

    /// A command on the case as it was seen.
    pub(crate) async fn command_on(
        &self,
        account: &str,
        case: &str,
        seen: i64,
        command: Value,
    ) -> Answer {
        let path = format!("/cases/{case}/commands");
        let seen = [format!("If-Match: \"{seen}\"")];
        self.ask(account, "POST", &path, &seen, &command.to_string()).await
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(self.folder.path()).unwrap()
    }

    /// The last event of a case, whoever asks.
    pub(crate) fn last_event(&self, case: &str) -> i64 {
        let name = CaseName::parse(case).unwrap();
        self.reader().file(name, true).map_or(1, |file| file.last_event)
    }

    /// As the command line acts, whoever it names.
    pub(crate) fn act(&self, case: &str, role: Role, unit: &str, task: Task) {
        let mut beside = Administration::open(self.folder.path(), noonish()).unwrap();
        let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
        let person = format!("{}-of-{unit}", role.as_str());
        let actor = Actor::new(&person, role, role.is_of_unit().then_some(unit));
        let name = CaseName::Number(CaseNumber::parse(case).unwrap());
        beside.act(noonish(), desk, name, &Order { actor, task }).unwrap();
    }

    /// A numbered case of the citizen, by a text.
    pub(crate) fn accepted(&self, key: &str) -> String {
        self.accepted_by(key, IntakeKind::Text)
    }

    /// The same that came another way.
    pub(crate) fn accepted_by(&self, key: &str, kind: IntakeKind) -> String {
        let mut new = intake(key, kind);
        new.text = Some(WORDS.to_owned());
        new.caller.display = Some("张三丰".to_owned());
        self.store(new)
    }

    /// Any contact; its number.
    pub(crate) fn store(&self, new: NewIntake) -> String {
        store_intake(&self.handle(), new).0.unwrap().to_string()
    }

    pub(crate) fn handle(&self) -> StoreHandle {
        self.store.as_ref().unwrap().handle()
    }

    /// Ends the store under the running server: nothing can be written any more, and nothing audited.
    pub(crate) fn close_store(&mut self) {
        self.store.take().unwrap().close();
    }

    /// Classified.
    pub(crate) fn classified(&self, key: &str) -> String {
        let case = self.accepted(key);
        self.classify(&case);
        case
    }

    fn classify(&self, case: &str) {
        let found = Classification {
            nature: Nature::Help,
            domain: "050100".to_owned(),
            place: "北宿镇".to_owned(),
            urgency: Urgency::Normal,
            group_size: 1,
            repeats: 0,
            duty: None,
            accused: vec![],
        };
        self.act(case, Role::Clerk, "", Task::Classify(Box::new(found)));
    }

    /// In consultation.
    pub(crate) fn consulting(&self, key: &str) -> String {
        let case = self.classified(key);
        self.act(&case, Role::Clerk, "", Task::Consult(Trigger::Other));
        case
    }

    /// Given to a unit.
    pub(crate) fn assigned(&self, key: &str, unit: &str, kind: IntakeKind) -> String {
        let case = self.accepted_by(key, kind);
        self.assign(&case, unit);
        case
    }

    fn assign(&self, case: &str, unit: &str) {
        self.classify(case);
        let assign = Task::Assign { unit: unit.to_owned(), helpers: vec![] };
        self.act(case, Role::Clerk, "", assign);
    }

    /// A new case, given to a unit and signed for.
    pub(crate) fn hand_over(&self, case: &str, unit: &str) {
        self.assign(case, unit);
        self.act(case, Role::UnitContact, unit, Task::Sign("王某".to_owned()));
    }

    /// Handled by a unit.
    pub(crate) fn handled(&self, key: &str, unit: &str) -> String {
        let case = self.accepted(key);
        self.hand_over(&case, unit);
        case
    }

    /// Answered, to be asked after.
    pub(crate) fn answered(&self, key: &str) -> String {
        use mayorline::domain::case::Pending;
        let case = self.handled(key, "unit.07");
        let text = "已修复".to_owned();
        let result = Task::FeedBack { text, contacted: true, evidence: true };
        self.act(&case, Role::Handler, "unit.07", result);
        self.act(&case, Role::UnitLeader, "unit.07", Task::Grant(Pending::Feedback));
        self.act(&case, Role::Clerk, "", Task::Review(None));
        case
    }

    /// Passed to the discipline commission.
    pub(crate) fn sealed(&self, key: &str) -> String {
        let case = self.handled(key, "unit.07");
        self.seal(&case);
        case
    }

    /// Passes a case there.
    pub(crate) fn seal(&self, case: &str) {
        self.act(case, Role::Clerk, "", Task::ProposeSeal);
        self.act(case, Role::Director, "", Task::ConfirmSeal);
    }

    /// To be passed there.
    pub(crate) fn proposed(&self, key: &str) -> String {
        let case = self.handled(key, "unit.07");
        self.act(&case, Role::Clerk, "", Task::ProposeSeal);
        case
    }

    /// One where the citizen asked for secrecy.
    pub(crate) fn secret(&self, key: &str) -> String {
        let case = self.handled(key, "unit.07");
        self.act(&case, Role::Clerk, "", Task::SetSecrecy(true));
        case
    }

    /// A number that no case has.
    pub(crate) fn unknown(&self) -> String {
        CaseNumber::new(2026, 11, 22, 999).unwrap().to_string()
    }

    /// The bytes of an answer but for the date.
    pub(crate) fn bytes(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
        let headers = answer.headers.iter().filter(|(name, _)| name != "date").cloned();
        (answer.status, headers.collect(), answer.body.clone())
    }
}
