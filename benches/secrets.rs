//! Bytes a second of the secrets engine alone, on one thread, against a plain count of newlines of the
//! same bytes. `TREE=path cargo bench --bench secrets` takes another tree than this repository.
#![expect(clippy::disallowed_methods, clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark reads, measures and prints")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use seclint::secrets;
use seclint::source::{FileId, SourceFile};

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != ".git" && name != "target" {
            files(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

fn main() {
    let root = std::env::var("TREE").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let mut paths = Vec::new();
    files(Path::new(&root), &mut paths);
    paths.sort();
    let sources: Vec<SourceFile> = paths
        .iter()
        .filter_map(|path| Some(SourceFile::new(FileId(0), path.to_string_lossy(), std::fs::read_to_string(path).ok()?)))
        .collect();
    let bytes: usize = sources.iter().map(|file| file.text.len()).sum();
    let start = Instant::now();
    let found: usize = sources.first().map_or(0, |file| secrets::count(file).found);
    println!("start-up with one file: {:?} ({found} found)", start.elapsed());
    let rate = |seconds: f64| bytes as f64 / seconds / 1e6;
    let mut best = [f64::MAX; 2];
    let mut counts = secrets::Counts::default();
    for _ in 0..3 {
        let start = Instant::now();
        counts = sources.iter().map(secrets::count).fold(secrets::Counts::default(), |a, b| a + b);
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let lines: usize = sources.iter().map(|file| file.text.bytes().filter(|byte| *byte == b'\n').count()).sum();
        best[1] = best[1].min(start.elapsed().as_secs_f64());
        assert!(lines > 0 || bytes == 0);
    }
    println!("{} files, {bytes} bytes: {counts:?}", sources.len());
    println!("secrets {:.0} MB/s, newlines {:.0} MB/s", rate(best[0]), rate(best[1]));
}
