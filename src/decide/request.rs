//! What is asked: a request as the decision sees it, with the time and the caller handed in.

use crate::digest::{Credentials, NonceState, Timestamp};
use crate::peer::CallerAddress;
use crate::policy::{Method, RequestTarget};

use super::Doubt;

/// The part of a request that authorization asks about; `explain` makes one without any credentials.
#[derive(Clone, Copy, Debug)]
pub struct Question<'r> {
    /// When it is asked.
    pub at: Timestamp,
    /// Who is calling; `None` if that cannot be known, and then the caller is on no list.
    pub caller: Option<CallerAddress>,
    /// The method.
    pub method: Method,
    /// The target, which is also what is forwarded.
    pub target: &'r RequestTarget<'r>,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// What the caller wants, from where.
    pub question: Question<'r>,
    /// The credentials; [`Doubt::CredentialsMissing`] or [`Doubt::CredentialsMalformed`] where there are none.
    pub credentials: Result<&'r Credentials<'r>, Doubt>,
    /// What became of their nonce; not asked where there are no credentials.
    pub nonce: NonceState,
    /// The authority the request was sent to (the one `Host`), for an absolute-form `uri`.
    pub authority: &'r [u8],
}
