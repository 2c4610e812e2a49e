//! Wireshark's dissector as a second reader of the PDUs of short messages. It shares no code with us.

use std::path::Path;
use std::process::Command;

/// The link type that captures leave to their users; the call below says what it carries.
const USER_0: u16 = 147;
/// Packet flags: the network received it. Only so is a PDU of type 1 an SMS-SUBMIT.
const INBOUND: u32 = 1;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;

/// What the dissector says about each PDU, field by field in the order asked for.
pub(crate) fn read(pdus: &[Vec<u8>], fields: &[&str]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let capture = folder.path().join("texts.pcapng");
    std::fs::write(&capture, pcapng(pdus)).expect("the capture can be written");
    let printed = tshark(&capture, fields);
    // Fields are parted by U+0001 and PDUs by U+0002, because a text may hold any line end.
    let rows: Vec<Vec<String>> = printed
        .trim_end_matches('\n')
        .split_terminator('\u{2}')
        .map(|row| row.trim_start_matches('\n').split('\u{1}').map(str::to_owned).collect())
        .collect();
    assert_eq!(rows.len(), pdus.len(), "tshark read every PDU: {printed}");
    rows
}

fn tshark(capture: &Path, fields: &[&str]) -> String {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture);
    // The dissector puts the parts of a long message together, which is not asked for.
    command.args(["-o", "gsm_sms.reassemble:FALSE", "-T", "fields", "-E", "separator=\u{1}"]);
    command.args(["-o", r#"uat:user_dlts:"User 0 (DLT=147)","gsm_sms","0","","0","""#]);
    for field in fields {
        command.args(["-e", field]);
    }
    // Ends every row, because the frame's number stands nowhere in a text.
    command.args(["-e", "frame.protocols"]);
    let output = command.env("LC_ALL", "C.UTF-8").output().expect("tshark is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .expect("tshark prints UTF-8")
        .replace("\u{1}user_dlt:gsm_sms", "\u{2}")
}

fn pcapng(pdus: &[Vec<u8>]) -> Vec<u8> {
    let mut out = block(
        SECTION_HEADER,
        &[0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255],
    );
    let [low, high] = USER_0.to_le_bytes();
    out.extend(block(INTERFACE, &[low, high, 0, 0, 0, 0, 1, 0]));
    for pdu in pdus {
        let length = u32::try_from(pdu.len()).unwrap().to_le_bytes();
        let mut body = vec![0; 12];
        body.extend(length);
        body.extend(length);
        body.extend(pdu);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend([2, 0, 4, 0]);
        body.extend(INBOUND.to_le_bytes());
        body.extend([0; 4]);
        out.extend(block(ENHANCED_PACKET, &body));
    }
    out
}

/// Type, length, body, length.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &length, body, &length].concat()
}
