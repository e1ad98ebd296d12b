//! Layout: in which form the lines of a source are: which keys, in which order, with which blanks between them.
//!
//! In: lines that were of no known form. Out: what stands before each value, to be compared all at once. Programs write
//! every line in one form, and leave out a key now and then. Holds no values and decides nothing.

use super::bare::Pattern;
use super::lookups::Lookups;
use super::scan::{skip, space, text};

/// Whether a key is looked up, and what for: the field of each place in the lookups, if it has one.
pub type Fields = [Option<usize>];

/// No UTF-8: it stands nowhere.
const NOWHERE: &[u8] = b"\xff";

/// What stands before values.
#[derive(Debug, Default)]
pub struct Layout {
    /// Before the first key.
    pub open: Mark,
    /// Between a value and the next key.
    pub between: Mark,
    /// The keys in the order in which they stand, each at most once; none of them has to be there.
    pub keys: Vec<Key>,
}

/// A key.
#[derive(Debug)]
pub struct Key {
    /// What stands before its value.
    pub head: Pattern,
    /// The same.
    text: Box<[u8]>,
    /// The field that it feeds; None: its value is passed over.
    pub field: Option<usize>,
    /// Whether a line had it; else it stands where it is thought to come.
    seen: bool,
}

/// A few bytes to be compared all at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    word: u128,
    mask: u128,
    pub len: usize,
}

impl Mark {
    /// The longest: a line feed and blanks before a key of a written array.
    const MOST: usize = 16;

    /// None where it is longer than that.
    fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MOST];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        let mask = u128::MAX.checked_shr(128 - 8 * text.len() as u32).unwrap_or(0);
        Some(Self { word: u128::from_le_bytes(bytes), mask, len: text.len() })
    }

    /// Whether `next`, the first lowest, begin with it.
    #[inline(always)]
    pub fn stands(&self, next: [u8; Self::MOST]) -> bool {
        u128::from_le_bytes(next) & self.mask == self.word
    }
}

impl Layout {
    /// The most keys there are besides those of fields.
    const OTHERS: usize = 16;

    /// Takes in the form of a line: keys that are new to it are put in their places, and where they come in another
    /// order or with other blanks, it alone counts.
    #[cold]
    pub fn learn(&mut self, line: &[u8], lookups: &Lookups, fields: &Fields, known_only: bool) {
        let most = Self::OTHERS + fields.len();
        let Some(mut found) = Self::of(line, lookups, fields, known_only, most) else { return };
        if found.open == self.open && found.between == self.between {
            let seen = std::mem::take(&mut self.keys).into_iter().filter(|key| key.seen).collect();
            found.keys = merged(seen, found.keys, most);
        }
        if found.keys.len() <= most {
            found.guess(lookups, fields);
            *self = found;
        }
    }

    /// The form of a line of at most `most` keys, each of which is compared with all others.
    fn of(line: &[u8], lookups: &Lookups, fields: &Fields, known_only: bool, most: usize) -> Option<Self> {
        let start = space(line, 1);
        let open = Mark::new(line.get(..start)?).filter(|_| line[0] == b'{')?;
        let mut keys: Vec<Key> = Vec::new();
        let (mut at, mut between) = (start, None);
        loop {
            let (quote, false) = text(line, at + 1).filter(|_| line.get(at) == Some(&b'"'))? else { return None };
            let colon = space(line, quote + 1);
            if line.get(colon) != Some(&b':') {
                return None;
            }
            let from = space(line, colon + 1);
            let place = lookups.find(&line[at + 1..quote]);
            let field = place.and_then(|place| *fields.get(place)?);
            let text = &line[at..from];
            let head = Pattern::new(text);
            if keys.len() == most {
                return None;
            }
            let again = keys.iter().any(|key| same_name(&key.text, text));
            if again || head.len == 0 || place.is_none() && known_only {
                return None;
            }
            keys.push(Key { head, text: text.into(), field, seen: true });
            let to = skip(line, from)?;
            at = space(line, to);
            if line.get(at) == Some(&b'}') {
                // Before a key that no line had yet.
                let alone = if from > colon + 1 { b", ".as_slice() } else { b"," };
                let between = if let Some(between) = between { between } else { Mark::new(alone)? };
                return (space(line, at + 1) == line.len()).then_some(Self { open, between, keys });
            }
            if line.get(at) != Some(&b',') {
                return None;
            }
            at = space(line, at + 1);
            let next = Mark::new(&line[to..at])?;
            if *between.get_or_insert(next) != next {
                return None;
            }
        }
    }

    /// Puts the keys of fields that no line had where they are thought to come: behind the field before.
    fn guess(&mut self, lookups: &Lookups, fields: &Fields) {
        let blanks = self.keys.first().map_or(0, |key| key.text.len() - key.text.trim_ascii_end().len());
        let mut place = 0;
        for (quoted, field) in lookups.quoted().zip(fields).filter(|(_, field)| field.is_some()) {
            if let Some(known) = self.keys.iter().position(|key| key.field == *field) {
                place = known + 1;
                continue;
            }
            let text = [quoted, &b"    "[..blanks.min(4)]].concat();
            let head = Some(Pattern::new(&text)).filter(|head| head.len > 0 && !quoted.is_empty());
            let head = head.unwrap_or_else(|| Pattern::new(NOWHERE));
            self.keys.insert(place, Key { head, text: text.into(), field: *field, seen: false });
            place += 1;
        }
    }
}

/// Both, if they have the same order; else the later ones, as where there are too many.
fn merged(mut before: Vec<Key>, later: Vec<Key>, most: usize) -> Vec<Key> {
    let mut place = 0;
    let mut places = Vec::with_capacity(later.len());
    for key in &later {
        let known = before.iter().position(|other| same_name(&other.text, &key.text));
        match known {
            Some(known) if known < place || before[known].text != key.text => return later,
            Some(known) => place = known + 1,
            None => places.push(place),
        }
    }
    if before.len() + places.len() > most {
        return later;
    }
    let new: Vec<_> = later.into_iter().filter(|key| !before.iter().any(|other| other.text == key.text)).collect();
    for (added, (key, place)) in new.into_iter().zip(places).enumerate() {
        before.insert(place + added, key);
    }
    before
}

/// Whether two keys, with their quotes and what follows, are the same.
fn same_name(one: &[u8], other: &[u8]) -> bool {
    let name = |text: &[u8]| text.iter().rposition(|&byte| byte == b'"').map_or(0, |quote| quote);
    one[..name(one)] == other[..name(other)]
}

#[cfg(test)]
mod tests {
    use super::{Layout, Lookups};

    #[test]
    fn no_more_keys_are_looked_at_than_can_be_kept() {
        let lookups = Lookups::new(&["a".into()], &[]);
        let fields = [Some(0)];
        // Of all of them, comparing each with each would take minutes.
        // The key of the field is put to them.
        for (keys, kept) in [(1, 2), (Layout::OTHERS, Layout::OTHERS + 1), (Layout::OTHERS + 2, 0), (1_000_000, 0)] {
            let members: Vec<_> = (0..keys).map(|key| format!("\"k{key}\":{key}")).collect();
            let line = format!("{{{}}}", members.join(","));
            let mut layout = Layout::default();
            layout.learn(line.as_bytes(), &lookups, &fields, false);
            assert_eq!(layout.keys.len(), kept, "{keys}");
        }
    }
}
