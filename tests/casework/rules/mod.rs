//! The rules of the casework on a fake clock: the table of transitions, the acceptance stories of
//! domain.md 3.8, supervision, and random commands against a naive model.

mod figures;
mod guards;
mod guide;
mod model;
mod sim;
mod stories;
mod supervision;
mod table;
pub(crate) mod world;
