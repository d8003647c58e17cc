//! Firewalls: what the internet reaches.

use crate::finding::{Finding, Level, Severity};
use crate::ir::{Fact, NetRule, Node, NodeKind, Op, Tri};

use super::Check;

/// Ports that let a stranger administer a machine.
const ADMIN: [(f64, &str); 11] = [
    (22.0, "SSH"),
    (23.0, "Telnet"),
    (135.0, "RPC"),
    (445.0, "SMB"),
    (2375.0, "Docker"),
    (2376.0, "Docker"),
    (3389.0, "RDP"),
    (5900.0, "VNC"),
    (5985.0, "WinRM"),
    (5986.0, "WinRM"),
    (10250.0, "kubelet"),
];

/// Ports of databases, caches, queues and search.
const DATA: [(f64, &str); 22] = [
    (21.0, "FTP"),
    (389.0, "LDAP"),
    (1433.0, "SQL Server"),
    (1434.0, "SQL Server"),
    (1521.0, "Oracle"),
    (2049.0, "NFS"),
    (2379.0, "etcd"),
    (2380.0, "etcd"),
    (3306.0, "MySQL"),
    (4333.0, "mSQL"),
    (5432.0, "PostgreSQL"),
    (5439.0, "Redshift"),
    (5601.0, "Kibana"),
    (5672.0, "AMQP"),
    (6379.0, "Redis"),
    (7000.0, "Cassandra"),
    (9042.0, "Cassandra"),
    (9092.0, "Kafka"),
    (9200.0, "Elasticsearch"),
    (9300.0, "Elasticsearch"),
    (11211.0, "memcached"),
    (27017.0, "MongoDB"),
];

/// Ports that are meant for everybody.
const WEB: [f64; 2] = [CLEAR_TEXT, 443.0];

/// The one of them that a browser is sent away from.
const CLEAR_TEXT: f64 = 80.0;

/// A rule that lets the internet in, to anything but the web.
pub(super) fn open_ingress(cx: &mut Check<'_>, fact: &Fact, rule: &NetRule) {
    if !rule.ingress || !rule.allow.is_yes() || rule.has_ports().is_no() {
        return;
    }
    let Some(range) = rule.cidrs.iter().find(|cidr| is_open(cidr).is_yes()) else { return };
    let known = |port: &&(f64, &str)| rule.covers(port.0).is_yes();
    let (severity, reach) = if rule.is_every_port().is_yes() {
        (Severity::Critical, "every port".to_owned())
    } else if let Some((port, name)) = ADMIN.iter().find(known) {
        (Severity::Critical, format!("{name} (port {port})"))
    } else if let Some((port, name)) = DATA.iter().find(known) {
        (Severity::High, format!("{name} (port {port})"))
    } else if rule.from_port.is_absent() && rule.to_port.is_absent() {
        (Severity::High, "what it guards".to_owned())
    } else {
        let (Some(from), Some(to)) = (rule.from_port.value(), rule.to_port.value()) else { return };
        let is_single = to <= from;
        if WEB.contains(from) && is_single {
            if rule.covers(CLEAR_TEXT).is_yes() {
                let what = format!("`{}` opens port 80, which serves clear text, to the internet (`{range}`)", fact.owner);
                let finding = cx.finding(fact, range.span, what).via(&range.via).severity(Severity::Low).level(Level::Pedantic);
                cx.report(by_value(finding, range));
            }
            return;
        }
        let ports = if is_single { format!("port {from}") } else { format!("ports {from} to {to}") };
        (if to - from > 1000.0 { Severity::High } else { Severity::Low }, ports)
    };
    // A network ACL stands before security groups that may still close the port.
    let is_acl = ["network_acl", "::NetworkAcl"].iter().any(|kind| fact.owner.contains(kind));
    let severity = if is_acl { severity.min(Severity::Medium) } else { severity };
    let what = format!("`{}` opens {reach} to the internet (`{range}`)", fact.owner);
    let finding = cx.finding(fact, range.span, what).via(&range.via).severity(severity);
    cx.report(by_value(finding, range));
}

/// A rule that lets everything out to the whole internet.
pub(super) fn open_egress(cx: &mut Check<'_>, fact: &Fact, rule: &NetRule) {
    if rule.ingress || !rule.allow.is_yes() || !rule.is_every_port().is_yes() {
        return;
    }
    let Some(range) = rule.cidrs.iter().find(|cidr| is_open(cidr).is_yes()) else { return };
    let what = format!("`{}` lets every port out to the internet (`{range}`)", fact.owner);
    let finding = cx.finding(fact, range.span, what).via(&range.via);
    cx.report(by_value(finding, range));
}

/// A value that came from elsewhere makes one finding however many rules take it.
fn by_value(finding: Finding, range: &Node) -> Finding {
    match range.via.hops().first() {
        Some(hop) => finding.subject(hop.name.clone()),
        None => finding,
    }
}

/// Whether an address range is the internet.
fn is_open(node: &Node) -> Tri {
    if let NodeKind::Op(Op::Cond, branches) = &node.kind {
        let open = branches.iter().skip(1).map(is_open);
        return open.reduce(|one, other| if one == other { one } else { Tri::Maybe }).unwrap_or(Tri::Maybe);
    }
    match node.as_text() {
        Some(text) => text.known().map_or(Tri::Maybe, |text| {
            let is_word = ["*", "any", "internet"].iter().any(|word| text.eq_ignore_ascii_case(word));
            (is_word || crate::lower::cidr_is_open(&text)).into()
        }),
        None => Tri::Maybe,
    }
}
