//! Why a proven caller is refused: rules 4–9.

use super::Rule;

/// A refusal of a caller whose key is proven; answered with 403.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reason {
    /// Rule 4.
    AddressNotOnAccessList,
    /// Rule 7.
    OrganizationForeign,
    /// Rule 5.
    OrganizationRequiresAccessList,
    /// Rule 8.
    ProjectUnassigned,
    /// Rule 6.
    ResourceRequiresAccessList,
    /// Rule 9.
    RoleMissing,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::AddressNotOnAccessList,
        Self::OrganizationForeign,
        Self::OrganizationRequiresAccessList,
        Self::ProjectUnassigned,
        Self::ResourceRequiresAccessList,
        Self::RoleMissing,
    ];

    /// The reason code: log field, metric label, README heading.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AddressNotOnAccessList => "address_not_on_access_list",
            Self::OrganizationForeign => "organization_foreign",
            Self::OrganizationRequiresAccessList => "organization_requires_access_list",
            Self::ProjectUnassigned => "project_unassigned",
            Self::ResourceRequiresAccessList => "resource_requires_access_list",
            Self::RoleMissing => "role_missing",
        }
    }

    /// The `errorCode` of the answer's body, in the Atlas API's words.
    #[must_use]
    pub const fn error_code(self) -> &'static str {
        match self {
            Self::AddressNotOnAccessList => "IP_ADDRESS_NOT_ON_ACCESS_LIST",
            Self::OrganizationForeign => "USER_CANNOT_ACCESS_ORG",
            Self::OrganizationRequiresAccessList => "ORG_REQUIRES_ACCESS_LIST",
            Self::ProjectUnassigned => "USER_CANNOT_ACCESS_GROUP",
            Self::ResourceRequiresAccessList => "RESOURCE_REQUIRES_ACCESS_LIST",
            Self::RoleMissing => "USER_UNAUTHORIZED",
        }
    }

    /// The rule that broke.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::AddressNotOnAccessList => Rule::AccessList,
            Self::OrganizationForeign => Rule::Organization,
            Self::OrganizationRequiresAccessList => Rule::OrganizationRequiresList,
            Self::ProjectUnassigned => Rule::Project,
            Self::ResourceRequiresAccessList => Rule::ResourceRequiresList,
            Self::RoleMissing => Rule::Role,
        }
    }
}
