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
