//! Shell text as the simple commands that it runs: `RUN` of a Dockerfile, `run:` of a workflow.
//!
//! Not a shell: it knows quotes, expansions, separators, pipes, reserved words and here-documents, which
//! is what rules ask ("`curl … | sh`"). Everything that is expanded at run time is a hole.

use super::MAX_DEPTH;
use super::words::{Quoting, Reader};
use crate::ir::{ShellCommand, Text};
use crate::source::Src;

/// Commands of one text that are read.
const MAX_COMMANDS: usize = 4096;

/// Words that begin or end a compound command and are no commands themselves.
const RESERVED: [&str; 13] = ["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!", "time"];

/// Reads the commands of `range` in order, those of `$(…)` after the one that they stand in.
/// `escape` is the character that continues a line: `\`, or what a Dockerfile sets.
pub fn commands(src: &Src<'_>, range: std::ops::Range<usize>, escape: u8) -> Vec<ShellCommand> {
    let mut out = Vec::new();
    let mut ranges = vec![(range, 0)];
    while let Some((range, depth)) = ranges.pop() {
        let mut reader = Reader::new(src, range, Quoting::Shell, escape);
        script(&mut reader, &mut out);
        if depth < MAX_DEPTH {
            let inner = std::mem::take(&mut reader.substitutions);
            ranges.extend(inner.into_iter().rev().map(|inner| (inner, depth + 1)));
        }
        if out.len() >= MAX_COMMANDS {
            break;
        }
    }
    out
}

fn script(reader: &mut Reader<'_, '_>, out: &mut Vec<ShellCommand>) {
    let mut words: Vec<Text> = Vec::new();
    let mut heredocs: Vec<(String, bool)> = Vec::new();
    let mut start = reader.at();
    loop {
        reader.skip_blanks();
        if words.is_empty() {
            start = reader.at();
        }
        let Some(byte) = reader.peek() else { break };
        match byte {
            b'\n' => {
                reader.bump(1);
                flush(reader, &mut words, start, false, out);
                for (end, strip) in heredocs.drain(..) {
                    reader.skip_heredoc(&end, strip);
                }
            }
            b'#' => reader.skip_line(),
            b';' | b'(' | b')' => {
                flush(reader, &mut words, start, false, out);
                reader.bump(1);
            }
            b'&' | b'|' => {
                let pair = reader.peek_at(1) == Some(byte);
                let redirect = byte == b'&' && reader.peek_at(1) == Some(b'>');
                if redirect {
                    reader.bump(2);
                    continue;
                }
                flush(reader, &mut words, start, byte == b'|' && !pair, out);
                // `|&` pipes too.
                reader.bump(if pair || reader.peek_at(1) == Some(b'&') { 2 } else { 1 });
            }
            b'<' | b'>' => redirection(reader, &mut heredocs),
            _ => {
                let word = reader.word();
                let is_reserved = words.is_empty() && word.as_str().is_some_and(|word| RESERVED.contains(&word));
                // `2>/dev/null`: the number belongs to the redirection.
                let is_descriptor = matches!(reader.peek(), Some(b'<' | b'>'))
                    && word.as_str().is_some_and(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()));
                if !is_reserved && !is_descriptor {
                    words.push(word);
                }
            }
        }
        if out.len() >= MAX_COMMANDS {
            return;
        }
    }
    flush(reader, &mut words, start, false, out);
}

fn flush(reader: &Reader<'_, '_>, words: &mut Vec<Text>, start: usize, pipes: bool, out: &mut Vec<ShellCommand>) {
    if words.is_empty() {
        // An empty part of a pipe: `( … ) | sh` pipes what stands in the brackets.
        if pipes && let Some(last) = out.last_mut() {
            last.pipes = true;
        }
        return;
    }
    let span = reader.src().span(start..reader.word_end().max(start));
    out.push(ShellCommand { words: std::mem::take(words), pipes, span });
}

/// `> file`, `2>&1`, `<<EOF`, `<<< word`, `<(…)`.
fn redirection(reader: &mut Reader<'_, '_>, heredocs: &mut Vec<(String, bool)>) {
    let is_heredoc = reader.starts_with(b"<<") && !reader.starts_with(b"<<<");
    while matches!(reader.peek(), Some(b'<' | b'>' | b'&')) {
        reader.bump(1);
    }
    let strip = is_heredoc && reader.peek() == Some(b'-');
    if strip {
        reader.bump(1);
    }
    reader.skip_blanks();
    // `<(curl …)` is a command of its own: the bracket separates it.
    if matches!(reader.peek(), None | Some(b'(' | b')' | b'\n' | b';' | b'|')) {
        return;
    }
    let target = reader.word();
    if is_heredoc && let Some(end) = target.known() {
        heredocs.push((end.into_owned(), strip));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> Vec<String> {
        let shown = |command: &ShellCommand| {
            let words: Vec<String> = command.words.iter().map(ToString::to_string).collect();
            format!("{}{}", words.join("·"), if command.pipes { " |" } else { "" })
        };
        commands(&Src::whole(FileId(0), text), 0..text.len(), b'\\').iter().map(shown).collect()
    }

    #[test]
    fn separators_and_pipes() {
        assert_eq!(
            read("set -ex; apt-get update && curl -fsSL \"https://x/y\" | bash -s -- a 2>&1 || true # no\nls"),
            ["set·-ex", "apt-get·update", "curl·-fsSL·https://x/y |", "bash·-s·--·a", "true", "ls"]
        );
        assert_eq!(read("if [ -n \"$X\" ]; then (cd a && make); fi"), ["[·-n·${env.X}·]", "cd·a", "make"]);
        assert_eq!(read("bash <(curl https://x)"), ["bash", "curl·https://x"]);
        assert_eq!(read("{ curl x; } | sh"), ["curl·x |", "sh"]);
    }

    #[test]
    fn quotes_expansions_and_continuations() {
        assert_eq!(read("a 'b c'\"d $E\" \\\n  f\\ g ${H:-i}"), ["a·b cd ${env.E}·f g·${(Coalesce env.H i)}"]);
        assert_eq!(read("RUN=1 x $(curl a | tar x) `date`"), ["RUN=1·x·${<Opaque>}·${<Opaque>}", "curl·a |", "tar·x", "date"]);
        assert_eq!(read("run \\\n  # a comment between\n  --flag"), ["run·--flag"]);
    }

    #[test]
    fn here_documents_are_data() {
        assert_eq!(read("cat <<EOF > f\ncurl x | sh\nEOF\nls"), ["cat", "ls"]);
        assert_eq!(read("cat <<-'E'\n\tx\n\tE\nls 2>/dev/null"), ["cat", "ls"]);
    }

    #[test]
    fn hostile_texts_end() {
        for text in [
            "$(".repeat(100_000),
            "`".repeat(99_999),
            "\"".repeat(99_999),
            "<<A ".repeat(50_000),
            "(".repeat(100_000),
            "${a:-".repeat(50_000),
        ] {
            read(&text);
        }
    }
}
