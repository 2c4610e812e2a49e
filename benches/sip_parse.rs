//! How many SIP messages one core reads and prints in a second. The bar for a typical INVITE is
//! 100,000 parsed messages/s.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mayorline::wire::sip::{Framing, Message};
use std::hint::black_box;

#[path = "load/messages.rs"]
mod messages;

use messages::{compact, invite, long, short, torture};

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(1));
    for (name, bytes) in [
        ("invite", invite()),
        ("compact", compact()),
        ("short", short()),
        ("long", long()),
        ("torture", torture()),
    ] {
        assert!(Message::parse(&bytes, Framing::Datagram).is_ok(), "{name}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| Message::parse(black_box(&bytes), Framing::Datagram));
        });
    }
    group.finish();
}

fn print(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("print");
    group.throughput(Throughput::Elements(1));
    if let Ok(message) = Message::parse(&invite(), Framing::Datagram) {
        group.bench_function("invite", |bencher| bencher.iter(|| black_box(&message).to_bytes()));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = parse, print
}
criterion_main!(benches);
