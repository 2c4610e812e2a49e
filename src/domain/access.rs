//! Who may see and do what (domain.md 3.7): the matrix of 17 roles and 18 functions as data, and what
//! follows from it for one person and one case.
//!
//! * `matrix`: the cells, one row a function, as the table has them.
//! * `view`: what of a case a person is shown. Whoever may not know of it gets nothing at all, the
//!   same nothing as for a number that does not exist.
//! * `mask`: names and numbers for those who need to recognise a person and not to know him.
//! * `export`: how many persons one person exports alone, and the lines of what is exported.
//! * `administration`: the three administrators, who hold nothing else.

mod administration;
mod export;
mod mask;
mod matrix;
mod view;

pub use administration::{GrantFault, may_confirm, may_hold};
pub use export::{EXPORT_ALONE_MAX, csv_line, is_second_person, needs_second_person};
pub use mask::masked_name;
pub use matrix::{Access, Function, access, best};
pub use view::{
    File, Hearing, OWN_RECORDING_HOURS, Shown, View, WhySealed, may_know_of_seals, view,
};
