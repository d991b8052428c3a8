//! Names and values as forms and queries encode them.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The pairs of an urlencoded text, in order, each with whether its bytes are UTF-8.
pub(super) fn pairs(encoded: &[u8]) -> impl Iterator<Item = Result<(String, String), std::str::Utf8Error>> {
    encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        Ok((decoded(halves.next().unwrap_or_default())?, decoded(halves.next().unwrap_or_default())?))
    })
}

fn decoded(encoded: &[u8]) -> Result<String, std::str::Utf8Error> {
    let spaced: Cow<'_, [u8]> = if encoded.contains(&b'+') {
        encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
    } else {
        encoded.into()
    };
    percent_decode(&spaced).decode_utf8().map(Cow::into_owned)
}

/// The pairs in the query of an address that can be read.
pub(super) fn of_query(address: &str) -> impl Iterator<Item = (String, String)> {
    let without_fragment = address.split('#').next().unwrap_or_default();
    let query = without_fragment.split_once('?').map(|(_, query)| query).unwrap_or_default();
    pairs(query.as_bytes()).filter_map(Result::ok)
}
