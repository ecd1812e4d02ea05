//! Upstreams as readers of paths: up to four rewriting steps, then two split orders, with and without regard to case.

use std::collections::HashSet;

/// One thing that some server, framework or middleware does to a path before it routes.
pub type Step = fn(&[u8]) -> Vec<u8>;

/// Every step.
pub const STEPS: [(&str, Step); 20] = [
    ("decode", decode),
    ("decode twice", |path| decode(&decode(path))),
    ("clean", clean),
    ("merge slashes", merge_slashes),
    ("backslash to slash", |path| {
        each(path, |octet| {
            Some(if octet == b'\\' { b'/' } else { octet })
        })
    }),
    ("drop segment parameters", |path| {
        segments(path, |segment| before(segment, b";"))
    }),
    ("cut at ;", |path| before(path, b";").to_vec()),
    ("cut at ? or #", |path| before(path, b"?#").to_vec()),
    ("cut at NUL", |path| before(path, b"\0").to_vec()),
    ("lower case", |path| path.to_ascii_lowercase()),
    ("compatible characters", compatible),
    ("overlong UTF-8", overlong),
    ("plus is a blank", |path| {
        each(path, |octet| Some(if octet == b'+' { b' ' } else { octet }))
    }),
    ("trim segment ends", |path| segments(path, trim_end)),
    ("drop controls", |path| {
        each(path, |octet| {
            (octet >= 0x20 && octet != 0x7f).then_some(octet)
        })
    }),
    ("drop blanks", |path| {
        each(path, |octet| (octet != b' ').then_some(octet))
    }),
    ("drop trailing slash", drop_trailing_slash),
    ("drop extension", drop_extension),
    ("strip", |path| path.trim_ascii().to_vec()),
    ("best-fit characters", best_fit),
];

/// A path that some upstream holds, and the steps that made it.
pub struct Held {
    pub path: Vec<u8>,
    pub steps: Vec<&'static str>,
}

/// Everything that at most `depth` steps make of `path`, each once, at most `most` of them.
pub fn held(path: &[u8], depth: usize, most: usize) -> Vec<Held> {
    let mut seen = HashSet::from([path.to_vec()]);
    let mut all = vec![Held {
        path: path.to_vec(),
        steps: Vec::new(),
    }];
    let mut begin = 0;
    for _ in 0..depth {
        let end = all.len();
        for index in begin..end {
            for (name, step) in STEPS {
                let path = step(&all[index].path);
                if all.len() < most && seen.insert(path.clone()) {
                    let mut steps = all[index].steps.clone();
                    steps.push(name);
                    all.push(Held { path, steps });
                }
            }
        }
        begin = end;
    }
    all
}

/// The segments that a router compares: raw, and decoded after splitting.
pub fn routed(path: &[u8]) -> [Vec<Vec<u8>>; 2] {
    let raw: Vec<&[u8]> = path.split(|octet| *octet == b'/').skip(1).collect();
    [
        raw.iter().map(|segment| segment.to_vec()).collect(),
        raw.iter().map(|segment| decode(segment)).collect(),
    ]
}

/// Whether a router serves these segments by `template`: `{x}` is a segment, `{x...}` all that is left.
pub fn serves(segments: &[Vec<u8>], template: &[&str], any_case: bool) -> bool {
    let greedy = template.last().is_some_and(|part| part.ends_with("...}"));
    let fits = segments.len() == template.len() || greedy && segments.len() > template.len();
    fits && begins(segments, template, any_case)
}

/// The same for the segments at the beginning.
pub fn begins(segments: &[Vec<u8>], template: &[&str], any_case: bool) -> bool {
    segments.len() >= template.len()
        && segments.iter().zip(template).all(|(segment, part)| {
            if part.starts_with('{') {
                // of a greedy rest only the first segment is looked at: the rest may be anything
                !segment.is_empty() || part.ends_with("...}") && segments.len() > template.len()
            } else if any_case {
                segment.eq_ignore_ascii_case(part.as_bytes())
            } else {
                segment == part.as_bytes()
            }
        })
}

/// The methods that frameworks read in a query in place of the request's.
pub fn methods_named(query: &str) -> Vec<String> {
    const NAMES: [&str; 4] = [
        "method",
        "httpmethod",
        "x-http-method",
        "x-http-method-override",
    ];
    let mut found = Vec::new();
    for pair in query.split(['&', ';']) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = |text: &str| {
            let text = decode(text.replace('+', " ").as_bytes());
            String::from_utf8_lossy(&text).trim_start().to_owned()
        };
        let name = plain(name).to_ascii_lowercase();
        let bare = name.strip_prefix('_').unwrap_or(&name);
        if NAMES.contains(&bare) || name.ends_with("[_method]") {
            found.push(plain(value).to_ascii_uppercase());
        }
    }
    found
}

pub fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let escape = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                digit(*high).zip(digit(*low)).map(|octet| (octet, tail))
            }
            _ => None,
        };
        let (octet, after) = match escape {
            Some(((high, low), after)) => (high * 16 + low, after),
            None => (*first, tail),
        };
        out.push(octet);
        rest = after;
    }
    out
}

fn digit(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).map(|value| value as u8)
}

fn each(path: &[u8], turn: impl Fn(u8) -> Option<u8>) -> Vec<u8> {
    path.iter().filter_map(|octet| turn(*octet)).collect()
}

fn segments(path: &[u8], turn: impl Fn(&[u8]) -> &[u8]) -> Vec<u8> {
    let turned: Vec<&[u8]> = path.split(|octet| *octet == b'/').map(turn).collect();
    turned.join(&b'/')
}

fn before<'p>(path: &'p [u8], ends: &[u8]) -> &'p [u8] {
    path.split(|octet| ends.contains(octet))
        .next()
        .unwrap_or_default()
}

fn clean(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|octet| *octet == b'/') {
        match segment {
            b".." => drop(kept.pop()),
            b"" | b"." => {}
            other => kept.push(other),
        }
    }
    [&b"/"[..], &kept.join(&b'/')].concat()
}

fn merge_slashes(path: &[u8]) -> Vec<u8> {
    let mut out = path.to_vec();
    out.dedup_by(|a, b| *a == b'/' && *b == b'/');
    out
}

fn trim_end(segment: &[u8]) -> &[u8] {
    let kept = segment
        .iter()
        .rposition(|octet| !matches!(octet, b' ' | b'.'));
    match kept {
        Some(last) => &segment[..=last],
        None if segment.contains(&b' ') => &[],
        None => segment,
    }
}

fn drop_trailing_slash(path: &[u8]) -> Vec<u8> {
    match path.iter().rposition(|octet| *octet != b'/') {
        Some(last) => path[..=last].to_vec(),
        None => b"/".to_vec(),
    }
}

fn drop_extension(path: &[u8]) -> Vec<u8> {
    match path
        .iter()
        .rposition(|octet| !octet.is_ascii_alphanumeric())
    {
        Some(dot) if path[dot] == b'.' && dot + 1 < path.len() => path[..dot].to_vec(),
        _ => path.to_vec(),
    }
}

/// Full-width and look-alike characters as the ASCII ones that NFKC with case folding makes of them.
fn compatible(path: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(path) else {
        return path.to_vec();
    };
    let fold = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        '\u{a0}' | '\u{3000}' => ' ',
        '\u{2024}' => '.',
        other => other,
    };
    text.chars()
        .map(fold)
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .into_bytes()
}

fn overlong(path: &[u8]) -> Vec<u8> {
    replace(
        path,
        &[
            (b"\xc0\xaf", b'/'),
            (b"\xe0\x80\xaf", b'/'),
            (b"\xc0\xae", b'.'),
            (b"\xe0\x80\xae", b'.'),
            (b"\xc1\x9c", b'\\'),
        ],
    )
}

fn best_fit(path: &[u8]) -> Vec<u8> {
    replace(
        path,
        &[
            (b"\xe2\x88\x95", b'/'),
            (b"\xef\xbc\x8f", b'/'),
            (b"\xef\xbc\x8e", b'.'),
        ],
    )
}

fn replace(path: &[u8], pairs: &[(&[u8], u8)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        let pair = pairs
            .iter()
            .find_map(|(old, new)| Some((rest.strip_prefix(*old)?, *new)));
        let (after, octet) = pair.unwrap_or((tail, *first));
        out.push(octet);
        rest = after;
    }
    out
}
