//! The rules of the casework on a fake clock: the table of transitions, the acceptance stories of
//! domain.md 3.8, supervision, and random commands against a naive model.

mod answers;
mod dates;
mod decisions;
mod figures;
mod follow_ups;
mod guards;
mod guide;
mod model;
mod seals;
mod sim;
mod stories;
mod supervision;
mod table;
mod talks;
pub(crate) mod world;
