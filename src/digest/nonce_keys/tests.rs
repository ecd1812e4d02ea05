//! Nonces made, aged, damaged and made under other keys.

use proptest::prelude::*;

use super::*;

const LIFETIME: Duration = Duration::from_secs(300);
const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_123);

fn keys(masters: &[u8]) -> NonceKeys {
    NonceKeys::new(masters.iter().map(|octet| [*octet; 32]).collect())
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

#[test]
fn a_nonce_is_forty_characters_and_gives_back_its_random_part_and_time() {
    let keys = keys(&[7]);
    let nonce = keys.mint(NOW, 0xabcd, 0x0102_0304_0506_0708_u64.to_be_bytes());
    assert_eq!(nonce.as_str().len(), 40);
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    assert!(nonce.as_str().bytes().all(fits));
    let live = NonceState::Live {
        id: 0x0102_0304_0506_0708,
        issued: NOW,
    };
    assert_eq!(keys.open(nonce.as_str().as_bytes(), NOW, LIFETIME), live);
}

#[test]
fn a_nonce_lives_for_its_lifetime_and_no_longer_than_the_skew_before_its_issue() {
    let keys = keys(&[7]);
    let nonce = keys.mint(later(300), 0, [1; 8]);
    let open = |now| keys.open(nonce.as_str().as_bytes(), now, LIFETIME);
    let live = |now| matches!(open(now), NonceState::Live { .. });
    assert!(live(later(300)) && live(later(600)) && live(later(270)));
    assert_eq!(open(later(601)), NonceState::Expired);
    assert_eq!(open(later(269)), NonceState::Expired);
    assert_eq!(open(Timestamp::from_millis(0)), NonceState::Expired);
}

#[test]
fn the_key_changes_from_day_to_day_without_forgetting_yesterday() {
    let keys = keys(&[7]);
    let midnight = Timestamp::from_millis(20_000 * MILLISECONDS_A_DAY);
    let before = Timestamp::from_millis(midnight.as_millis() - 1);
    assert_ne!(epoch(before), epoch(midnight));
    assert_ne!(keys.masters[0].0[0], keys.masters[0].0[1]);
    let nonce = keys.mint(before, 0, [1; 8]);
    let state = keys.open(nonce.as_str().as_bytes(), midnight, LIFETIME);
    assert!(matches!(state, NonceState::Live { .. }));
}

#[test]
fn old_masters_open_and_the_newest_makes() {
    let (old, both, new) = (keys(&[1]), keys(&[2, 1]), keys(&[2]));
    let open = |keys: &NonceKeys, nonce: NonceText| keys.open(&nonce.0, NOW, LIFETIME);
    let of_old = old.mint(NOW, 0, [1; 8]);
    assert!(matches!(open(&both, of_old), NonceState::Live { .. }));
    assert_eq!(open(&new, of_old), NonceState::Foreign);
    let of_both = both.mint(NOW, 0, [1; 8]);
    assert!(matches!(open(&new, of_both), NonceState::Live { .. }));
    assert_eq!(open(&old, of_both), NonceState::Foreign);
}

#[test]
fn without_masters_every_nonce_is_foreign() {
    let keyless = keys(&[]);
    let nonce = keyless.mint(NOW, 0, [1; 8]);
    assert_eq!(keyless.open(&nonce.0, NOW, LIFETIME), NonceState::Foreign);
}

#[test]
fn every_damaged_character_and_every_other_length_is_foreign() {
    let keys = keys(&[7]);
    let nonce = keys.mint(NOW, 3, [9; 8]);
    let foreign = |text: &[u8]| keys.open(text, NOW, LIFETIME) == NonceState::Foreign;
    for index in 0..LENGTH {
        for octet in [b'A', b'b', b'_', b'=', b'+', b' ', 0, 0xff] {
            let mut damaged = nonce.0;
            damaged[index] = octet;
            assert!(damaged == nonce.0 || foreign(&damaged), "{index}");
        }
        assert!(foreign(&nonce.0[..index]));
    }
    assert!(foreign(&[&nonce.0[..], b"A"].concat()));
    assert!(foreign(&[&nonce.0[..], b"="].concat()));
    assert!(foreign(&[b'A'; LENGTH]));
}

#[test]
fn keys_cannot_be_printed() {
    assert_eq!(format!("{:?}", keys(&[7, 8])), "NonceKeys(2, [redacted])");
}

proptest! {
    #[test]
    fn arbitrary_octets_are_foreign(text in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert_eq!(keys(&[7]).open(&text, NOW, LIFETIME), NonceState::Foreign);
    }

    #[test]
    fn what_is_minted_is_opened(random in any::<u64>(), node in any::<u16>(), milliseconds in 0..1_u64 << 48) {
        let issued = Timestamp::from_millis(milliseconds);
        let keys = keys(&[7]);
        let nonce = keys.mint(issued, node, random.to_be_bytes());
        let live = NonceState::Live { id: random, issued };
        prop_assert_eq!(keys.open(&nonce.0, issued, LIFETIME), live);
    }
}
