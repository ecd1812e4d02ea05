//! What a caller is told: the only file that knows status codes.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::decide::{Doubt, Reason, Rejection};
use crate::digest::{Challenges, NonceText};
use crate::telemetry::{Outcome, Trouble};

use super::body::{AnswerBody, BodyFailure};
use super::headers::X_REQUEST_ID;
use super::story::Story;
use super::trace::RequestId;
use super::upstream::Failure;

/// An answer of the gateway's own, before it has headers.
struct Words {
    status: StatusCode,
    code: &'static str,
    detail: String,
    parameters: Vec<String>,
}

/// 401 with fresh challenges, or 400 for malformed credentials.
pub(super) fn challenge(
    doubt: Doubt,
    challenges: &Challenges,
    nonce: Option<&NonceText>,
    story: Story,
) -> Response<AnswerBody> {
    let mut answer = own(&doubt_words(doubt), Outcome::Challenge(doubt), story);
    if answer.status() == StatusCode::UNAUTHORIZED
        && let Some(nonce) = nonce
    {
        for value in challenges.render(nonce, doubt.is_stale()) {
            if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
                answer.headers_mut().append(header::WWW_AUTHENTICATE, value);
            }
        }
    }
    answer
}

/// 403 in the Atlas shape, with the address that was seen: the caller is proven, so it may be told.
pub(super) fn refuse(reason: Reason, story: Story) -> Response<AnswerBody> {
    own(
        &reason_words(reason, &story),
        Outcome::Refuse(reason),
        story,
    )
}

/// 4xx and 5xx of rule 0; the connection is not used again.
pub(super) fn reject(rejection: Rejection, story: Story) -> Response<AnswerBody> {
    let mut answer = own(
        &rejection_words(rejection),
        Outcome::Reject(rejection),
        story,
    );
    answer
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    if rejection == Rejection::MethodForbidden {
        let served = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
        answer.headers_mut().insert(header::ALLOW, served);
    }
    answer
}

/// 408, 413, 429, 502, 503 and 504.
pub(super) fn trouble(
    trouble: Trouble,
    retry_after: Option<u64>,
    story: Story,
) -> Response<AnswerBody> {
    let mut answer = own(&trouble_words(trouble), Outcome::Fail(trouble), story);
    if let Some(seconds) = retry_after {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    match trouble {
        Trouble::Overloaded | Trouble::RequestTimeout => {
            answer
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Trouble::CallerGone
        | Trouble::RateLimited
        | Trouble::ReplayStoreUnavailable
        | Trouble::UpstreamProtocol
        | Trouble::UpstreamTimeout
        | Trouble::UpstreamUnavailable => {}
    }
    answer
}

/// What a failure toward the upstream means to the caller.
pub(super) fn failure(failure: &Failure, story: Story) -> Response<AnswerBody> {
    match failure {
        Failure::Body(BodyFailure::TooLarge) => reject(Rejection::BodyTooLarge, story),
        Failure::Body(BodyFailure::Stalled) => trouble(Trouble::RequestTimeout, None, story),
        Failure::Body(BodyFailure::BrokenOff) => reject(Rejection::FramingAmbiguous, story),
        Failure::Protocol(_) => trouble(Trouble::UpstreamProtocol, None, story),
        Failure::Timeout(_) => trouble(Trouble::UpstreamTimeout, None, story),
        Failure::Unavailable(_) => trouble(Trouble::UpstreamUnavailable, None, story),
    }
}

/// The octets of an answer to a head that never became a request; the connection closes after it.
pub(super) fn unread(outcome: Outcome, id: &RequestId) -> (u16, Bytes) {
    let words = match outcome {
        Outcome::Reject(rejection) => rejection_words(rejection),
        Outcome::Fail(trouble) => trouble_words(trouble),
        Outcome::Challenge(doubt) => doubt_words(doubt),
        Outcome::Forward | Outcome::Observe(_) | Outcome::Refuse(_) => {
            trouble_words(Trouble::RequestTimeout)
        }
    };
    let body = words.render();
    let text = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-request-id: {}\r\nconnection: close\r\n\r\n{body}",
        words.status.as_u16(),
        words.status.canonical_reason().unwrap_or_default(),
        body.len(),
        id.as_str(),
    );
    (words.status.as_u16(), Bytes::from(text))
}

fn own(words: &Words, outcome: Outcome, mut story: Story) -> Response<AnswerBody> {
    story.ended(outcome, words.status.as_u16());
    let id = story.request_id.header();
    let mut answer = Response::new(AnswerBody::own(Bytes::from(words.render()), story));
    *answer.status_mut() = words.status;
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_REQUEST_ID, id);
    answer
}

impl Words {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            parameters: Vec::new(),
        }
    }

    /// The Atlas `ApiError` shape, keys in alphabetical order. Nothing in it needs escaping: details are constants
    /// and addresses.
    fn render(&self) -> String {
        let mut out = String::with_capacity(256);
        let reason = self.status.canonical_reason().unwrap_or_default();
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|text| format!("\"{text}\""))
            .collect();
        let _ = write!(
            out,
            r#"{{"detail":"{}","error":{},"errorCode":"{}","parameters":[{}],"reason":"{}"}}"#,
            self.detail,
            self.status.as_u16(),
            self.code,
            parameters.join(","),
            reason
        );
        out
    }
}

fn doubt_words(doubt: Doubt) -> Words {
    match doubt {
        Doubt::CredentialsMalformed => Words::new(
            StatusCode::BAD_REQUEST,
            "MALFORMED_CREDENTIALS",
            "The Authorization header is malformed, repeated, or signs another request target.",
        ),
        Doubt::AlgorithmUnacceptable
        | Doubt::CredentialsMissing
        | Doubt::NonceExpired
        | Doubt::NonceForeign
        | Doubt::ProofReplayed
        | Doubt::ProofWrong
        | Doubt::RealmForeign => Words::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            "You are not authorized for this resource.",
        ),
    }
}

fn reason_words(reason: Reason, story: &Story) -> Words {
    let seen = story
        .caller
        .address
        .map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    let detail = match reason {
        Reason::AddressNotOnAccessList => {
            format!("IP address {seen} is not allowed to access this resource.")
        }
        Reason::OrganizationForeign => "User cannot access this organization.".to_owned(),
        Reason::OrganizationRequiresAccessList => {
            "This organization requires access through an access list of ip ranges.".to_owned()
        }
        Reason::ProjectUnassigned => "User cannot access this group.".to_owned(),
        Reason::ResourceRequiresAccessList => {
            "This resource requires access through an access list of ip ranges.".to_owned()
        }
        Reason::RoleMissing => "Current user is not authorized to perform this action.".to_owned(),
    };
    let parameters = match reason {
        Reason::AddressNotOnAccessList
        | Reason::OrganizationRequiresAccessList
        | Reason::ResourceRequiresAccessList => vec![seen],
        Reason::OrganizationForeign | Reason::ProjectUnassigned | Reason::RoleMissing => Vec::new(),
    };
    Words {
        parameters,
        ..Words::new(StatusCode::FORBIDDEN, reason.error_code(), detail)
    }
}

fn rejection_words(rejection: Rejection) -> Words {
    use StatusCode as S;
    let (status, code) = match rejection {
        Rejection::AddressChainTooLong
        | Rejection::FramingAmbiguous
        | Rejection::HeaderAmbiguous
        | Rejection::HostAmbiguous
        | Rejection::MethodMalformed
        | Rejection::TargetAmbiguous => (S::BAD_REQUEST, "MALFORMED_REQUEST"),
        Rejection::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"),
        Rejection::ExpectationUnknown => (S::EXPECTATION_FAILED, "EXPECTATION_FAILED"),
        Rejection::HeadTooLarge => (S::REQUEST_HEADER_FIELDS_TOO_LARGE, "HEAD_TOO_LARGE"),
        Rejection::HostMisdirected => (S::MISDIRECTED_REQUEST, "MISDIRECTED_REQUEST"),
        Rejection::Loop => (S::LOOP_DETECTED, "LOOP_DETECTED"),
        Rejection::MethodForbidden => (S::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
        Rejection::MethodUnknown => (S::NOT_IMPLEMENTED, "METHOD_NOT_IMPLEMENTED"),
        Rejection::TargetTooLong => (S::URI_TOO_LONG, "URI_TOO_LONG"),
        Rejection::TransferCodingUnknown => (S::NOT_IMPLEMENTED, "TRANSFER_CODING_NOT_IMPLEMENTED"),
        Rejection::VersionUnsupported => {
            (S::HTTP_VERSION_NOT_SUPPORTED, "HTTP_VERSION_NOT_SUPPORTED")
        }
    };
    Words::new(status, code, rejection_detail(rejection))
}

fn rejection_detail(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::AddressChainTooLong => "The chain of forwarded addresses is too long.",
        Rejection::BodyTooLarge => "The request body is too large.",
        Rejection::ExpectationUnknown => "The only expectation met here is 100-continue.",
        Rejection::FramingAmbiguous => "The framing of the request is ambiguous or broken.",
        Rejection::HeadTooLarge => "The request head is too large.",
        Rejection::HeaderAmbiguous => "A header field can be read in more than one way.",
        Rejection::HostAmbiguous => {
            "The Host header is missing, repeated, malformed or contradicted."
        }
        Rejection::HostMisdirected => "This server does not answer for that host.",
        Rejection::Loop => "The request has already passed this gateway.",
        Rejection::MethodForbidden => "This method is not served here.",
        Rejection::MethodMalformed => "The method is not an upper-case token.",
        Rejection::MethodUnknown => "This method is unknown.",
        Rejection::TargetAmbiguous => "The request target can be read in more than one way.",
        Rejection::TargetTooLong => "The request target is too long.",
        Rejection::TransferCodingUnknown => "The only transfer coding served is chunked.",
        Rejection::VersionUnsupported => "HTTP/1.1 or HTTP/2 is needed.",
    }
}

fn trouble_words(trouble: Trouble) -> Words {
    use StatusCode as S;
    let (status, code, detail) = match trouble {
        Trouble::CallerGone | Trouble::RequestTimeout => (
            S::REQUEST_TIMEOUT,
            "REQUEST_TIMEOUT",
            "The request did not arrive in time.",
        ),
        Trouble::Overloaded => (
            S::SERVICE_UNAVAILABLE,
            "OVERLOADED",
            "The gateway is overloaded.",
        ),
        Trouble::RateLimited => (
            S::TOO_MANY_REQUESTS,
            "RATE_LIMITED",
            "Too many failed authentications from this address. Please retry later.",
        ),
        Trouble::ReplayStoreUnavailable => (
            S::SERVICE_UNAVAILABLE,
            "REPLAY_STORE_UNAVAILABLE",
            "The replay store cannot be reached.",
        ),
        Trouble::UpstreamProtocol | Trouble::UpstreamUnavailable => (
            S::BAD_GATEWAY,
            "UPSTREAM_UNAVAILABLE",
            "The upstream cannot be reached or did not answer properly.",
        ),
        Trouble::UpstreamTimeout => (
            S::GATEWAY_TIMEOUT,
            "UPSTREAM_TIMEOUT",
            "The upstream did not answer in time.",
        ),
    };
    Words::new(status, code, detail)
}
