//! Uuid: through the crate that pydantic-core itself uses.

use std::borrow::Cow;

use uuid::{Uuid as Parsed, Variant};

use super::{Kernel, Verdict};
use crate::plan::ErrorCode;

/// A UUID, of one version where given.
#[derive(Debug)]
pub struct Uuid {
    /// The only version that is accepted.
    pub version: Option<usize>,
}

impl Kernel for Uuid {
    const TEXT: bool = true;

    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let uuid = match Parsed::parse_str(text) {
            Ok(uuid) => uuid,
            Err(error) => {
                return Verdict::RejectWith(ErrorCode::UuidParsing, Cow::Owned(error.to_string()));
            }
        };
        let wrong = |version| uuid.get_version_num() != version || uuid.get_variant() != Variant::RFC4122;
        if self.version.is_some_and(wrong) {
            return Verdict::Reject(ErrorCode::UuidVersion);
        }
        let mut buffer = Parsed::encode_buffer();
        let shown = uuid.hyphenated().encode_lower(&mut buffer);
        if shown == text {
            return Verdict::Same(0);
        }
        out.extend_from_slice(shown.as_bytes());
        Verdict::Written(0)
    }
}
