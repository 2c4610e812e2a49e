//! What a unit is told of its orders, by text (S19 to S21, S29 to S31) and by mail (M9, M11, M12): domain.md
//! 3.5, 4.3, 4.4; S30, S31, M11 and M12, to who helps or reads, are our own.

use super::mail::templates::{Desk as MailDesk, MailText, WrittenMail};
use super::templates::{ShortText, Signature, Written};
use crate::domain::anonymise::anonymise;
use crate::domain::case::{
    Case, CaseEvent, DueDate, Nature, PostTold, Record, Urgency, Warning, city_zone, local_day,
    whom,
};
use jiff::Timestamp;

/// Working days in which a unit signs (T15), and that a yellow card leaves (3.5).
const NOTICE_DAYS: u8 = 1;

/// What stands in place of a matter whose citizen asked for secrecy, and of one without words.
const LOOK_INSIDE: &str = "内容请登录系统查看";

/// What a unit is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitNotice {
    /// A case is its to handle, for the first time or again (S19, M9).
    Order,
    /// It is asked to sign or to go on (催办, S29).
    Remind,
    /// Its time is nearly over (黄牌, S20).
    Warn,
    /// Its time is over (红牌, 挂号督办, S21).
    Overdue,
    /// It helps the unit that handles a case (协办, S30, M11).
    Help,
    /// A case is circulated to it (转阅, S31, M12).
    Read,
}

/// What stands in place of who answers for it where nobody was named.
const WHOM_INSIDE: &str = "请登录系统查看";

/// What the unit of a case is told, and who of it beside the unit itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitNews {
    /// What.
    pub notice: UnitNotice,
    /// The persons of its posts; none of an order.
    pub told: Vec<PostTold>,
    /// The same in words, with who gets a copy.
    pub whom: String,
}

/// Its unit is told of it at night too.
#[must_use]
pub fn is_pressing(case: &Case) -> bool {
    matches!(case.work.urgency, Urgency::Immediate | Urgency::Urgent)
}

/// Whether the unit that had the case until now is out of it: what still waits to be told to it is not.
#[must_use]
pub fn leaves_unit(events: &[CaseEvent]) -> bool {
    events.iter().any(|event| match event {
        CaseEvent::Assigned { .. } | CaseEvent::Withdrawn | CaseEvent::Merged { .. } => true,
        CaseEvent::Record(record) => {
            matches!(**record, Record::Returned { .. } | Record::Recalled { .. })
        }
        _ => false,
    })
}

/// Whether the citizen asks for secrecy: an order that still waits tells less.
#[must_use]
pub fn asks_secrecy(events: &[CaseEvent]) -> bool {
    events.iter().any(|event| match event {
        CaseEvent::Record(record) => matches!(**record, Record::SecrecyAsked { wanted: true, .. }),
        _ => false,
    })
}

/// What the unit of a case is told of these events.
#[must_use]
pub fn unit_news(events: &[CaseEvent]) -> Vec<UnitNews> {
    events.iter().filter_map(news).collect()
}

/// The units beside the one that handles a case that are told of these events: who helps, who is to read it.
#[must_use]
pub fn others_told(case: &Case, events: &[CaseEvent]) -> Vec<(UnitNotice, String)> {
    let told = events.iter().flat_map(|event| match event {
        CaseEvent::Redone { .. } => all_of(UnitNotice::Help, &case.work.helpers),
        CaseEvent::Record(record) => match &**record {
            Record::Dispatched { helpers, .. } => all_of(UnitNotice::Help, helpers),
            Record::ReadersNamed { readers, .. } => all_of(UnitNotice::Read, readers),
            _ => vec![],
        },
        _ => vec![],
    });
    told.filter(|(_, unit)| !case.work.accused.contains(unit)).collect()
}

fn all_of<'a>(
    notice: UnitNotice,
    units: impl IntoIterator<Item = &'a String>,
) -> Vec<(UnitNotice, String)> {
    units.into_iter().map(|unit| (notice, unit.clone())).collect()
}

/// Units that are accused by these events: what still waits to be told to them is not.
#[must_use]
pub fn accused(events: &[CaseEvent]) -> Vec<&str> {
    let named = events.iter().filter_map(|event| match event {
        CaseEvent::Record(record) => match &**record {
            Record::AccusedNamed { unit, .. } => Some(unit.as_str()),
            _ => None,
        },
        _ => None,
    });
    named.collect()
}

fn news(event: &CaseEvent) -> Option<UnitNews> {
    match event {
        CaseEvent::Assigned { .. } | CaseEvent::Redone { .. } => {
            Some(UnitNews { notice: UnitNotice::Order, told: vec![], whom: String::new() })
        }
        CaseEvent::Record(record) => match &**record {
            Record::Warned { warning, told, copied, .. } => {
                let notice = match warning {
                    Warning::Unsigned | Warning::Reminder => UnitNotice::Remind,
                    Warning::YellowCard => UnitNotice::Warn,
                    Warning::RedCard | Warning::Docket => UnitNotice::Overdue,
                    _ => return None,
                };
                let whom = whom(told, copied.as_deref());
                Some(UnitNews { notice, told: told.clone(), whom })
            }
            _ => None,
        },
        _ => None,
    }
}

impl UnitNotice {
    /// Its text, as at `now`: how long a case is overdue is told as it is, however late the text comes.
    /// A warning says whom it went to. `None` where the case lacks what it says.
    #[must_use]
    pub fn written(self, case: &Case, now: Timestamp, whom: &str) -> Option<Written> {
        let whom = if whom.is_empty() { WHOM_INSIDE } else { whom };
        let number = case.number?;
        let nature = case.nature.unwrap_or(Nature::Other);
        let content = content(case);
        let summary = content.as_str();
        let due = case.unit_due.as_ref();
        let text = match self {
            Self::Order => {
                let (due, hour) = due.map(|due| (due.on, hour(due)))?;
                let days = NOTICE_DAYS;
                ShortText::UnitAssign { case: number, nature, summary, days, due, hour }
            }
            Self::Help => {
                let (due, hour) = due.map(|due| (due.on, hour(due)))?;
                ShortText::UnitHelp { case: number, nature, summary, due, hour }
            }
            Self::Read => ShortText::UnitRead { case: number, nature, summary },
            Self::Remind => ShortText::UnitRemind { case: number, whom },
            Self::Warn => ShortText::UnitWarn { case: number, days: NOTICE_DAYS.into(), whom },
            Self::Overdue => {
                let over = local_day(now).since(due?.on).map_or(0, |span| span.get_days());
                let days = u16::try_from(over).unwrap_or(0).max(1);
                ShortText::UnitOverdue { case: number, days, whom }
            }
        };
        // Texts to officials begin with what they are, never with a signature.
        Some(text.write(&Signature::default()))
    }

    /// Its mail, where it has one; `unit`: the name of whom it goes to. Who brought the matter is told to
    /// the unit that handles it alone.
    #[must_use]
    pub fn mail(self, case: &Case, unit: &str) -> Option<WrittenMail> {
        let number = case.number?;
        let due = case.unit_due.as_ref().map(|due| due.on);
        let nature = case.nature.unwrap_or(Nature::Other);
        let secret = case.work.secrecy;
        let place = case.work.place.as_deref().map(str::trim).filter(|place| !place.is_empty());
        let place = if secret { "请登录系统查看" } else { place.unwrap_or("未填写") };
        let named = case.private.display.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let content = content(case);
        let content = content.as_str();
        let mail = match self {
            Self::Order => {
                let name = if secret { None } else { Some(named.unwrap_or("未留姓名")) };
                MailText::UnitOrder { case: number, unit, nature, place, content, name, due: due? }
            }
            Self::Help => {
                MailText::UnitHelp { case: number, unit, nature, place, content, due: due? }
            }
            Self::Read => MailText::UnitRead { case: number, unit, nature, place, content },
            Self::Remind | Self::Warn | Self::Overdue => return None,
        };
        Some(mail.write(&MailDesk::default()))
    }

    /// Its text in the table, and its mail where it tells what a case is about.
    #[must_use]
    pub fn templates(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Order => ("S19", Some("M9")),
            Self::Warn => ("S20", None),
            Self::Overdue => ("S21", None),
            Self::Remind => ("S29", None),
            Self::Help => ("S30", Some("M11")),
            Self::Read => ("S31", Some("M12")),
        }
    }
}

/// The hour before which an answer is due, never a later one: 24 for the end of its last day.
fn hour(due: &DueDate) -> i8 {
    let at = due.at.to_zoned(city_zone());
    if at.date() > due.on { 24 } else { at.hour() }
}

/// What the case is about, without names and numbers: the clerk's words, else the citizen's.
fn content(case: &Case) -> String {
    if case.work.secrecy {
        return LOOK_INSIDE.to_owned();
    }
    let first = case.channel.map_or("", |channel| channel.first_summary());
    let summary = case.summary.as_deref().filter(|summary| *summary != first);
    let words = summary.or(case.private.text.as_deref()).unwrap_or_default();
    let (words, _) = anonymise(words.trim());
    if words.is_empty() { LOOK_INSIDE.to_owned() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::Channel;
    use crate::units::CaseNumber;
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn due(at: Timestamp) -> DueDate {
        DueDate { on: date(2026, 11, 27), at, provisional: false, explained: vec![] }
    }

    fn case() -> Case {
        let mut case = Case {
            number: CaseNumber::parse("26112200131").ok(),
            channel: Some(Channel::PublicSms),
            nature: Some(Nature::Complaint),
            summary: Some("北宿镇路灯不亮".to_owned()),
            unit_due: Some(due(at("2026-11-27T18:00:00+08:00"))),
            ..Case::default()
        };
        case.private.display = Some("孟某某".to_owned());
        case.private.text = Some("张三的电话19900000017，路灯不亮".to_owned());
        case.work.place = Some("北宿镇".to_owned());
        case
    }

    fn text(notice: UnitNotice, case: &Case, now: &str) -> String {
        notice.written(case, at(now), "承办人员丁（科员）；抄送首问负责人801").unwrap().text
    }

    const NOW: &str = "2026-11-22T10:00:00+08:00";

    #[test]
    fn the_texts_are_those_of_the_table() {
        let told = |notice| text(notice, &case(), NOW);
        assert_eq!(
            told(UnitNotice::Order),
            "【交办】编号26112200131，投诉，北宿镇路灯不亮。请1个工作日内签收，11月27日18时前办复。登录系统查看。"
        );
        assert_eq!(
            told(UnitNotice::Warn),
            "【预警】编号26112200131距办复时限不足1个工作日，请抓紧办理并反馈。\
             责任人：承办人员丁（科员）；抄送首问负责人801。"
        );
        let overdue = |now| text(UnitNotice::Overdue, &case(), now);
        for (now, days) in [
            ("2026-11-27T18:00:01+08:00", 1),
            ("2026-11-28T00:00:00+08:00", 1),
            ("2026-11-30T09:00:00+08:00", 3),
        ] {
            let told = format!(
                "【超期】编号26112200131已超办复时限{days}天，已列入督办，请立即反馈并说明原因。\
                 责任人：承办人员丁（科员）；抄送首问负责人801。"
            );
            assert_eq!(overdue(now), told, "{now}");
        }
        assert_eq!(
            told(UnitNotice::Remind),
            "【催办】编号26112200131：请尽快签收、办理，按期办复。责任人：承办人员丁（科员）；抄送首问负责人801。"
        );
        let nobody = UnitNotice::Remind.written(&case(), at(NOW), "").unwrap().text;
        assert!(nobody.ends_with("责任人：请登录系统查看。"), "{nobody}");
        let mail = UnitNotice::Order.mail(&case(), "市城市管理局").unwrap();
        assert_eq!(mail.subject, "【交办单】26112200131 办复期限2026年11月27日");
        assert_eq!(
            mail.text,
            "市城市管理局：\n现将以下事项交你单位办理，请于一个工作日内签收，于2026年11月27日前办复。\n\
             类型：投诉；地点：北宿镇；\n内容：北宿镇路灯不亮；\n反映人：孟某某。"
        );
    }

    #[test]
    fn a_day_that_ends_at_midnight_ends_at_24_and_half_hours_are_told_early() {
        let mut case = case();
        case.unit_due = Some(due(at("2026-11-28T00:00:00+08:00")));
        assert!(text(UnitNotice::Order, &case, NOW).contains("11月27日24时前"));
        case.unit_due = Some(due(at("2026-11-27T17:30:00+08:00")));
        assert!(text(UnitNotice::Order, &case, NOW).contains("11月27日17时前"));
    }

    #[test]
    fn of_a_secret_matter_neither_words_nor_place_nor_name_leave() {
        let mut case = case();
        case.work.secrecy = true;
        let mail = UnitNotice::Order.mail(&case, "城市管理局").unwrap();
        let all = format!("{}{}{}", text(UnitNotice::Order, &case, NOW), mail.subject, mail.text);
        for private in ["路灯", "北宿", "孟", "19900000017"] {
            assert!(!all.contains(private), "{private}: {all}");
        }
        assert!(all.contains("内容请登录系统查看") && all.contains("反映人：要求保密"), "{all}");
    }

    #[test]
    fn what_no_clerk_has_put_into_words_is_told_without_names_and_numbers() {
        let mut case = case();
        case.summary = Some(Channel::PublicSms.first_summary().to_owned());
        let told = text(UnitNotice::Order, &case, NOW);
        assert!(
            told.contains("路灯不亮") && !told.contains("0017") && !told.contains("张三"),
            "{told}"
        );
        case.private.text = None;
        assert!(text(UnitNotice::Order, &case, NOW).contains("内容请登录系统查看"));
    }
}
