//! The writer of texts for people, which codespan-reporting draws on: colours when they are wanted, and the names
//! of our own severities instead of `error` and `warning`.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use codespan_reporting::diagnostic::{LabelStyle, Severity as Drawn};
use codespan_reporting::term::WriteStyle;

use crate::finding::Severity;

/// A writer for one finding.
pub(super) struct Paint<'w> {
    out: &'w mut dyn Write,
    color: bool,
    severity: Severity,
    in_header: bool,
}

impl<'w> Paint<'w> {
    pub(super) fn new(out: &'w mut dyn Write, color: bool, severity: Severity) -> Self {
        Self { out, color, severity, in_header: false }
    }

    /// What is written next has the colour of the severity.
    pub(super) fn set_severity(&mut self) -> io::Result<()> {
        self.set(Self::of(self.severity))
    }

    fn set(&mut self, style: Style) -> io::Result<()> {
        if self.color { write!(self.out, "{}{style}", anstyle::Reset) } else { Ok(()) }
    }

    fn of(severity: Severity) -> Style {
        let color = match severity {
            Severity::Critical | Severity::High => AnsiColor::BrightRed,
            Severity::Medium => AnsiColor::BrightYellow,
            Severity::Low => AnsiColor::BrightCyan,
            Severity::Note => AnsiColor::BrightGreen,
        };
        color.on_default()
    }
}

impl Write for Paint<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.in_header {
            // The first word of a header is codespan's name of the severity.
            self.in_header = false;
            self.out.write_all(self.severity.name().as_bytes())?;
            return Ok(bytes.len());
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl WriteStyle for Paint<'_> {
    fn set_header(&mut self, _: Drawn) -> io::Result<()> {
        self.in_header = true;
        self.set(Self::of(self.severity).bold())
    }

    fn set_header_message(&mut self) -> io::Result<()> {
        self.set(Style::new().bold())
    }

    fn set_line_number(&mut self) -> io::Result<()> {
        self.set(AnsiColor::Blue.on_default())
    }

    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.set(AnsiColor::Blue.on_default())
    }

    fn set_source_border(&mut self) -> io::Result<()> {
        self.set(AnsiColor::Blue.on_default())
    }

    fn set_label(&mut self, _: Drawn, style: LabelStyle) -> io::Result<()> {
        self.set(if style == LabelStyle::Primary { Self::of(self.severity) } else { AnsiColor::Blue.on_default() })
    }

    fn reset(&mut self) -> io::Result<()> {
        if self.color { write!(self.out, "{}", anstyle::Reset) } else { Ok(()) }
    }
}
