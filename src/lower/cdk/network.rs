//! Rules of security groups in AWS CDK: of the group itself and of the connections of what is in it.

use crate::ir::{Fact, FactKind, Field, NetRule, Node, Ref, Text, Tri};
use crate::lower::javascript::Site;

/// A range of ports with their protocol.
type Ports = (Field<Text>, Field<f64>, Field<f64>);

/// `group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(22))`, `db.connections.allowFromAnyIpv4(…)`.
pub(super) fn method(site: &Site<'_>, owner: &str, out: &mut Vec<Fact>) {
    let (peers, port, described) = match site.call.callee.last() {
        "addIngressRule" | "allowFrom" => {
            let Some(peer) = site.argument(0) else { return };
            (vec![peer.clone()], site.argument(1), 2)
        }
        "allowFromAnyIpv4" => (vec![Node::text("0.0.0.0/0", site.span)], site.argument(0), 1),
        "allowFromAnyIpv6" => (vec![Node::text("::/0", site.span)], site.argument(0), 1),
        _ => return,
    };
    let cidrs: Vec<Node> = peers.iter().filter_map(range).collect();
    let Some((protocol, from_port, to_port)) = port.and_then(ports).filter(|_| !cidrs.is_empty()) else { return };
    let rule = NetRule {
        ingress: true,
        allow: Tri::Yes,
        protocol,
        from_port,
        to_port,
        cidrs,
        peers: Vec::new(),
        group: None,
        description: site.argument(described).and_then(Node::as_text).cloned(),
    };
    out.push(Fact::new(site.span, owner, FactKind::NetRule(rule)));
}

/// The addresses of a peer; groups have none.
fn range(peer: &Node) -> Option<Node> {
    if peer.as_text().is_some() {
        return Some(peer.clone());
    }
    let call = peer.as_call()?;
    match call.callee.last() {
        "anyIpv4" => Some(Node::text("0.0.0.0/0", peer.span)),
        "anyIpv6" => Some(Node::text("::/0", peer.span)),
        "ipv4" | "ipv6" => call.args.first().cloned(),
        _ => None,
    }
}

/// `ec2.Port.tcp(22)`, `ec2.Port.SSH`, `new ec2.Port({ protocol, fromPort, toPort })`.
fn ports(port: &Node) -> Option<Ports> {
    let number = |node: Option<&Node>| node.map_or(Field::Absent, |node| node.to_field(Node::as_number));
    let protocol = |name: &str| Field::known(Text::lit(name, port.span), port.span);
    let known = |port_number: f64| Field::known(port_number, port.span);
    let Some(call) = port.as_call() else {
        let tcp = |number: f64| Some((protocol("tcp"), known(number), known(number)));
        return match port.as_ref().map_or("", Ref::last) {
            "SSH" => tcp(22.0),
            "RDP" => tcp(3389.0),
            "HTTP" => tcp(80.0),
            "HTTPS" => tcp(443.0),
            "MYSQL_AURORA" => tcp(3306.0),
            "POSTGRES" => tcp(5432.0),
            "MSSQL" => tcp(1433.0),
            "ORACLE" => tcp(1521.0),
            "REDIS" => tcp(6379.0),
            "NFS" => tcp(2049.0),
            _ => None,
        };
    };
    Some(match (call.callee.last(), call.args.as_slice()) {
        ("tcp", [at]) => (protocol("tcp"), number(Some(at)), number(Some(at))),
        ("udp", [at]) => (protocol("udp"), number(Some(at)), number(Some(at))),
        ("tcpRange", [from, to]) => (protocol("tcp"), number(Some(from)), number(Some(to))),
        ("udpRange", [from, to]) => (protocol("udp"), number(Some(from)), number(Some(to))),
        ("allTcp", _) => (protocol("tcp"), known(0.0), known(65535.0)),
        ("allUdp", _) => (protocol("udp"), known(0.0), known(65535.0)),
        ("allTraffic", _) => (protocol("-1"), Field::Absent, Field::Absent),
        ("Port", [options]) if call.is_new => {
            let name = options.get("protocol").and_then(|node| Some(node.as_ref()?.last().to_ascii_lowercase()))?;
            let name = if name == "all" { "-1" } else { name.as_str() };
            (protocol(name), number(options.get("fromPort")), number(options.get("toPort")))
        }
        _ => return None,
    })
}
