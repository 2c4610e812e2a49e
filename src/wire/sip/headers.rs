//! Header fields: one text holds all of them, and each knows where its name and value stand in it,
//! so that reading a message allocates twice and not for every field. They become fields of
//! `rsip`'s model when they are printed.

use super::lexis::{
    check_elements, collect_list, decimal, elements, is_blank, is_token, one_line, span, trim,
};
use super::name::Known;
use super::{Method, NameAddr, Via};
use crate::wire::WireError;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Fields that a usual message has room for at once.
const FIELDS_USUAL: usize = 24;

/// Fields of a longer one have at least about so many bytes each.
const FIELD_BYTES_USUAL: usize = 48;

/// Header fields in the order they stand.
#[derive(Clone, Default)]
pub struct Headers {
    /// Unknown names and all values; other bytes of what was received stand between them.
    text: String,
    fields: Vec<Field>,
}

#[derive(Debug, Clone, Copy)]
struct Field {
    known: Option<Known>,
    /// Its name, where that is not a known one.
    name: Place,
    value: Place,
}

/// Where something stands in the text. No message has 4 GiB.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u32,
    end: u32,
}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        let fitted = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: fitted(range.start), end: fitted(range.end) }
    }
}

impl Place {
    fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Field {
    fn name<'a>(&self, text: &'a str) -> &'a str {
        match self.known {
            Some(known) => known.name(),
            None => self.name.of(text),
        }
    }

    /// Whether it has a name, given with what that is known as.
    fn is_of(&self, text: &str, wanted: Option<Known>, name: &str) -> bool {
        self.known == wanted && (wanted.is_some() || self.name.of(text).eq_ignore_ascii_case(name))
    }
}

/// The sequence number of a request with its method (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below 2^31.
    pub number: u32,
    /// The method it counts.
    pub method: Method,
}

/// The highest CSeq number (RFC 3261 §8.1.1.5: less than 2^31).
const CSEQ_MAX: u64 = (1 << 31) - 1;

impl Headers {
    /// No fields yet, over the text of fields that [`Self::push_place`] will point at.
    pub(super) fn over(text: &str) -> Self {
        let fields = FIELDS_USUAL.max(text.len() / FIELD_BYTES_USUAL);
        Self { text: text.to_owned(), fields: Vec::with_capacity(fields) }
    }

    /// The unfolded values of all fields of that (long, case-insensitive) name, one per line sent.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let wanted = Known::of(name);
        let fields = self.fields.iter().filter(move |field| field.is_of(&self.text, wanted, name));
        fields.map(|field| field.value.of(&self.text))
    }

    /// The first field of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = match Known::of(name) {
            Some(known) => fields.find(|field| field.known == Some(known)),
            None => fields.find(|field| field.is_of(&self.text, None, name)),
        };
        found.map(|field| field.value.of(&self.text))
    }

    /// All fields in order: name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (field.name(&self.text), field.value.of(&self.text)))
    }

    /// Appends a field. Line ends inside the value become blanks.
    pub fn push(&mut self, name: &str, value: impl AsRef<str>) {
        let field = self.kept(name, value.as_ref());
        self.fields.push(field);
    }

    /// Appends a field that stands in the text already: its name with what it is known as, and its
    /// value.
    pub(super) fn push_place(
        &mut self,
        known: Option<Known>,
        name: Range<usize>,
        value: Range<usize>,
    ) {
        self.fields.push(Field { known, name: name.into(), value: value.into() });
    }

    /// Replaces every field of that name by one, which takes the place of the first.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        let new = self.kept(name, value.as_ref());
        let wanted = Known::of(name);
        let first = self.fields.iter().position(|field| field.is_of(&self.text, wanted, name));
        self.remove(name);
        self.fields.insert(first.unwrap_or(self.fields.len()), new);
    }

    /// Removes every field of that name.
    pub fn remove(&mut self, name: &str) {
        let wanted = Known::of(name);
        let text = &self.text;
        self.fields.retain(|field| !field.is_of(text, wanted, name));
    }

    /// Keeps name and value behind all that is there.
    fn kept(&mut self, name: &str, value: &str) -> Field {
        let name = one_line(name);
        let known = Known::of(&name);
        let name = self.append(if known.is_some() { "" } else { &name });
        Field { known, name, value: self.append(&one_line(value)) }
    }

    fn append(&mut self, text: &str) -> Place {
        let start = self.text.len();
        self.text.push_str(text);
        (start..self.text.len()).into()
    }

    /// The fields in `rsip`'s model, with the true Content-Length.
    pub(super) fn typed(&self, length: usize) -> rsip::Headers {
        let mut length = Some(Known::ContentLength.typed(length.to_string()));
        let mut typed = Vec::with_capacity(self.fields.len() + 1);
        for field in &self.fields {
            let value = || field.value.of(&self.text).to_owned();
            match field.known {
                // Every further one is left out.
                Some(Known::ContentLength) => typed.extend(length.take()),
                Some(known) => typed.push(known.typed(value())),
                None => {
                    typed.push(rsip::Header::Other(field.name.of(&self.text).to_owned(), value()));
                }
            }
        }
        typed.extend(length);
        typed.into()
    }

    /// The topmost Via.
    pub fn top_via(&self) -> Result<Via, WireError> {
        Via::parse(self.top_via_text()?)
    }

    /// All Via elements, topmost first.
    pub fn vias(&self) -> Result<Vec<Via>, WireError> {
        collect_list(self.values("Via").flat_map(elements).map(Via::parse))
    }

    /// Whether every Via element can be read, without keeping any: requests come with many.
    pub(super) fn check_vias(&self) -> Result<(), WireError> {
        check_elements(self.values("Via"), Via::check)
    }

    /// The branch of the topmost Via.
    pub(super) fn top_branch(&self) -> Result<Option<Cow<'_, str>>, WireError> {
        Via::branch_of(self.top_via_text()?)
    }

    fn top_via_text(&self) -> Result<&str, WireError> {
        elements(self.required("Via")?).next().ok_or(WireError::Missing("Via"))
    }

    /// Whether a header that must be there holds an address.
    pub(super) fn check_address(&self, name: &'static str) -> Result<(), WireError> {
        NameAddr::check(self.required(name)?)
    }

    /// From, with its tag.
    pub fn from(&self) -> Result<NameAddr, WireError> {
        NameAddr::parse(self.required("From")?)
    }

    /// To, with its tag where the dialog has one.
    pub fn to(&self) -> Result<NameAddr, WireError> {
        NameAddr::parse(self.required("To")?)
    }

    /// Call-ID.
    pub fn call_id(&self) -> Result<&str, WireError> {
        let value = self.required("Call-ID")?;
        if value.is_empty() || value.bytes().any(is_blank) {
            return Err(WireError::Malformed("Call-ID"));
        }
        Ok(value)
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeq, WireError> {
        const MALFORMED: WireError = WireError::Malformed("CSeq");
        let (digits, method) = span(self.required("CSeq")?, |b| !is_blank(b));
        let number = decimal(digits, CSEQ_MAX).and_then(|n| u32::try_from(n).ok());
        let method = trim(method);
        if !is_token(method) {
            return Err(MALFORMED);
        }
        Ok(CSeq { number: number.ok_or(MALFORMED)?, method: Method::from_token(method) })
    }

    /// All Contact elements; `*` gives an empty list.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, WireError> {
        if self.is_every_contact()? { Ok(Vec::new()) } else { self.routes("Contact") }
    }

    /// Refuses what [`Self::contacts`] refuses, and keeps nothing.
    pub(super) fn check_contacts(&self) -> Result<(), WireError> {
        if self.is_every_contact()? {
            return Ok(());
        }
        check_elements(self.values("Contact"), NameAddr::check)
    }

    /// Whether it is `*`, which stands alone (RFC 3261 §10.2.2).
    fn is_every_contact(&self) -> Result<bool, WireError> {
        if self.get("Contact") != Some("*") {
            return Ok(false);
        }
        match self.values("Contact").count() {
            1 => Ok(true),
            _ => Err(WireError::Malformed("Contact")),
        }
    }

    /// Route or Record-Route elements in order.
    pub fn routes(&self, name: &str) -> Result<Vec<NameAddr>, WireError> {
        collect_list(self.values(name).flat_map(elements).map(NameAddr::parse))
    }

    /// The elements of a comma-list header (Require, Supported, Allow, Accept …) as sent.
    pub fn tokens<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).flat_map(elements)
    }

    /// A decimal header value such as Max-Forwards or Expires; parameters behind `;` are ignored.
    pub fn number(&self, name: &str) -> Result<Option<u32>, WireError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let digits = value.split([';', '(']).next().map_or("", trim);
        let number = decimal(digits, u64::from(u32::MAX)).and_then(|n| u32::try_from(n).ok());
        number.map(Some).ok_or(WireError::Malformed("number"))
    }

    fn required(&self, name: &'static str) -> Result<&str, WireError> {
        self.get(name).ok_or(WireError::Missing(name))
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
