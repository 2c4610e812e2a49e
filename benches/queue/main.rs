//! How many decisions the queue takes in a second: `cargo bench --bench queue`. The bar is 50,000.

mod model;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mayorline::domain::queue::Strategy;
use model::{CALLERS, DECISIONS, Model};
use std::time::Duration;

fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue");
    group.throughput(Throughput::Elements(DECISIONS));
    for (name, strategy) in [
        ("longest_idle", Strategy::LongestIdle),
        ("round_robin", Strategy::RoundRobin),
        ("random", Strategy::Random),
    ] {
        let mut model = Model::new(strategy);
        group.bench_function(name, |bencher| bencher.iter(|| model.turn()));
        let waiting = model.waiting();
        assert!(waiting >= CALLERS as usize / 2, "only {waiting} callers wait");
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = decisions
}
criterion_main!(benches);
