//! What was read from AWS for one plan: objects, catalog facts, and what could not be searched.

mod digest;
mod ownership;
mod snapshot;

pub use digest::Digest;
pub use ownership::{Owner, StackName, decode_address, encode_address, ownership_tags};
pub use snapshot::{
    AddonConfiguration, AddonKey, AddonVersion, AssociationMember, Caller, Coverage, Fact, HealthIssue,
    Insight, Members, Object, Phase, Snapshot,
};
