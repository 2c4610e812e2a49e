//! The names of the prompts. They are the ids of `prompts/zh-CN/script.toml`; a test compares them.

macro_rules! prompt_ids {
    ($($id:ident),* $(,)?) => {
        /// A prompt of the script, named as in `prompts/zh-CN/script.toml`, where its words stand.
        /// Ids that end in `N` are said while no person sits at a seat.
        #[allow(missing_docs, clippy::upper_case_acronyms)] // the script says what each one is
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum PromptId {
            $($id),*
        }

        impl PromptId {
            /// Every prompt, in the order of the script.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            /// The id as written in the script, for the ledger.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$id => stringify!($id)),*
                }
            }
        }
    };
}

prompt_ids! {
    G01, G02, G03, G03N, G04, G05, G06, G07, G08, G08N, B01, B02, B03, B04, Q01, Q02, Q03,
    Q04, Q04N, Q05, Q06, Q07, Q08, Q08N, Q09, Q09N, Q10, Q10N, Q11, Q12, Q13, A01, A02,
    A02N, A03, M01, M02, M03, M04, M05, M05C, M05N, M06, M07, M08, M09, M10, M11, M12, M13,
    M14, M15, M16, M17, L01, L02, L03, L04, L05, L05N, L06, L06N, L07, L07N, L08, L08N, L09,
    L10, ST00, ST01, ST02, ST03, ST04, ST05, ST06, ST07, ST08, ST09, ST09N, ST10, ST11,
    ST12, ST13, ST14, ST14N, ST15, ST15N, ST15M, ST16, DL01, DL02, DL03, DL04, DL04N, DL05,
    DL05N, DL06, DL07, DL08, DL09, DL10, DL10N, DL11, W01, W02, W03, W04, W05, W06,
    W07, W08, V01, V02, V03, C01,
    C02, C03, C04, C05, C06, C07, C08, C09, C10, C11, D01, D02, D03, D04, D05, D06, D07,
    R01, R02, R03, R04, R05, R06, R07, R08, R09, R10, E01, E02, E03, E04, E05, E06, E07,
    E08, E09, E10, N01, N02, N03, K01, K02, K03, X01, X02, X03, X03N, X04, X04N, X05, X06,
    X06N, X07, X08, X09, X10, X11, X12, X13, X14, X15, X16,
}
