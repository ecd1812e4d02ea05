//! What may be written for a network, and what it then means.

use proptest::prelude::*;

use super::*;

fn network(text: &str) -> Network {
    text.parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn every_spelling_has_one_canonical_form() {
    for (written, canonical) in [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("2001:db8::7/128", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:c000:207", "192.0.2.7"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:192.0.2.7/128", "192.0.2.7"),
        ("64:ff9b::/96", "64:ff9b::/96"),
        ("::1.2.3.4", "::102:304"),
    ] {
        assert_eq!(network(written).to_string(), canonical, "{written}");
        assert_eq!(network(canonical), network(written), "{written}");
    }
}

#[test]
fn what_std_does_not_read_as_an_address_is_no_network() {
    for written in [
        "",
        "/8",
        "010.0.0.0/8",
        "0x0a.0.0.0",
        "10.0/16",
        "167772160",
        " 10.0.0.1",
        "10.0.0.1\n",
        "[::1]",
        "example.com",
        "10.0.0.1:80",
        "1.2.3.4.5",
        "::ffff:010.0.0.1",
    ] {
        let wrong = NetworkError::NotANetwork(written.to_owned());
        assert_eq!(written.parse::<Network>(), Err(wrong), "{written:?}");
    }
}

#[test]
fn a_prefix_length_is_a_plain_number() {
    for written in [
        "10.0.0.0/",
        "10.0.0.0/+8",
        "10.0.0.0/-8",
        "10.0.0.0/08",
        "10.0.0.0/00",
        "10.0.0.0/8/8",
        "10.0.0.0/8 ",
        "10.0.0.0/0x8",
        "10.0.0.0/255.0.0.0",
        "2001:db8::/032",
    ] {
        let wrong = NetworkError::PrefixMalformed(written.to_owned());
        assert_eq!(written.parse::<Network>(), Err(wrong), "{written:?}");
    }
    for (written, longest) in [
        ("10.0.0.0/33", 32),
        ("10.0.0.0/256", 32),
        ("::/129", 128),
        ("::/99999999999999999999", 128),
        ("::ffff:10.0.0.0/129", 128),
    ] {
        let text = written.to_owned();
        let wrong = NetworkError::PrefixTooLong { text, longest };
        assert_eq!(written.parse::<Network>(), Err(wrong), "{written:?}");
    }
}

#[test]
fn zones_and_wide_mapped_blocks_are_refused() {
    for written in ["fe80::1%eth0", "fe80::%1/10", "fe80::1%25eth0"] {
        let wrong = NetworkError::ZoneId(written.to_owned());
        assert_eq!(written.parse::<Network>(), Err(wrong), "{written:?}");
    }
    for written in ["::ffff:0:0/95", "::ffff:10.0.0.0/0", "::ffff:10.0.0.0/24"] {
        let wrong = NetworkError::MappedTooWide(written.to_owned());
        assert_eq!(written.parse::<Network>(), Err(wrong), "{written:?}");
    }
}

#[test]
fn host_bits_are_an_error_that_names_both_corrections() {
    for (written, corrected, single) in [
        ("10.0.0.5/24", "10.0.0.0/24", "10.0.0.5"),
        ("10.0.0.1/0", "0.0.0.0/0", "10.0.0.1"),
        ("2001:db8::1/32", "2001:db8::/32", "2001:db8::1"),
        ("::ffff:10.0.0.1/104", "10.0.0.0/8", "10.0.0.1"),
    ] {
        let wrong = written.parse::<Network>().unwrap_err();
        let message = wrong.to_string();
        assert!(message.contains(&format!("`{corrected}`")), "{message}");
        assert!(message.contains(&format!("`{single}`")), "{message}");
        assert_eq!(
            wrong,
            NetworkError::HostBits {
                text: written.to_owned(),
                network: network(corrected),
                address: ip(single)
            }
        );
    }
}

#[test]
fn a_block_knows_its_ends_and_what_lies_inside() {
    let office = network("203.0.113.0/24");
    assert_eq!(office.first(), ip("203.0.113.0"));
    assert_eq!(office.last(), ip("203.0.113.255"));
    assert!(office.contains(ip("203.0.113.0")) && office.contains(ip("203.0.113.255")));
    assert!(office.contains(ip("::ffff:203.0.113.9")));
    assert!(!office.contains(ip("203.0.112.255")) && !office.contains(ip("203.0.114.0")));
    assert!(!office.contains(ip("::203.0.113.9")));
    assert_eq!(
        network("::/0").last(),
        IpAddr::V6(Ipv6Addr::from_bits(u128::MAX))
    );
    assert_eq!(network("2001:db8::7").last(), ip("2001:db8::7"));
    assert!(!network("::/0").contains(ip("10.0.0.1")));
    assert!(!network("0.0.0.0/0").contains(ip("2001:db8::1")));
}

#[test]
fn a_wide_block_is_one_a_careful_person_does_not_write() {
    for (text, wide, everyone) in [
        ("0.0.0.0/0", true, true),
        ("::/0", true, true),
        ("10.0.0.0/7", true, false),
        ("10.0.0.0/8", false, false),
        ("2000::/31", true, false),
        ("2001:db8::/32", false, false),
    ] {
        assert_eq!(network(text).is_wide(), wide, "{text}");
        assert_eq!(network(text).covers_everyone(), everyone, "{text}");
    }
}

prop_compose! {
    /// Any network, of either family, cut to its prefix.
    pub(crate) fn any_network()(v6: bool, bits: u128, length in 0_u8..=128) -> Network {
        let (address, prefix) = if v6 {
            (IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical(), length)
        } else {
            (IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits >> 96).unwrap())), length % 33)
        };
        let prefix = prefix.min(width(address));
        Network { first: masked(address, prefix), prefix }
    }
}

proptest! {
    #[test]
    fn what_is_displayed_is_parsed_to_the_same(network in any_network()) {
        prop_assert_eq!(network.to_string().parse::<Network>(), Ok(network));
    }

    #[test]
    fn a_block_contains_exactly_what_lies_between_its_ends(network in any_network(), bits: u128) {
        let near = match network.first() {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() ^ u32::try_from(bits >> 108).unwrap())),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() ^ (bits >> (bits % 128)))),
        };
        let between = network.first() <= near && near <= network.last();
        prop_assert_eq!(network.contains(near), between && near == near.to_canonical());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[0-9a-f:./%+ ]{0,24}|\\PC{0,24}") {
        if let Ok(network) = text.parse::<Network>() {
            prop_assert!(network.contains(network.first()) && network.contains(network.last()));
        }
    }
}
