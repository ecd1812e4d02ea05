//! An adversary who knows the gateway well: nothing is lost, added or smuggled on the way, whatever they try.

use crate::house::House;

#[test]
fn a_chunked_body_reaches_the_upstream_whatever_the_method() {
    let house = House::new();
    let caller = house.caller("open");
    for method in ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] {
        let mut connection = caller.connect();
        let proof = caller.proof(&mut connection, method, "/chunks");
        let head = format!(
            "{method} /chunks HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
            caller.host(),
            proof.header(),
        );
        connection.send(head.as_bytes());
        connection.send(b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
        let answer = connection.try_answer(method == "HEAD").expect("an answer");
        assert_eq!(answer.status, 200, "{method}");
        let seen = house.upstream.last();
        assert_eq!(seen.line, format!("{method} /chunks HTTP/1.1"));
        assert_eq!(seen.body, b"abcde", "{method}");
        assert_eq!(seen.only("transfer-encoding"), Some("chunked"), "{method}");
        assert!(seen.all("content-length").is_empty(), "{method}");
    }
}
