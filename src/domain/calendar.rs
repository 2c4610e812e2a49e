//! Working days, public holidays and make-up working days (调休) of the years that have a table.
