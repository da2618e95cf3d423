//! The address of a request, as senders write it: with a slash too many, or with escapes that need not be.

/// Words of our addresses. All else in a path may be a secret.
const WORDS: [&str; 4] = ["webhooks", "oauth", "token", "healthz"];
/// Segments of a path that a log shows.
const SHOWN: usize = 8;

/// The segments of a path: empty ones are left away, and escapes of unreserved characters are decoded (RFC 3986,
/// section 6.2.2.2). Other escapes stay, so that no segment becomes two.
pub(super) fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(unreserved_decoded).collect()
}

fn unreserved_decoded(segment: &str) -> String {
    let mut decoded = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = after.get(..2).and_then(|digits| {
            let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            hexadecimal.then(|| u8::from_str_radix(digits, 16).ok())?
        });
        match byte.filter(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte)) {
            Some(byte) => {
                decoded.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded + rest
}

/// A path for the log: our own words and the names of sources; a star for all else.
pub(super) fn shown(segments: &[String], is_source: impl Fn(&str) -> bool) -> String {
    let known = |segment: &str| WORDS.contains(&segment) || is_source(segment);
    let shown = |segment: &String| if known(segment) { format!("/{segment}") } else { "/*".to_owned() };
    let mut text: String = segments.iter().take(SHOWN).map(shown).collect();
    if segments.is_empty() {
        text.push('/');
    }
    if segments.len() > SHOWN {
        text.push_str("/…");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_written_in_many_ways() {
        for path in ["/webhooks/museum/a.b~c", "//webhooks///museum/a.b~c/", "/%77ebhooks/m%75seum/a%2Eb%7ec"] {
            assert_eq!(segments(path), ["webhooks", "museum", "a.b~c"], "{path}");
        }
        assert_eq!(segments("/a%2Fb/%zz/%2/%/%C3%A9"), ["a%2Fb", "%zz", "%2", "%", "%C3%A9"]);
        assert_eq!(segments("/"), Vec::<String>::new());
    }

    #[test]
    fn what_is_logged_of_an_address_holds_no_secret() {
        let path = segments("/api/webhooks/museum/0123456789abcdef");
        assert_eq!(shown(&path, |name| name == "museum"), "/*/webhooks/museum/*");
        assert_eq!(shown(&[], |_| false), "/");
        assert_eq!(shown(&vec!["webhooks".to_owned(); 9], |_| false), format!("{}/…", "/webhooks".repeat(8)));
    }
}
