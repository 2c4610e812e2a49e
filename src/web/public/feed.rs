//! The last approved notices as a feed (Atom, RFC 4287).

use super::escape::escaped;
use super::words::Words;
use crate::domain::report::domain_name;
use crate::store::{Published, city_time};
use jiff::Timestamp;
use std::fmt::Write;

/// The feed; `now` stands in one without entries.
pub(super) fn atom(notices: &[Published], now: Timestamp, demo: bool) -> String {
    let words = Words { english: false, demo };
    let updated = notices.iter().map(|one| one.changed_at).max().unwrap_or(now);
    let mut feed = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let invented = if demo { "（演示数据，虚构）" } else { "" };
    // Writing to a String cannot fail.
    let _ = write!(
        feed,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\n\
         <id>urn:mayorline:notices</id>\n<title>书记市长公开电话办理公示{invented}</title>\n\
         <updated>{}</updated>\n<author><name>书记市长公开电话受理中心</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"/public/feed\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"/public\"/>\n",
        city_time(updated)
    );
    for one in notices {
        entry(&mut feed, one, words);
    }
    feed.push_str("</feed>\n");
    feed
}

fn entry(feed: &mut String, one: &Published, words: Words) {
    let notice = &one.notice;
    let number = notice.number;
    let field = notice.domain.as_deref().and_then(domain_name).unwrap_or_default();
    let place = notice.town.unwrap_or_default();
    let title = [place, field.as_str(), notice.result.title()];
    let title: Vec<&str> = title.into_iter().filter(|part| !part.is_empty()).collect();
    let _ = write!(
        feed,
        "<entry>\n<id>urn:mayorline:notice:{number}</id>\n<title>{}</title>\n\
         <published>{}</published>\n<updated>{}</updated>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"/public/{number}\"/>\n",
        escaped(&title.join(" · ")),
        city_time(notice.published_at),
        city_time(one.changed_at)
    );
    if let Some(code) = &notice.domain {
        let (code, label) = (escaped(code), escaped(&field));
        let _ = writeln!(feed, "<category term=\"{code}\" label=\"{label}\"/>");
    }
    let mut text = notice.text.clone();
    let used = notice.days_used.map(|days| words.days_used(days));
    let facts = [
        ("承办单位", one.unit_name.clone()),
        ("办理用时", used),
        ("群众评价", Some(words.grade(notice.grade).to_owned())),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            let _ = write!(text, "\n{name}：{fact}");
        }
    }
    let _ = write!(feed, "<summary type=\"text\">{}</summary>\n</entry>\n", escaped(&text));
}
