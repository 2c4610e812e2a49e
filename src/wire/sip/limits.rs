//! How much of anything a SIP message may hold. Past a limit the message is refused, never cut.

/// Bytes of one whole message, head and body: the largest UDP datagram (RFC 3261 §18.1.1).
pub const MESSAGE_BYTES_MAX: usize = 65_535;
/// Bytes of one header field after unfolding. RFC 4475 "longreq" needs about 1,100.
pub const FIELD_BYTES_MAX: usize = 8_192;
/// Header fields of one message. RFC 4475 "longreq" has 45.
pub const FIELDS_MAX: usize = 128;
/// Elements of one comma list, and of all fields of one name together.
pub const LIST_ELEMENTS_MAX: usize = 64;
/// Bytes of one URI. RFC 4475 "longreq" needs about 550.
pub const URI_BYTES_MAX: usize = 2_048;
/// Parameters of one URI or one header element.
pub const PARAMS_MAX: usize = 32;
/// Bytes of a method name.
pub const METHOD_BYTES_MAX: usize = 64;
