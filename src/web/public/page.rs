//! The pages themselves: HTML that is made here, readable without a script, by old eyes and on a phone.

use super::asked::Wanted;
use super::escape::escaped;
use super::listening::{ListeningDays, reason};
use super::words::Words;
use crate::domain::case::local_day;
use crate::domain::report::DOMAINS;
use crate::domain::town::TOWNS;
use crate::store::{Published, PublishedPage};
use jiff::ToSpan;
use jiff::civil::Date;

/// Months that can be chosen, the last ones.
const MONTHS_SHOWN: i32 = 24;

/// The list with its filters, and the listening days.
pub(super) fn list(
    words: Words,
    wanted: &Wanted,
    page: &PublishedPage,
    days: &ListeningDays,
    today: Date,
) -> String {
    let mut body = String::new();
    body += &format!("<h1>{}</h1>\n", words.pick("办理公示", "Public notices"));
    body += &form(words, wanted, today);
    body += &found(words, page);
    for one in &page.notices {
        body += &article(words, one, "h2", true);
    }
    body += &turn(words, wanted, page);
    body += &listening(words, days);
    let other = wanted.address(wanted.page, !words.english);
    frame(words, words.pick("办理公示", "Public notices"), &other, &body)
}

/// One notice.
pub(super) fn one(words: Words, one: &Published) -> String {
    let number = one.notice.number;
    let back = words.pick("返回公示列表", "All notices");
    let home = home(words);
    let body =
        article(words, one, "h1", false) + &format!("<p><a href=\"{home}\">{back}</a></p>\n");
    let lang = if words.english { "" } else { "?lang=en" };
    let title = format!("{} {number}", words.pick("办理公示", "Public notice"));
    frame(words, &title, &format!("/public/{number}{lang}"), &body)
}

/// Why there is nothing.
pub(super) fn failure(words: Words, sentence: &str) -> String {
    let back = words.pick("返回公示列表", "All notices");
    let home = home(words);
    let body = format!("<h1>{}</h1>\n<p><a href=\"{home}\">{back}</a></p>\n", escaped(sentence));
    let other = if words.english { "/public" } else { "/public?lang=en" };
    frame(words, words.pick("办理公示", "Public notices"), other, &body)
}

fn home(words: Words) -> &'static str {
    if words.english { "/public?lang=en" } else { "/public" }
}

/// What every page has around its own. `other` is the same page in the other language, as it stands in an
/// attribute.
fn frame(words: Words, title: &str, other: &str, body: &str) -> String {
    let line = words.pick("书记市长公开电话", "Secretary and mayor's line");
    let (language, home) = (words.language(), home(words));
    let demo = match words.demo {
        true => format!(
            "<p class=\"demo\" role=\"note\">{}</p>\n",
            words.pick("演示数据（虚构）", "Demo data (invented)")
        ),
        false => String::new(),
    };
    let (switch, switched) = if words.english { ("中文", "zh-CN") } else { ("English", "en") };
    let feed = words.pick("订阅（Atom）", "Feed (Atom)");
    let privacy = words.pick(
        "公示内容经受理中心审核，已隐去个人信息。认为其中内容涉及本人并要求撤下的，请拨打本线电话。",
        "Every notice was approved by the centre and has no personal data. Whoever finds himself in one \
         can have it taken down by calling the line.",
    );
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} · {line}</title>\n<link rel=\"stylesheet\" href=\"/assets/public.css\">\n\
         <link rel=\"icon\" href=\"/assets/icon.svg\">\n\
         <link rel=\"alternate\" type=\"application/atom+xml\" title=\"办理公示\" \
         href=\"/public/feed\">\n</head>\n<body>\n<header>\n{demo}\
         <p class=\"line\"><a href=\"{home}\">{line}</a></p>\n\
         <p><a href=\"{other}\" lang=\"{switched}\" hreflang=\"{switched}\">{switch}</a></p>\n\
         </header>\n<main>\n{body}</main>\n<footer>\n<p>{privacy}</p>\n\
         <p><a href=\"/public/feed\">{feed}</a> · <a href=\"/public/notices.json\">JSON</a></p>\n\
         </footer>\n</body>\n</html>\n",
        escaped(title)
    )
}

/// Type, town and month, as one chooses them.
fn form(words: Words, wanted: &Wanted, today: Date) -> String {
    let kinds = DOMAINS.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned()));
    let kind = wanted.kind.clone().unwrap_or_default();
    let kinds = options(words, kinds.collect(), &kind);
    let towns = TOWNS.iter().map(|town| ((*town).to_owned(), (*town).to_owned()));
    let towns = options(words, towns.collect(), wanted.town.unwrap_or_default());
    let this = today.first_of_month();
    let months = (0..MONTHS_SHOWN).filter_map(|back| this.checked_sub(back.months()).ok());
    let months = months.chain(wanted.month.filter(|month| !is_shown(*month, this)));
    let months = months.map(|month| (month.strftime("%Y-%m").to_string(), words.month(month)));
    let month = wanted.month.map(|month| month.strftime("%Y-%m").to_string());
    let months = options(words, months.collect(), &month.unwrap_or_default());
    let hidden = match words.english {
        true => "<input type=\"hidden\" name=\"lang\" value=\"en\">\n",
        false => "",
    };
    let [kind, town, month, show] = [
        words.pick("类型", "Type"),
        words.pick("镇街", "Town"),
        words.pick("月份", "Month"),
        words.pick("查看", "Show"),
    ];
    format!(
        "<form method=\"get\" action=\"/public\">\n\
         <label>{kind}<select name=\"kind\">{kinds}</select></label>\n\
         <label>{town}<select name=\"town\">{towns}</select></label>\n\
         <label>{month}<select name=\"month\">{months}</select></label>\n\
         {hidden}<button>{show}</button>\n</form>\n"
    )
}

/// Among the months that can be chosen anyway.
fn is_shown(month: Date, this: Date) -> bool {
    let first = this.checked_sub((MONTHS_SHOWN - 1).months()).unwrap_or(this);
    first <= month && month <= this
}

fn options(words: Words, all: Vec<(String, String)>, chosen: &str) -> String {
    // A longer code than that of a field can be asked for by an address; it stays chosen.
    let known = chosen.is_empty() || all.iter().any(|(value, _)| value == chosen);
    let more = (!known).then(|| (chosen.to_owned(), chosen.to_owned()));
    let any = (String::new(), words.pick("全部", "All").to_owned());
    let options = std::iter::once(any).chain(all).chain(more).map(|(value, name)| {
        let selected = if value == chosen { " selected" } else { "" };
        format!("<option value=\"{}\"{selected}>{}</option>", escaped(&value), escaped(&name))
    });
    options.collect()
}

fn found(words: Words, page: &PublishedPage) -> String {
    let more = if page.more { "+" } else { "" };
    let total = page.total;
    if total == 0 {
        let none = words.pick("没有符合条件的公示。", "There are no such notices.");
        return format!("<p class=\"found\">{none}</p>\n");
    }
    match words.english {
        true => format!("<p class=\"found\">{total}{more} notices</p>\n"),
        false => format!("<p class=\"found\">共{total}{more}件</p>\n"),
    }
}

/// A notice; in the list its number leads to its own page.
fn article(words: Words, one: &Published, heading: &str, linked: bool) -> String {
    let notice = &one.notice;
    let number = notice.number;
    let title = match (linked, words.english) {
        (true, false) => format!("<a href=\"/public/{number}\">{number}</a>"),
        (true, true) => format!("<a href=\"/public/{number}?lang=en\">{number}</a>"),
        (false, _) => number.to_string(),
    };
    let day = |date: Option<Date>| date.map(|date| words.date(date));
    let facts = [
        (words.pick("反映月份", "Month"), Some(words.month(local_day(notice.received_at)))),
        (words.pick("类型", "Type"), Some(words.kind(notice))),
        (words.pick("镇街", "Town"), notice.town.map(str::to_owned)),
        (words.pick("承办单位", "Unit"), one.unit_name.clone()),
        (words.pick("办理结果", "Result"), Some(words.result(notice.result).to_owned())),
        (words.pick("办理用时", "Time taken"), notice.days_used.map(|days| words.days_used(days))),
        (words.pick("群众评价", "Rating"), Some(words.grade(notice.grade).to_owned())),
        (words.pick("办理状态", "State"), Some(words.sentence(notice).to_owned())),
        (words.pick("办结日期", "Closed on"), day(notice.closed_on)),
    ];
    let facts = facts.into_iter().filter_map(|(name, fact)| {
        let fact = fact.filter(|fact| !fact.is_empty())?;
        Some(format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escaped(&fact)))
    });
    let facts: String = facts.collect();
    let lines = notice.text.lines().filter(|line| !line.trim().is_empty());
    let text: String =
        lines.map(|line| format!("<p lang=\"zh-CN\">{}</p>\n", escaped(line))).collect();
    let label = words.pick("编号", "No.");
    format!(
        "<article>\n<{heading}>{label} {title}</{heading}>\n{text}<dl>\n{facts}</dl>\n</article>\n"
    )
}

/// The way to the pages before and after.
fn turn(words: Words, wanted: &Wanted, page: &PublishedPage) -> String {
    let (skip, rows) = wanted.rows();
    let link = |to: usize, rel: &str, name: &str| {
        let address = wanted.address(to, words.english);
        format!("<a rel=\"{rel}\" href=\"{address}\">{name}</a>\n")
    };
    let mut links = String::new();
    if wanted.page > 1 {
        links += &link(wanted.page - 1, "prev", words.pick("上一页", "Newer"));
    }
    if skip + rows < page.total {
        links += &link(wanted.page + 1, "next", words.pick("下一页", "Older"));
    }
    if links.is_empty() {
        return links;
    }
    let label = words.pick("翻页", "Pages");
    format!("<nav aria-label=\"{label}\">\n{links}</nav>\n")
}

fn listening(words: Words, days: &ListeningDays) -> String {
    let title = words.pick("市领导接听日", "Listening days of the city's leaders");
    let [from, to] = &days.window;
    let rows = days.days.iter().map(|day| {
        let (date, why) = (words.day(day.date), escaped(&reason(words, day)));
        format!(
            "<li><time datetime=\"{}\">{date}</time> {from}–{to}<span class=\"why\">{why}</span></li>\n",
            day.date
        )
    });
    let rows: String = rows.collect();
    format!("<section>\n<h2>{title}</h2>\n<ul class=\"days\">\n{rows}</ul>\n</section>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::{Grade, Nature, State};
    use crate::domain::publication::{PublicNotice, PublicResult};
    use crate::units::CaseNumber;
    use jiff::Timestamp;
    use jiff::civil::date;

    const CHINESE: Words = Words { english: false, demo: false };

    fn notice(text: &str) -> Published {
        let at: Timestamp = "2026-11-20T09:10:00+08:00".parse().unwrap();
        let notice = PublicNotice {
            number: CaseNumber::parse("26112000019").unwrap(),
            received_at: at,
            accepted_at: at,
            published_at: at,
            state: State::Closed,
            nature: Some(Nature::Help),
            domain: Some("050100".to_owned()),
            town: Some("北宿镇"),
            unit: Some("unit.27".to_owned()),
            text: text.to_owned(),
            result: PublicResult::Handled,
            days_used: Some(3),
            grade: Some(Grade::Satisfied),
            due_on: None,
            closed_on: Some(date(2026, 11, 24)),
        };
        Published { notice, changed_at: at, unit_name: Some("综合行政执法局<1>".to_owned()) }
    }

    fn wanted(kind: &str) -> Wanted {
        Wanted {
            kind: (!kind.is_empty()).then(|| kind.to_owned()),
            town: Some("北宿镇"),
            month: Some(date(2020, 1, 1)),
            page: 2,
            size: 20,
            english: false,
        }
    }

    #[test]
    fn a_page_tells_all_of_a_notice_and_no_text_is_markup() {
        let days = ListeningDays { window: ["09:00", "11:00"].map(str::to_owned), days: vec![] };
        let hostile = "<script>alert(1)</script>&\"'</p>\n第二行";
        let page = PublishedPage { total: 41, more: false, notices: vec![notice(hostile)] };
        let html = list(CHINESE, &wanted("050100"), &page, &days, date(2026, 11, 22));
        assert!(!html.contains("<script") && !html.contains("<1>"), "{html}");
        assert!(
            html.contains(
                "<p lang=\"zh-CN\">&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&apos;"
            )
        );
        for told in [
            "编号 <a href=\"/public/26112000019\">26112000019</a>",
            "<dd>2026年11月</dd>",
            "<dd>求助 · 城乡建设与管理·路灯</dd>",
            "<dd>北宿镇</dd>",
            "<dd>综合行政执法局&lt;1&gt;</dd>",
            "<dd>已办理并答复</dd>",
            "<dd>3天</dd>",
            "<dd>满意</dd>",
            "<dd>2026年11月24日</dd>",
            "共41件",
            "<option value=\"050100\" selected>050100</option>",
            "<option value=\"北宿镇\" selected>北宿镇</option>",
            "<option value=\"2020-01\" selected>2020年1月</option>",
            "<option value=\"2024-12\">2024年12月</option>",
            "rel=\"prev\" href=\"/public?kind=050100&amp;",
            "rel=\"next\" href=\"/public?kind=050100&amp;",
            "page=3\">下一页",
        ] {
            assert!(html.contains(told), "{told}: {html}");
        }
        assert!(!html.contains("演示"), "a real city");
        let last = PublishedPage { total: 40, ..page };
        let html = list(CHINESE, &wanted(""), &last, &days, date(2026, 11, 22));
        assert!(!html.contains("rel=\"next\""), "{html}");
    }

    #[test]
    fn english_and_the_mark_of_a_demo_go_along() {
        let words = Words { english: true, demo: true };
        let html = one(words, &notice("路灯已修复"));
        for told in [
            "<html lang=\"en\">",
            "Demo data (invented)",
            "<dd>3 days</dd>",
            "<dd>handled and answered</dd>",
            "href=\"/public/26112000019\" lang=\"zh-CN\"",
            "href=\"/public?lang=en\"",
        ] {
            assert!(html.contains(told), "{told}: {html}");
        }
        assert!(failure(words, "a < b").contains("<h1>a &lt; b</h1>"));
    }
}
