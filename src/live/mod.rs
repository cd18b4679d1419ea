//! What was read from AWS for one plan: objects, catalog facts, and what could not be searched.

mod digest;
mod files;
mod ownership;
mod snapshot;

pub use digest::{Digest, Documents, Seen, Shown, named};
pub use files::Files;
pub use ownership::{Owner, StackName, decode_address, encode_address, ownership_tags};
pub use snapshot::{
    AddonConfiguration, AddonKey, AddonVersion, AssociationMember, Caller, ClusterVersion, Coverage, Fact,
    HealthIssue, Insight, Listing, Members, NodeGroup, Object, Offer, Phase, Snapshot,
};
