//! How much two texts have in common, by their pairs of characters; a rare pair counts more than
//! one that every text has.

use super::past::ReadCase;
use crate::domain::directory::Directory;
use crate::domain::search::whole_pairs;
use std::collections::BTreeMap;

/// The different pairs of a text in their order; characters that stand alone are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pairs(Vec<[char; 2]>);

impl Pairs {
    pub(super) fn of(text: &str) -> Self {
        let mut pairs = whole_pairs(text);
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    /// Those that the other has too; each of the fewer is looked for among the more.
    fn shared<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a [char; 2]> {
        let (few, many) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        few.0.iter().filter(move |pair| many.0.binary_search(pair).is_ok())
    }
}

/// How much each pair counts.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    texts: f64,
    found_in: BTreeMap<[char; 2], u32>,
}

impl Weights {
    /// Counted over the catalogue and the past cases.
    pub(super) fn of(directory: &Directory, past: &[ReadCase<'_>]) -> Self {
        let mut weights = Self { texts: 1.0, found_in: BTreeMap::new() };
        for item in &directory.duties {
            let text = format!("{} {}", item.record.name, item.record.words.join(" "));
            weights.count(&Pairs::of(&text));
        }
        for (pairs, _) in past {
            weights.count(pairs);
        }
        weights
    }

    fn count(&mut self, pairs: &Pairs) {
        self.texts += 1.0;
        for pair in &pairs.0 {
            *self.found_in.entry(*pair).or_default() += 1;
        }
    }

    /// ln(1 + texts / texts with it), as search engines weigh words.
    fn weight(&self, pair: &[char; 2]) -> f64 {
        let found = self.found_in.get(pair).copied().unwrap_or(1);
        (1.0 + self.texts / f64::from(found)).ln()
    }

    fn sum<'a>(&self, pairs: impl Iterator<Item = &'a [char; 2]>) -> f64 {
        pairs.map(|pair| self.weight(pair)).sum()
    }

    /// How much all pairs of a text count together.
    pub(super) fn whole(&self, pairs: &Pairs) -> f64 {
        self.sum(pairs.0.iter())
    }

    /// From 0, nothing in common, to 1, the same pairs. `whole` is that of the first, which is compared
    /// with many.
    pub(super) fn similarity(&self, (one, whole): (&Pairs, f64), other: &Pairs) -> f64 {
        let shared = self.sum(one.shared(other));
        if shared <= 0.0 { 0.0 } else { shared / (whole * self.whole(other)).sqrt() }
    }

    /// Which part of `small` stands in `large`, from 0 to 1.
    pub(super) fn contained(&self, small: &Pairs, large: &Pairs) -> f64 {
        let whole = self.whole(small);
        if whole <= 0.0 { 0.0 } else { self.sum(small.shared(large)) / whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn similarity(one: &str, other: &str) -> f64 {
        let weights = Weights::of(&Directory::default(), &[]);
        let one = Pairs::of(one);
        weights.similarity((&one, weights.whole(&one)), &Pairs::of(other))
    }

    #[test]
    fn the_same_matter_in_other_words_is_more_alike_than_another_matter() {
        let one = "北宿镇羊厂路口路灯不亮";
        let same = similarity(one, "羊厂路口那三盏路灯不亮半个月了");
        let other = similarity(one, "北宿镇自来水停了两天");
        assert!(same > 0.4 && other < 0.3, "{same} {other}");
        assert!((similarity(one, one) - 1.0).abs() < 1e-9);
        assert!(similarity("", one) == 0.0 && similarity("。", "，") == 0.0);
    }

    proptest! {
        #[test]
        fn likeness_lies_between_0_and_1_both_ways(one in "\\PC{0,30}", other in "\\PC{0,30}") {
            let (there, back) = (similarity(&one, &other), similarity(&other, &one));
            prop_assert!((0.0..=1.0 + 1e-9).contains(&there) && (there - back).abs() < 1e-9);
        }
    }
}
