//! IP networks: `cidrhost`, `cidrnetmask`, `cidrsubnet`, `cidrsubnets`.

use super::{Cx, Error, Function, Ty, argument, function, number_at, param, text};
use crate::value::Value;
use bigdecimal::ToPrimitive;
use bigdecimal::num_bigint::BigInt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const FUNCTIONS: &[Function] = &[
    function("cidrhost", &[param("prefix", Ty::String), param("hostnum", Ty::Number)], Ty::String, cidrhost),
    function("cidrnetmask", &[param("prefix", Ty::String)], Ty::String, cidrnetmask),
    function(
        "cidrsubnet",
        &[param("prefix", Ty::String), param("newbits", Ty::Number), param("netnum", Ty::Number)],
        Ty::String,
        cidrsubnet,
    ),
    function("cidrsubnets", &[param("prefix", Ty::String)], Ty::Strings, cidrsubnets)
        .variadic(param("newbits", Ty::Number)),
];

/// A network: its first address as a number, the length of its prefix and of its addresses in bits.
#[derive(Clone, Copy)]
struct Network {
    first: u128,
    length: u32,
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |reason: &str| Error::Argument(0, format!("invalid CIDR expression {text:?}: {reason}"));
        let (address, length) =
            text.split_once('/').ok_or_else(|| refuse("it needs a prefix length: address/length"))?;
        let address: IpAddr = address.parse().map_err(|_| refuse("the address is not valid"))?;
        let (number, bits) = match address {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|length| plain && *length <= bits);
        let length = length.ok_or_else(|| refuse(&format!("the prefix length must be 0 to {bits}")))?;
        Ok(Self { first: number & mask(length, bits), length, bits })
    }

    fn host_bits(self) -> u32 {
        self.bits - self.length
    }

    fn last(self) -> u128 {
        self.first | !mask(self.length, self.bits) & mask(self.bits, self.bits)
    }

    fn address(self, number: u128) -> String {
        match self.bits {
            // The mask keeps it within 32 bits.
            32 => Ipv4Addr::from((number & u128::from(u32::MAX)) as u32).to_string(),
            _ => Ipv6Addr::from(number).to_string(),
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address(self.first), self.length)
    }
}

/// `length` ones at the top of `bits`.
fn mask(length: u32, bits: u32) -> u128 {
    let all = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
    if length == 0 { 0 } else { all & (all << (bits - length)) }
}

fn whole(args: &[Value], index: usize) -> Result<BigInt, Error> {
    let number = number_at(args, index)?;
    number.as_integer().ok_or_else(|| Error::Argument(index, "a whole number is required".to_string()))
}

fn cidrhost(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let network = Network::parse(text(args, 0))?;
    let host = whole(args, 1)?;
    let size = BigInt::from(1) << network.host_bits();
    // A negative number counts from the end.
    let offset = if host < BigInt::from(0) { &size + &host } else { host.clone() };
    if offset < BigInt::from(0) || offset >= size {
        return argument(
            1,
            format!("prefix of {} does not accommodate a host numbered {host}", network.length),
        );
    }
    let offset = offset.to_u128().unwrap_or_default();
    Ok(Value::string(network.address(network.first | offset)))
}

fn cidrnetmask(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let network = Network::parse(text(args, 0))?;
    if network.bits != 32 {
        return argument(0, "IPv6 addresses cannot have a netmask: the prefix length is all there is");
    }
    Ok(Value::string(network.address(mask(network.length, 32))))
}

fn cidrsubnet(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let network = Network::parse(text(args, 0))?;
    let (newbits, netnum) = (whole(args, 1)?, whole(args, 2)?);
    let newbits = newbits.to_u32().ok_or_else(|| Error::Argument(1, "must not be negative".to_string()))?;
    if newbits > network.host_bits() {
        return argument(
            1,
            format!("insufficient address space to extend prefix of {} by {newbits}", network.length),
        );
    }
    if netnum < BigInt::from(0) || netnum >= BigInt::from(1) << newbits {
        return argument(
            2,
            format!("prefix extension of {newbits} does not accommodate a subnet numbered {netnum}"),
        );
    }
    let length = network.length + newbits;
    let shift = network.bits - length;
    let offset = netnum.to_u128().unwrap_or_default().checked_shl(shift).unwrap_or(0);
    Ok(Value::string(Network { first: network.first | offset, length, ..network }.to_string()))
}

fn cidrsubnets(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let network = Network::parse(text(args, 0))?;
    let mut results = Vec::new();
    // The first address not given away yet; none once the last address is.
    let mut free = Some(network.first);
    let mut last: Option<Network> = None;
    for index in 1..args.len() {
        let newbits = whole(args, index)?;
        let newbits = match newbits.to_u32() {
            Some(newbits @ 1..) => newbits,
            _ => return argument(index, "must extend prefix by at least one bit"),
        };
        if newbits > 32 {
            return argument(index, "may not extend prefix by more than 32 bits");
        }
        let length = network.length + newbits;
        if length > network.bits {
            return argument(
                index,
                format!("would extend prefix to {length} bits, which is too long for the address family"),
            );
        }
        // Subnets start at a multiple of their size.
        let size = network.bits - length;
        let align = |address: u128| {
            let low = !mask(length, network.bits) & mask(network.bits, network.bits);
            if address & low == 0 { Some(address) } else { (address | low).checked_add(1) }
        };
        let start = free.and_then(align).filter(|start| *start <= network.last());
        let Some(first) = start else {
            let after = last.map_or(String::new(), |last| format!(" after {last}"));
            return argument(
                index,
                format!(
                    "not enough remaining address space for a subnet with a prefix of {length} bits{after}"
                ),
            );
        };
        let subnet = Network { first, length, ..network };
        debug_assert!(size < 128);
        free = subnet.last().checked_add(1);
        last = Some(subnet);
        results.push(Value::string(subnet.to_string()));
    }
    Ok(Value::list(results))
}
