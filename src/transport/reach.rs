//! What a server may have this machine connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::address;

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// To a machine that everybody can reach.
    Public,
    /// To a network that this machine is a part of, to its provider's own services, or nowhere.
    Inside,
    /// To this machine.
    Here,
}

/// Which places a server may name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    pub(super) here: bool,
    pub(super) inside: bool,
}

impl Reach {
    /// What a server with this root may name: this machine only if it is on it too, and other
    /// addresses that are not public only if that was allowed.
    pub(super) fn of(root: &Url, inside: bool) -> Self {
        Self {
            here: address::is_loopback(root),
            inside,
        }
    }

    pub(super) fn includes(self, place: Place) -> bool {
        match place {
            Place::Public => true,
            Place::Inside => self.inside,
            Place::Here => self.here,
        }
    }
}

/// Where a URL leads, if that can be told without a look at a name server.
pub(super) fn place_of(url: &Url) -> Option<Place> {
    match url.host()? {
        Host::Ipv4(address) => Some(place(address.into())),
        Host::Ipv6(address) => Some(place(address.into())),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let is_here = name == "localhost" || name.ends_with(".localhost");
            is_here.then_some(Place::Here)
        }
    }
}

pub(super) fn place(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(address) => place_v4(address),
        IpAddr::V6(address) => place_v6(address),
    }
}

fn place_v4(address: Ipv4Addr) -> Place {
    /// First address and length of the prefix: the special registries of IANA, and the address of
    /// a provider's own services that stands among the public ones.
    const INSIDE: [([u8; 4], u32); 16] = [
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([168, 63, 129, 16], 32),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 31, 196, 0], 24),
        ([192, 52, 193, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([192, 175, 48, 0], 24),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        // Groups of machines, what is reserved, and all machines.
        ([224, 0, 0, 0], 3),
    ];
    // Systems connect to themselves for the first of these, too.
    if matches!(address.octets()[0], 0 | 127) {
        return Place::Here;
    }
    let bits = address.to_bits();
    let is_in = |(first, length): &([u8; 4], u32)| {
        let first = u32::from_be_bytes(*first);
        (bits ^ first) >> (32 - length) == 0
    };
    match INSIDE.iter().any(is_in) {
        true => Place::Inside,
        false => Place::Public,
    }
}

fn place_v6(address: Ipv6Addr) -> Place {
    let segments = address.segments();
    let inner = |high: u16, low: u16| {
        let bits = u32::from(high) << 16 | u32::from(low);
        place_v4(Ipv4Addr::from_bits(bits))
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Place::Here,
        // An address of version 4 in another form: mapped, compatible, translated, tunnelled.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => inner(high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] => inner(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        [.., 0 | 0x200, 0x5efe, high, low] if inner(high, low) != Place::Public => inner(high, low),
        // Protocols' own, benchmarks, documentation.
        [0x2001, 0..0x200, ..] | [0x2001, 0xdb8, ..] => Place::Inside,
        [0x3fff, 0..0x1000, ..] => Place::Inside,
        // All that was ever given out for public use begins so.
        [0x2000..0x4000, ..] => Place::Public,
        _ => Place::Inside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_an_address_leads_however_it_is_written() {
        let here = [
            "127.0.0.1",
            "127.255.255.254",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "0",
            "0.0.0.0",
            "0.1.2.3",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:0.0.0.0]",
            "[::127.0.0.1]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[2002:7f00:1::]",
            "[2001:db9::200:5efe:7f00:1]",
            "localhost",
            "localhost.",
            "LOCALHOST",
            "a.localhost",
        ];
        let inside = [
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "192.0.2.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "[fe80::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fec0::1]",
            "[ff02::1]",
            "[100::1]",
            "[2001:db8::1]",
            "[2001::1]",
            "[3fff::1]",
            "[5f00::1]",
            "[64:ff9b:1::1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a00:1::]",
            "[1::1]",
            "[4000::1]",
        ];
        let public = [
            "8.8.8.8",
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.0.0.1",
            "128.0.0.1",
            "168.63.129.17",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.1.1",
            "192.169.1.1",
            "223.255.255.255",
            "[2606:4700::1111]",
            "[2a00:1450::1]",
            "[2001:4860:4860::8888]",
            "[::ffff:8.8.8.8]",
            "[64:ff9b::8.8.8.8]",
            "[2002:808:808::]",
            "[3ffe::1]",
        ];
        for (hosts, expected) in [
            (&here[..], Place::Here),
            (&inside[..], Place::Inside),
            (&public[..], Place::Public),
        ] {
            for host in hosts {
                let url = Url::parse(&format!("https://{host}/x")).unwrap();
                assert_eq!(place_of(&url), Some(expected), "{host}");
            }
        }
        for name in ["store.example", "localhost.example", "notlocalhost"] {
            let url = Url::parse(&format!("https://{name}/x")).unwrap();
            assert_eq!(place_of(&url), None, "{name}");
        }
    }
}
