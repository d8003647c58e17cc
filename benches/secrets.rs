//! Bytes a CPU-second of the secrets engine alone, on one thread, against a plain read of the same
//! files and a count of their newlines. `TREE=path cargo bench --bench secrets` takes another tree than
//! this repository.
#![expect(clippy::disallowed_methods, clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark reads, measures and prints")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Instant;

use seclint::secrets::{self, Counts};
use seclint::source::{FileId, SourceFile};

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && name != ".git" && name != "target" {
            files(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

/// Seconds that this thread has run; where the system does not say, seconds that have passed.
fn cpu() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let passed = START.elapsed().as_secs_f64();
    let ran = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    ran.and_then(|line| line.split(' ').next()?.parse::<f64>().ok()).map_or(passed, |nanoseconds| nanoseconds / 1e9)
}

/// The result of `work`, and the least that it took of three times.
fn least<T>(work: impl Fn() -> T) -> (T, f64) {
    let once = || {
        let start = cpu();
        let result = work();
        (result, cpu() - start)
    };
    let (result, first) = once();
    (result, first.min(once().1).min(once().1))
}

fn main() {
    let root = std::env::var("TREE").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let mut paths = Vec::new();
    files(Path::new(&root), &mut paths);
    paths.sort();
    let text = |path: &PathBuf| Some(SourceFile::new(FileId(0), path.to_string_lossy(), std::fs::read_to_string(path).ok()?));
    let (paths, sources): (Vec<&PathBuf>, Vec<SourceFile>) = paths.iter().filter_map(|path| Some((path, text(path)?))).unzip();
    let bytes: usize = sources.iter().map(|file| file.text.len()).sum();
    let start = cpu();
    let first = sources.first().map(secrets::count).unwrap_or_default();
    println!("start-up with one file: {:.2} ms ({} found)", (cpu() - start) * 1e3, first.found);
    let (counts, engine) = least(|| sources.iter().map(secrets::count).fold(Counts::default(), |a, b| a + b));
    let (read, reading) = least(|| paths.iter().filter_map(|path| std::fs::read(path).ok()).map(|bytes| bytes.len()).sum::<usize>());
    let (lines, counting) = least(|| sources.iter().map(|file| memchr::memchr_iter(b'\n', file.text.as_bytes()).count()).sum::<usize>());
    println!("{} files, {bytes} bytes ({read} read), {lines} lines: {counts:?}", sources.len());
    for (what, seconds) in [("secrets engine", engine), ("plain read", reading), ("count of newlines", counting)] {
        println!("{what}: {:.0} MB per CPU-second, {:.2} of the read's time", bytes as f64 / seconds / 1e6, seconds / reading);
    }
}
