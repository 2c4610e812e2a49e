//! Sheets that are right, wrong, and spoiled by a table program.

use super::*;
use crate::domain::directory::{
    Directory, Limit, NoticeTo, Town, Unit, UnitGroup, Version, Village,
};
use proptest::prelude::*;

fn sheet(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn known() -> Known {
    let unit = |id: &str, name: &str, alias: &str| Unit {
        id: id.to_owned(),
        name: name.to_owned(),
        group: UnitGroup::Government,
        duty_audited: true,
        pledged: true,
        lead_post: String::new(),
        phone: None,
        public: true,
        aliases: vec![alias.to_owned()],
        notice: NoticeTo::default(),
    };
    let town = Town { code: "04".into(), name: "北宿镇".into(), phone: None, public: true };
    let units = vec![unit("unit.27", "城市管理局", "城管"), unit("unit.10", "市信访局", "城管")];
    let villages = vec![Village { code: "0401".into(), name: "东柳村".into() }];
    Known::of(&Directory { units, towns: vec![town], villages, ..Directory::default() })
}

fn told(kind: Kind, text: &str) -> Vec<String> {
    let faults = read(kind, &sheet(text), &known()).unwrap_err();
    faults.listed.iter().map(ToString::to_string).collect()
}

const DUTIES: &str = "事项编码,单位,事项名称,事项类型,原时限,办理时限,简化,首违不罚,公开,领域";

#[test]
fn a_duty_item_is_read_whatever_its_unit_is_called() {
    for unit in ["unit.27", "城市管理局", "市城市管理局"] {
        let row =
            format!("{DUTIES}\nCG-1,{unit},路灯维修,服务,10个工作日内,5个工作日内,是,否,是,050100");
        let records = read(Kind::Duties, &sheet(&row), &known()).unwrap();
        let [Record::Duty(item)] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!((item.unit.as_str(), item.domain.as_str()), ("unit.27", "050100"));
        assert_eq!((item.limit, item.saved_days()), ("5个工作日内".parse::<Limit>().ok(), Some(5)));
    }
    // 信访局 stands in the directory as 市信访局.
    let row = format!("{DUTIES}\nXF-1,信访局,信访受理,服务,,15日内,,,,");
    assert!(read(Kind::Duties, &sheet(&row), &known()).is_ok());
}

#[test]
fn every_wrong_row_of_a_duty_sheet_is_told_with_row_and_column() {
    let rows = format!(
        "{DUTIES}\n\
         ,城市管理局,占道,处罚,,5日内,,是,是,\n\
         CG-2,城管局,占道,处罚,,5日内,,,,\n\
         CG-3,城市管理局,占道,罚款,,5日内,,,,\n\
         CG-4,城市管理局,占道,处罚,,尽快,,,是,\n\
         CG-5,城市管理局,占道,服务,,,,,是,\n\
         CG-6,城市管理局,占道,服务,5个工作日内,5个工作日内,是,,,\n\
         CG-7,城市管理局,占道,服务,,5日内,,是,,\n\
         CG-8,城市管理局,占道,服务,,5日内,可以,,,\n\
         CG-9,城市管理局,占道,服务,,5日内,,,,05o1\n\
         CG-10,城市管理局,占道,服务,,5日内,,,,\n\
         CG-10,城市管理局,占道,服务,,5日内,,,,\n\
         CG-11,城管,占道,服务,,#REF!,,,,"
    );
    assert_eq!(
        told(Kind::Duties, &rows),
        [
            "第2行“事项编码”列：不能为空。",
            "第3行“单位”列：通讯录中没有这个单位或镇街，请填编号或全称，现为“城管局”。",
            "第4行“事项类型”列：应为审批、许可、登记、核准、备案、处罚、服务之一，现为“罚款”。",
            "第5行“办理时限”列：应写成“5日内”“5个工作日内”或“24小时内”，数字为1至999，现为“尽快”。",
            "第6行“办理时限”列：没有办理时限的事项不能公开，应写成“5日内”“5个工作日内”或“24小时内”。",
            "第7行“简化”列：简化的事项应填原时限，且办理时限折合工作日更短，如由20个工作日内到5个工作日内。",
            "第8行“首违不罚”列：只适用于处罚事项。",
            "第9行“简化”列：应填“是”或“否”，现为“可以”。",
            "第10行“领域”列：应为6位数字，现为“05o1”。",
            "第12行：与第11行是同一条，请只保留一行。",
            "第13行“单位”列：通讯录中没有这个单位或镇街，请填编号或全称，现为“城管”。",
            "第13行“办理时限”列：公式没有算出结果（#REF!），请改为填写内容。",
        ]
    );
}

#[test]
fn a_title_may_stand_above_the_header_and_people_add_columns_of_their_own() {
    let text = "市直单位一览表,,,,,\n,,,,,\n序号,单位编号,单位名称（全称）,类 别,职能审计*,双向承诺,备注\n\
                1,27.0,城市管理局,政府部门,√,1,x\n,,,,,\n2,28,交通运输局,政府部门,是,否,";
    let records = read(Kind::Units, &sheet(text), &Known::default()).unwrap();
    let ids: Vec<_> = records.iter().map(Record::key).collect();
    assert_eq!(ids, ["unit.27", "unit.28"]);
}

#[test]
fn a_sheet_of_another_table_is_told_which_columns_it_lacks() {
    let faults = told(Kind::Towns, "单位编号,单位名称\n1,x");
    assert_eq!(
        faults,
        [
            "第1行“镇街编号”列：镇街表应有这一列，表头在前10行内。",
            "第1行“镇街名称”列：镇街表应有这一列，表头在前10行内。",
        ]
    );
    let faults = told(Kind::Towns, "镇街编号,镇街名称,公開,公开,公开\n4,北宿镇,,,");
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("没有这一列，可用的列为镇街编号、镇街名称、公开电话、公开"));
    assert!(faults[1].contains("这一列出现了两次"));
    assert_eq!(told(Kind::Towns, "镇街编号,镇街名称"), ["第1行：表头下面没有数据。"]);
    assert!(read(Kind::Towns, &[], &known()).is_err());
}

#[test]
fn codes_get_their_zeros_back_and_villages_must_lie_in_their_town() {
    let text = "村居编号,村居名称,所属镇街\n401,东柳村,北宿镇\n402.0,西柳村,04";
    let records = read(Kind::Villages, &sheet(text), &known()).unwrap();
    assert_eq!(records.iter().map(Record::key).collect::<Vec<_>>(), ["0401", "0402"]);
    let faults =
        told(Kind::Villages, "村居编号,村居名称,所属镇街\n501,东柳村,北宿镇\n4x,村,城前镇");
    assert_eq!(faults[0], "第2行“村居编号”列：前两位应为北宿镇的编号04，现为“0501”。");
    assert_eq!(faults.len(), 3);
}

#[test]
fn a_telephone_number_is_put_right_or_refused_and_never_told() {
    let head = "单位,姓名,职务,责任层级,公开电话,值班电话,公开,任职日期,离任日期";
    let row = |phone: &str| format!("{head}\n北宿镇政府,王某,镇长,主要责任人,{phone},,否,45000,");
    for good in
        ["19900000017", "1.9900000017E+10", "19900000017.0", "0537-0000123", "+86 199 0000 0017"]
    {
        let records = read(Kind::Posts, &sheet(&row(good)), &known()).unwrap();
        let [Record::Post(post)] = records.as_slice() else { panic!("{records:?}") };
        assert!(post.phone.is_some() && post.unit == "town.04", "{good}");
        assert_eq!(post.term.from.unwrap().to_string(), "2023-03-15");
    }
    for wrong in ["1.99E+10", "1990000001", "电话", "199000000177777", "9999999990"] {
        let faults = told(Kind::Posts, &row(wrong));
        assert_eq!(faults.len(), 1, "{wrong}: {faults:?}");
        assert!(faults[0].starts_with("第2行“公开电话”列：应为一个电话号码"), "{}", faults[0]);
        assert!(!faults[0].contains(&format!("“{wrong}”")), "{}", faults[0]);
    }
    // A row that is shifted by a column.
    let shifted = format!("{head}\n北宿镇政府,王某,镇长,主要责任人,,,19900000022,199-0000-0023,");
    let faults = told(Kind::Posts, &shifted);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(!faults.concat().contains("199"), "{faults:?}");
    let faults = told(
        Kind::Posts,
        &format!("{head}\n城市管理局,李某,科长,科室负责人,,,是,2026-02-01,2026-01-01"),
    );
    assert_eq!(
        faults,
        [
            "第2行“公开电话”列：标为公开的人员应有公开电话。",
            "第2行“离任日期”列：不能早于任职日期2026-02-01。",
        ]
    );
}

#[test]
fn more_faults_than_are_listed_are_counted() {
    let rows = "9x,镇\n".repeat(FAULTS_LISTED_MAX + 7);
    let text = format!("镇街编号,镇街名称\n{rows}");
    let faults = read(Kind::Towns, &sheet(&text), &known()).unwrap_err();
    assert_eq!((faults.count, faults.listed.len()), (FAULTS_LISTED_MAX + 7, FAULTS_LISTED_MAX));
    let text = faults.to_string();
    assert!(text.starts_with("没有导入任何数据：共507处错误。\n第2行“镇街编号”列："));
    assert!(text.ends_with("另有7处错误没有列出。\n"));
}

#[test]
fn a_record_is_read_back_from_how_it_is_stored() {
    let head = "村居编号,职务,姓名,联系电话,替补人员,公开,任职日期";
    let rows = format!("{head}\n0401,联村民警,赵某,19900000017,钱某,是,2026-01-01");
    let records = read(Kind::Officers, &sheet(&rows), &known()).unwrap();
    let stored = serde_json::to_string(&records[0]).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&stored).unwrap(), records[0]);
    let rows = format!("{DUTIES}\nCG-1,unit.27,路灯维修,服务,10个工作日内,24小时内,是,否,是,");
    let records = read(Kind::Duties, &sheet(&rows), &known()).unwrap();
    let stored = serde_json::to_string(&records[0]).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&stored).unwrap(), records[0]);
    let version = Version {
        version: 1,
        valid_from: jiff::civil::date(2026, 1, 1),
        valid_to: None,
        record: records[0].clone(),
    };
    let told = serde_json::to_value(&version).unwrap();
    assert_eq!((&told["version"], &told["limit"]), (&1.into(), &"24小时内".into()));
}

proptest! {
    #[test]
    fn no_sheet_stops_the_reader_and_faults_name_rows_that_are_there(
        cells in proptest::collection::vec(
            proptest::collection::vec("[\\PC是否5日内0-9./#E+-]{0,8}", 0..12), 0..6),
        which in 0..7_usize,
    ) {
        let (kind, ..) = Kind::NAMES[which];
        let header: Vec<String> =
            columns::of(kind).iter().map(|column| column.name.to_owned()).collect();
        let sheet: Vec<Vec<String>> = std::iter::once(header).chain(cells).collect();
        if let Err(faults) = read(kind, &sheet, &known()) {
            prop_assert!(faults.count >= faults.listed.len() && faults.count > 0);
            prop_assert!(faults.listed.iter().all(|fault| (1..=sheet.len()).contains(&fault.row)));
        }
    }
}
