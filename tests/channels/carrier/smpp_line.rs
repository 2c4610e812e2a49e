//! Our line by SMPP to a gateway that others wrote, with the real store behind it.

use super::city::{ACCOUNT, City, LIMIT, Running};
use super::smsc::Smsc;
use crate::support::wait_for;
use mayorline::channels::sms::carrier::Protocol;
use mayorline::proto::carrier::SmppConfig;
use mayorline::store::SettledInbound;
use mayorline::wire::smpp::Password;
use serde_json::{Value, json};

/// 5: `esm_class` of a receipt; 0x40: a header stands before the text.
const RECEIPT: u8 = 0x04;
const HAS_HEADER: u8 = 0x40;

fn protocol(password: &str) -> Protocol {
    Protocol::Smpp(SmppConfig {
        system_id: "zoucheng".to_owned(),
        password: Password(password.to_owned()),
        system_type: String::new(),
        number: "10651234501".to_owned(),
    })
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

pub(crate) fn units(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

pub(crate) fn text_from(id: u32, from: &str, fields: &Value) -> Value {
    let mut pdu = json!({
        "source_addr_ton": 1, "source_addr_npi": 1, "source_addr": from,
        "destination_addr": "10651234501", "data_coding": 8,
    });
    for (name, value) in fields.as_object().unwrap() {
        pdu[name] = value.clone();
    }
    json!({ "do": "deliver", "id": id, "pdu": pdu })
}

/// The gateway says of a text that it arrived. The answer to it said a hexadecimal number; the receipt says the same
/// in decimals.
pub(crate) fn receipt_for(number: u32, from: &str, id: &str) -> Value {
    let id = u64::from_str_radix(id, 16).unwrap();
    let receipt = format!(
        "id:{id:012} sub:001 dlvrd:001 submit date:2611222013 done date:2611222014 \
         stat:DELIVRD err:000 text:"
    );
    let fields = json!({
        "esm_class": RECEIPT, "data_coding": 0, "short_message": hex(receipt.as_bytes()),
    });
    text_from(number, from, &fields)
}

/// A gateway, a city, and the line between them.
struct Pair {
    smsc: Smsc,
    city: City,
    line: Option<Running>,
}

impl Pair {
    fn up() -> Self {
        let (smsc, city) = (Smsc::start(), City::open());
        let line = Some(city.line(smsc.port, protocol("secret08")));
        let bind = smsc.wait("bind", 1).remove(0);
        assert_eq!((&bind["system_id"], &bind["version"]), (&json!("zoucheng"), &json!(0x34)));
        Self { smsc, city, line }
    }

    /// A text of a citizen that becomes a case with a receipt.
    fn matter(&mut self, id: u32, from: &str, text: &str) {
        let before = self.smsc.heard("deliver_resp").len();
        let fields = json!({ "short_message": hex(&units(text)) });
        self.smsc.order(&text_from(id, from, &fields));
        let answers = self.smsc.wait("deliver_resp", before + 1);
        assert_eq!(answers.last().unwrap()["status"], 0);
        assert_eq!(self.city.read(), [SettledInbound::Done]);
    }

    fn receipt(&mut self, number: u32, id: &str) {
        let before = self.smsc.heard("deliver_resp").len();
        self.smsc.order(&receipt_for(number, "8619900000017", id));
        let answers = self.smsc.wait("deliver_resp", before + 1);
        assert_eq!(answers.last().unwrap()["status"], 0);
    }

    fn wait_states(&self, wanted: &[&str]) {
        let held = wait_for(LIMIT, || {
            self.city.read();
            (self.city.states() == wanted).then_some(())
        });
        assert!(held.is_some(), "{wanted:?}: {:?}", self.city.outbox());
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            line.finish();
        }
    }
}

#[test]
fn texts_come_in_every_way_and_are_acknowledged_when_they_are_kept() {
    let mut pair = Pair::up();
    let long = "路灯不亮，从北宿镇羊厂路口到三里村都是黑的😀".repeat(5);
    let octets = units(&long);
    // By header, the last part first, cut in the middle of a character.
    let parts: Vec<&[u8]> = octets.chunks(130).collect();
    let total = u8::try_from(parts.len()).unwrap();
    for (number, part) in (1..=total).zip(&parts).rev() {
        let content = [&[5, 0, 3, 0xA7, total, number], *part].concat();
        let fields = json!({ "esm_class": HAS_HEADER, "short_message": hex(&content) });
        pair.smsc.order(&text_from(number.into(), "8619900000017", &fields));
    }
    // Whole beside the text.
    let fields = json!({ "message_payload": hex(&octets), "short_message": "" });
    pair.smsc.order(&text_from(20, "8619900000018", &fields));
    // In parts whose places stand beside the text.
    for (number, part) in (1..=total).zip(&parts) {
        let fields = json!({
            "sar_msg_ref_num": 0x1234, "sar_total_segments": total, "sar_segment_seqnum": number,
            "short_message": hex(part),
        });
        pair.smsc.order(&text_from(30 + u32::from(number), "8619900000019", &fields));
    }
    let count = usize::from(total) * 2 + 1;
    let answers = pair.smsc.wait("deliver_resp", count);
    assert!(answers.iter().all(|answer| answer["status"] == 0), "{answers:?}");
    // What is acknowledged is in the journal, read or not.
    assert_eq!(pair.city.waiting().len(), count);
    let read = pair.city.read();
    assert_eq!(read.iter().filter(|settled| **settled == SettledInbound::Done).count(), 3);
    let cases = pair.city.cases();
    assert_eq!(cases.len(), 3);
    assert!(cases.iter().all(|case| case.contains(&long)), "{cases:?}");
}

#[test]
fn answers_go_out_and_their_receipts_are_understood_in_another_number_system() {
    let mut pair = Pair::up();
    pair.matter(1, "8619900000017", "北宿镇三里村停水两天了");
    // S01 takes two messages, one behind the other.
    let submits = pair.smsc.wait("submit", 2);
    for (number, submit) in (1..).zip(&submits) {
        assert_eq!((&submit["destination"], &submit["ton"]), (&json!("8619900000017"), &json!(1)));
        assert_eq!((&submit["coding"], &submit["receipt"]), (&json!(8), &json!(1)));
        let header = submit["udh"][0].as_str().unwrap();
        assert!(
            header.starts_with("0003") && header.ends_with(&format!("020{number}")),
            "{header}"
        );
    }
    let text: String = submits.iter().map(|submit| submit["text"].as_str().unwrap()).collect();
    assert!(text.starts_with("【邹城社情民意】") && text.ends_with("请勿外泄查询码。"), "{text}");
    pair.wait_states(&["submitted"]);
    for (number, submit) in (2..).zip(&submits) {
        pair.receipt(number, submit["id"].as_str().unwrap());
    }
    pair.wait_states(&["delivered"]);
}

#[test]
fn a_cut_line_is_bound_again_and_what_is_brought_again_is_kept_once() {
    let mut pair = Pair::up();
    let fields = json!({ "short_message": hex(&units("停水两天了")) });
    pair.smsc.order(&text_from(1, "8619900000017", &fields));
    pair.smsc.wait("deliver_resp", 1);
    pair.smsc.order(&json!({ "do": "cut" }));
    pair.smsc.wait("bind", 2);
    // The gateway never read our answer.
    pair.smsc.order(&text_from(2, "8619900000017", &fields));
    assert_eq!(pair.smsc.wait("deliver_resp", 2)[1]["status"], 0);
    assert_eq!(pair.city.waiting().len(), 1);
    // It has read this one; a citizen who writes the same again means it.
    pair.smsc.order(&text_from(3, "8619900000017", &fields));
    pair.smsc.wait("deliver_resp", 3);
    assert_eq!(pair.city.waiting().len(), 2);
}

#[test]
fn a_throttled_text_goes_later_and_is_sent_once() {
    let mut pair = Pair::up();
    pair.smsc.order(&json!({ "do": "throttle", "count": 2 }));
    pair.matter(1, "8619900000017", "停水两天了");
    pair.wait_states(&["submitted"]);
    let submits = pair.smsc.wait("submit", 4);
    let statuses: Vec<&Value> = submits.iter().map(|submit| &submit["status"]).collect();
    assert_eq!(statuses, [&json!(0x58), &json!(0x58), &json!(0), &json!(0)]);
    // The first part three times, and the second not before it.
    assert!(submits[..3].iter().all(|submit| submit["text"] == submits[0]["text"]));
    assert_ne!(submits[3]["text"], submits[0]["text"]);
}

#[test]
fn a_text_whose_answer_is_lost_is_uncertain_and_not_sent_again() {
    let mut pair = Pair::up();
    pair.smsc.order(&json!({ "do": "mute", "count": 1 }));
    pair.matter(1, "8619900000017", "停水两天了");
    pair.smsc.wait("submit", 1);
    pair.smsc.order(&json!({ "do": "cut" }));
    pair.smsc.wait("bind", 2);
    pair.wait_states(&["uncertain"]);
    // The next one goes, and the first is not sent again before it.
    pair.matter(2, "8619900000018", "停电两天了");
    pair.wait_states(&["uncertain", "submitted"]);
    let submits = pair.smsc.wait("submit", 3);
    let to: Vec<&Value> = submits.iter().map(|submit| &submit["destination"]).collect();
    assert_eq!(to, ["8619900000017", "8619900000018", "8619900000018"]);
}

#[test]
fn a_text_whose_case_is_damaged_stops_no_other() {
    let mut pair = Pair::up();
    pair.smsc.order(&json!({ "do": "hold" }));
    pair.matter(1, "8619900000017", "停水两天了");
    pair.smsc.wait("submit", 1);
    // From now on the store cannot keep what becomes of it.
    pair.city.damage();
    pair.smsc.order(&json!({ "do": "release" }));
    pair.smsc.wait("submit", 2);
    pair.matter(2, "8619900000018", "停电两天了");
    assert_eq!(pair.smsc.wait("submit", 4)[3]["destination"], "8619900000018");
}

/// The longest that the protocol knows is more than a text of ours can be: it is kept for a person, and the line goes on.
#[test]
fn the_longest_payload_is_kept_and_cuts_no_line() {
    let mut pair = Pair::up();
    let fields = json!({ "message_payload": "4e00".repeat(32_767), "short_message": "" });
    pair.smsc.order(&text_from(1, "8619900000017", &fields));
    assert_eq!(pair.smsc.wait("deliver_resp", 1)[0]["status"], 0);
    assert_eq!(pair.city.waiting().len(), 1);
    let fields = json!({ "short_message": hex(&units("停水两天了")) });
    pair.smsc.order(&text_from(2, "8619900000018", &fields));
    assert_eq!(pair.smsc.wait("deliver_resp", 2)[1]["status"], 0);
    assert_eq!((pair.smsc.heard("bind").len(), pair.smsc.heard("closed").len()), (1, 0));
}

#[test]
fn the_end_says_goodbye() {
    let mut pair = Pair::up();
    pair.line.take().unwrap().finish();
    assert_eq!(pair.smsc.wait("unbind", 1).len(), 1);
}

#[test]
fn a_wrong_password_is_not_tried_again_at_once() {
    let (smsc, city) = (Smsc::start(), City::open());
    let line = city.line(smsc.port, protocol("wrong"));
    smsc.wait("bind", 1);
    smsc.wait("closed", 1);
    let fault = wait_for(LIMIT, || {
        let folder = city.accounts();
        let account = folder.into_iter().find(|row| row.account == ACCOUNT)?;
        account.fault
    });
    assert_eq!(fault.as_deref(), Some("refused"));
    line.finish();
    assert_eq!(smsc.heard("bind").len(), 1);
}
