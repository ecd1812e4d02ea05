//! Whether a query names a method that some frameworks would obey instead of the request's own.

use super::decoded::Decoded;

/// Anywhere in the query, even inside a value: nobody's parameter of another meaning contains it.
const ANYWHERE: &[u8] = b"_method";

/// Whole parameter names, in lower case, with or without a leading `_`.
const NAMES: [&[u8]; 4] = [
    b"method=",
    b"httpmethod=",
    b"x-http-method=",
    b"x-http-method-override=",
];

/// Whether `query` overrides the method: `_method=DELETE` and its kin, in any case, escaped or not.
pub(super) fn overrides_method(query: &str) -> bool {
    let mut rest = Decoded::new(query.as_bytes());
    let mut at_name = true;
    loop {
        if starts_with(rest.clone(), ANYWHERE) || (at_name && names_method(&rest)) {
            return true;
        }
        match rest.next() {
            None => return false,
            Some(b'&' | b'?' | b';') => at_name = true,
            // blanks before a name are dropped by PHP
            Some(b' ' | b'+') => {}
            Some(_) => at_name = false,
        }
    }
}

fn names_method(rest: &Decoded<'_>) -> bool {
    let mut bare = rest.clone();
    if bare.next() != Some(b'_') {
        bare = rest.clone();
    }
    NAMES.iter().any(|name| starts_with(bare.clone(), name))
}

fn starts_with(mut text: Decoded<'_>, prefix: &[u8]) -> bool {
    prefix
        .iter()
        .all(|wanted| text.next().map(|octet| octet.to_ascii_lowercase()) == Some(*wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_names_a_method_overrides_it() {
        for query in [
            "_method=DELETE",
            "_METHOD=delete",
            "pretty=true&_method=PATCH",
            "a=1;_method=PATCH",
            "a[_method]=DELETE",
            "a=x_method",
            "method=DELETE",
            "a=1&Method=DELETE",
            "a=1?method=DELETE",
            "_httpMethod=PUT",
            "httpmethod=PUT",
            "X-HTTP-Method=PUT",
            "x-http-method-override=PUT",
            "_x-http-method-override%3DPUT",
            "method%3dDELETE",
            "%5Fmethod=DELETE",
            "_m%65thod=DELETE",
            "%6D%65thod=DELETE",
            "+method=DELETE",
            "a=1&%20method=DELETE",
        ] {
            assert!(overrides_method(query), "{query}");
        }
    }

    #[test]
    fn any_other_query_does_not() {
        for query in [
            "",
            "pretty=true&envelope=true",
            "methods=GET",
            "paymentmethod=card",
            "payment-method=card",
            "a=method",
            "a=method=x",
            "method",
            "x-method=1",
            "%",
            "%5",
            "_metho",
            "&&&",
        ] {
            assert!(!overrides_method(query), "{query}");
        }
    }
}
