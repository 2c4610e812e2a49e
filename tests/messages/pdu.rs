//! The PDUs of our texts, read by another's dissector.

use crate::oracle;
use mayorline::wire::sms::{Destination, Submit, Validity, split};

const FIELDS: [&str; 6] = [
    "gsm_sms.tp-da",
    "gsm_sms.sms_text",
    "gsm_sms.udh.mm.msg_id",
    "gsm_sms.udh.mm.msg_parts",
    "gsm_sms.udh.mm.msg_part",
    "gsm_sms.tp-srr",
];

fn submitted(text: &str, reference: u16, is_wide: bool) -> Vec<Vec<u8>> {
    let submit = |data| Submit {
        destination: Destination::number("+8619900000001").unwrap(),
        wants_report: true,
        validity: Validity::of_minutes(48 * 60),
        data,
    };
    let parts = split(text, reference, is_wide).unwrap();
    parts.into_iter().map(|data| submit(data).write()).collect()
}

#[test]
fn wireshark_reads_every_part_of_every_text_as_we_meant_it() {
    let receipt = "【书记市长公开电话】您好，您反映的事项已受理，编号20261122001，查询码4821。";
    let texts = [
        "Test".to_owned(),
        "every character of seven bits @£$¥èéùìòØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà".to_owned(),
        "{brackets} [and] ~more~ \\ ^ | €".to_owned(),
        receipt.to_owned(),
        receipt.repeat(4),
        "路灯不亮😀已三天".to_owned(),
        "😀".repeat(70),
        // Seven fill bits in all places behind the header.
        (0..12).map(|n| "a".repeat(150 + n)).collect(),
        "€uro ".repeat(60),
    ];
    for is_wide in [false, true] {
        for (reference, text) in (0xA1..).zip(&texts) {
            let pdus = submitted(text, reference, is_wide);
            let rows = oracle::read(&pdus, &FIELDS);
            let heard: String = rows.iter().map(|row| row[1].as_str()).collect();
            assert_eq!(&heard, text);
            for (number, row) in (1..).zip(&rows) {
                assert_eq!(row[0], "8619900000001");
                assert_eq!(row[5], "1", "a report is asked for");
                let place = [&row[2], &row[3], &row[4]].map(|field| number_of(field));
                let wanted = [u64::from(reference), rows.len() as u64, number];
                assert_eq!(place, if rows.len() == 1 { [0; 3] } else { wanted });
            }
        }
    }
}

/// Decimal or hexadecimal; 0 where the field is absent.
fn number_of(field: &str) -> u64 {
    match field.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => field.parse().unwrap_or(0),
    }
}
