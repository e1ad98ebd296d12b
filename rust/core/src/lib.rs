//! The engine of thresher: from bytes to verdicts to bytes. No Python in here: `cargo test` needs none.
//!
//! ```text
//! bytes → split → cells → check → transform → encode → sink
//!                   └ unsure → Pydantic ┘        └ rejects, report
//! ```
//!
//! A stage is a file: [`source`] reads bytes, [`split`] finds records, [`cells`] finds cells and their text,
//! [`check`] gives verdicts column by column, [`transform`] filters records and makes the values that are written from
//! expressions ([`expr`]), [`shape`] looks inside of values, [`oracle`] is how Pydantic is asked, [`verify`] compares
//! with it, [`encode`] writes accepted records, [`reject`] writes rejected ones, [`report`] counts, [`batch`] cuts what is
//! handed over while a run goes on, [`sink`] puts blocks in order into files. [`job`] calls them in this order.

pub mod batch;
pub mod cells;
pub mod check;
pub mod compiled;
pub mod encode;
pub mod error;
pub mod expr;
pub mod job;
pub mod json;
pub mod keep;
pub mod oracle;
pub mod plan;
pub mod pool;
pub mod reject;
pub mod report;
pub mod shape;
pub mod sink;
pub mod source;
pub mod spill;
pub mod split;
pub mod transform;
pub mod verify;
pub mod worker;
