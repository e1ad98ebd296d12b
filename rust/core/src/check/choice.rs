//! Choice: Literal and Enum, as a table from cells to constants.

use std::collections::HashMap;

use super::{Kernel, Verdict, int};
use crate::cells::Span;
use crate::plan::ErrorCode;

/// Up to here, comparing one after another beats hashing.
const FEW: usize = 12;

/// The accepted cells, and what each is written as.
#[derive(Debug)]
pub struct Choice {
    /// The accepted cells in the order of the schema, with their constants.
    pub options: Vec<(Box<str>, Span)>,
    /// Positions in `options` by cell; empty where there are few.
    pub index: HashMap<Box<str>, usize>,
    /// The error of every other cell.
    pub error: ErrorCode,
}

impl Choice {
    /// A table of `options`.
    #[must_use]
    pub fn new(options: Vec<(Box<str>, Span)>, error: ErrorCode) -> Self {
        let many = options.len() > FEW;
        let index = options.iter().enumerate().filter(|_| many).map(|(i, (cell, _))| (cell.clone(), i)).collect();
        Self { options, index, error }
    }

    #[inline(always)]
    fn find(&self, text: &str) -> Verdict {
        let found = if self.index.is_empty() {
            self.options.iter().position(|(cell, _)| **cell == *text)
        } else {
            self.index.get(text).copied()
        };
        match found {
            Some(at) => Verdict::Constant(self.options[at].1, at as i64),
            None => Verdict::Reject(self.error),
        }
    }
}

impl Kernel for Choice {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        self.find(text)
    }
}

/// A choice whose cells are read as integers first.
#[derive(Debug)]
pub struct Integers(pub Choice);

impl Kernel for Integers {
    const TEXT: bool = true;

    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        match int::parse(text) {
            int::Parsed::Value { value, .. } => self.0.find(itoa::Buffer::new().format(value)),
            int::Parsed::No => Verdict::Reject(self.0.error),
            int::Parsed::Unsure => Verdict::Unsure,
        }
    }
}
