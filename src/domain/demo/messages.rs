//! The 44 example messages of domain.md 5.3, word by word.

use super::story::Matter;
use super::topics::Topic;
use crate::domain::anonymise::anonymise;
use crate::domain::case::Nature;
use crate::domain::case::Urgency::{self, Immediate, Normal, Urgent};
use crate::domain::town::town_of;

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Its number, from 1.
    pub number: u32,
    /// The way it came, as the page calls it.
    pub channel: &'static str,
    /// What becomes of it, as the page calls it.
    pub outcome: &'static str,
    /// The message, word by word.
    pub said: &'static str,
    /// Its words, where the page tells only its form.
    words: &'static str,
    unit: &'static str,
    domain: &'static str,
    nature: Nature,
    urgency: Urgency,
}

const fn example(
    number: u32,
    (unit, domain, nature, urgency): (&'static str, &'static str, Nature, Urgency),
    [channel, outcome, said, words]: [&'static str; 4],
) -> Example {
    Example { number, channel, outcome, said, words, unit, domain, nature, urgency }
}

#[rustfmt::skip] // a message a line
const EXAMPLES: [Example; 44] = [
    example(1, ("unit.27", "050100", Nature::Help, Normal), ["电话", "转处",
        "北宿镇羊厂路口那三盏路灯不亮有半个月了，晚上孩子放学不安全。", ""]),
    example(2, ("unit.40", "010200", Nature::Consult, Normal), ["电话", "直接答复",
        "我想问问城乡居民医保今年交多少钱，到哪天截止？", ""]),
    example(3, ("unit.30", "070100", Nature::Complaint, Normal), ["电话", "三方通话",
        "我家承包地确权面积和实际差了八分，镇上说找农业局，农业局说找镇上。", ""]),
    example(4, ("unit.23", "010100", Nature::Help, Urgent), ["电话", "转处",
        "上个月在中心店镇一个工地干活，老板欠我们十二个人两万三千块钱工资，找不着人了。", ""]),
    example(5, ("unit.03", "120100", Nature::Report, Normal), ["电话", "转纪委",
        "我举报我们村支书把低保给了他小舅子，他家有两辆车，你可别说是我说的。", ""]),
    example(6, ("unit.65", "100100", Nature::Help, Immediate), ["电话", "直接答复",
        "有人在钢山街道建材市场后边点火烧轮胎，烟大得看不见路，快来人！", ""]),
    example(7, ("unit.28", "060100", Nature::Suggest, Normal), ["电话", "转阅",
        "建议在火车站广场加一条公交夜班线，打工的人半夜回来没车。", ""]),
    example(8, ("unit.26", "050200", Nature::Complaint, Normal), ["电话", "转处",
        "你们上回答复说路修好了，我去看了根本没动，编号二六一一二二零零一三一。", ""]),
    example(9, ("unit.45", "990000", Nature::Other, Normal), ["电话", "留存",
        "喂？……（只有电视声，四十秒后挂断）", ""]),
    example(10, ("unit.10", "110000", Nature::Complaint, Normal), ["电话", "留存",
        "我就是要骂你们，天天打，不解决我爸的事不算完。", ""]),
    example(11, ("unit.46", "060300", Nature::Consult, Normal), ["电话", "直接答复",
        "我是做烧饼的，请问外地车牌的三轮能不能进城？", ""]),
    example(12, ("unit.37", "110200", Nature::Praise, Normal), ["电话", "转阅",
        "表扬太平镇便民中心的小孙，我腿不好，她跑到家里给我办的老年证。", ""]),
    example(13, ("unit.24", "130100", Nature::Help, Normal), ["领导日", "报领导阅批",
        "王市长您好，我们小区三期房产证六年没办下来，开发商跑了。", ""]),
    example(14, ("unit.25", "040100", Nature::Complaint, Normal), ["领导日", "报领导阅批",
        "化工园区半夜放臭气，大家都关着窗睡，去年反映过三次。", ""]),
    example(15, ("unit.29", "080100", Nature::Help, Urgent), ["短信", "转处",
        "北宿镇三里村自来水庭了两天了没人官，老人小孩没法过，请领导过问一下", ""]),
    example(16, ("unit.27", "050100", Nature::Help, Normal), ["短信", "转处",
        "你好我想反应一下，我们村的路登坏了大半年，村里说没钱", ""]),
    example(17, ("unit.20", "140400", Nature::Consult, Normal), ["短信", "直接答复",
        "低堡怎么申请，我对象有尿毒正", ""]),
    example(18, ("unit.23", "010100", Nature::Help, Normal), ["短信", "转处",
        "拖欠工姿 工地在开发区 老板电话19900000017", ""]),
    example(19, ("unit.45", "990000", Nature::Other, Normal), ["短信", "自动回复",
        "CX26112200131 4821", ""]),
    example(20, ("unit.45", "990000", Nature::Other, Normal), ["短信", "自动回复", "CX26112200131", ""]),
    example(21, ("unit.45", "990000", Nature::Other, Normal), ["短信", "自动记录", "2", ""]),
    example(22, ("unit.45", "990000", Nature::Other, Normal), ["短信", "自动记录", "不满意", ""]),
    example(23, ("unit.45", "990000", Nature::Other, Normal), ["短信", "自动记录", "T", ""]),
    example(24, ("unit.45", "990000", Nature::Other, Normal), ["短信", "留存",
        "【某贷款】额度30万，点击链接领取", ""]),
    example(25, ("unit.30", "070200", Nature::Complaint, Normal), ["短信", "转处",
        "（长短信1/3）我是城前镇的养殖户，去年签了合同建大棚，镇里答应的补贴到现在没给……", ""]),
    example(26, ("unit.16", "020200", Nature::Help, Normal), ["短信", "转处",
        "周书记：我是看庄镇教师，乡镇补贴三个月没发，盼复", ""]),
    example(27, ("unit.03", "120200", Nature::Report, Normal), ["短信", "转纪委",
        "李市长 我要反映城管收黑钱 有录音", ""]),
    example(28, ("unit.45", "080100", Nature::Other, Normal), ["短信", "留存", "谢谢，水来了😀", ""]),
    example(29, ("unit.27", "050300", Nature::Complaint, Normal), ["邮件", "转处",
        "Subject: =?GBK?B?...?= 关于千泉街道古路口小学门口占道经营的反映（正文 GBK,quoted-printable)", ""]),
    example(30, ("unit.19", "100300", Nature::Consult, Normal), ["邮件", "直接答复",
        "From 喆喆，标称 charset=gb2312，正文含“喆、镕、堃”", "我叫喆喆，名字里的字户口本上打错了，请问怎么改？"]),
    example(31, ("unit.19", "100300", Nature::Help, Normal), ["邮件", "转处",
        "姓名含“䶮”（U+4DAE）和“㛃”（U+36C3),charset=gb18030", "孩子名字里有䶮和㛃，户口登记时电脑里没有这两个字，落不上户口。"]),
    example(32, ("unit.26", "130500", Nature::Help, Normal), ["邮件", "转处",
        "无主题、无正文，附件“情况说明.doc”“IMG_0012.jpg” 9.6 MB", "我们家住房困难，申请公租房两年了，情况说明和照片见附件。"]),
    example(33, ("unit.32", "020400", Nature::Suggest, Normal), ["邮件", "转阅",
        "只有 HTML 正文，字体套三层表格，内嵌图片两张", "建议图书馆晚上延长开放时间，周末多办些文化活动。"]),
    example(34, ("unit.45", "990000", Nature::Other, Normal), ["邮件", "留存",
        "自动答复：我正在休假（Auto-Submitted: auto-replied)", ""]),
    example(35, ("unit.45", "990000", Nature::Other, Normal), ["邮件", "留存",
        "退信通知 multipart/report", ""]),
    example(36, ("unit.25", "040100", Nature::Complaint, Normal), ["邮件", "转处",
        "同一 Message-ID 收到两次；另一封正文相同、主题加“再次”", "再次反映：化工厂夜里排放废气，气味刺鼻。"]),
    example(37, ("unit.03", "120300", Nature::Report, Normal), ["邮件", "转纪委",
        "举报某局副局长插手工程，附银行流水照片", ""]),
    example(38, ("unit.24", "150100", Nature::Complaint, Normal), ["邮件", "报领导阅批",
        "实名：唐村镇某矿塌陷区补偿标准不一，村民三十七人联名", ""]),
    example(39, ("unit.78", "080400", Nature::Complaint, Normal), ["行风热线", "三方通话",
        "我问一下供暖公司，为啥我们楼十八号就交费了到现在十五六度？", ""]),
    example(40, ("unit.33", "030100", Nature::Complaint, Normal), ["行风热线", "转处",
        "（不愿播出）医院退费拖了俩月", ""]),
    example(41, ("unit.24", "040200", Nature::Report, Normal), ["留言", "转处",
        "（语音留言 47 秒）田黄镇山上有人挖沙，晚上十一点以后来车……", ""]),
    example(42, ("unit.28", "060400", Nature::Help, Urgent), ["留言", "转处",
        "（语音留言，方言重）俺庄那个桥掉下去一块，过车老吓人", ""]),
    example(43, ("unit.14", "140300", Nature::Help, Normal), ["代办", "代办",
        "村民李某委托民生代办员办理残疾证换证", ""]),
    example(44, ("unit.20", "140100", Nature::Help, Normal), ["代办", "代办", "王大娘委托代领高龄补贴，卡丢了", ""]),
];

/// All of them.
#[must_use]
pub fn examples() -> &'static [Example; 44] {
    &EXAMPLES
}

impl Example {
    /// What is stored of it.
    #[must_use]
    pub fn text(&self) -> String {
        match self.words {
            "" => self.said.to_owned(),
            words => format!("{words}（{}）", self.said),
        }
    }

    /// What it is stored under.
    #[must_use]
    pub fn key(&self) -> String {
        format!("demo/message-{:02}", self.number)
    }

    /// As a matter of the casework.
    pub(super) fn matter(&self) -> Matter {
        let text = self.text();
        // Numbers of others in a text are nobody's to read in a list.
        let summary = anonymise(&text).0;
        let topic = Topic {
            domain: self.domain,
            unit: self.unit,
            urgency: self.urgency,
            weight: 1,
            text: self.said,
            summary: "示例事项",
            answer: self.answer(),
            result: "已按规定办理，并向群众说明情况。",
        };
        let place = town_of(self.said).unwrap_or("无").to_owned();
        let (nature, group_size, repeats) = (self.nature, self.group_size(), self.repeats());
        let secrecy = matches!(self.number, 5 | 41);
        Matter { topic, nature, place, text, summary, group_size, repeats, secrecy }
    }

    fn answer(&self) -> &'static str {
        match self.number {
            2 => "居民医保集中缴费期至十二月三十一日，标准以当年公告为准。",
            6 => "已立即转接119，并通知值班人员到场。",
            11 => "外地号牌三轮车限行时间和路段以交警大队现行公告为准。",
            17 => "向户籍所在镇街民政窗口申请低保，带家庭收入和病历材料。",
            30 => "持户口簿到派出所户籍室申请更正。",
            _ => "已当场答复。",
        }
    }

    /// 十二个人，三十七人.
    fn group_size(&self) -> u16 {
        match self.number {
            4 => 12,
            38 => 37,
            _ => 1,
        }
    }

    /// 去年反映过三次.
    fn repeats(&self) -> u16 {
        if self.number == 14 { 3 } else { 0 }
    }
}
