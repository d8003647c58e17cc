//! Throughput of the pipeline over a generated repository, from texts in memory to findings.
//! `cargo bench`; `benches/against-rg.sh DIR` compares the whole program with ripgrep on a real tree.

mod repository;

use divan::Bencher;
use divan::counter::BytesCount;
use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::settle::Settings;

fn main() {
    divan::main();
}

/// 2,000 files, about 6 MB.
#[divan::bench(sample_count = 10)]
fn two_thousand_files(bencher: Bencher<'_, '_>) {
    let files = repository::repository(2_000);
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    let active = Registry::default().active(|_| true);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut session = Session::default();
        for file in &files {
            session.set_file(&file.path, &file.text);
        }
        session.findings(&active, &Settings::default()).findings.len()
    });
}

/// What reading the same bytes alone costs: the floor to compare with.
#[divan::bench(sample_count = 10)]
fn count_lines_of_the_same(bencher: Bencher<'_, '_>) {
    let files = repository::repository(2_000);
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| files.iter().map(|file| memchr::memchr_iter(b'\n', file.text.as_bytes()).count()).sum::<usize>());
}
