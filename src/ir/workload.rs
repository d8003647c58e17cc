//! Container images, stage by stage.

use smol_str::SmolStr;

use super::{Field, Node, Span, Text};

/// One stage of an image build (or the one image of a workload).
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its name (`AS build`), if it has one.
    pub name: Option<SmolStr>,
    /// The base image without tag and digest.
    pub image: Text,
    /// The tag.
    pub tag: Field<Text>,
    /// The digest.
    pub digest: Field<Text>,
    /// The earlier stage that it builds on, by index in its file.
    pub parent: Option<usize>,
    /// Its index in its file.
    pub index: usize,
    /// Whether it is the last, which the image is.
    pub is_final: bool,
    /// Whether it ships: it is the last, or one that the last builds on.
    pub ships: bool,
    /// The user in force at its end, inherited from its parent stage.
    pub user: Field<Text>,
    /// Its instructions, expanded.
    pub steps: Vec<Step>,
    /// The `FROM` instruction.
    pub span: Span,
}

/// One instruction of a [`Stage`].
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Whether it runs in images built on this one (`ONBUILD`).
    pub onbuild: bool,
    /// Flags: `--from`, `--chown`, `--mount`.
    pub flags: Vec<(SmolStr, Text)>,
    /// The instruction.
    pub span: Span,
}

/// A simple command of a shell.
#[derive(Debug, Clone, PartialEq)]
pub struct ShellCommand {
    /// Its words, assignments before it and the program's name included.
    pub words: Vec<Text>,
    /// Whether its output goes into the next command.
    pub pipes: bool,
    /// From its first word to its last.
    pub span: Span,
}

/// Instructions by what they do.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `ENV`, one pair.
    Env {
        /// Name.
        key: SmolStr,
        /// Value.
        value: Node,
    },
    /// `ARG`, with its default if it has one.
    Arg {
        /// Name.
        key: SmolStr,
        /// Default.
        value: Option<Node>,
    },
    /// `LABEL`, one pair.
    Label {
        /// Name.
        key: SmolStr,
        /// Value.
        value: Node,
    },
    /// `RUN`: the commands, as a shell would split them.
    Run {
        /// Each simple command, in order.
        commands: Vec<ShellCommand>,
        /// Whether it is the exec form.
        exec: bool,
        /// The whole text.
        text: Text,
    },
    /// `COPY` and `ADD`.
    Copy {
        /// Sources.
        sources: Vec<Text>,
        /// Destination.
        target: Text,
        /// Whether it is `ADD`.
        add: bool,
        /// The stage or image that it copies from.
        from: Option<Text>,
    },
    /// `USER`.
    User(Text),
    /// `EXPOSE`.
    Expose(Vec<Text>),
    /// `WORKDIR`.
    Workdir(Text),
    /// `CMD` and `ENTRYPOINT`.
    Start {
        /// `CMD` or `ENTRYPOINT`.
        instruction: SmolStr,
        /// The words.
        words: Vec<Text>,
        /// Whether it is the exec form.
        exec: bool,
    },
    /// `HEALTHCHECK`; `false` for `NONE`.
    Healthcheck(bool),
    /// `SHELL`.
    Shell(Vec<Text>),
    /// `VOLUME`, `STOPSIGNAL`, `MAINTAINER`.
    Other(SmolStr, Text),
}
