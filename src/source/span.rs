//! Positions: [`Span`] is the only position type outside `parse` and `report`.

use std::ops::Range;

use serde::Serialize;

/// A file of the scan, as an index into its sorted list of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct FileId(pub u32);

/// A range of bytes in the decoded text of one file; `start <= end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span; an `end` before `start` is taken as an empty span at `start`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX).max(start);
        Self { file, start, end }
    }

    /// The bytes as a range, to index a text with.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether no byte is covered.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// From the start of `self` to the end of `other`; of another file, `self` alone.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file == other.file {
            Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
        } else {
            self
        }
    }

    /// Whether `other` lies inside `self`.
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// The text that a parser reads, with the way back from its offsets to a file.
///
/// For a file itself the way back is the identity. For embedded text (JSON in a heredoc, base64 in
/// a Kubernetes Secret, shell in `RUN`) pieces say where each run of bytes came from.
#[derive(Debug, Clone, Copy)]
pub struct Src<'a> {
    /// The file that the text belongs to.
    pub file: FileId,
    /// What to parse.
    pub text: &'a str,
    pieces: &'a [MapPiece],
}

/// A run of bytes of a virtual text and the place in a file that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapPiece {
    /// Offset in the virtual text; pieces are sorted by it.
    pub at: u32,
    /// Length in the virtual text.
    pub len: u32,
    /// Where it came from. Of the same length, bytes map one to one; otherwise (an escape was
    /// decoded) every byte maps to the whole place.
    pub host: Span,
}

impl<'a> Src<'a> {
    /// The whole text of a file.
    pub fn whole(file: FileId, text: &'a str) -> Self {
        Self { file, text, pieces: &[] }
    }

    /// Virtual text; `pieces` sorted by `at`. Without pieces, offsets are those of `file`.
    pub fn embedded(file: FileId, text: &'a str, pieces: &'a [MapPiece]) -> Self {
        Self { file, text, pieces }
    }

    /// The place in a file that `range` of the text stands for.
    pub fn span(&self, range: Range<usize>) -> Span {
        if self.pieces.is_empty() {
            return Span::new(self.file, range.start, range.end);
        }
        let start = self.locate(range.start, false);
        // The end is the end of the last byte, so that a range ending where a piece ends stays in it.
        let end = self.locate(range.end.max(range.start), true);
        start.to(end)
    }

    fn locate(&self, offset: usize, is_end: bool) -> Span {
        let offset = offset as u32;
        let key = if is_end { offset.saturating_sub(1) } else { offset };
        let index = self.pieces.partition_point(|piece| piece.at <= key).saturating_sub(1);
        let piece = self.pieces[index];
        let inside = offset.saturating_sub(piece.at).min(piece.len);
        if piece.host.len() == piece.len as usize {
            let at = (piece.host.start + inside) as usize;
            Span::new(piece.host.file, at, at)
        } else {
            piece.host
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_offsets_map_back_through_pieces() {
        let host = FileId(3);
        let pieces = [
            MapPiece { at: 0, len: 4, host: Span::new(host, 10, 14) },
            MapPiece { at: 4, len: 1, host: Span::new(host, 14, 20) }, // an escape of six bytes
            MapPiece { at: 5, len: 3, host: Span::new(host, 20, 23) },
        ];
        let src = Src::embedded(host, "abcd\nefg", &pieces);
        assert_eq!(src.span(1..3), Span::new(host, 11, 13));
        assert_eq!(src.span(0..4), Span::new(host, 10, 14));
        assert_eq!(src.span(4..5), Span::new(host, 14, 20));
        assert_eq!(src.span(2..7), Span::new(host, 12, 22));
        assert_eq!(src.span(8..8), Span::new(host, 23, 23));
    }
}
