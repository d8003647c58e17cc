//! Functions on address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::Args;
use crate::ir::Node;

/// The result, or nothing if it is not one of these functions or an argument is not known.
pub(super) fn call(name: &str, args: &Args<'_>) -> Option<Node> {
    let net = || args.text(0)?.parse::<IpNet>().ok();
    Some(match name {
        "cidrsubnet" => args.string(subnet(net()?, args.number(1)?, args.number(2)?)?.to_string()),
        "cidrsubnets" => {
            let net = net()?;
            let mut at = bits(net.network());
            let mut out = Vec::new();
            for index in 1..args.list.len() {
                let length = u32::from(net.prefix_len()).saturating_add(args.number(index)? as u32);
                let size = 1_u128.checked_shl(width(net).checked_sub(length)?)?;
                at = at.div_ceil(size).checked_mul(size)?;
                out.push(args.string(make(net, at, length)?.to_string()));
                at = at.checked_add(size)?;
            }
            args.list(out)
        }
        "cidrhost" => {
            let net = net()?;
            let number = args.number(1)?;
            let base = if number < 0.0 { bits(net.broadcast()).checked_add(1)? } else { bits(net.network()) };
            let at = if number < 0.0 { base.checked_sub(-number as u128)? } else { base.checked_add(number as u128)? };
            args.string(address(net, at)?.to_string())
        }
        "cidrnetmask" => args.string(net()?.netmask().to_string()),
        _ => return None,
    })
}

fn subnet(net: IpNet, new_bits: f64, number: f64) -> Option<IpNet> {
    if !(0.0..=128.0).contains(&new_bits) || number < 0.0 {
        return None;
    }
    let length = u32::from(net.prefix_len()) + new_bits as u32;
    let size = 1_u128.checked_shl(width(net).checked_sub(length)?)?;
    make(net, bits(net.network()).checked_add(size.checked_mul(number as u128)?)?, length)
}

fn width(net: IpNet) -> u32 {
    if matches!(net, IpNet::V4(_)) { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn address(like: IpNet, bits: u128) -> Option<IpAddr> {
    Some(match like {
        IpNet::V4(_) => Ipv4Addr::from(u32::try_from(bits).ok()?).into(),
        IpNet::V6(_) => Ipv6Addr::from(bits).into(),
    })
}

fn make(like: IpNet, bits: u128, length: u32) -> Option<IpNet> {
    IpNet::new(address(like, bits)?, u8::try_from(length).ok()?).ok()
}
