//! Wireshark's dissectors as second readers of what we write. They share no code with us.

use std::path::Path;
use std::process::Command;

/// The link type of packets that begin with IP.
const RAW_IP: u32 = 101;

/// What the dissectors say about each PDU, field by field in the order asked for. The PDUs are the segments of
/// one connection to `port`, which tells their protocol.
pub(crate) fn read(port: u16, pdus: &[Vec<u8>], fields: &[&str]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let capture = folder.path().join("carrier.pcap");
    std::fs::write(&capture, pcap(port, pdus)).expect("the capture can be written");
    let printed = tshark(&capture, fields);
    // Fields are parted by U+0001 and end with U+0002, because a text may hold any line end.
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
    command.args(["-T", "fields", "-E", "separator=\u{1}", "-E", "occurrence=a"]);
    for field in fields.iter().chain(&["frame.marked"]) {
        command.args(["-e", field]);
    }
    let output = command.env("LC_ALL", "C.UTF-8").output().expect("tshark is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    ["0", "False"].iter().fold(printed, |printed, unmarked| {
        printed.replace(&format!("\u{1}{unmarked}\n"), "\u{2}\n")
    })
}

/// One packet for each PDU.
fn pcap(port: u16, pdus: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 65_535, RAW_IP] {
        out.extend(word.to_le_bytes());
    }
    let mut sequence = 1_u32;
    for pdu in pdus {
        let packet = packet(port, sequence, pdu);
        let length = u32::try_from(packet.len()).unwrap();
        for word in [0, 0, length, length] {
            out.extend(word.to_le_bytes());
        }
        out.extend(packet);
        sequence += u32::try_from(pdu.len()).unwrap();
    }
    out
}

/// A segment over IPv4; nobody looks at the sums.
fn packet(port: u16, sequence: u32, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(40 + pdu.len()).unwrap().to_be_bytes();
    let mut out = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, 6, 0, 0];
    out.extend([127, 0, 0, 1, 127, 0, 0, 1]);
    out.extend(40_000_u16.to_be_bytes());
    out.extend(port.to_be_bytes());
    out.extend(sequence.to_be_bytes());
    out.extend([0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
    out.extend(pdu);
    out
}
