//! The columns of each table by their headers.

use crate::domain::directory::record::Kind;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    /// Its header.
    pub(super) name: &'static str,
    /// A sheet without it is not this table.
    pub(super) needed: bool,
}

const fn needed(name: &'static str) -> Column {
    Column { name, needed: true }
}

const fn extra(name: &'static str) -> Column {
    Column { name, needed: false }
}

/// Columns that people add for themselves.
pub(super) const IGNORED: [&str; 2] = ["序号", "备注"];

const UNITS: &[Column] = &[
    needed("单位编号"),
    needed("单位名称"),
    needed("类别"),
    needed("职能审计"),
    needed("双向承诺"),
    extra("主要责任人职务"),
    extra("公开电话"),
    extra("公开"),
    extra("别名"),
    extra("通知手机"),
    extra("通知邮箱"),
];

const TOWNS: &[Column] =
    &[needed("镇街编号"), needed("镇街名称"), extra("公开电话"), extra("公开")];

const VILLAGES: &[Column] = &[needed("村居编号"), needed("村居名称"), needed("所属镇街")];

const POSTS: &[Column] = &[
    needed("单位"),
    needed("姓名"),
    needed("职务"),
    needed("责任层级"),
    extra("公开电话"),
    extra("值班电话"),
    extra("通知手机"),
    extra("通知邮箱"),
    extra("公开"),
    extra("任职日期"),
    extra("离任日期"),
];

const LEADERS: &[Column] = &[
    needed("姓名"),
    needed("职务"),
    extra("分管领域"),
    extra("公开电话"),
    extra("通知手机"),
    extra("通知邮箱"),
    extra("公开"),
    extra("任职日期"),
    extra("离任日期"),
];

const OFFICERS: &[Column] = &[
    needed("村居编号"),
    needed("职务"),
    needed("姓名"),
    extra("联系电话"),
    extra("替补人员"),
    extra("公开"),
    extra("任职日期"),
    extra("离任日期"),
];

const DUTIES: &[Column] = &[
    needed("事项编码"),
    needed("单位"),
    needed("事项名称"),
    needed("事项类型"),
    needed("办理时限"),
    extra("法定依据"),
    extra("原时限"),
    extra("量化"),
    extra("简化"),
    extra("固化"),
    extra("强化"),
    extra("首违不罚"),
    extra("处罚幅度"),
    extra("关键词"),
    extra("领域"),
    extra("主要责任人"),
    extra("分管负责人"),
    extra("科室负责人"),
    extra("承办人员"),
    extra("公开"),
    extra("生效日期"),
    extra("失效日期"),
];

/// The columns of a table.
pub(super) fn of(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Units => UNITS,
        Kind::Towns => TOWNS,
        Kind::Villages => VILLAGES,
        Kind::Posts => POSTS,
        Kind::Leaders => LEADERS,
        Kind::Officers => OFFICERS,
        Kind::Duties => DUTIES,
    }
}
