//! The answers to AT commands (3GPP TS 27.005 and 27.007, ITU-T V.250), as far as programs of short
//! messages ask.

use super::memory::Stored;
use super::{IMEI, IMSI, State, Submitted, network};
use mayorline::wire::sms::PDU_BYTES_MAX;
use std::fmt::Write as _;

/// What a command line is answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Lines and OK.
    Ok(String),
    /// A final line of its own.
    Error(String),
    /// The prompt: a PDU of so many octets without its centre is to come.
    Prompt(usize),
}

/// `+CMS ERROR` of TS 27.005 §3.2.5.
const INVALID_PDU: u16 = 304;
const INVALID_INDEX: u16 = 321;

fn cms_error(code: u16) -> Answer {
    Answer::Error(format!("+CMS ERROR: {code}"))
}

/// What has no answer of its own, by the command without its value.
const FIXED: [(&str, &str); 30] = [
    ("+CGMI", "Mayorline"),
    ("+GMI", "Mayorline"),
    ("+CGMM", "Emulator"),
    ("+GMM", "Emulator"),
    ("+CGMR", "1.0"),
    ("+GMR", "1.0"),
    ("+CGSN", IMEI),
    ("+GSN", IMEI),
    ("+CIMI", IMSI),
    ("+CPIN?", "+CPIN: READY"),
    ("+CREG?", "+CREG: 2,1,\"1A2B\",\"3C4D\""),
    ("+CGREG?", "+CGREG: 0,1"),
    ("+COPS?", "+COPS: 0,0,\"Loopback\",2"),
    ("+CSQ", "+CSQ: 23,0"),
    ("+CBC", "+CBC: 0,100"),
    ("+CSMS?", "+CSMS: 1,1,1,1"),
    ("+CSMS=", "+CSMS: 1,1,1"),
    ("+CSCA?", "+CSCA: \"+8619900000500\",145"),
    ("+CMGF=?", "+CMGF: (0)"),
    ("+CMGF?", "+CMGF: 0"),
    ("+CSCS=?", "+CSCS: (\"GSM\",\"UCS2\")"),
    ("+CSCS?", "+CSCS: \"GSM\""),
    ("+CNMI=?", "+CNMI: (0-2),(0,1),(0),(0,2),(0,1)"),
    ("+CPMS=?", "+CPMS: (\"SM\"),(\"SM\"),(\"SM\")"),
    ("+CMGL=?", "+CMGL: (0-4)"),
    ("+CGCLASS?", "+CGCLASS: \"CC\""),
    ("+CCLK?", "+CCLK: \"26/11/22,20:13:50+32\""),
    ("+CMEE?", "+CMEE: 1"),
    ("+CFUN?", "+CFUN: 1"),
    ("+WS46=?", "+WS46: (12)"),
];

/// What is simply taken.
const TAKEN: [&str; 12] = [
    "+CMEE=", "+CREG=", "+CGREG=", "+CSCS=", "+CSCA=", "+CLIP=", "+CRC=", "+CUSD=", "+CNMA",
    "+CSDH=", "+IFC=", "+CFUN=1",
];

impl State {
    /// Answers the command line behind `AT`, one command after the other; the first error ends it.
    pub(super) fn answer(&mut self, line: &str, echo: &mut bool) -> Answer {
        let mut lines = String::new();
        let mut rest = line.trim();
        while !rest.is_empty() {
            let (command, behind) = next_command(rest);
            rest = behind;
            match self.command(command, echo) {
                Answer::Ok(more) => lines.push_str(&more),
                other => return other,
            }
        }
        Answer::Ok(lines)
    }

    fn command(&mut self, command: &str, echo: &mut bool) -> Answer {
        let upper = command.to_ascii_uppercase();
        if !upper.starts_with('+') {
            return basic(&upper, echo);
        }
        let (name, value) = upper.split_once('=').unwrap_or((&upper, ""));
        let has_value = upper.contains('=') && value != "?";
        match (name, has_value) {
            ("+CPMS", true) => return self.used(&["", "", ""]),
            ("+CPMS?", _) => return self.used(&["\"SM\",", "\"SM\",", "\"SM\","]),
            ("+CMGF", true) if value != "0" => return cms_error(303),
            ("+CMGF", true) => return Answer::Ok(String::new()),
            ("+CNMI", true) => return self.notify(value),
            ("+CNMI?", _) => {
                let (texts, reports) = self.notices;
                return Answer::Ok(format!("\r\n+CNMI: 2,{texts},0,{reports},0\r\n"));
            }
            ("+CMGL", true) => return self.list(value),
            ("+CMGR", true) => return self.read(value),
            ("+CMGD", _) if value == "?" => {
                let taken = self.memory.taken();
                let taken: Vec<String> = taken.iter().map(usize::to_string).collect();
                return Answer::Ok(format!("\r\n+CMGD: ({}),(0-4)\r\n", taken.join(",")));
            }
            ("+CMGD", true) => return self.delete(value),
            ("+CMGS", true) => return prompt(value),
            _ => {}
        }
        let fixed = FIXED.iter().find(|(fixed, _)| {
            upper == *fixed || fixed.ends_with('=') && upper.starts_with(fixed) && has_value
        });
        if let Some((_, answer)) = fixed {
            return Answer::Ok(format!("\r\n{answer}\r\n"));
        }
        if TAKEN.iter().any(|taken| upper.starts_with(taken)) {
            return Answer::Ok(String::new());
        }
        Answer::Error("ERROR".to_owned())
    }

    fn used(&self, names: &[&str]) -> Answer {
        let (used, places) = (self.memory.used(), self.memory.places());
        let each: Vec<String> = names.iter().map(|name| format!("{name}{used},{places}")).collect();
        Answer::Ok(format!("\r\n+CPMS: {}\r\n", each.join(",")))
    }

    /// `mode,mt,bm,ds,bfr`; what is left out stays.
    fn notify(&mut self, value: &str) -> Answer {
        let number = |at: usize| value.split(',').nth(at).and_then(|value| value.parse().ok());
        let texts = number(1).unwrap_or(self.notices.0);
        let reports = number(3).unwrap_or(self.notices.1);
        if !matches!(texts, 0 | 1) || !matches!(reports, 0 | 2) {
            return cms_error(303);
        }
        self.notices = (texts, reports);
        Answer::Ok(String::new())
    }

    fn list(&mut self, value: &str) -> Answer {
        let mut lines = String::new();
        for place in self.memory.taken() {
            let Some(stored) = self.memory.read(place) else { continue };
            let state = if stored.is_read { "1" } else { "0" };
            if value == "4" || value == state {
                let _ = write!(lines, "\r\n+CMGL: {place},{}", shown(&stored));
            }
        }
        Answer::Ok(if lines.is_empty() { lines } else { lines + "\r\n" })
    }

    fn read(&mut self, value: &str) -> Answer {
        let place = value.trim().parse().ok();
        match place.and_then(|place| self.memory.read(place)) {
            Some(stored) => Answer::Ok(format!("\r\n+CMGR: {}\r\n", shown(&stored))),
            None => cms_error(INVALID_INDEX),
        }
    }

    fn delete(&mut self, value: &str) -> Answer {
        let (place, flag) = value.split_once(',').unwrap_or((value, "0"));
        if flag.trim() != "0" {
            return cms_error(303);
        }
        let Ok(place) = place.trim().parse() else { return cms_error(INVALID_INDEX) };
        if self.faults.deletions_without_effect > 0 {
            self.faults.deletions_without_effect -= 1;
            return Answer::Ok(String::new());
        }
        if !self.memory.remove(place) {
            return cms_error(INVALID_INDEX);
        }
        if let Some(place) = self.memory.settle() {
            self.tell(place, false);
        }
        Answer::Ok(String::new())
    }

    /// Takes what came behind the prompt. `None` when the answer gets lost.
    pub(super) fn submit(&mut self, length: usize, typed: &str) -> Option<Answer> {
        let digits: String = typed.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let Some(bytes) = from_hex(&digits) else { return Some(cms_error(INVALID_PDU)) };
        let centre = bytes.first().map_or(0, |length| usize::from(*length) + 1);
        let transfer = bytes.get(centre..).unwrap_or_default().to_vec();
        let taken = (transfer.len() == length).then(|| network::taken(&transfer)).flatten();
        let Some((text, wants_report)) = taken else { return Some(cms_error(INVALID_PDU)) };
        if let Some(code) = self.faults.refused.get(&text.origin.dialled()) {
            return Some(cms_error(*code));
        }
        self.reference = self.reference.wrapping_add(1);
        let reference = self.reference;
        let report = network::report(&transfer, reference, 0);
        self.submitted.push(Submitted { reference, pdu: transfer, text, wants_report });
        if wants_report && self.reports == super::Reports::AtOnce {
            let times = if self.faults.reports_doubled { 2 } else { 1 };
            (0..times).for_each(|_| self.receive(report.clone()));
        }
        if self.faults.answers_lost > 0 {
            self.faults.answers_lost -= 1;
            return None;
        }
        Some(Answer::Ok(format!("\r\n+CMGS: {reference}\r\n")))
    }
}

/// V.250 §5.2: basic commands follow each other, extended ones end with a semicolon.
fn next_command(line: &str) -> (&str, &str) {
    if line.starts_with('+') {
        return line.split_once(';').map_or((line, ""), |(command, rest)| (command, rest));
    }
    let letter = line.chars().take_while(|c| *c == '&').count() + 1;
    let value = |c: char| c.is_ascii_digit() || matches!(c, '=' | '?');
    let end = line.get(letter..).and_then(|rest| rest.find(|c| !value(c)));
    let (command, rest) = line.split_at(end.map_or(line.len(), |end| letter + end));
    (command, rest.trim_start_matches(';'))
}

fn basic(command: &str, echo: &mut bool) -> Answer {
    match command {
        "E0" | "E" => *echo = false,
        "E1" | "Z" | "Z0" | "&F" | "&F0" => *echo = true,
        "I" | "I0" => return Answer::Ok("\r\nEmulator\r\n".to_owned()),
        "H" | "H0" | "V1" | "Q0" | "X4" => {}
        _ if command.starts_with('S') => {}
        _ => return Answer::Error("ERROR".to_owned()),
    }
    Answer::Ok(String::new())
}

fn prompt(value: &str) -> Answer {
    match value.trim().parse() {
        Ok(length) if (1..PDU_BYTES_MAX).contains(&length) => Answer::Prompt(length),
        _ => cms_error(INVALID_PDU),
    }
}

/// State, length without the centre, and the PDU on a line of its own.
fn shown(stored: &Stored) -> String {
    let centre = stored.pdu.first().map_or(0, |length| usize::from(*length) + 1);
    let length = stored.pdu.len().saturating_sub(centre);
    let state = u8::from(stored.is_read);
    let hex = stored.pdu.iter().fold(String::new(), |mut all, octet| {
        let _ = write!(all, "{octet:02X}");
        all
    });
    format!("{state},,{length}\r\n{hex}")
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
