//! Fault: an error inside of a value, from the place where it is found to what is written of it.
//!
//! In: a problem of a shape, what stood there, and the loc, which grows from the inside out as the error passes the
//! shapes around it. Out: a [`Fault`] as Pydantic gives it.

use std::io::Write;

use crate::encode::json;
use crate::oracle::{Fault, Stage};
use crate::plan::HOLE;
use crate::plan::shapes::{LocItem, Problem};

/// One possible error, with the places where the value decides.
#[derive(Debug)]
pub struct Worded {
    /// Pydantic's type, as JSON.
    kind: Box<str>,
    msg: Vec<Box<str>>,
    plain: Vec<Box<str>>,
    suffix: Vec<Box<str>>,
}

impl Worded {
    /// A problem of the plan.
    #[must_use]
    pub fn new(problem: &Problem) -> Self {
        let split = |text: &str| text.split(HOLE).map(Into::into).collect();
        Self {
            kind: problem.kind.as_str().into(),
            msg: split(&problem.msg),
            plain: split(&problem.plain),
            suffix: split(&problem.suffix),
        }
    }
}

/// A part of a loc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A position.
    Index(usize),
    /// A key, a label or a tag.
    Key(Box<str>),
}

impl From<&LocItem> for Step {
    fn from(item: &LocItem) -> Self {
        match item {
            LocItem::Index(index) => Self::Index(*index),
            LocItem::Key(key) => Self::Key(key.as_str().into()),
        }
    }
}

/// An error on its way out.
pub struct Pending<'a> {
    /// What is wrong.
    pub worded: &'a Worded,
    /// What fills the holes.
    pub hole: Box<str>,
    /// The value that is wrong, as JSON.
    pub input: Vec<u8>,
    /// Its loc, from the inside out.
    pub loc: Vec<Step>,
}

impl Pending<'_> {
    /// The error as Pydantic gives it; `outer` is the loc of the field.
    #[must_use]
    pub fn fault(&self, outer: &[Step]) -> Fault {
        let (mut loc, mut shown) = (b"[".to_vec(), Vec::new());
        for (at, step) in outer.iter().chain(self.loc.iter().rev()).enumerate() {
            if at > 0 {
                loc.push(b',');
                shown.push(b'.');
            }
            match step {
                // Writing to a vector cannot fail.
                Step::Index(index) => {
                    let _ = write!(loc, "{index}");
                    let _ = write!(shown, "{index}");
                }
                Step::Key(key) => {
                    json::string(key.as_bytes(), &mut loc);
                    shown.extend_from_slice(key.as_bytes());
                }
            }
        }
        loc.push(b']');
        let worded = self.worded;
        let mut error = b"{\"type\":".to_vec();
        json::string(worded.kind.as_bytes(), &mut error);
        error.extend_from_slice(b",\"loc\":");
        error.extend_from_slice(&loc);
        error.extend_from_slice(b",\"msg\":");
        fill(&worded.msg, &self.hole, true, &mut error);
        error.extend_from_slice(b",\"input\":");
        error.extend_from_slice(&self.input);
        fill(&worded.suffix, &self.hole, true, &mut error);
        if loc.len() > b"[]".len() {
            shown.extend_from_slice(b": ");
        }
        fill(&worded.plain, &self.hole, false, &mut shown);
        shown.extend_from_slice(b" [");
        shown.extend_from_slice(worded.kind.as_bytes());
        shown.push(b']');
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_default();
        Fault { json: error, text: text(shown), loc: text(loc), kind: worded.kind.to_string(), stage: Stage::Validate }
    }
}

/// Appends the parts of a text with `hole` between them.
fn fill(parts: &[Box<str>], hole: &str, escaped: bool, out: &mut Vec<u8>) {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 && escaped {
            json::body(hole.as_bytes(), out);
        } else if at > 0 {
            out.extend_from_slice(hole.as_bytes());
        }
        out.extend_from_slice(part.as_bytes());
    }
}
