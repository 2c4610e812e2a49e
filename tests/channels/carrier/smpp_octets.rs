//! Our PDUs of SMPP, read by another's dissector.

use super::capture;
use mayorline::wire::smpp::{Address, Bind, Body, Pdu, Segment, Status, Submit};
use mayorline::wire::sms::Carried;

/// What Wireshark takes for SMPP.
const PORT: u16 = 2_775;

#[test]
fn wireshark_reads_how_we_bind_and_what_we_send() {
    let text = "【邹城社情民意】编号26112200131办理结果：路灯已修复😀。".repeat(4);
    let parts = Carried::split(&text, 0xA7, false).unwrap();
    assert_eq!(parts.len(), 3);
    let submit = |carried| Submit {
        source: Address::number("10651234501"),
        destination: Address::number("+8619900000001"),
        wants_report: true,
        segment: Segment::new(carried),
    };
    let mut bodies = vec![Body::Bind(Bind::new("zoucheng", "secret08", ""))];
    bodies.extend(parts.iter().map(|part| Body::Submit(submit(part))));
    bodies.extend([Body::EnquireLink, Body::EnquireLinkResp, Body::Unbind, Body::UnbindResp]);
    let mut pdus: Vec<Pdu> =
        (1..).zip(bodies).map(|(sequence, body)| Pdu::new(sequence, body)).collect();
    pdus.push(Pdu { sequence: 9, status: Status::NOT_NOW, body: Body::DeliverResp });
    let octets: Vec<Vec<u8>> = pdus.iter().map(|pdu| pdu.write().unwrap()).collect();
    let fields = [
        "smpp.command_id",
        "smpp.sequence_number",
        "smpp.command_status",
        "smpp.system_id",
        "smpp.interface_version",
        "smpp.source_addr",
        "smpp.destination_addr",
        "smpp.esm.submit.features",
        "smpp.data_coding",
        "smpp.regdel.receipt",
        "smpp.sm_length",
        "_ws.malformed",
    ];
    let rows = capture::read(PORT, &octets, &fields);
    assert_eq!(rows[0][3..5], ["zoucheng", "52"], "version 0x34");
    for (row, part) in rows[1..4].iter().zip(&parts) {
        let length = part.octets().len().to_string();
        let numbers = ["10651234501", "8619900000001"];
        assert_eq!(row[5..7], numbers);
        assert_eq!(row[7..11], ["0x01", "0x08", "0x01", &length]);
    }
    let commands: Vec<&str> = rows[4..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(commands, ["0x00000015", "0x80000015", "0x00000006", "0x80000006", "0x80000005"]);
    assert_eq!(rows[8][2], "0x00000064");
    assert!(rows.iter().all(|row| row[11].is_empty()), "{rows:?}");
}
