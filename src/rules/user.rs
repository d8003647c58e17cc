//! Users' own rules: the same pages in `.seclint/rules/`, with `[match]` instead of code.

use super::manifest::{self, Condition, Example, Mistake, Page};
use super::{Logic, Matcher, Repair, Rule, Swap, Test, Value, When};
use crate::finding::{Level, Severity};
use crate::ir::{Confidence, Kind};

/// A user's rule with its examples.
#[derive(Debug)]
pub struct UserRule {
    /// The rule.
    pub rule: &'static Rule,
    /// Its examples, for `seclint test`.
    pub examples: Vec<Example>,
}

/// Reads one page. The rule lives as long as the process: there are few, and findings refer to them.
pub fn load(text: &str) -> Result<UserRule, Vec<Mistake>> {
    let page = manifest::parse(text)?;
    let Page { front, what, why, fix, references, examples } = page;
    let at_front = |message: &str| vec![Mistake { line: 1, message: message.to_owned() }];
    let matcher =
        front.matcher.ok_or_else(|| at_front("a rule of your own is written with `[match]`; `check` names code inside seclint"))?;
    let rule = Rule {
        id: front.id.leak(),
        family: "user",
        title: front.title.leak(),
        severity: named(&front.severity).unwrap_or(Severity::Medium),
        confidence: named(&front.confidence).unwrap_or(Confidence::High),
        level: named(&front.level).unwrap_or(Level::Regular),
        class: front.class.leak(),
        cwe: front.cwe.leak(),
        owasp: strings(front.owasp),
        peers: strings(front.peers),
        since: front.since.leak(),
        preview: front.status == "preview",
        aliases: strings(front.aliases),
        why_short: manifest::first_sentence(&why).leak(),
        fix_short: manifest::first_sentence(&fix).leak(),
        what: what.leak(),
        why: why.leak(),
        fix: fix.leak(),
        references: references.into_iter().map(|(title, address)| (&*title.leak(), &*address.leak())).collect::<Vec<_>>().leak(),
        page: text.to_owned().leak(),
        repair: front.repair.map(repair),
        logic: Logic::Match(Matcher {
            on: named::<Kind>(&front.on).ok_or_else(|| at_front("`on` names a kind of fact"))?,
            types: strings(matcher.types),
            at: matcher.at.leak(),
            message: matcher.message.leak(),
            report_unknown: matcher.unknown == "report",
            when: when(matcher.when),
        }),
    };
    Ok(UserRule { rule: Box::leak(Box::new(rule)), examples })
}

fn repair(written: manifest::Repair) -> Repair {
    let swap = |swap: manifest::Swap| Swap { from: swap.from.leak(), to: swap.to.leak(), after: swap.after.leak() };
    Repair { title: written.title.leak(), safe: written.safe, swap: written.swap.into_iter().map(swap).collect::<Vec<_>>().leak() }
}

fn strings(list: Vec<String>) -> &'static [&'static str] {
    list.into_iter().map(|text| &*text.leak()).collect::<Vec<&'static str>>().leak()
}

/// A unit variant by its kebab-case name.
fn named<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

fn whens(list: Vec<Condition>) -> &'static [When] {
    list.into_iter().map(when).collect::<Vec<_>>().leak()
}

fn when(condition: Condition) -> When {
    let Condition { path, all, any, none, each, is, one_of, absent, glob, regex, lt, gt, cidr_open } = condition;
    let values = |list: Vec<manifest::Literal>| &*list.iter().map(Value::from).collect::<Vec<_>>().leak();
    // `manifest::parse` has made sure that exactly one is set.
    let test = all
        .map(|list| Test::All(whens(list)))
        .or_else(|| any.map(|list| Test::Any(whens(list))))
        .or_else(|| none.map(|list| Test::None(whens(list))))
        .or_else(|| each.map(|inner| Test::Each(Box::leak(Box::new(when(*inner))))))
        .or_else(|| is.map(|literal| Test::OneOf(values(vec![literal]))))
        .or_else(|| one_of.map(|list| Test::OneOf(values(list))))
        .or_else(|| absent.map(Test::Absent))
        .or_else(|| glob.map(|text| Test::Glob(text.leak())))
        .or_else(|| regex.map(|text| Test::Regex(text.leak())))
        .or_else(|| lt.map(Test::Lt))
        .or_else(|| gt.map(Test::Gt))
        .or_else(|| cidr_open.map(Test::CidrOpen))
        .unwrap_or(Test::Any(&[]));
    When { path: path.leak(), test }
}
