//! Our PDUs of CMPP, read by another's dissector.

use super::capture;
use mayorline::wire::cmpp::{
    Body, Connect, ConnectResp, ConnectStatus, Deliver, DeliverResp, Pdu, Report, Secret, Submit,
    SubmitResp, Version,
};
use mayorline::wire::sms::Carried;

/// What Wireshark takes for CMPP.
const PORT: u16 = 7_890;

fn rows(version: Version, bodies: Vec<Body>, fields: &[&str]) -> Vec<Vec<String>> {
    let pdus: Vec<Vec<u8>> = (1..)
        .zip(bodies)
        .map(|(sequence, body)| Pdu { sequence, body }.write(version).unwrap())
        .collect();
    capture::read(PORT, &pdus, fields)
}

fn secret() -> Secret {
    Secret::new("shared-secret".to_owned())
}

#[test]
fn wireshark_reads_how_we_connect_and_part() {
    for (version, name) in [(Version::V2, "2.0"), (Version::V3, "3.0")] {
        let connect = Connect::new("901234", &secret(), version, 1_122_201_351);
        let refused = ConnectResp::new(ConnectStatus::Authentication, &connect, &secret(), version);
        let bodies = vec![
            Body::Connect(connect),
            Body::ConnectResp(refused),
            Body::ActiveTest,
            Body::ActiveTestResp,
            Body::Terminate,
            Body::TerminateResp,
        ];
        let fields = [
            "cmpp.Command_Id",
            "cmpp.Sequence_Id",
            "cmpp.connect.Source_Addr",
            "cmpp.Version",
            "cmpp.connect.Timestamp",
            "cmpp.connect_resp.Status",
            "_ws.malformed",
        ];
        let rows = rows(version, bodies, &fields);
        assert_eq!(rows[0][0], "0x00000001");
        assert_eq!(rows[0][2], "901234");
        assert!(rows[0][3].contains(name), "{rows:?}");
        assert!(rows[0][4].contains("11/22 20:13:51"), "{rows:?}");
        let commands: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(
            commands[1..],
            ["0x80000001", "0x00000008", "0x80000008", "0x00000002", "0x80000002"]
        );
        if version == Version::V3 {
            // The dissector knows the answer of 3.0 alone.
            assert_eq!((rows[1][5].as_str(), rows[1][6].as_str()), ("3", ""), "{rows:?}");
        }
        let sequences: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
        assert_eq!(sequences, ["1", "2", "3", "4", "5", "6"]);
    }
}

#[test]
fn wireshark_reads_our_texts_and_their_answers() {
    let text = "【邹城社情民意】编号26112200131办理结果：路灯已修复😀。".repeat(4);
    let parts = Carried::split(&text, 0xA7, false).unwrap();
    assert_eq!(parts.len(), 3);
    let submit = |carried| Submit {
        service: "HOTLINE".to_owned(),
        ..Submit::new("901234", "10651234501", "19900000001", carried)
    };
    let mut bodies: Vec<Body> = parts.iter().map(|part| Body::Submit(submit(part))).collect();
    let result = SubmitResp::FLOW_CONTROL;
    bodies.push(Body::SubmitResp(SubmitResp { msg_id: 0x1122_3344_5566_7788, result }));
    let fields = [
        "cmpp.submit.Pk_total",
        "cmpp.submit.Pk_number",
        "cmpp.submit.Registered_Delivery",
        "cmpp.Servicd_Id",
        "cmpp.submit.Msg_src",
        "cmpp.submit.Src_Id",
        "cmpp.Dest_terminal_Id",
        "cmpp.TP_udhi",
        "cmpp.Msg_Fmt",
        "cmpp.Msg_Length",
        "cmpp.submit_resp.Result",
        "cmpp.Msg_Id",
        "_ws.malformed",
    ];
    let rows = rows(Version::V3, bodies, &fields);
    for (number, (row, part)) in (1..).zip(rows.iter().zip(&parts)) {
        let length = part.octets().len().to_string();
        let number = number.to_string();
        let wanted = [
            "3",
            &number,
            "1",
            "HOTLINE",
            "901234",
            "10651234501",
            "19900000001",
            "1",
            "8",
            &length,
            "",
        ];
        assert_eq!(row[..11], wanted, "{rows:?}");
    }
    assert_eq!(rows[3][10..], ["8", "0x1122334455667788", ""]);
    assert!(rows.iter().all(|row| row[12].is_empty()), "{rows:?}");
}

#[test]
fn wireshark_reads_texts_to_us_and_reports() {
    let report = Report {
        msg_id: 0x1122_3344_5566_7788,
        status: "DELIVRD".to_owned(),
        submitted: "2611222013".to_owned(),
        done: "2611222014".to_owned(),
        destination: "19900000001".to_owned(),
        sequence: 77,
    };
    let text = Deliver {
        msg_id: 7,
        destination: "10651234501".to_owned(),
        service: "HOTLINE".to_owned(),
        protocol: 0,
        has_header: false,
        format: 8,
        source: "19900000001".to_owned(),
        is_report: false,
        content: Carried::split("路灯不亮", 1, false).unwrap().remove(0).octets(),
        link: "LINK1".to_owned(),
    };
    let told =
        Deliver { is_report: true, content: report.write(Version::V3).unwrap(), ..text.clone() };
    let kept = DeliverResp { msg_id: 7, result: DeliverResp::NOT_KEPT };
    let bodies = vec![Body::Deliver(text), Body::Deliver(told), Body::DeliverResp(kept)];
    let fields = [
        "cmpp.deliver.Dest_Id",
        "cmpp.deliver.Src_terminal_Id",
        "cmpp.deliver.Registered_Delivery",
        "cmpp.Msg_Length",
        "cmpp.LinkID",
        "cmpp.deliver.Report.Status",
        "cmpp.deliver.Report.Submit_time",
        "cmpp.deliver.Report.Done_time",
        "cmpp.Dest_terminal_Id",
        "cmpp.Report.SMSC_sequence",
        "cmpp.deliver_resp.Result",
        "_ws.malformed",
    ];
    let rows = rows(Version::V3, bodies, &fields);
    let wanted = ["10651234501", "19900000001", "0", "8", "LINK1", "", "", "", "", "", "", ""];
    assert_eq!(rows[0], wanted);
    let wanted = ["1", "71", "LINK1", "DELIVRD", "2611222013", "2611222014", "19900000001", "77"];
    assert_eq!(rows[1][2..10], wanted);
    assert_eq!(rows[2][10], "9");
    assert!(rows.iter().all(|row| row[11].is_empty()), "{rows:?}");
}
