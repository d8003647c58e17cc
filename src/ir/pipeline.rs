//! Commands that run outside of the application: builds of images, installation, continuous integration.

use smol_str::SmolStr;

use super::{Field, Node, ShellCommand, Span, Text, Tri};

/// A command line or script that is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// When.
    pub phase: ScriptPhase,
    /// The text as written.
    pub command: Text,
    /// Its simple commands, in order; none if it is no shell script.
    pub commands: Vec<ShellCommand>,
    /// The variables in its environment, as far as the file says.
    pub variables: Vec<Variable>,
    /// Who runs it: `npm`, `github-actions`, `dockerfile`.
    pub runner: SmolStr,
    /// What it installs of a JavaScript registry; set by linking.
    pub installs: Vec<Install>,
}

/// When a [`Script`] runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScriptPhase {
    /// When the project is built.
    Build,
    /// In continuous integration.
    Ci,
}

/// A variable of an environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: SmolStr,
    /// Its value, if the file says one.
    pub value: Option<Node>,
    /// Whether the file shows that it holds a secret: it is filled from the platform's store of
    /// secrets, or an image is built with an argument of such a name.
    pub secret: bool,
    /// Where it is set.
    pub span: Span,
}

/// A command that installs packages.
#[derive(Debug, Clone, PartialEq)]
pub struct Install {
    /// `npm`, `pnpm`, `yarn`, `bun`.
    pub manager: SmolStr,
    /// Whether it lets the packages run scripts of their own.
    pub runs_scripts: Tri,
    /// The command.
    pub span: Span,
}

/// A job of continuous integration, or an action that other workflows use as a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// `github-actions`, `gitlab-ci`, `circleci`, `azure-pipelines`, `bitbucket-pipelines`.
    pub platform: SmolStr,
    /// Its name.
    pub name: SmolStr,
    /// The events that start it, with their places; empty where the file does not say.
    pub triggers: Vec<(SmolStr, Span)>,
    /// The condition under which it runs.
    pub condition: Option<Text>,
    /// What the token of the run may do, as written for the job or all jobs.
    pub permissions: Field<Node>,
    /// The machine or image that it runs on.
    pub runner: Option<Node>,
    /// The variables of all of its steps.
    pub variables: Vec<Variable>,
    /// The workflow that it calls instead of having steps.
    pub calls: Option<Node>,
    /// Where it hands all secrets on to what it calls.
    pub inherits_secrets: Option<Span>,
    /// Its steps.
    pub steps: Vec<JobStep>,
}

/// A step of a [`Job`].
#[derive(Debug, Clone, PartialEq)]
pub struct JobStep {
    /// The condition under which it runs.
    pub condition: Option<Text>,
    /// The action, orb command, task or pipe that it uses.
    pub uses: Option<Node>,
    /// The inputs of what it uses.
    pub inputs: Option<Node>,
    /// The script that it runs.
    pub script: Option<Text>,
    /// Its own variables.
    pub variables: Vec<Variable>,
    /// The step.
    pub span: Span,
}

impl JobStep {
    /// The action without its version: `actions/checkout` of `actions/checkout@v4`.
    pub fn action(&self) -> Option<&str> {
        let name = self.uses.as_ref()?.as_str()?;
        Some(name.split_once('@').map_or(name, |(action, _)| action))
    }

    /// An input by its name.
    pub fn input(&self, name: &str) -> Option<&Node> {
        self.inputs.as_ref()?.get(name)
    }
}
