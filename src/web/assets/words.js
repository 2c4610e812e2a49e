// The words of the page, Chinese first. Every word that a person reads stands here.

const WORDS = {
  line: ["书记市长公开电话", "Secretary and mayor's line"],
  demo: ["演示数据（虚构）", "Demo data (invented)"],
  sign_in_hint: ["坐席签入", "Sign in at your seat"],
  sign_in_failed: ["工号或密码不对，或尝试次数过多。请稍后再试。", "Wrong number or password, or too many tries. Try again later."],
  seat_number: ["工号", "Seat number"], password: ["密码", "Password"], sign_in: ["签入", "Sign in"],
  sign_off: ["退出页面", "Leave page"],
  my_state: ["我的状态", "My state"], sound: ["声音", "Sound"], sound_browser: ["浏览器耳麦", "Headset here"],
  sound_phone: ["桌上话机", "Desk phone"], mic: ["话筒", "Mic"], ear: ["耳机", "Ear"],
  queues: ["排队", "Queues"], no_figures: ["暂无数据", "No figures yet"], callbacks: ["待回拨", "To be called back"],
  outcome: ["结果", "Outcome"], incoming: ["来电", "Incoming call"],
  call: ["通话", "Call"], idle: ["当前没有通话", "No call at the moment"], wrap_up: ["话后小结", "After the call"],
  unsent: ["未确认已存储的小结", "Not known to be stored"], unsent_hint: ["尚未收到已存储的确认。内容保留在本页，每 15 秒自动重试；确认前请勿关闭本页。", "Nothing has said yet that this is stored. It is kept on this page and sent again every 15 s: do not close the page before."],
  do_send_again: ["再次提交", "Send again"], do_discard: ["放弃", "Discard"],
  disposition: ["处理方式（必选）", "Disposition (required)"], nature: ["性质", "Nature"], unit: ["承办单位", "Unit"],
  summary: ["内容摘要", "Summary"], seats: ["坐席", "Seats"], seat: ["坐席", "Seat"], state: ["状态", "State"],
  three_way: ["三方通话与转接", "Three-way call and transfer"], outcome_missing: ["请记录三方通话结果", "Record how the three-way call ended"],
  keypad: ["拨号盘", "Keypad"], results: ["操作结果", "Results"], whom: ["找谁", "Whom"], number: ["号码", "Number"],
  by: ["期限", "By"], keys_to: ["按键发给", "Keys to"], pause_reason: ["小休原因", "Reason"],
  withheld: ["号码保密", "Number withheld"], waited: ["已等待", "waited"], seconds: ["秒", "s"], group: ["技能组", "Group"],
  due: ["期限", "due"], nothing: ["—", "—"], choose: ["请选择", "Choose"], not_recorded: ["录音已暂停", "Not recorded"],
  muted: ["静音", "Muted"], deaf: ["闭听", "Deaf"], me: ["本席", "me"], case_number: ["事项编号", "Case"],
  waiting: ["等待", "Waiting"], longest: ["最长", "Longest"], seats_ready: ["空闲坐席", "Ready seats"],
  answered: ["接听 / 来电", "Answered / offered"], abandoned: ["放弃", "Abandoned"], level: ["15秒接通率", "Within 15 s"],
  callbacks_open: ["保留位置", "Kept places"], overdue: ["超时", "Late"], none_open: ["没有待回拨的来电", "Nobody to call back"],
  until: ["前", ""], attempts: ["已拨", "tried"], times: ["次", "×"], calling_now: ["正在回拨", "is calling"],
  callback_outcome: ["回拨结果", "How the call back ended"],
  task_asked: ["要求回拨", "asked for it"], task_missed: ["漏接", "missed"], task_number_untold: ["编号未告知", "number not told"],
  past_calls: ["最近通话与录音", "Last calls and recordings"], playback_reason: ["调听理由（必填，记入审计）", "Why it is heard (required, audited)"],
  do_playback: ["播放录音", "Play recording"], refresh: ["刷新", "Refresh"], nothing_recorded: ["没有可调听的录音", "No recordings to hear"],
  recording_whole_call: ["通话录音", "Call"], recording_message: ["留言", "Message"],
  known_cases: ["来电人的未结事项", "Open cases of the caller"], false_alarm_reason: ["误报理由（必填，随事项保存）", "Why it is false (required, kept with the case)"],
  do_false_alarm: ["标为误报", "Mark as false"], risk: ["风险提示", "Risk"], risk_confirm: ["请人工确认", "for a person to confirm"],
  risk_crowd: ["群体", "Crowd"], risk_suicide: ["轻生", "Suicide"], risk_petition: ["越级上访", "Petition to a higher level"],
  risk_explosives: ["爆炸物", "Explosives"], risk_minor: ["未成年人", "A minor"],
  why_no_such_flag: ["该事项没有这条风险提示，或已标为误报", "no such flag, or it was marked before"], why_false_alarm_reason: ["请写明误报理由", "say why it is false"],
  link_up: ["已连接", "Connected"], link_down: ["连接中断，正在重连…", "Reconnecting…"],
  sound_off: ["未使用", "Off"], sound_ready: ["耳麦就绪", "Headset ready"], sound_on: ["声音已接通", "Sound is on"],
  sound_connecting: ["正在接通…", "Connecting…"], sound_lost: ["声音中断，正在恢复…", "Sound lost, restoring…"],
  sound_elsewhere: ["声音在本席另一页面", "Another page of this seat has the sound"],
  sound_denied: ["不能使用话筒：请在浏览器中允许", "No microphone: allow it in the browser"],
  sound_insecure: ["不能使用话筒：页面需要 HTTPS", "No microphone: the page needs HTTPS"],
  do_ready: ["就绪", "Ready"], do_pause: ["小休", "Pause"], do_sign_out: ["签出", "Sign out"], do_answer: ["接听", "Answer"],
  do_decline: ["拒接", "Decline"], do_hang_up: ["挂机", "Hang up"], do_hold: ["保持", "Hold"], do_mute: ["静音", "Mute"],
  do_deafen: ["闭听", "Deafen"], do_drop: ["请出", "Drop"], do_private: ["私聊", "Private"], do_no_private: ["结束私聊", "End private"],
  do_consult: ["咨询", "Consult"], do_join: ["并入三方", "Join"], do_leave: ["退出通话", "Leave them talking"],
  briefing: ["姓名、镇街、事项", "name, town, topic"], do_brief: ["交接摘要", "Brief"],
  do_return: ["返回通话", "Return to"], do_hand_over: ["移交坐席", "Hand over"], do_transfer: ["盲转", "Transfer"],
  do_complete: ["转接给他", "Complete"], do_supervise: ["班长", "Supervise"], do_keys: ["按键", "Keys"], do_secret: ["暂停录音", "Pause recording"],
  do_outcome: ["记录", "Record"], do_wrap_up: ["提交小结", "Submit"], do_call_back: ["回拨", "Call back"],
  do_call_back_outcome: ["记录结果", "Record outcome"], do_audio: ["声音", "Sound"],
  off: ["取消", "End"],
  result_done: ["完成", "done"], result_refused: ["未执行", "refused"], result_failed: ["失败", "failed"],
  result_unknown: ["结果不明，请看当前状态", "result unknown, see the present state"],
  role_operator: ["话务员", "Operator"], role_supervisor: ["班长", "Supervisor"], role_leader: ["市领导", "Leader"], role_assistant: ["领导助理", "Assistant"],
  state_signed_out: ["未签入", "Signed out"], state_ready: ["空闲", "Ready"], state_offered: ["振铃", "Ringing"],
  state_talking: ["通话", "Talking"], state_wrap_up: ["话后处理", "After call"], state_paused: ["小休", "Paused"],
  reason_break: ["小休", "Break"], reason_meal: ["用餐", "Meal"], reason_training: ["培训", "Training"], reason_paperwork: ["案头工作", "Paperwork"],
  reason_no_answer: ["未应答", "No answer"], reason_unreachable: ["电话未注册", "Unreachable"],
  kind_citizen: ["来电人", "Citizen"], kind_seat: ["话务员", "Operator"], kind_unit: ["部门", "Unit"], kind_leader: ["市领导", "Leader"],
  kind_outside: ["外线", "Outside"], kind_supervisor: ["班长", "Supervisor"],
  party_calling: ["呼叫中", "Calling"], party_asked: ["等待按键", "Asked for key 1"], party_consulting: ["咨询中", "Consulting"],
  party_talking: ["通话", "Talking"], party_held: ["保持", "On hold"], party_gone: ["已离开", "Gone"],
  hint_unit: ["部门代号", "Unit"], hint_outside: ["电话号码", "Number"],
  hint_seat: ["工号", "Seat number"], hint_group: ["技能组", "Group"], hint_emergency: ["110、119、120", "110, 119, 120"],
  target_unit: ["部门", "Unit"], target_outside: ["外线号码", "Outside number"], target_seat: ["坐席", "Seat"],
  target_group: ["技能组", "Group"], target_emergency: ["110/119/120", "110/119/120"],
  mode_listen: ["监听", "Listen"], mode_whisper: ["耳语", "Whisper"], mode_barge: ["强插", "Barge in"], mode_stop: ["停止", "Stop"],
  disposition_answered: ["直接答复", "Answered"], disposition_three_way: ["三方通话", "Three-way call"], disposition_kept: ["留存", "Kept"],
  disposition_circulated: ["转阅", "Circulated"], disposition_assigned: ["转处（交办）", "Assigned"], disposition_leader_review: ["报领导阅批", "To a leader"],
  disposition_discipline: ["转纪委", "To discipline"], disposition_no_matter: ["误拨、骚扰、无声", "No matter"],
  nature_consult: ["咨询", "Question"], nature_help: ["求助", "Help"], nature_complaint: ["投诉", "Complaint"], nature_report: ["举报", "Report"],
  nature_suggest: ["建议", "Suggestion"], nature_praise: ["表扬", "Praise"], nature_other: ["其他", "Other"],
  outcome_solved: ["已解决", "Solved"], outcome_promised: ["承诺限期解决", "Promised by a date"], outcome_refused: ["拒绝", "Refused"],
  outcome_nobody_reached: ["无人接听", "Nobody reached"],
  callback_reached: ["已联系", "Reached"], callback_no_answer: ["无人接听", "No answer"], callback_busy: ["忙", "Busy"],
  callback_wrong_person: ["空号或错号", "Wrong number"], callback_refused: ["拒绝", "Refused"],
  case_draft: ["草稿", "draft"], case_accepted: ["已受理", "accepted"], case_classified: ["已分类", "classified"],
  case_consulting: ["会商中", "consulting"], case_leader_review: ["领导阅批", "with a leader"], case_assigned: ["已交办", "assigned"],
  case_handling: ["办理中", "in hand"], case_feedback: ["已反馈", "answered"], case_callback: ["待回访", "to be called back"],
  case_redo: ["重办", "done again"], case_closed: ["办结", "closed"], case_archived: ["归档", "archived"], case_kept: ["留存", "kept"],
  case_circulated: ["转阅", "circulated"], case_sealed: ["转纪委", "sealed"], case_declined: ["不予受理", "declined"],
  case_merged: ["并案", "merged"], case_withdrawn: ["撤回", "withdrawn"],
  why_not_allowed: ["没有权限", "not allowed"], why_wrong_state: ["当前状态不能这样做", "not in this state"],
  why_no_such_offer: ["来电已撤回或已被接听", "the offer is over"], why_no_such_call: ["通话已结束", "no such call"],
  why_no_such_party: ["对方已离开", "no such party"], why_no_such_target: ["没有这个坐席、部门、技能组或任务", "no such target"],
  why_seat_busy: ["该坐席不空闲", "that seat is busy"], why_number_not_allowed: ["号码规则不允许拨打", "the number is not allowed"],
  why_too_many_calls: ["拨打次数已到上限", "too many calls dialled"], why_too_many_parties: ["通话方数已到上限", "too many parties"],
  why_accused: ["该部门是被反映对象", "the unit is accused"], why_outcome_missing: ["请先记录三方通话结果", "record the outcome first"],
  why_disposition_missing: ["请选择处理方式并填写所需内容", "disposition missing"], why_malformed: ["内容有误", "malformed"],
  why_draining: ["系统正在停止", "the service is stopping"], why_no_answer: ["无人接听", "no answer"], why_busy: ["忙", "busy"],
  why_declined: ["对方拒绝", "declined"], why_unreachable: ["无法接通", "unreachable"], why_caller_gone: ["来电人已挂机", "the caller has hung up"],
  why_store_down: ["未确认已存储，请再试", "not known to be stored, try again"], why_too_fast: ["操作太快", "too fast"], why_line_busy: ["系统繁忙，请再试", "the line is busy"],
  why_case_refuses: ["该事项已封存、已流转或不在办理中，不接受此处理方式", "the case is sealed, has moved on or is at its end, and does not take it"],
  why_no_number: ["今天的事项编号已用完，请立即报告管理员", "no case number is left for today, tell the administrator now"],
  why_cancelled: ["已取消", "called off"],
  why_elsewhere: ["声音在本席另一页面", "another page of this seat has the sound"],
  why_reason_missing: ["请写明调听理由", "say why"], why_no_such_recording: ["没有这段录音", "no such recording"],
  why_version: ["页面过旧，请刷新", "reload the page"],
};

let english = false;
try { english = localStorage.getItem("language") === "en"; } catch { /* No storage: Chinese. */ }

/** The word for a key; an unknown key shows itself, so that nothing is silently missing. */
export function t(key) {
  const pair = WORDS[key];
  return pair ? pair[english ? 1 : 0] : key;
}

/** Whether there is a word. */
export const known = (key) => key in WORDS;

/** The language of the page, as HTML names it. */
export const language = () => (english ? "en" : "zh-CN");

/** Puts the words into everything below `root` that carries a key. */
export function translate(root = document) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
  for (const element of root.querySelectorAll("[data-hint]")) element.placeholder = t(element.dataset.hint);
  document.documentElement.lang = language();
}

/** Makes a button that switches the language; `changed` redraws what is not static. */
export function languageButton(button, changed = () => {}) {
  const draw = () => { button.textContent = english ? "中文" : "English"; translate(); changed(); };
  button.addEventListener("click", () => {
    english = !english;
    try { localStorage.setItem("language", english ? "en" : "zh"); } catch { /* Not remembered. */ }
    draw();
  });
  draw();
}
