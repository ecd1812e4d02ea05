//! What is forwarded is what was matched, streamed both ways, with nothing on it that a caller could forge.

use crate::house::House;

#[test]
fn a_proven_request_is_forwarded_octet_for_octet_and_its_answer_comes_back() {
    let house = House::new();
    let target = "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/x%2Fy/z/?a=%7Eb&c";
    let answer = house.caller("open").call("POST", target, b"{\"a\":1}");
    assert_eq!((answer.status, answer.text().as_str()), (200, "oo"));
    let seen = house.upstream.last();
    assert_eq!(seen.line, format!("POST {target} HTTP/1.1"));
    assert_eq!(seen.body, b"{\"a\":1}");
    assert_eq!(seen.only("x-keywarden-key"), Some("open"));
    assert_eq!(seen.only("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.only("authorization"), None);
}
