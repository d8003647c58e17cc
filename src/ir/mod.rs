//! The common IR: what every extractor emits and all that linking and rules see.
//!
//! Values are [`Node`]s with spans; names are [`Ref`]s that extraction never resolves; what is not
//! known is said so ([`Tri::Maybe`], [`Field::Unknown`]) and can never make a finding by negation.
//! This module knows no format and no rule.

mod brought;
mod fact;
mod field;
mod func;
mod grant;
mod marker;
mod node;
mod pipeline;
mod reference;
mod replace;
mod route;
mod secret;
mod shape;
mod symbols;
mod text;
mod token;
mod tri;
mod trim;
mod workload;

pub use fact::{Call, Depth, EnvEntry, Fact, FactKind, Kind, Listener, NetRule, Resource, ResourceMode, Sink, SinkKind, SinkPart};
pub use field::Field;
pub use func::{CallSite, Func, Held, LeftOut, Param};
pub use grant::{Condition, Dialect, Effect, Grant, GrantSite, Principal, PrincipalKind};
pub use marker::{Marker, MarkerScope};
pub use node::{Entry, For, Hop, HopKind, Map, Node, NodeKind, Op, Via, Why};
pub use pipeline::{Install, Job, JobStep, Script, ScriptPhase, Variable};
pub use reference::{Name, Ref, Scope, leads_inside};
pub use route::{AuthScheme, Cors, Guard, GuardScope, Mount, Origins, Route, Security, Service, ServiceKind};
pub use secret::{Confidence, History, Moment, Power, Secret, SecretFamily, SecretValue, Validity};
pub use shape::Left;
pub use symbols::{Awaited, Binding, BindingKind, FileFacts, Handed, Import, Made, Problem, ProblemKind, Relayed, Symbols, Taken};
pub use text::{Part, Piece, Text};
pub use token::{Behaviour, Mixed, OAuthClient, TokenCheck, TokenIssue};
pub use tri::Tri;
pub use trim::Names;
pub use workload::{ShellCommand, Stage, Step, StepKind};

pub use crate::source::{FileId, Span};
