//! What a git command prints, read as it comes and in bounded memory, with patience for each piece: git
//! opens files of the repository (a pack that is a pipe) without looking at what they are.

use std::io::{self, BufRead, Read};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;

use super::{GitError, PATIENCE};

/// Bytes that are handed over at once, and how many such pieces may wait.
const PIECE: usize = 1 << 16;
const WAITING: usize = 8;

/// The standard output of a child, and the child.
#[derive(Debug)]
pub(super) struct Answer {
    child: Child,
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    at: usize,
    said: Option<JoinHandle<String>>,
}

impl Answer {
    /// Begins to read what a child prints; its standard error too, if that is a pipe.
    pub(super) fn of(mut child: Child) -> Self {
        let (send, pieces) = sync_channel(WAITING);
        if let Some(mut out) = child.stdout.take() {
            std::thread::spawn(move || {
                loop {
                    let mut piece = vec![0; PIECE];
                    let read = out.read(&mut piece);
                    let goes_on = matches!(read, Ok(1..));
                    let piece = read.map(|length| {
                        piece.truncate(length);
                        piece
                    });
                    // The end of the output is that of the channel.
                    if matches!(&piece, Ok(piece) if piece.is_empty()) || send.send(piece).is_err() || !goes_on {
                        return;
                    }
                }
            });
        }
        let said = child.stderr.take().map(|mut errors| {
            std::thread::spawn(move || {
                let mut said = Vec::new();
                let _ = errors.by_ref().take(1 << 16).read_to_end(&mut said);
                // The rest is read and dropped, so that the child is never kept waiting.
                let _ = io::copy(&mut errors, &mut io::sink());
                String::from_utf8_lossy(&said).into_owned()
            })
        });
        Self { child, pieces, piece: Vec::new(), at: 0, said }
    }

    /// Waits for the end of a child whose output was read whole; what it said if it failed.
    pub(super) fn finish(mut self, command: &str) -> Result<(), GitError> {
        let failed = |message: &str| GitError::Failed { command: command.to_owned(), message: crate::source::escape(message).into_owned() };
        let status = self.child.wait().map_err(|error| failed(&error.to_string()))?;
        let said = self.said.take().and_then(|said| said.join().ok()).unwrap_or_default();
        if status.success() { Ok(()) } else { Err(failed(said.lines().next().unwrap_or("no message"))) }
    }
}

impl Read for Answer {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let length = there.len().min(into.len());
        into[..length].copy_from_slice(&there[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Answer {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.piece.len() {
            self.piece = match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => piece?,
                Err(RecvTimeoutError::Disconnected) => Vec::new(),
                Err(RecvTimeoutError::Timeout) => return Err(io::Error::new(io::ErrorKind::TimedOut, "git gave no answer")),
            };
            self.at = 0;
        }
        Ok(&self.piece[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl Drop for Answer {
    /// A child that is not needed any more is not left behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
