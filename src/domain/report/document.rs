//! A report as tables of text, which every format is written from. Whoever reads all of it gets all of
//! it; who reads his own gets his own cases, who may know how many there are gets that (domain.md 3.7).

use super::content::{Content, Figure, Narrative};
use super::hot::{Axis, Hot};
use super::rights::{Rights, Rows};
use super::sheet::{HEADER, SheetRow};
use super::words::Names;
use crate::domain::demo::DEMO_TITLE;
use serde::Serialize;
use std::collections::BTreeSet;

/// The title of the table with the ten elements.
pub const SHEET_TITLE: &str = "事项清单";

/// Said where a seal came after the issue.
const RECOUNTED: &str = "发布后有事项转为密件，数字按现状重新计算";

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub header: Vec<String>,
    /// Its rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
    /// So many of the first columns say which row it is.
    #[serde(skip)]
    pub key_columns: usize,
}

/// A report to be printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// The headline.
    pub title: String,
    /// Lines below it.
    pub lines: Vec<String>,
    /// The tables.
    pub tables: Vec<Table>,
}

/// Which issue of a report, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue<'a> {
    /// What it says.
    pub content: &'a Content,
    /// From 1.
    pub version: u32,
    /// Cases came under seal since: the counts are those of now.
    pub recounted: bool,
    /// It is about an invented city.
    pub demo: bool,
    /// The reader.
    pub rights: &'a Rights,
    /// The case sheet for him.
    pub sheet: &'a [SheetRow],
}

/// The tables of an issue that its reader gets, in the order they are read in.
#[must_use]
pub fn document(issue: Issue<'_>, names: &Names) -> Document {
    let Issue { content, rights, sheet, .. } = issue;
    let kind = super::period::Period::parse_id(&content.id).map_or("", |p| p.kind().title());
    let mut tables = vec![];
    if rights.rows == Rows::All {
        tables = counted(content, names);
    }
    if rights.rows != Rows::None {
        tables.extend([defects(content, sheet), sheet_table(sheet)]);
    }
    tables.push(anchors(content));
    let mut title = format!("书记市长公开电话{kind} {}", content.headline);
    if issue.demo {
        title = format!("{DEMO_TITLE} {title}");
        tables.iter_mut().for_each(mark);
    }
    Document { title, lines: lines(&issue), tables }
}

/// A last row that says so: some formats have nothing but their tables.
fn mark(table: &mut Table) {
    let mut row = vec![String::new(); table.header.len()];
    row.iter_mut().take(1).for_each(|cell| DEMO_TITLE.clone_into(cell));
    table.rows.push(row);
}

fn lines(issue: &Issue<'_>) -> Vec<String> {
    let Issue { content, version, recounted, rights, sheet, demo } = issue;
    let Content { id, as_of, accepted, sealed, defect_count, .. } = content;
    let taken = match rights.rows {
        Rows::All => format!(
            "本期受理 {accepted} 件，其中密件 {sealed} 件；已办结事项要素缺失 {defect_count} 件"
        ),
        Rows::None => format!("本期受理 {accepted} 件，其中密件 {sealed} 件"),
        Rows::OfUnit(_) | Rows::OfPerson(_) => format!("本期事项 {} 件", sheet.len()),
    };
    // Nobody else may know of a seal, nor is shown a count that it changed.
    let knows = matches!(rights.rows, Rows::All | Rows::None);
    let recounted = (*recounted && knows).then(|| RECOUNTED.to_owned());
    let head = format!("编号 {id}，第 {version} 版，数据截至 {as_of}");
    let demo = demo.then(|| DEMO_TITLE.to_owned());
    demo.into_iter().chain([head, taken]).chain(recounted).collect()
}

/// What is counted about all cases of the period.
fn counted(content: &Content, names: &Names) -> Vec<Table> {
    let mut tables = vec![];
    tables.extend(content.narrative.as_ref().map(narrative));
    tables.extend([
        channels(content),
        natures(content),
        figures(&content.figures),
        hot(&content.hot, names),
        improvements(content),
    ]);
    if !content.outcomes.is_empty() {
        tables.push(outcomes(content));
    }
    tables
}

fn table(title: &str, header: &[&str], key_columns: usize, rows: Vec<Vec<String>>) -> Table {
    let header = header.iter().map(|&column| column.to_owned()).collect();
    Table { title: title.to_owned(), header, rows, key_columns }
}

fn narrative(narrative: &Narrative) -> Table {
    let Narrative { text, by, at } = narrative.clone();
    let row = vec!["综述".to_owned(), text, by, at];
    table("综述", &["项目", "内容", "填写人", "填写时间"], 1, vec![row])
}

fn channels(content: &Content) -> Table {
    let row = |title: &str, count: u64, opening: u64, total: u64| {
        vec![title.to_owned(), count.to_string(), opening.to_string(), total.to_string()]
    };
    let rows = &content.channels;
    let sum = |of: fn(&super::channel::ChannelRow) -> u64| rows.iter().map(of).sum();
    let all = row("合计", sum(|row| row.count), sum(|row| row.opening), sum(|row| row.total));
    let each = rows.iter().map(|one| row(&one.title, one.count, one.opening, one.total));
    let header = ["渠道", "本期", "期初", "累计"];
    table("一、受理概况", &header, 1, each.chain([all]).collect())
}

fn natures(content: &Content) -> Table {
    let rows = content.natures.iter().map(|row| {
        vec![
            row.title.clone(),
            row.count.to_string(),
            row.previous.to_string(),
            row.last_year.to_string(),
        ]
    });
    table("二、诉求分类", &["类型", "本期", "上期", "去年同期"], 1, rows.collect())
}

fn figures(figures: &[Figure]) -> Table {
    let rows = figures.iter().map(|figure| {
        let share = figure.permille.map_or_else(
            || "—".to_owned(),
            |permille| format!("{}.{} %", permille / 10, permille % 10),
        );
        let excluded = figure.excluded.iter().map(|(why, count)| format!("{why} {count}"));
        vec![
            figure.title.clone(),
            figure.numerator.to_string(),
            figure.denominator.to_string(),
            share,
            figure.goal_percent.map_or_else(|| "—".to_owned(), |goal| format!("{goal} %")),
            excluded.collect::<Vec<_>>().join("，"),
        ]
    });
    let header = ["指标", "分子", "分母", "比率", "目标", "不计"];
    table("三、办理指标", &header, 1, rows.collect())
}

fn hot(hot: &[Hot], names: &Names) -> Table {
    let rows = hot.iter().map(|one| {
        let burst = one.burst.map(|count| format!("突发：近7日 {count} 件"));
        vec![
            one.axis.title().to_owned(),
            hot_name(one, names),
            one.count.to_string(),
            one.previous.to_string(),
            one.last_year.to_string(),
            burst.unwrap_or_default(),
        ]
    });
    let header = ["分组", "热点", "本期", "上期", "去年同期", "研判"];
    table("四、热点问题", &header, 2, rows.collect())
}

pub(super) fn hot_name(hot: &Hot, names: &Names) -> String {
    match hot.axis {
        Axis::Domain => names.domain(&hot.key),
        Axis::Unit => names.unit(&hot.key).to_owned(),
        Axis::Town => hot.key.clone(),
        Axis::DomainInTown => match hot.key.split_once('·') {
            Some((domain, town)) => format!("{town} {}", names.domain(domain)),
            None => hot.key.clone(),
        },
    }
}

fn improvements(content: &Content) -> Table {
    let rows = content.improvements.iter().map(|item| {
        vec![
            item.id.to_string(),
            item.title.clone(),
            item.cluster.clone(),
            item.owner.clone(),
            item.measure.clone(),
            item.due_on.to_string(),
            item.before.to_string(),
            format!("{}（{}日）", item.after, item.after_days),
        ]
    });
    let header =
        ["序号", "改进事项", "针对的问题", "责任人", "措施", "期限", "此前28日件数", "整改后件数"];
    table("五、改进事项", &header, 1, rows.collect())
}

fn outcomes(content: &Content) -> Table {
    let rows = content.outcomes.iter().map(|row| {
        let change = row.change.clone().unwrap_or_else(|| "—".to_owned());
        vec![row.name.clone(), row.period.clone(), row.value.clone(), change, row.source.clone()]
    });
    table("六、结果性指标", &["指标", "时期", "数值", "同比", "来源"], 2, rows.collect())
}

/// Those of the reader's own sheet.
fn defects(content: &Content, sheet: &[SheetRow]) -> Table {
    let own: BTreeSet<&str> = sheet.iter().map(|row| row.number.as_str()).collect();
    let rows = content.defects.iter().filter(|defect| own.contains(defect.number.as_str()));
    let rows = rows.map(|defect| vec![defect.number.clone(), defect.missing.join("、")]);
    table("要素缺失", &["编号", "缺失要素"], 1, rows.collect())
}

fn sheet_table(sheet: &[SheetRow]) -> Table {
    let rows = sheet.iter().map(|row| {
        std::iter::once(row.number.clone()).chain(row.elements.iter().cloned()).collect()
    });
    table(SHEET_TITLE, &HEADER, 1, rows.collect())
}

fn anchors(content: &Content) -> Table {
    let anchors = [("事项事件", &content.anchors.events), ("审计记录", &content.anchors.audit)];
    let rows = anchors
        .map(|(name, anchor)| vec![name.to_owned(), anchor.seq.to_string(), anchor.hash.clone()]);
    table("链首", &["链", "序号", "SHA-256"], 1, rows.into())
}
