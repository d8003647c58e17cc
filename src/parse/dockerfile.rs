//! Dockerfiles and Containerfiles as instructions whose words are [`Text`]s, variables left as holes.
//!
//! The file is cut into instructions first (continued lines, here-documents anywhere in a line), then
//! parse-dockerfile reads one at a time: it stops at the first mistake, and it takes here-documents
//! at the start of `RUN` only.

use std::ops::Range;

use parse_dockerfile::{Command, Flag, HealthcheckArguments, Instruction as Raw, JsonOrStringArray, Source, UnescapedString};
use smol_str::SmolStr;

use super::words::{Quoting, Reader};
use super::{Parsed, Problems, shell};
use crate::ir::{Node, NodeKind, ProblemKind, ShellCommand, StepKind, Text};
use crate::source::Src;

/// One instruction.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// What it says.
    pub kind: InstructionKind,
    /// `--from=build`, `--chown=app`, `--mount=type=secret,id=x`; a flag without value has an empty one.
    pub flags: Vec<(SmolStr, Text)>,
    /// Whether it stands behind `ONBUILD`.
    pub onbuild: bool,
    /// The instruction without here-documents.
    pub span: crate::ir::Span,
}

/// The sorts of [`Instruction`].
#[derive(Debug, Clone, PartialEq)]
pub enum InstructionKind {
    /// `FROM image AS name`.
    From {
        /// The image as written.
        image: Text,
        /// The stage's name.
        name: Option<SmolStr>,
    },
    /// Anything else; `ENV`, `ARG` and `LABEL` give one step a pair, with its place.
    Steps(Vec<(crate::ir::Span, StepKind)>),
}

/// Reads the instructions; one that is none is told and left out.
pub fn parse(src: &Src<'_>) -> Parsed<Vec<Instruction>> {
    let escape = escape_directive(src.text);
    let mut cutter = Cutter { text: src.text, at: 0, escape, unclosed: 0 };
    let mut problems = Problems::default();
    let mut instructions = Vec::new();
    while let Some(chunk) = cutter.next() {
        match instruction(src, &chunk, escape) {
            Ok(instruction) => instructions.push(instruction),
            Err(message) => problems.push(
                ProblemKind::Syntax,
                format!("this is no instruction of a Dockerfile: {message}"),
                src.span(chunk.line.start..first_line_end(src.text, &chunk.line)),
            ),
        }
    }
    Parsed { tree: instructions, problems: problems.list }
}

fn first_line_end(text: &str, range: &Range<usize>) -> usize {
    range.start + text[range.clone()].lines().next().map_or(0, str::len)
}

/// `# escape=` at the top of the file.
fn escape_directive(text: &str) -> u8 {
    for line in text.lines() {
        let Some((key, value)) = line.trim().strip_prefix('#').and_then(|line| line.split_once('=')) else { break };
        if key.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return b'`';
        }
    }
    b'\\'
}

/// The bytes of one instruction.
struct Chunk {
    line: Range<usize>,
    heredocs: Vec<Range<usize>>,
}

struct Cutter<'t> {
    text: &'t str,
    at: usize,
    escape: u8,
    unclosed: usize,
}

impl<'t> Cutter<'t> {
    fn next(&mut self) -> Option<Chunk> {
        while self.at < self.text.len() {
            let start = self.at;
            let line = self.take_line();
            let body = line.trim_start();
            if body.is_empty() || body.starts_with('#') {
                continue;
            }
            let start = start + line.len() - body.len();
            let mut end = start + body.trim_end().len();
            let mut continued = self.is_continued(body);
            while continued && self.at < self.text.len() {
                let from = self.at;
                let line = self.take_line();
                let is_comment = line.trim_start().starts_with('#');
                if !is_comment && !line.trim().is_empty() {
                    continued = self.is_continued(line);
                    end = from + line.trim_end().len();
                }
            }
            let heredocs = self.heredocs(start..end);
            return Some(Chunk { line: start..end, heredocs });
        }
        None
    }

    /// The next line without its line break.
    fn take_line(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let end = memchr::memchr(b'\n', rest.as_bytes());
        self.at += end.map_or(rest.len(), |end| end + 1);
        &rest[..end.unwrap_or(rest.len())]
    }

    fn is_continued(&self, line: &str) -> bool {
        line.trim_end().as_bytes().last() == Some(&self.escape)
    }
    /// The bodies of the here-documents that a line opens, taken off the text behind it.
    fn heredocs(&mut self, line: Range<usize>) -> Vec<Range<usize>> {
        let line = &self.text[line];
        let keyword = line.split_ascii_whitespace().find(|word| !word.eq_ignore_ascii_case("ONBUILD")).unwrap_or_default();
        let mut bodies = Vec::new();
        if !["RUN", "COPY", "ADD"].iter().any(|allowed| keyword.eq_ignore_ascii_case(allowed)) || !line.contains("<<") {
            return bodies;
        }
        for word in line.split_ascii_whitespace() {
            let Some((strip, end)) = heredoc_word(word) else { continue };
            match self.body(end, strip) {
                Some(body) => bodies.push(body),
                None => self.unclosed += 1,
            }
        }
        bodies
    }

    /// The lines up to the one that is `end`; nothing is taken if there is none.
    fn body(&mut self, end: &str, strip: bool) -> Option<Range<usize>> {
        // A file of openers that nothing closes would be read once an opener.
        if self.unclosed > 8 {
            return None;
        }
        let start = self.at;
        while self.at < self.text.len() {
            let from = self.at;
            let line = self.take_line().trim_end_matches('\r');
            if (if strip { line.trim_start_matches('\t') } else { line }) == end {
                return Some(start..from);
            }
        }
        self.at = start;
        None
    }
}

/// `<<EOF`, `<<-"EOF"`, `3<<EOF`: whether tabs are stripped, and the closing word.
fn heredoc_word(word: &str) -> Option<(bool, &str)> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (strip, end) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let end = end.trim_matches(['"', '\'']).trim_end_matches(['>', ';', '|']);
    (!end.is_empty() && !end.contains('<')).then_some((strip, end))
}

/// What is read of one instruction.
struct Reading<'s, 'a> {
    src: &'s Src<'a>,
    escape: u8,
    /// What is added to an offset of the parser to get one of the text.
    shift: usize,
}

/// Parser directives cannot be given apart from a text, and an instruction needs a stage.
const PREFIX: [&str; 2] = ["FROM a\n", "# escape=`\nFROM a\n"];

fn instruction(src: &Src<'_>, chunk: &Chunk, escape: u8) -> Result<Instruction, String> {
    let prefix = PREFIX[usize::from(escape == b'`')];
    let mut end = chunk.line.end;
    if let Some(last) = chunk.heredocs.last() {
        // Up to the closing word.
        end = last.end + src.text[last.end..].lines().next().map_or(0, str::len);
    }
    let text = format!("{prefix}{}\n", &src.text[chunk.line.start..end]);
    let mut iter = parse_dockerfile::parse_iter(&text).map_err(|error| error.to_string())?;
    let raw = match iter.nth(1) {
        Some(Ok(raw)) => raw,
        Some(Err(error)) => return Err(reason(&error.to_string())),
        None => return Err("nothing is there".to_owned()),
    };
    let reading = Reading { src, escape, shift: chunk.line.start.wrapping_sub(prefix.len()) };
    let span = src.span(chunk.line.clone());
    let mut instruction = Instruction { kind: InstructionKind::Steps(Vec::new()), flags: Vec::new(), onbuild: false, span };
    reading.fill(&mut instruction, raw, chunk);
    Ok(instruction)
}

/// The parser's message without its line, which counts from the prefix.
fn reason(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

impl Reading<'_, '_> {
    fn fill(&self, out: &mut Instruction, raw: Raw<'_>, chunk: &Chunk) {
        let span = out.span;
        let mut steps = Vec::new();
        match raw {
            Raw::From(from) => {
                out.flags = self.flags(&from.options);
                let name = from.as_.map(|(_, name)| SmolStr::from(name.value.as_ref()));
                out.kind = InstructionKind::From { image: self.text(&from.image), name };
                return;
            }
            Raw::Onbuild(inner) => {
                out.onbuild = true;
                self.fill(out, *inner.instruction, chunk);
                return;
            }
            Raw::Env(env) => self.pairs(&env.arguments, |key, value| StepKind::Env { key, value }, &mut steps),
            Raw::Label(label) => self.pairs(&label.arguments, |key, value| StepKind::Label { key, value }, &mut steps),
            Raw::Arg(arg) => self.arguments(&arg.arguments, &mut steps),
            Raw::Run(run) => {
                out.flags = self.flags(&run.options);
                steps.push((span, self.run(&run.arguments, chunk)));
            }
            Raw::Copy(copy) => {
                out.flags = self.flags(&copy.options);
                steps.push((span, self.copy(&copy.src, &copy.dest, false, &out.flags)));
            }
            Raw::Add(add) => {
                out.flags = self.flags(&add.options);
                steps.push((span, self.copy(&add.src, &add.dest, true, &out.flags)));
            }
            Raw::Cmd(cmd) => steps.push((span, self.start("CMD", &cmd.arguments))),
            Raw::Entrypoint(entry) => steps.push((span, self.start("ENTRYPOINT", &entry.arguments))),
            Raw::User(user) => steps.push((span, StepKind::User(self.text(&user.arguments)))),
            Raw::Workdir(dir) => steps.push((span, StepKind::Workdir(self.text(&dir.arguments)))),
            Raw::Expose(expose) => steps.push((span, StepKind::Expose(self.texts(&expose.arguments)))),
            Raw::Shell(shell) => steps.push((span, StepKind::Shell(self.texts(&shell.arguments)))),
            Raw::Healthcheck(check) => {
                steps.push((span, StepKind::Healthcheck(!matches!(check.arguments, HealthcheckArguments::None { .. }))));
            }
            Raw::Volume(volume) => {
                let words = match &volume.arguments {
                    JsonOrStringArray::Json(words) => self.texts(&words.value),
                    JsonOrStringArray::String(words) => self.texts(words),
                };
                steps.extend(words.into_iter().map(|word| (span, StepKind::Other("VOLUME".into(), word))));
            }
            Raw::Stopsignal(signal) => steps.push((span, StepKind::Other("STOPSIGNAL".into(), self.text(&signal.arguments)))),
            Raw::Maintainer(name) => steps.push((span, StepKind::Other("MAINTAINER".into(), self.text(&name.name)))),
            _ => {}
        }
        out.kind = InstructionKind::Steps(steps);
    }

    fn range(&self, range: &Range<usize>) -> Range<usize> {
        let len = self.src.text.len();
        let at = |offset: usize| offset.wrapping_add(self.shift).min(len);
        at(range.start)..at(range.end).max(at(range.start))
    }

    fn reader(&self, range: &Range<usize>, quoting: Quoting) -> Reader<'_, '_> {
        Reader::new(self.src, self.range(range), quoting, self.escape)
    }

    /// A string that is one word, blanks and all.
    fn text(&self, string: &UnescapedString<'_>) -> Text {
        self.reader(&string.span, Quoting::Line).word()
    }

    fn texts(&self, strings: &[UnescapedString<'_>]) -> Vec<Text> {
        strings.iter().map(|string| self.text(string)).collect()
    }

    fn flags(&self, flags: &[Flag<'_>]) -> Vec<(SmolStr, Text)> {
        flags
            .iter()
            .map(|flag| (flag.name.value.as_ref().into(), flag.value.as_ref().map(|value| self.text(value)).unwrap_or_default()))
            .collect()
    }

    /// `a=b c="d e"`, or the old `a b` to the end of the line.
    fn pairs(&self, arguments: &UnescapedString<'_>, step: impl Fn(SmolStr, Node) -> StepKind, out: &mut Vec<(crate::ir::Span, StepKind)>) {
        let mut reader = self.reader(&arguments.span, Quoting::Dockerfile);
        while let Some((start, key, value)) = self.name(&mut reader) {
            let value = value.unwrap_or_else(|| {
                reader.skip_blanks();
                let rest = reader.at()..self.range(&arguments.span).end;
                reader.bump(rest.len());
                self.value(Reader::new(self.src, rest, Quoting::Line, self.escape).word(), reader.at())
            });
            out.push((self.src.span(start..reader.at()), step(key, value)));
        }
    }

    /// `ARG a b=c`.
    fn arguments(&self, arguments: &UnescapedString<'_>, out: &mut Vec<(crate::ir::Span, StepKind)>) {
        let mut reader = self.reader(&arguments.span, Quoting::Dockerfile);
        while let Some((start, key, value)) = self.name(&mut reader) {
            out.push((self.src.span(start..reader.at()), StepKind::Arg { key, value }));
        }
    }

    /// The next name, where it begins, and what follows its `=` if there is one.
    fn name(&self, reader: &mut Reader<'_, '_>) -> Option<(usize, SmolStr, Option<Node>)> {
        reader.skip_blanks();
        let start = reader.at();
        reader.peek()?;
        let key = reader.word_until(|byte| byte == b'=').known().unwrap_or_default().as_ref().into();
        let mut value = None;
        if reader.peek() == Some(b'=') {
            reader.bump(1);
            let empty = reader.peek().is_none_or(|byte| byte.is_ascii_whitespace());
            let text = if empty { Text::lit("", self.src.span(reader.at()..reader.at())) } else { reader.word() };
            value = Some(self.value(text, reader.at()));
        }
        Some((start, key, value))
    }

    /// A word as a value; an empty one stands at `at`.
    fn value(&self, text: Text, at: usize) -> Node {
        let span = match (text.pieces.first(), text.pieces.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => self.src.span(at..at),
        };
        Node::new(span, NodeKind::Text(text))
    }

    fn run(&self, arguments: &Command<'_>, chunk: &Chunk) -> StepKind {
        let (range, exec) = match arguments {
            Command::Exec(words) => {
                let range = self.range(&words.span);
                let texts = words.value.iter().map(|word| Text::lit(word.value.as_ref(), self.src.span(self.range(&word.span))));
                let span = self.src.span(range.clone());
                let mut commands = vec![ShellCommand { words: texts.collect(), pipes: false, span }];
                // `["sh", "-c", "a | b"]` runs a script, too.
                if let [shell, option, script, ..] = words.value.as_slice()
                    && is_shell(&shell.value)
                    && option.value.starts_with('-')
                    && option.value.ends_with('c')
                    && script.value.len() == script.span.len()
                {
                    commands.extend(shell::commands(self.src, self.range(&script.span), b'\\'));
                }
                return StepKind::Run { commands, exec: true, text: self.whole(range) };
            }
            Command::Shell(text) => (self.range(&text.span), false),
            _ => (0..0, false),
        };
        // A here-document that begins the line is the script; one that is handed to a shell is, too.
        let mut commands = shell::commands(self.src, range.start..range.end.min(chunk.line.end), self.escape);
        let program = commands.first().and_then(|command| command.words.first()).and_then(Text::as_str).unwrap_or_default().to_owned();
        for body in &chunk.heredocs {
            if program.is_empty() || is_shell(&program) {
                commands.extend(shell::commands(self.src, body.clone(), b'\\'));
            }
        }
        let text = self.whole(range.start..range.end.min(chunk.line.end).max(range.start));
        StepKind::Run { commands, exec, text }
    }

    fn whole(&self, range: Range<usize>) -> Text {
        Text::lit(self.src.text.get(range.clone()).unwrap_or_default(), self.src.span(range))
    }

    fn copy(&self, sources: &[Source<'_>], target: &UnescapedString<'_>, add: bool, flags: &[(SmolStr, Text)]) -> StepKind {
        let sources = sources.iter().filter_map(|source| match source {
            Source::Path(path) => Some(self.text(path)),
            // Its content stands in the Dockerfile.
            _ => None,
        });
        let from = flags.iter().find(|(name, _)| name == "from").map(|(_, value)| value.clone());
        StepKind::Copy { sources: sources.collect(), target: self.text(target), add, from }
    }

    fn start(&self, instruction: &'static str, arguments: &Command<'_>) -> StepKind {
        match arguments {
            Command::Exec(words) => {
                let words = words.value.iter().map(|word| Text::lit(word.value.as_ref(), self.src.span(self.range(&word.span)))).collect();
                StepKind::Start { instruction: instruction.into(), words, exec: true }
            }
            Command::Shell(text) => {
                let commands = shell::commands(self.src, self.range(&text.span), self.escape);
                let words = commands.into_iter().flat_map(|command| command.words).collect();
                StepKind::Start { instruction: instruction.into(), words, exec: false }
            }
            _ => StepKind::Start { instruction: instruction.into(), words: Vec::new(), exec: false },
        }
    }
}

fn is_shell(program: &str) -> bool {
    matches!(program.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash" | "zsh"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> Parsed<Vec<Instruction>> {
        parse(&Src::whole(FileId(0), text))
    }

    fn steps(text: &str) -> Vec<StepKind> {
        let parsed = read(text);
        assert_eq!(parsed.problems, [], "{text}");
        parsed
            .tree
            .into_iter()
            .flat_map(|instruction| match instruction.kind {
                InstructionKind::Steps(steps) => steps.into_iter().map(|(_, step)| step).collect(),
                InstructionKind::From { .. } => Vec::new(),
            })
            .collect()
    }

    fn commands(text: &str) -> Vec<String> {
        let words = |command: &ShellCommand| command.words.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        steps(text)
            .iter()
            .flat_map(|step| match step {
                StepKind::Run { commands, .. } => commands.iter().map(words).collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    #[test]
    fn pairs_have_spans() {
        let text = "FROM node:${V:-18} AS build\nENV A=1 B=\"x y\" \\\n  # comment\n  C='$D'\nENV old form here\nLABEL \"a.b\"=c\n";
        let parsed = read(text);
        assert_eq!(parsed.problems, []);
        let InstructionKind::From { image, name } = &parsed.tree[0].kind else { panic!() };
        assert_eq!(image.to_string(), "node:${(Coalesce env.V 18)}");
        assert_eq!(name.as_deref(), Some("build"));
        let shown: Vec<String> = steps(text)
            .iter()
            .map(|step| match step {
                StepKind::Env { key, value } | StepKind::Label { key, value } => format!("{key}={value}@{}", &text[value.span.range()]),
                _ => String::new(),
            })
            .collect();
        assert_eq!(shown, ["A=1@1", "B=x y@x y", "C=$D@$D", "old=form here@form here", "a.b=c@c"]);
    }

    #[test]
    fn run_is_split_into_commands() {
        assert_eq!(
            commands(
                "FROM a\nRUN --mount=type=cache,target=/x apt-get update \\\n && apt-get install -y b \\\n\n # c\n && curl d | sh\nUSER x\n"
            ),
            ["apt-get update", "apt-get install -y b", "curl d", "sh"]
        );
        assert_eq!(commands("FROM a\nRUN [\"sh\", \"-c\", \"curl x\"]\n"), ["sh -c curl x", "curl x"]);
        assert_eq!(commands("# escape=`\nFROM a\nRUN a `\n && b c:\\d\n"), ["a", "b c:\\d"]);
    }

    #[test]
    fn here_documents_anywhere() {
        assert_eq!(
            commands("FROM a\nRUN <<EOF\ncurl x\nls\nEOF\nRUN cat <<'E' > /etc/x\nuser www;\nE\nRUN bash <<-E\n\tmake\n\tE\nRUN end\n"),
            ["curl x", "ls", "cat", "bash", "make", "end"]
        );
        let text = "FROM a\nCOPY <<EOF /etc/x\nUSER y\nEOF\nUSER z\n";
        assert_eq!(steps(text).iter().filter(|step| matches!(step, StepKind::User(_))).count(), 1);
    }

    #[test]
    fn a_bad_instruction_costs_itself_only() {
        let parsed = read("FROM a\nNONSENSE x \\\n  y\nENV\nUSER app\nRUN echo <<EOF\nUSER root\n");
        assert_eq!(parsed.problems.len(), 2);
        assert_eq!(parsed.tree.len(), 4);
        read(&"RUN a <<E".repeat(20_000).replace("<<E", "<<E\n"));
        read(&"ONBUILD ".repeat(20_000));
        read("FROM");
        read("RUN [\"a\"");
        read("FROM a\nENV A=\"");
    }

    #[test]
    fn onbuild_and_flags() {
        let parsed = read("FROM --platform=linux/amd64 a\nONBUILD COPY --from=build --chown=app . /x\n");
        assert!(parsed.tree[1].onbuild);
        assert_eq!(
            parsed.tree[1].flags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
            ["from=build", "chown=app"]
        );
    }
}
