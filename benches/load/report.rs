//! The table with the words around it.

use crate::clock;
use crate::table::{self, Row};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// Looked at before the run.
const LOOK: Duration = Duration::from_secs(3);

/// What the machine was doing before the run.
pub(crate) struct Machine {
    others_percent: f64,
    cores: usize,
    model: String,
    kernel: String,
}

impl Machine {
    /// Looks for some seconds.
    pub(crate) fn look() -> Self {
        let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpus.lines().find(|line| line.starts_with("model name"));
        let model = model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown processor");
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            others_percent: clock::others_percent(LOOK),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            model: model.to_owned(),
            kernel: kernel.trim().to_owned(),
        }
    }
}

/// The whole page.
pub(crate) fn text(machine: &Machine, realtime: bool, rows: &[Row]) -> String {
    let Machine { others_percent, model, kernel, .. } = machine;
    let mut text = String::new();
    let class = if realtime { "all in a real-time class" } else { "real-time class refused" };
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cores = cpus.matches("processor\t").count().max(machine.cores);
    let _ = writeln!(
        text,
        "{model}, {cores} cores, Linux {kernel}. Server on core 0, load on core 1, {class}.\n\
         Other work before the run took {others_percent:.0} % of one core.\n"
    );
    text.push_str(&table::markdown(rows));
    text
}

/// Puts the page into docs/benchmarks.md, between its marks.
pub(crate) fn write(text: &str) {
    const FROM: &str = "<!-- make bench writes from here -->\n";
    const TO: &str = "<!-- to here -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/benchmarks.md");
    let old = std::fs::read_to_string(&path).expect("docs/benchmarks.md is there");
    let (head, rest) = old.split_once(FROM).expect("it has its first mark");
    let (_, tail) = rest.split_once(TO).expect("it has its second mark");
    std::fs::write(&path, format!("{head}{FROM}\n{text}\n{TO}{tail}")).expect("it can be written");
}
