//! From a tree on disk to a [`Session`]: every file read once, in parallel, the largest first; the
//! result is the same whatever the number of threads.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::engine::{Kept, LOOKS, Session, WORKER_STACK, analyse};
use crate::ir::{Depth, Names};
use crate::source::{FileId, Source, SourceFile};
use crate::walk::{Loaded, Skip, Skipped, Tree, load, load_again};

/// What was read.
#[derive(Debug)]
pub struct Scanned {
    /// Every file's facts.
    pub session: Session,
    /// What was not scanned, by path.
    pub skipped: Vec<Skipped>,
    /// Files whose text was scanned.
    pub files: usize,
    /// Bytes of their texts.
    pub bytes: u64,
}

/// How much of each file is read, and what stays in memory.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Larger files are named and skipped.
    pub max_bytes: u64,
    /// How far a file is looked into.
    pub depth: Depth,
    /// Whether the texts of source code stay in memory, for a session that outlives the files as they are now.
    pub holds_texts: bool,
}

impl Reading {
    /// For one look at a tree: of source code, what findings show is read again.
    pub fn once(max_bytes: u64, depth: Depth) -> Self {
        Self { max_bytes, depth, holds_texts: false }
    }
}

/// The files of a walk, where they were found.
#[derive(Debug)]
struct Disk {
    top: PathBuf,
    max_bytes: u64,
}

impl Source for Disk {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        load_again(&self.top.join(path), self.max_bytes)
    }
}

/// Threads with a stack for deep trees; `0` for as many as there are processors.
pub fn pool(jobs: usize) -> Result<ThreadPool, rayon::ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(jobs).stack_size(WORKER_STACK).thread_name(|at| format!("seclint-{at}")).build()
}

/// Reads and analyses every file of a walk on the threads of `pool`. `tick` is called after each file.
pub fn scan(tree: Tree, reading: Reading, pool: &ThreadPool, tick: &(dyn Fn() + Sync)) -> Scanned {
    let disk: Arc<dyn Source> = Arc::new(Disk { top: tree.top.clone(), max_bytes: reading.max_bytes });
    // A large file that comes last would leave the other threads idle.
    let mut order: Vec<usize> = (0..tree.files.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(tree.files[*at].bytes), *at));
    let mut scanned = Scanned { session: Session::default(), skipped: Vec::new(), files: 0, bytes: 0 };
    for (at, (kept, outcome)) in read(&tree, &order, reading, &disk, pool, tick) {
        let found = &tree.files[at];
        match outcome {
            Ok(bytes) => {
                scanned.files += 1;
                scanned.bytes += bytes;
            }
            Err(why) => scanned.skipped.push(Skipped { path: found.path.to_string(), why }),
        }
        scanned.session.set(kept);
        scanned.session.set_tracked(&found.path, found.tracked, found.ignored);
    }
    if reading.depth == Depth::Structure {
        look_again(&tree, &mut scanned.session, reading, &disk, pool);
    }
    scanned.skipped.extend(tree.skipped);
    scanned.skipped.sort();
    scanned
}

/// Reads once more, and as code of an application, the files that others hand to what a request brings.
fn look_again(tree: &Tree, session: &mut Session, reading: Reading, disk: &Arc<dyn Source>, pool: &ThreadPool) {
    let reading = Reading { depth: Depth::Called, ..reading };
    for _ in 0..LOOKS {
        let order: Vec<usize> = session.called().into_iter().map(|FileId(at)| at as usize).collect();
        if order.is_empty() {
            return;
        }
        for (at, (kept, _)) in read(tree, &order, reading, disk, pool, &|| {}) {
            let found = &tree.files[at];
            session.set(kept);
            session.set_tracked(&found.path, found.tracked, found.ignored);
        }
    }
}

/// What is kept of the files that `order` names, by their places, in the order of paths.
fn read(
    tree: &Tree,
    order: &[usize],
    reading: Reading,
    disk: &Arc<dyn Source>,
    pool: &ThreadPool,
    tick: &(dyn Fn() + Sync),
) -> Vec<(usize, One)> {
    let next = AtomicUsize::new(0);
    // One place for each file, in the order of paths whoever fills it.
    let results: Vec<OnceLock<One>> = std::iter::repeat_with(OnceLock::new).take(tree.files.len()).collect();
    pool.broadcast(|_| {
        let (mut buffer, mut names) = (Vec::new(), Names::default());
        while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
            // Each place is handed out once.
            let _ = results[at].set(one(tree, at, reading, disk, &mut buffer, &mut names));
            tick();
        }
    });
    results.into_iter().enumerate().filter_map(|(at, result)| Some((at, result.into_inner()?))).collect()
}

/// What is kept of a file, and how many bytes were scanned or why none were.
type One = (Kept, Result<u64, Skip>);

/// A file that is not text stays in the table of files without a text: that it is there can matter.
fn one(tree: &Tree, at: usize, reading: Reading, disk: &Arc<dyn Source>, buffer: &mut Vec<u8>, names: &mut Names) -> One {
    let (found, id) = (&tree.files[at], FileId(at as u32));
    let mut kept = |file: &SourceFile| Kept::new(analyse(file, reading.depth), names);
    match load(found, &tree.top, id, reading.max_bytes, buffer) {
        Loaded::Text(file) => {
            let mut kept = kept(&file);
            if !reading.holds_texts && found.is_on_disk() {
                kept.let_go(disk);
            }
            (kept, Ok(file.text.len() as u64))
        }
        Loaded::Skip(why) => (kept(&SourceFile::new(id, found.path.clone(), "")), Err(why)),
    }
}
