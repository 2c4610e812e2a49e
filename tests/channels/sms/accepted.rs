//! Two programs that share no code with us, nor with each other, take the emulator for a modem.

use super::gammu::Gammu;
use super::smsd::{NAME, Smsd};
use crate::support::modem::{Modem, Order};
use crate::support::wait_for;
use mayorline::wire::sms::decode;
use std::time::Duration;

const LONG: &str = "城东新区解放路与人民路交叉口的路灯已经坏了三天，晚上出行很不安全，请尽快派人维修。\
    另外路口的下水井盖也松动了😀，电动车经过时很危险，希望一并处理，谢谢。联系人王先生。";

#[test]
fn smsd_takes_texts_from_it_and_gives_it_answers() {
    let modem = Modem::start();
    let smsd = Smsd::start(&modem);
    modem.receive_text("+8619900000001", "路灯坏了", 7, Order::Right);
    let files = smsd.wait_files("incoming", 1);
    let name = files[0].file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with(&format!("{NAME}.")) && name.len() == NAME.len() + 7, "{name}");
    assert!(wait_for(Duration::from_secs(10), || (modem.held() == 0).then_some(())).is_some());

    let mut file = b"To: 8619900000001\nAlphabet: UCS2\nReport: yes\n\n".to_vec();
    file.extend("已受理".encode_utf16().flat_map(u16::to_be_bytes));
    std::fs::write(smsd.spool().join("answer"), file).unwrap();
    std::fs::rename(smsd.spool().join("answer"), smsd.folder("outgoing").join("answer")).unwrap();
    smsd.wait_files("sent", 1);
    smsd.wait_files("report", 1);
    let submitted = modem.submitted();
    assert_eq!(submitted.len(), 1, "{}", modem.log());
    assert!(submitted[0].wants_report);
    assert_eq!(submitted[0].text.origin.dialled(), "+8619900000001");
    assert_eq!(decode([&submitted[0].text.data]).text, "已受理");
}

#[test]
fn gammu_takes_texts_from_it_and_gives_it_answers() {
    let modem = Modem::start();
    let gammu = Gammu::start(&modem);
    modem.receive_text("+8619900000001", LONG, 9, Order::Reversed);
    let texts = gammu.wait_texts(2);
    assert_eq!(texts.concat(), LONG);
    gammu.send("+8619900000002", "已受理");
    let sent = wait_for(Duration::from_secs(60), || modem.submitted().pop());
    let sent = sent.unwrap_or_else(|| panic!("nothing was submitted: {}", modem.log()));
    assert_eq!(sent.text.origin.dialled(), "+8619900000002");
    assert_eq!(decode([&sent.text.data]).text, "已受理");
    assert_eq!(modem.held(), 0);
}
