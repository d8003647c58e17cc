//! Firewall rules from the resources of the platforms: security groups in all their forms.

mod table;

use crate::ir::{Fact, FactKind, Field, Map, NetRule, Node, NodeKind, Ref, Resource, Scope, Span, Tri};

/// Adds the rules that a resource holds.
pub fn rules(facts: &[Fact], out: &mut Vec<Fact>) {
    for fact in facts {
        let FactKind::Resource(resource) = &fact.kind else { continue };
        match resource.ty.as_str() {
            "aws_security_group" | "aws_default_security_group" => {
                for (attr, ingress) in [("ingress", true), ("egress", false)] {
                    for node in resource.attrs.all(attr) {
                        node.each(&mut |block| {
                            if let Some(map) = block.as_map() {
                                push(
                                    fact,
                                    resource,
                                    &aws(map, ingress, &["cidr_blocks", "ipv6_cidr_blocks"], &["security_groups", "prefix_list_ids"]),
                                    block.span,
                                    out,
                                );
                            }
                        });
                    }
                }
            }
            "aws_security_group_rule" => {
                let Some(map) = resource.attrs.as_map() else { continue };
                let Some(direction) = map.get("type").and_then(Node::as_str) else { continue };
                let rule = aws(
                    map,
                    direction == "ingress",
                    &["cidr_blocks", "ipv6_cidr_blocks"],
                    &["source_security_group_id", "prefix_list_ids"],
                );
                push(fact, resource, &rule, fact.span, out);
            }
            "aws_vpc_security_group_ingress_rule" | "aws_vpc_security_group_egress_rule" => {
                let Some(map) = resource.attrs.as_map() else { continue };
                let ingress = resource.ty.contains("ingress");
                let mut rule = aws(map, ingress, &["cidr_ipv4", "cidr_ipv6"], &["referenced_security_group_id", "prefix_list_id"]);
                rule.protocol = map.field("ip_protocol", |node| node.as_text().cloned());
                push(fact, resource, &rule, fact.span, out);
            }
            "aws_network_acl_rule" | "aws_network_acl" | "aws_default_network_acl" => acl(fact, resource, out),
            "google_compute_firewall" => google(fact, resource, out),
            "azurerm_network_security_rule" => {
                if let Some(map) = resource.attrs.as_map() {
                    azure(fact, resource, map, fact.span, out);
                }
            }
            "azurerm_network_security_group" => {
                for node in resource.attrs.all("security_rule") {
                    node.each(&mut |block| {
                        if let Some(map) = block.as_map() {
                            azure(fact, resource, map, block.span, out);
                        }
                    });
                }
            }
            _ => table::rules(fact, resource, out),
        }
    }
}

/// Network ACLs of AWS: numbered rules that allow or deny.
fn acl(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    let mut one = |map: &Map, ingress: bool, action: &str, span: Span| {
        let mut rule = aws(map, ingress, &["cidr_block", "ipv6_cidr_block"], &[]);
        rule.allow = map.get(action).and_then(Node::as_text).map_or(Tri::Maybe, |text| text.eq_ignore_case("allow"));
        push(fact, resource, &rule, span, out);
    };
    if resource.ty == "aws_network_acl_rule" {
        let Some(map) = resource.attrs.as_map() else { return };
        let egress = map.get("egress").map_or(Tri::No, Node::truth);
        if !egress.is_maybe() {
            one(map, egress.is_no(), "rule_action", fact.span);
        }
        return;
    }
    for node in resource.attrs.all("ingress") {
        node.each(&mut |block| {
            if let Some(map) = block.as_map() {
                one(map, true, "action", block.span);
            }
        });
    }
}

/// `allow` blocks of a Google firewall: a rule for each of their ports.
fn google(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    let Some(map) = resource.attrs.as_map() else { return };
    let direction = map.get("direction").and_then(Node::as_str).unwrap_or("INGRESS");
    if map.get("disabled").is_some_and(|node| !node.truth().is_no()) {
        return;
    }
    for allow in resource.attrs.all("allow") {
        allow.each(&mut |block| {
            let Some(inner) = block.as_map() else { return };
            let mut rule = aws(inner, direction == "INGRESS", &[], &[]);
            rule.cidrs = collect(map, &["source_ranges"]);
            // Without any source, Google takes every address.
            let is_free = ["source_ranges", "source_tags", "source_service_accounts"].iter().all(|key| map.get(key).is_none());
            if is_free && rule.ingress && !map.is_open() {
                rule.cidrs.push(Node::text("0.0.0.0/0", fact.span));
            }
            let ports = collect(inner, &["ports"]);
            if ports.is_empty() {
                let everything = (Field::known(0.0, block.span), Field::known(65535.0, block.span));
                (rule.from_port, rule.to_port) = everything;
                push(fact, resource, &rule, block.span, out);
            }
            for port in &ports {
                (rule.from_port, rule.to_port) = span_of(port);
                push(fact, resource, &rule, port.span, out);
            }
        });
    }
}

/// A security rule of Azure.
fn azure(fact: &Fact, resource: &Resource, map: &Map, span: Span, out: &mut Vec<Fact>) {
    let word = |key: &str, wanted: &str| map.get(key).and_then(Node::as_text).map_or(Tri::Maybe, |text| text.eq_ignore_case(wanted));
    let inbound = word("direction", "Inbound");
    if inbound.is_maybe() {
        return;
    }
    let mut rule = aws(map, inbound.is_yes(), &["source_address_prefix", "source_address_prefixes"], &[]);
    rule.allow = word("access", "Allow");
    let ports = collect(map, &["destination_port_range", "destination_port_ranges"]);
    if ports.is_empty() && !map.is_open() {
        push(fact, resource, &rule, span, out);
    }
    for port in ports {
        (rule.from_port, rule.to_port) = span_of(&port);
        push(fact, resource, &rule, span, out);
    }
}

/// `22`, `8000-9000`, `22/22`, `*` and what else stands for all.
fn span_of(node: &Node) -> (Field<f64>, Field<f64>) {
    let known = |from: f64, to: f64| (Field::known(from, node.span), Field::known(to, node.span));
    if let Some(port) = node.as_number() {
        return known(port, port);
    }
    let range = node.as_text().and_then(crate::ir::Text::known).and_then(|text| match &*text {
        "*" | "all" | "any" | "-1/-1" | "-1" => Some((0.0, 65535.0)),
        text => {
            let (from, to) = text.split_once(['-', '/'])?;
            Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
        }
    });
    range.map_or_else(|| (Field::unknown(node.why(), node.span), Field::unknown(node.why(), node.span)), |(from, to)| known(from, to))
}

fn push(fact: &Fact, resource: &Resource, rule: &NetRule, span: Span, out: &mut Vec<Fact>) {
    let group = resource.attrs.get("security_group_id").and_then(Node::as_ref).cloned();
    let group = group.or_else(|| Some(Ref::new(Scope::Hcl, [resource.address.clone()])));
    out.push(Fact::new(span, fact.owner.clone(), FactKind::NetRule(NetRule { group, ..rule.clone() })));
}

/// The attributes that all forms of a rule share.
fn aws(map: &Map, ingress: bool, ranges: &[&str], peers: &[&str]) -> NetRule {
    let number = |key: &str| map.field(key, Node::as_number);
    NetRule {
        ingress,
        allow: Tri::Yes,
        protocol: map.field("protocol", |node| {
            node.as_text().cloned().or_else(|| Some(crate::ir::Text::lit(node.as_number()?.to_string(), node.span)))
        }),
        from_port: number("from_port"),
        to_port: number("to_port"),
        cidrs: collect(map, ranges),
        peers: collect(map, peers),
        group: None,
        description: map.get("description").and_then(Node::as_text).cloned(),
    }
}

fn collect(map: &Map, keys: &[&str]) -> Vec<Node> {
    let mut found = Vec::new();
    for node in keys.iter().filter_map(|key| map.get(key)) {
        node.each(&mut |item| {
            if !matches!(item.kind, NodeKind::Null) {
                found.push(item.clone());
            }
        });
    }
    found
}

impl NetRule {
    /// Whether it covers a port of a protocol (`tcp`, `udp`).
    pub fn covers(&self, port: f64) -> Tri {
        if self.is_every_port().is_yes() {
            return Tri::Yes;
        }
        let from = self.from_port.test(Tri::Maybe, |from| (*from <= port).into());
        let to = self.to_port.test(Tri::Maybe, |to| (*to >= port).into());
        from.and(to)
    }

    /// Whether it covers all ports of TCP: the protocol `-1`, or 0 to 65535.
    pub fn is_every_port(&self) -> Tri {
        let every_protocol = self.protocol.test(Tri::No, |protocol| protocol.eq_str("-1").or(protocol.eq_ignore_case("all")));
        let from = self.from_port.test(Tri::No, |from| (*from <= 1.0).into());
        let to = self.to_port.test(Tri::No, |to| (*to >= 65535.0).into());
        every_protocol.or(from.and(to))
    }

    /// Whether its protocol is TCP or UDP or all.
    pub fn has_ports(&self) -> Tri {
        let protocol = |protocol: &crate::ir::Text| {
            ["tcp", "udp", "-1", "all", "*", "6", "17"].iter().fold(Tri::No, |any, name| any.or(protocol.eq_ignore_case(name)))
        };
        match &self.protocol {
            Field::Absent => Tri::Maybe,
            field => field.test(Tri::Maybe, protocol),
        }
    }
}
