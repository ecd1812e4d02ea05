//! An organization: what owns keys and projects, and may require access lists of every key.

use std::sync::Arc;

use super::{Enforcement, Key};

/// A project of an organization (a "group" in paths).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Project {
    /// The id (24 hex digits in Atlas).
    pub id: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

/// One organization with its keys and projects.
#[derive(Clone, Debug)]
pub struct Organization {
    /// The id (24 hex digits in Atlas).
    pub id: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// Whether every key needs an access list.
    pub require_access_list: bool,
    /// Whether refusals bind.
    pub enforcement: Enforcement,
    /// Its projects.
    pub projects: Box<[Project]>,
    /// Its keys.
    pub keys: Box<[Key]>,
    /// The file it was read from, relative to the configuration folder.
    pub file: Arc<str>,
}
