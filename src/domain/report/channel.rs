//! What came by which channel, with what had come before the service began (domain.md A2, A11, B13).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The channels that are counted, in the order of the reports: those of this service, and those that
/// can have an opening balance.
pub const CHANNELS: [(&str, &str); 16] = [
    ("phone", "公开电话"),
    ("phone_leader_day", "领导接听日"),
    ("voicemail", "语音留言"),
    ("callback_request", "来电要求回拨"),
    ("abandoned", "未接来电"),
    ("text", "文字消息"),
    ("email", "电子信箱"),
    ("letter", "群众来信"),
    ("leader_sms", "市级领导手机短信"),
    ("public_sms", "公众短信"),
    ("radio", "行风热线"),
    ("village_agent", "民生代办"),
    ("walk_in", "来访"),
    ("upload", "网络提交"),
    ("petition", "信访转来"),
    ("unstated", "未注明渠道"),
];

/// As it is published; the name itself where it is none of them.
#[must_use]
pub fn channel_title(name: &str) -> &str {
    CHANNELS.iter().find(|(known, _)| *known == name).map_or(name, |(_, title)| title)
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRow {
    /// Its name in the store.
    pub channel: String,
    /// As it is published.
    pub title: String,
    /// Cases of the period.
    pub count: u64,
    /// What it had taken in before the service began.
    pub opening: u64,
    /// Opening balance and all cases up to the end of the period.
    pub total: u64,
}

/// The channels that have anything, in the order of [`CHANNELS`].
#[must_use]
pub fn channel_rows(
    period: &BTreeMap<String, u64>,
    ever: &BTreeMap<String, u64>,
    openings: &BTreeMap<String, u64>,
) -> Vec<ChannelRow> {
    let known = CHANNELS.iter().map(|(name, _)| *name);
    let others = ever.keys().map(String::as_str);
    let others = others.filter(|name| CHANNELS.iter().all(|(known, _)| known != name));
    let of = |table: &BTreeMap<String, u64>, name| table.get(name).copied().unwrap_or(0);
    let rows = known.chain(others).map(|name| {
        let (count, opening) = (of(period, name), of(openings, name));
        let (channel, title) = (name.to_owned(), channel_title(name).to_owned());
        ChannelRow { channel, title, count, opening, total: opening + of(ever, name) }
    });
    rows.filter(|row| row.total > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_balances_of_the_city_give_its_totals_without_a_case() {
        let openings = [("phone", 2667), ("email", 2210), ("leader_sms", 475), ("unstated", 562)];
        let openings = openings.map(|(name, count)| (name.to_owned(), count)).into();
        let rows = channel_rows(&BTreeMap::new(), &BTreeMap::new(), &openings);
        let totals: Vec<u64> = rows.iter().map(|row| row.total).collect();
        assert_eq!(totals, [2667, 2210, 475, 562]);
        assert_eq!(totals.iter().sum::<u64>(), 5914);
        assert!(rows.iter().all(|row| row.count == 0));
    }
}
