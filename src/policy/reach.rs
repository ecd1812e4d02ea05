//! From where a key may call: the page's three sentences as three arms.

use std::sync::Arc;

use super::AccessList;

/// From where a key may call.
#[derive(Clone, Debug)]
pub enum Reach {
    /// "…allows your API key to make requests from any address on the internet", with the table's exceptions.
    Anywhere,
    /// "Any API keys with an API access list require all API requests to come from an IP address on that list."
    Listed(Arc<AccessList>),
    /// "If you require API access lists, API keys can't make any API requests until you define at least one API
    /// access list entry."
    Nowhere,
}

impl Reach {
    /// What a key's list and its organization's requirement come to.
    #[must_use]
    pub fn new(list: Option<AccessList>, organization_requires_list: bool) -> Self {
        match (list, organization_requires_list) {
            (Some(list), true | false) => Self::Listed(Arc::new(list)),
            (None, true) => Self::Nowhere,
            (None, false) => Self::Anywhere,
        }
    }

    /// The list, if there is one.
    #[must_use]
    pub fn list(&self) -> Option<&AccessList> {
        match self {
            Self::Listed(list) => Some(list),
            Self::Anywhere | Self::Nowhere => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::sample::list;

    #[test]
    fn a_list_is_a_list_whatever_the_organization_requires() {
        let some = || list(&[("203.0.113.0/24", Some(0))]).list().cloned();
        assert!(matches!(Reach::new(some(), false), Reach::Listed(_)));
        assert!(matches!(Reach::new(some(), true), Reach::Listed(_)));
        assert!(matches!(Reach::new(None, true), Reach::Nowhere));
        assert!(matches!(Reach::new(None, false), Reach::Anywhere));
        assert!(Reach::new(None, true).list().is_none());
    }
}
