//! Wrap-ups that are not known to be stored, on the page in a real Chromium: kept, and sent again.

use super::browser::{CALL, Desk};
use super::messages::seat_view;
use mayorline::domain::desk::{DeskCommand, DeskEvent, DeskReply, Failure, SeatState};
use mayorline::domain::desk_link::FromDesk;

#[tokio::test]
async fn what_is_not_stored_yet_stays_on_the_page_and_is_sent_again() {
    let mut desk = Desk::sign_in("801").await;
    desk.tell(seat_view("801", SeatState::WrapUp, None)).await;
    desk.tell(DeskEvent::WrapUp { call: CALL.to_owned(), case: None }).await;
    desk.page.wait("!document.getElementById('wrap-up').hidden").await;
    desk.page
        .value(
            "(() => { const form = document.getElementById('wrap-up-form'); \
             form.elements.disposition.value = 'kept'; \
             form.elements.summary.value = '路灯不亮'; form.requestSubmit(); })()",
        )
        .await;
    let down = || DeskReply::Failed { why: Failure::StoreDown };
    let first = desk.command_with(down()).await;
    let DeskCommand::WrapUp { call: Some(call), summary, .. } = &first else { panic!("{first:?}") };
    assert_eq!((call.as_str(), summary.as_str()), (CALL, "路灯不亮"));
    // The seat goes on to its next call; what was written stays.
    desk.tell(seat_view("801", SeatState::Ready, None)).await;
    desk.page.wait("document.getElementById('wrap-up').hidden").await;
    desk.page.wait("!document.getElementById('unsent-card').hidden").await;
    desk.page.wait("document.getElementById('unsent').textContent.includes('路灯不亮')").await;
    desk.page.wait("document.getElementById('unsent').textContent.includes('未确认已存储')").await;
    let again = "document.querySelector('#unsent [data-do=send_again]').click()";
    desk.mark().await;
    desk.page.value(again).await;
    assert_eq!(desk.command_with(down()).await, first, "the same once more");
    desk.redrawn().await;
    desk.unsent(1).await;
    desk.page.value(again).await;
    assert_eq!(desk.command().await, first);
    desk.page.wait("document.getElementById('unsent-card').hidden").await;
    desk.no_complaints();
}

/// A seat whose page sends again what is not stored when the test says so: `turn()`.
async fn with_turns() -> Desk {
    let mut desk = Desk::sign_in("801").await;
    desk.page
        .before_all(
            "const every = window.setInterval; window.setInterval = (does, ms) => \
             ms === 15000 ? (window.turn = does, 0) : every(does, ms);",
        )
        .await;
    desk.page.value("location.reload()").await;
    desk.page.wait("window.turn && document.getElementById('link')?.dataset.up === 'true'").await;
    desk
}

impl Desk {
    /// Writes of a call that it was kept, and sends it.
    async fn keep(&mut self, call: &str) {
        self.tell(seat_view("801", SeatState::WrapUp, None)).await;
        self.tell(DeskEvent::WrapUp { call: call.to_owned(), case: None }).await;
        self.page.wait("!document.getElementById('wrap-up').hidden").await;
        self.page
            .value(
                "(() => { const form = document.getElementById('wrap-up-form'); \
                 form.elements.disposition.value = 'kept'; form.requestSubmit(); })()",
            )
            .await;
    }

    /// The call of the next command, a wrap-up.
    async fn wraps_up(&mut self, reply: DeskReply) -> String {
        let command = self.command_with(reply).await;
        let DeskCommand::WrapUp { call: Some(call), .. } = command else { panic!("{command:?}") };
        call.to_string()
    }

    async fn unsent(&mut self, count: usize) {
        let shown = format!("document.querySelectorAll('#unsent li').length === {count}");
        self.page.wait(&shown).await;
    }

    /// Marks the list as it is drawn now.
    async fn mark(&mut self) {
        let each =
            "document.querySelectorAll('#unsent li').forEach((li) => { li.dataset.old = ''; })";
        self.page.value(&format!("{each}, 0")).await;
    }

    /// Waits for the list to be drawn anew, as it is once an answer has been taken in.
    async fn redrawn(&mut self) {
        self.page.wait("!document.querySelector('#unsent li[data-old]')").await;
    }

    /// Nothing has come from the page that was not taken: what it is asked for now is the next.
    async fn silent(&mut self) {
        self.page.value("document.getElementById('ready').click(), 0").await;
        assert_eq!(self.command().await, DeskCommand::Ready, "one at a time");
    }
}

#[tokio::test]
async fn what_is_not_stored_is_sent_again_one_at_a_time_up_to_the_first_that_fails() {
    let mut desk = with_turns().await;
    let down = || DeskReply::Failed { why: Failure::StoreDown };
    let calls = ["a1-0190-0001", "a1-0190-0002", "a1-0190-0003"];
    for (at, call) in calls.into_iter().enumerate() {
        desk.keep(call).await;
        assert_eq!(desk.wraps_up(down()).await, call);
        desk.unsent(at + 1).await;
        desk.tell(seat_view("801", SeatState::Ready, None)).await;
        desk.page.wait("document.getElementById('wrap-up').hidden").await;
    }
    desk.mark().await;
    desk.page.value("turn(), turn(), 0").await;
    assert_eq!(desk.wraps_up(down()).await, calls[0]);
    desk.redrawn().await;
    desk.silent().await;
    desk.page.value("turn(), 0").await;
    for (left, call) in [(2, calls[1]), (1, calls[2])] {
        let FromDesk::Request(request) = desk.house.next().await else { panic!() };
        desk.silent().await;
        let DeskCommand::WrapUp { call: Some(sent), .. } = request.command else { panic!() };
        assert_eq!(sent.to_string(), call, "the one that was tried before is the last");
        desk.house.reply("801", request.id, DeskReply::Done).await;
        desk.unsent(left).await;
    }
    assert_eq!(desk.wraps_up(DeskReply::Done).await, calls[0]);
    desk.unsent(0).await;
    desk.no_complaints();
}

#[tokio::test]
async fn a_wrap_up_that_is_sent_too_fast_is_kept_and_sent_again() {
    let mut desk = with_turns().await;
    let waiting = 32;
    let many =
        format!("for (let n = 0; n < {waiting}; n += 1) document.getElementById('ready').click();");
    desk.page.value(&many).await;
    desk.keep(CALL).await;
    desk.unsent(1).await;
    desk.page.wait("document.getElementById('unsent').textContent.includes('操作太快')").await;
    for _ in 0..waiting {
        assert_eq!(desk.command().await, DeskCommand::Ready);
    }
    desk.page.value("turn(), 0").await;
    assert_eq!(desk.wraps_up(DeskReply::Done).await, CALL);
    desk.unsent(0).await;
    desk.no_complaints();
}
