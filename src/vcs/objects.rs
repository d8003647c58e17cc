//! Objects out of git's store, one after the other through one `git cat-file --batch`: a repository of any
//! size is read in the memory of its largest object below the limit.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::process::{ChildStdin, Stdio};

use super::answer::Answer;
use super::{GitError, Repository, hardened};

/// Questions that are on their way at once. They must fit into the smallest pipe, or both sides wait.
const AHEAD: usize = 32;

/// The name of an object, of either length that git has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid {
    bytes: [u8; 32],
    length: u8,
}

impl Oid {
    /// Reads its hexadecimal digits.
    pub fn parse(hex: &[u8]) -> Option<Self> {
        if hex.len() != 40 && hex.len() != 64 {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let mut bytes = [0; 32];
        for (at, pair) in hex.chunks_exact(2).enumerate() {
            bytes[at] = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Some(Self { bytes, length: (hex.len() / 2) as u8 })
    }

    /// Whether it stands for no object.
    pub fn is_none(self) -> bool {
        self.bytes == [0; 32]
    }
}

impl std::fmt::Display for Oid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.bytes[..usize::from(self.length)].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the store says of an object.
#[derive(Debug)]
pub enum Object<'b> {
    /// Its bytes.
    Bytes(&'b [u8]),
    /// It is larger than the limit.
    TooLarge,
    /// It is missing, or can't be read: a partial clone, a damaged store.
    Unreadable,
}

impl Repository {
    /// Reads objects in the order in which they are wanted; those that can't be read cost only themselves.
    pub fn objects(&self, wanted: &[Oid], max_bytes: u64, take: &mut dyn FnMut(usize, Object<'_>)) -> Result<(), GitError> {
        let mut buffer = Vec::new();
        let mut done = 0;
        while done < wanted.len() {
            let mut batch = Batch::start(self)?;
            while done < wanted.len() {
                batch.ask(wanted, done);
                match batch.answer(max_bytes, &mut buffer) {
                    Ok(Some(true)) => take(done, Object::Bytes(&buffer)),
                    Ok(Some(false)) => take(done, Object::TooLarge),
                    Ok(None) => take(done, Object::Unreadable),
                    Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                        return Err(GitError::Failed { command: "cat-file".to_owned(), message: error.to_string() });
                    }
                    // Git ends at an object that is damaged; a new one goes on behind it.
                    Err(_) => {
                        take(done, Object::Unreadable);
                        done += 1;
                        break;
                    }
                }
                done += 1;
            }
        }
        Ok(())
    }
}

/// One run of `git cat-file --batch`.
struct Batch {
    input: ChildStdin,
    output: Answer,
    /// How many questions were sent, from the first of all on; `None` before the first.
    asked: Option<usize>,
}

impl Batch {
    fn start(repository: &Repository) -> Result<Self, GitError> {
        let mut git = hardened(repository.top());
        git.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = git.spawn().map_err(GitError::Missing)?;
        let input = child.stdin.take().ok_or_else(|| GitError::Missing(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self { input, output: Answer::of(child), asked: None })
    }

    /// Keeps questions on their way, of which the first `done` are answered.
    fn ask(&mut self, wanted: &[Oid], done: usize) {
        let asked = self.asked.unwrap_or(done);
        if asked > done + AHEAD / 2 {
            return;
        }
        let until = wanted.len().min(done + AHEAD);
        let mut questions = Vec::new();
        for oid in &wanted[asked..until] {
            let _ = writeln!(questions, "{oid}");
        }
        // A child that reads no more is noticed when its answer is missing.
        let _ = self.input.write_all(&questions);
        self.asked = Some(until);
    }

    /// Reads one answer, `<oid> <type> <size>\n<bytes>\n`, into the buffer; `false` for one that is too
    /// large, `None` for `<oid> missing\n`.
    fn answer(&mut self, max_bytes: u64, buffer: &mut Vec<u8>) -> io::Result<Option<bool>> {
        buffer.clear();
        self.output.by_ref().take(1 << 10).read_until(b'\n', buffer)?;
        if buffer.pop() != Some(b'\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let header = String::from_utf8_lossy(buffer).into_owned();
        let mut words = header.split(' ').skip(1);
        let (Some(_), Some(size), None) = (words.next(), words.next(), words.next()) else { return Ok(None) };
        let size: u64 = size.parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        buffer.clear();
        let fits = size <= max_bytes;
        let read = if fits {
            self.output.by_ref().take(size).read_to_end(buffer)? as u64
        } else {
            io::copy(&mut self.output.by_ref().take(size), &mut io::sink())?
        };
        let mut end = [0];
        self.output.read_exact(&mut end)?;
        if read == size && end == *b"\n" { Ok(Some(fits)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Oid;

    #[test]
    fn names_are_read_as_they_are_written() {
        let (sha1, sha256) = ("0123456789abcdef0123456789abcdef01234567", "0123456789abcdef".repeat(4));
        assert_eq!(Oid::parse(sha1.as_bytes()).unwrap().to_string(), sha1);
        assert_eq!(Oid::parse(sha256.as_bytes()).unwrap().to_string(), sha256);
        assert!(Oid::parse(b"0123").is_none() && Oid::parse(&[b'g'; 40]).is_none());
        assert!(Oid::parse(&[b'0'; 40]).unwrap().is_none());
    }
}
