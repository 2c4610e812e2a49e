//! One table: what was measured, the bar, the peers' figures, the machine's own limit.

/// A row of words.
pub(crate) struct Row {
    /// What.
    pub(crate) measure: String,
    /// The figure of this run.
    pub(crate) value: String,
    /// What is to be reached.
    pub(crate) bar: &'static str,
    /// The best peers, by the same method on such a machine.
    pub(crate) peers: &'static str,
}

/// Prints the rows below each other.
pub(crate) fn print(rows: &[Row]) {
    let widths = |cell: fn(&Row) -> &str| rows.iter().map(|r| cell(r).chars().count()).max();
    let first = widths(|r| &r.measure).unwrap_or(0).max(7);
    let second = widths(|r| &r.value).unwrap_or(0).max(8);
    let third = widths(|r| r.bar).unwrap_or(0).max(3);
    println!("| {:first$} | {:second$} | {:third$} | peers", "measure", "this run", "bar");
    println!("|-{:-<first$}-|-{:-<second$}-|-{:-<third$}-|------", "", "", "");
    for row in rows {
        let Row { measure, value, bar, peers } = row;
        println!("| {measure:first$} | {value:second$} | {bar:third$} | {peers}");
    }
}
