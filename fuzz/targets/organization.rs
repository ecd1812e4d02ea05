//! An organization's file, after two octets that say where it is cut, beside every end of a line: nothing panics, and a
//! file cut short never frees a key from its list.

#![no_main]

use keywarden::config::{fuzzing, render_text};
use keywarden::digest::Timestamp;
use keywarden::policy::{Organization, Reach};
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fuzz_target!(|octets: &[u8]| {
    let Some((place, text)) = octets.split_first_chunk::<2>() else {
        return;
    };
    let place = u16::from_be_bytes(*place);
    // the sign says which notation it is
    let (file, place) = match place & 0x8000 {
        0 => ("organizations/acme.yaml", place),
        _ => ("organizations/acme.json", place & 0x7fff),
    };
    let whole = match fuzzing::organization(file, text, NOW) {
        Ok(organization) => organization,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word");
            let _ = render_text(&problems, false);
            return;
        }
    };
    check(&whole);
    let lines = (1..=text.len()).filter(|end| text[end - 1] == b'\n');
    for end in lines.chain([usize::from(place) % (text.len() + 1)]) {
        let Ok(short) = fuzzing::organization(file, &text[..end], NOW) else {
            continue;
        };
        for key in &*short.keys {
            let before = whole.keys.iter().find(|before| before.item == key.item);
            let before = before.expect("no key comes of a cut");
            let freed =
                !matches!(before.reach, Reach::Anywhere) && matches!(key.reach, Reach::Anywhere);
            assert!(!freed, "key {} is freed by a cut at {end}", key.item);
        }
    }
});

/// The page's three sentences.
fn check(organization: &Organization) {
    for key in &*organization.keys {
        match &key.reach {
            Reach::Anywhere => assert!(!organization.require_access_list),
            Reach::Listed(list) => assert!(!list.entries().is_empty()),
            Reach::Nowhere => assert!(organization.require_access_list),
        }
        assert!(!key.public_key.is_empty() && !key.public_key.contains(':'));
        assert!(!key.public_key.contains(char::is_control));
    }
}
