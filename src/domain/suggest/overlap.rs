//! How much two texts have in common, by their pairs of characters; a rare pair counts more than
//! one that every text has.

use super::past::PastCase;
use crate::domain::directory::Directory;
use crate::domain::search::pairs;
use std::collections::{BTreeMap, BTreeSet};

/// The different pairs of a text; characters that stand alone are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pairs(BTreeSet<String>);

impl Pairs {
    pub(super) fn of(text: &str) -> Self {
        let all = pairs(text);
        let whole = all.split(' ').filter(|pair| pair.chars().count() == 2);
        Self(whole.map(str::to_owned).collect())
    }
}

/// How much each pair counts.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    texts: f64,
    found_in: BTreeMap<String, u32>,
}

impl Weights {
    /// Counted over the catalogue and the past cases.
    pub(super) fn of(directory: &Directory, past: &[PastCase]) -> Self {
        let duties = directory
            .duties
            .iter()
            .map(|item| format!("{} {}", item.record.name, item.record.words.join(" ")));
        let texts = duties.chain(past.iter().map(|case| case.text.clone()));
        let mut weights = Self { texts: 1.0, found_in: BTreeMap::new() };
        for text in texts {
            weights.texts += 1.0;
            for pair in Pairs::of(&text).0 {
                *weights.found_in.entry(pair).or_default() += 1;
            }
        }
        weights
    }

    /// ln(1 + texts / texts with it), as search engines weigh words.
    fn weight(&self, pair: &str) -> f64 {
        let found = self.found_in.get(pair).copied().unwrap_or(1);
        (1.0 + self.texts / f64::from(found)).ln()
    }

    fn sum<'a>(&self, pairs: impl Iterator<Item = &'a String>) -> f64 {
        pairs.map(|pair| self.weight(pair)).sum()
    }

    /// From 0, nothing in common, to 1, the same pairs.
    pub(super) fn similarity(&self, one: &Pairs, other: &Pairs) -> f64 {
        let shared = self.sum(one.0.intersection(&other.0));
        let (one, other) = (self.sum(one.0.iter()), self.sum(other.0.iter()));
        if shared <= 0.0 { 0.0 } else { shared / (one * other).sqrt() }
    }

    /// Which part of `small` stands in `large`, from 0 to 1.
    pub(super) fn contained(&self, small: &Pairs, large: &Pairs) -> f64 {
        let whole = self.sum(small.0.iter());
        if whole <= 0.0 { 0.0 } else { self.sum(small.0.intersection(&large.0)) / whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn similarity(one: &str, other: &str) -> f64 {
        let weights = Weights::of(&Directory::default(), &[]);
        weights.similarity(&Pairs::of(one), &Pairs::of(other))
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
