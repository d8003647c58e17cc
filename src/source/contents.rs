//! The text of a file after it was analysed: held, or let go and read again when a finding shows it.

use std::fmt::Debug;
use std::hash::Hasher as _;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHasher;

/// Where a text that was let go is read again: the tree on disk.
pub trait Source: Debug + Send + Sync {
    /// The text of the file at `path`, decoded as it was at first; `None` if it can't be read any more.
    fn text(&self, path: &str) -> Option<Arc<str>>;
}

/// What is kept of a file's text.
///
/// The texts of a large workspace are most of what a scan would hold, and few files have findings.
#[derive(Debug, Clone, Default)]
pub enum Contents {
    /// Nothing: the file says nothing.
    #[default]
    None,
    /// The text.
    Held(Arc<str>),
    /// How to get it again.
    LetGo(Arc<LetGo>),
}

/// A text that was let go.
#[derive(Debug)]
pub struct LetGo {
    source: Arc<dyn Source>,
    digest: u64,
    text: OnceLock<Option<Arc<str>>>,
}

impl Contents {
    /// The text of the file at `path`; `None` if nothing is kept, or if it has changed since it was analysed:
    /// spans would show other bytes, and masks leave a secret bare.
    pub fn text(&self, path: &str) -> Option<&Arc<str>> {
        match self {
            Self::None => None,
            Self::Held(text) => Some(text),
            Self::LetGo(gone) => {
                let again = || gone.source.text(path).filter(|text| digest(text) == gone.digest);
                gone.text.get_or_init(again).as_ref()
            }
        }
    }

    /// Lets the text go, to be read from `source` when it is asked for.
    pub fn let_go(&mut self, source: &Arc<dyn Source>) {
        if let Self::Held(text) = self {
            let gone = LetGo { source: source.clone(), digest: digest(text), text: OnceLock::new() };
            *self = Self::LetGo(Arc::new(gone));
        }
    }
}

fn digest(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Disk(&'static str);

    impl Source for Disk {
        fn text(&self, path: &str) -> Option<Arc<str>> {
            (path == "a.rs").then(|| self.0.into())
        }
    }

    fn let_go(text: &str, now: &'static str) -> Contents {
        let mut contents = Contents::Held(text.into());
        let source: Arc<dyn Source> = Arc::new(Disk(now));
        contents.let_go(&source);
        contents
    }

    #[test]
    fn a_text_is_read_again_unless_it_has_changed() {
        assert_eq!(let_go("fn a() {}", "fn a() {}").text("a.rs").map(|text| &**text), Some("fn a() {}"));
        assert_eq!(let_go("fn a() {}", "fn b() {}").text("a.rs"), None, "its spans hold for another text");
        assert_eq!(let_go("fn a() {}", "fn a() {}").text("gone.rs"), None);
    }
}
