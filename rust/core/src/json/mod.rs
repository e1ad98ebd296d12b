//! JSON: from lines to the tokens of the keys that the plan looks up, and from tokens to verdicts.
//!
//! In: the lines of a block. Out: what a CSV block gives: for each row a state, for each field and row what is written.
//! A line that is not exactly understood (nested values under a key that is looked up, numbers past 18 digits, lone
//! surrogates, text that is no JSON) is unsure: Pydantic decides about it, and words what is wrong with it.

mod along;
mod bare;
mod brackets;
mod check;
mod echo;
mod extra;
mod hopes;
mod judge;
mod layout;
mod lookups;
pub mod object;
mod parse;
mod quick;
mod read;
pub mod scalars;
pub mod scan;
mod tokens;
mod whole;

pub use along::{Along, Scratch as AlongScratch};
pub(crate) use check::absent;
pub use check::check;
pub use echo::{Echo, Scratch as EchoScratch};
pub use extra::Extra;
pub(crate) use judge::Way;
pub use lookups::{Lookups, Take};
pub use tokens::{Tag, Tokens};
pub(crate) use whole::Whole;
