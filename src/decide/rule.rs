//! The rules of the contract, in the order they are asked.

/// A rule's number; the order is the meaning.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Rule {
    /// 0: the request target and the framing have one reading only.
    OneReading,
    /// 1: there are digest credentials, well formed.
    Credentials,
    /// 2: the response proves the private key of an enabled key.
    Proof,
    /// 3: the nonce is ours and in its lifetime.
    Nonce,
    /// 4: a key with an access list calls from an address on it.
    AccessList,
    /// 5: the organization requires access lists.
    OrganizationRequiresList,
    /// 6: the resource requires an access list.
    ResourceRequiresList,
    /// 7: the path names no other organization than the key's.
    Organization,
    /// 8: the path names no project that the key was not given.
    Project,
    /// 9: the resource's roles.
    Role,
    /// 10: this (nonce, nc) was not used before.
    Once,
}

impl Rule {
    /// Every rule, in order.
    pub const ALL: [Self; 11] = [
        Self::OneReading,
        Self::Credentials,
        Self::Proof,
        Self::Nonce,
        Self::AccessList,
        Self::OrganizationRequiresList,
        Self::ResourceRequiresList,
        Self::Organization,
        Self::Project,
        Self::Role,
        Self::Once,
    ];

    /// The number in the rule book.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The rule in one sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OneReading => "the request target and the framing have one reading only",
            Self::Credentials => "there are digest credentials, well formed",
            Self::Proof => "the response proves the private key of an enabled key",
            Self::Nonce => "the nonce is ours and in its lifetime",
            Self::AccessList => {
                "a key with an access list calls from an address on it, for every request"
            }
            Self::OrganizationRequiresList => {
                "the organization requires access lists: a key without one makes no request"
            }
            Self::ResourceRequiresList => {
                "a key without a list does not use a resource that requires one"
            }
            Self::Organization => "the path names no other organization than the key's",
            Self::Project => "the path names no project that the key was not given",
            Self::Role => "a resource that names roles is used by a key that has one of them",
            Self::Once => "this nonce and count were not used before",
        }
    }
}
