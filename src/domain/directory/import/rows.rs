//! One row of each table, and the rules that hold within a row.

use super::cells::RowCells;
use super::known::Known;
use crate::domain::directory::duty::{DutyItem, DutyKind, FourIzations, saved_days};
use crate::domain::directory::limit::Limit;
use crate::domain::directory::notice::NoticeTo;
use crate::domain::directory::people::{Leader, Level, Officer, OfficerRole, Post, Term};
use crate::domain::directory::place::{Town, Village};
use crate::domain::directory::record::{Kind, Record};
use crate::domain::directory::unit::{Unit, UnitGroup};

/// Reads a row of a table; `None` where a part that it cannot do without is missing, which is a
/// fault of the row already.
pub(super) fn read(kind: Kind, row: &mut RowCells<'_>, known: &Known) -> Option<Record> {
    match kind {
        Kind::Units => unit(row).map(Record::Unit),
        Kind::Towns => town(row).map(Record::Town),
        Kind::Villages => village(row, known).map(Record::Village),
        Kind::Posts => post(row, known).map(Record::Post),
        Kind::Leaders => Some(Record::Leader(leader(row))),
        Kind::Officers => officer(row, known).map(Record::Officer),
        Kind::Duties => duty(row, known).map(|item| Record::Duty(Box::new(item))),
    }
}

fn unit(row: &mut RowCells<'_>) -> Option<Unit> {
    let id = unit_id(row);
    let name = row.needed("单位名称");
    let group = row.choice("类别", &UnitGroup::NAMES);
    let unit = Unit {
        id: id.unwrap_or_default(),
        name,
        group: group.unwrap_or(UnitGroup::Party),
        duty_audited: row.flag("职能审计"),
        pledged: row.flag("双向承诺"),
        lead_post: row.text("主要责任人职务"),
        phone: row.phone("公开电话"),
        public: row.flag("公开"),
        aliases: row.list("别名"),
        notice: notice(row),
    };
    (!unit.id.is_empty() && group.is_some()).then_some(unit)
}

/// `unit.27`, or its number alone.
fn unit_id(row: &mut RowCells<'_>) -> Option<String> {
    const COLUMN: &str = "单位编号";
    let text = row.needed(COLUMN);
    let digits = text.strip_prefix("unit.").unwrap_or(&text);
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    let number: Option<u8> = digits.parse().ok().filter(|number| (1..=99).contains(number));
    if number.is_none() && !text.is_empty() {
        row.wrong(COLUMN, "应为01至99，或unit.01至unit.99", &text);
    }
    number.map(|number| format!("unit.{number:02}"))
}

fn town(row: &mut RowCells<'_>) -> Option<Town> {
    let code = row.digits("镇街编号", 2);
    let name = row.needed("镇街名称");
    let (phone, public) = (row.phone("公开电话"), row.flag("公开"));
    Some(Town { code: code?, name, phone, public })
}

fn village(row: &mut RowCells<'_>, known: &Known) -> Option<Village> {
    let code = row.digits("村居编号", 4);
    let name = row.needed("村居名称");
    let of = row.needed("所属镇街");
    let town = known.town(&of).map(str::to_owned);
    if town.is_none() && !of.is_empty() {
        row.wrong("所属镇街", "通讯录中没有这个镇街，请先导入镇街表", &of);
    }
    let (code, town) = (code?, town?);
    if !code.starts_with(&town) {
        row.wrong("村居编号", &format!("前两位应为{of}的编号{town}"), &code);
    }
    Some(Village { code, name })
}

/// The first and last day of a post or a duty.
fn term(row: &mut RowCells<'_>, from: &'static str, to: &'static str) -> Term {
    let term = Term { from: row.day(from), to: row.day(to) };
    if let (Some(first), Some(last)) = (term.from, term.to)
        && last < first
    {
        row.fault(to, &format!("不能早于{from}{first}"));
    }
    term
}

/// The id of a unit or town that is in the directory.
fn unit_of(row: &mut RowCells<'_>, known: &Known) -> Option<String> {
    let name = row.needed("单位");
    let found = known.unit(&name).map(str::to_owned);
    if found.is_none() && !name.is_empty() {
        row.wrong("单位", "通讯录中没有这个单位或镇街，请填编号或全称", &name);
    }
    found
}

/// Where notices go.
fn notice(row: &mut RowCells<'_>) -> NoticeTo {
    NoticeTo { phone: row.mobile("通知手机"), mail: row.mail("通知邮箱") }
}

/// What is published must have something to publish.
fn published(row: &mut RowCells<'_>, public: bool, has_phone: bool) {
    if public && !has_phone {
        row.fault("公开电话", "标为公开的人员应有公开电话");
    }
}

fn post(row: &mut RowCells<'_>, known: &Known) -> Option<Post> {
    let unit = unit_of(row, known);
    let (name, title) = (row.needed("姓名"), row.needed("职务"));
    let level = row.choice("责任层级", &Level::NAMES);
    let (phone, duty_phone) = (row.phone("公开电话"), row.phone("值班电话"));
    let public = row.flag("公开");
    published(row, public, phone.is_some());
    let (term, notice) = (term(row, "任职日期", "离任日期"), notice(row));
    let (unit, level) = (unit?, level?);
    Some(Post { unit, name, title, level, phone, duty_phone, notice, public, term })
}

fn leader(row: &mut RowCells<'_>) -> Leader {
    let (name, title) = (row.needed("姓名"), row.needed("职务"));
    let (portfolio, phone) = (row.text("分管领域"), row.phone("公开电话"));
    let public = row.flag("公开");
    let term = term(row, "任职日期", "离任日期");
    Leader { name, title, portfolio, phone, notice: notice(row), public, term }
}

fn officer(row: &mut RowCells<'_>, known: &Known) -> Option<Officer> {
    let village = row.digits("村居编号", 4);
    if let Some(code) = village.as_deref()
        && !known.has_village(code)
    {
        row.wrong("村居编号", "通讯录中没有这个村居，请先导入村居表", code);
    }
    let role = row.choice("职务", &OfficerRole::NAMES);
    let name = row.needed("姓名");
    let (phone, substitute) = (row.phone("联系电话"), row.text("替补人员"));
    let public = row.flag("公开");
    let term = term(row, "任职日期", "离任日期");
    Some(Officer { village: village?, role: role?, name, phone, substitute, public, term })
}

fn duty(row: &mut RowCells<'_>, known: &Known) -> Option<DutyItem> {
    let code = row.needed("事项编码");
    let unit = unit_of(row, known);
    let name = row.needed("事项名称");
    let kind = row.choice("事项类型", &DutyKind::NAMES);
    let (old_limit, limit) = (row.limit("原时限"), row.limit("办理时限"));
    let done = four_izations(row);
    let public = row.flag("公开");
    check_duty(row, kind, (old_limit, limit), done, public);
    let item = DutyItem {
        code,
        name,
        kind: kind?,
        basis: row.text("法定依据"),
        old_limit,
        limit,
        done,
        band: row.text("处罚幅度"),
        words: row.list("关键词"),
        domain: domain(row),
        persons: ["主要责任人", "分管负责人", "科室负责人", "承办人员"]
            .map(|level| row.text(level)),
        public,
        term: term(row, "生效日期", "失效日期"),
        unit: unit?,
    };
    Some(item)
}

fn four_izations(row: &mut RowCells<'_>) -> FourIzations {
    FourIzations {
        quantified: row.flag("量化"),
        simplified: row.flag("简化"),
        fixed: row.flag("固化"),
        strengthened: row.flag("强化"),
        first_offence_free: row.flag("首违不罚"),
    }
}

/// What the columns of a duty item must be to each other.
fn check_duty(
    row: &mut RowCells<'_>,
    kind: Option<DutyKind>,
    (old, limit): (Option<Limit>, Option<Limit>),
    done: FourIzations,
    public: bool,
) {
    // E3: an item without a number cannot be published. One that is wrong was told already.
    if public && limit.is_none() && row.is_sound() {
        row.fault("办理时限", "没有办理时限的事项不能公开，应写成“5日内”“5个工作日内”或“24小时内”");
    }
    if done.simplified && row.is_sound() && saved_days(old, limit).is_none() {
        row.fault(
            "简化",
            "简化的事项应填原时限，且办理时限折合工作日更短，如由20个工作日内到5个工作日内",
        );
    }
    if done.first_offence_free && kind.is_some_and(|kind| kind != DutyKind::Penalty) {
        row.fault("首违不罚", "只适用于处罚事项");
    }
}

/// Six digits, or nothing.
fn domain(row: &mut RowCells<'_>) -> String {
    const COLUMN: &str = "领域";
    let is_empty = row.text(COLUMN).is_empty();
    if is_empty { String::new() } else { row.digits(COLUMN, 6).unwrap_or_default() }
}
