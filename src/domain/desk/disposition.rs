//! The names of the dispositions, as they stand in the store, in JSON and on the command line.

use super::Disposition;

impl Disposition {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Answered,
        Self::ThreeWay,
        Self::Kept,
        Self::Circulated,
        Self::Assigned,
        Self::LeaderReview,
        Self::Discipline,
        Self::NoMatter,
    ];

    /// Its name in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ThreeWay => "three_way",
            Self::Kept => "kept",
            Self::Circulated => "circulated",
            Self::Assigned => "assigned",
            Self::LeaderReview => "leader_review",
            Self::Discipline => "discipline",
            Self::NoMatter => "no_matter",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disposition_has_one_name_everywhere() {
        for disposition in Disposition::ALL {
            assert_eq!(serde_json::to_value(disposition).unwrap(), disposition.as_str());
        }
    }
}
