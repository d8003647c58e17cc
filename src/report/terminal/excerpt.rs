//! The few lines of source that a diagnostic shows, as the files that codespan-reporting draws. Line
//! numbers and columns are those of the real files; the text is the view's, masked and clipped.

use std::ops::Range;

use codespan_reporting::files::{Error, Files};

use crate::report::view::{Line, View};
use crate::source::{FileId, Span, path_to_uri};

/// The lines that labels stand on, by file.
#[derive(Debug)]
pub(super) struct Excerpts {
    files: Vec<Excerpt>,
}

#[derive(Debug)]
struct Excerpt {
    id: FileId,
    name: String,
    text: String,
    lines: Vec<Shown>,
}

#[derive(Debug)]
struct Shown {
    /// Index of the line in the real file, from 0.
    index: usize,
    line: Line,
    /// Where it stands in the excerpt's text.
    at: usize,
    /// Column of the first place that is asked for, in characters of the real file.
    columns: Vec<(usize, usize)>,
}

impl Excerpts {
    /// The lines of these places, each of which lies on one line; a single line between two is shown too.
    /// With `links`, names lead to the files.
    pub(super) fn new(view: &View<'_>, places: &[Span], links: Option<&str>) -> Self {
        let mut files: Vec<Excerpt> = Vec::new();
        for id in places.iter().map(|span| span.file) {
            if files.iter().all(|file| file.id != id) {
                let here: Vec<Span> = places.iter().copied().filter(|span| span.file == id).collect();
                let mut excerpt = Excerpt::new(view, id, &here);
                if let Some(root) = links {
                    excerpt.name = linked(&excerpt.name, root);
                }
                files.push(excerpt);
            }
        }
        Self { files }
    }

    /// A place as codespan has it.
    pub(super) fn place(&self, span: Span) -> (usize, Range<usize>) {
        let file = self.files.iter().position(|file| file.id == span.file).unwrap_or(0);
        let range = self.files.get(file).map_or(0..0, |excerpt| excerpt.place(span));
        (file, range)
    }
}

/// A path as a link of the terminal (OSC 8); as an address it has no control character.
fn linked(path: &str, root: &str) -> String {
    format!("\u{1b}]8;;{root}/{}\u{1b}\\{path}\u{1b}]8;;\u{1b}\\", path_to_uri(path))
}

impl Excerpt {
    fn new(view: &View<'_>, id: FileId, places: &[Span]) -> Self {
        let mut indices: Vec<usize> = places.iter().map(|span| view.start(*span).line - 1).collect();
        indices.sort_unstable();
        indices.dedup();
        let between: Vec<usize> = indices.windows(2).filter(|pair| pair[1] - pair[0] == 2).map(|pair| pair[0] + 1).collect();
        indices.extend(between);
        indices.sort_unstable();
        let mut excerpt = Self {
            id,
            name: places.first().map(|span| view.path(*span).to_owned()).unwrap_or_default(),
            text: String::new(),
            lines: Vec::new(),
        };
        for index in indices {
            let line = view.line(id, index + 1, places);
            let at = excerpt.text.len();
            let columns = places.iter().map(|span| (*span, view.start(*span)));
            let columns = columns.filter(|(_, start)| start.line == index + 1);
            let columns = columns.map(|(span, start)| (at + line.range(span.range()).start, start.column)).collect();
            excerpt.text.push_str(&line.text);
            excerpt.text.push('\n');
            excerpt.lines.push(Shown { index, line, at, columns });
        }
        excerpt
    }

    fn place(&self, span: Span) -> Range<usize> {
        // A line's offsets are those of the file, so the line that shows the span is the last that begins before it.
        let shown = self.lines.iter().rev().find(|shown| shown.line.begins_by(span.start as usize)).or(self.lines.first());
        shown.map_or(0..0, |shown| {
            let range = shown.line.range(span.range());
            shown.at + range.start..shown.at + range.end
        })
    }

    fn shown(&self, index: usize) -> Result<&Shown, Error> {
        self.lines.iter().find(|shown| shown.index == index).ok_or(Error::LineTooLarge { given: index, max: 0 })
    }
}

impl<'a> Files<'a> for Excerpts {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        self.files.get(id).map(|file| &*file.name).ok_or(Error::FileMissing)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        self.files.get(id).map(|file| &*file.text).ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: usize, byte_index: usize) -> Result<usize, Error> {
        let file = self.files.get(id).ok_or(Error::FileMissing)?;
        let shown = file.lines.iter().rev().find(|shown| shown.at <= byte_index).or(file.lines.first());
        shown.map(|shown| shown.index).ok_or(Error::FileMissing)
    }

    fn line_range(&'a self, id: usize, line_index: usize) -> Result<Range<usize>, Error> {
        let shown = self.files.get(id).ok_or(Error::FileMissing)?.shown(line_index)?;
        Ok(shown.at..shown.at + shown.line.text.len() + 1)
    }

    fn column_number(&'a self, id: usize, line_index: usize, byte_index: usize) -> Result<usize, Error> {
        let shown = self.files.get(id).ok_or(Error::FileMissing)?.shown(line_index)?;
        Ok(shown.columns.iter().find(|(at, _)| *at == byte_index).map_or(1, |(_, column)| *column))
    }
}
