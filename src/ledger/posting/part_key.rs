//! The key of a part of an order: the same in the lines of the journal and in the current state.

use std::collections::BTreeMap;

use crate::order::Product;

pub(in crate::ledger) fn participant(id: &str) -> String {
    format!("participant:{id}")
}

pub(in crate::ledger) fn flex(id: &str) -> String {
    format!("flex:{id}")
}

pub(in crate::ledger) fn voucher(id: &str) -> String {
    format!("voucher:{id}")
}

pub(in crate::ledger) fn payment(id: &str) -> String {
    format!("payment:{id}")
}

/// The share that a line has in something, such as a discount.
pub(in crate::ledger) fn share(of: &str, line_key: &str) -> String {
    format!("{of}@{line_key}")
}

/// The line of which this is a share.
pub(in crate::ledger) fn line_of_share(key: &str) -> Option<&str> {
    key.rsplit_once('@').map(|(_, line_key)| line_key)
}

/// A part, or an atom about one, as a sentence names it: a key never reaches a person.
pub(in crate::ledger) fn in_words(key: &str) -> String {
    if let Some((what, part)) = key.split_once('@') {
        return format!("{} on {}", in_words(what), in_words(part));
    }
    if key.starts_with("discount:additional") {
        return "discount on the whole order".to_owned();
    }
    let Some((family, rest)) = key.split_once(':') else { return key.replace(['.', '_'], " ") };
    let first = || rest.split_once(':').map_or(rest, |(id, _)| id);
    match family {
        "sale" => in_words(rest),
        "release" => format!("revenue of {}", in_words(rest)),
        "cancel" => format!("cancellation of {}", in_words(rest)),
        "participant" => format!("ticket of participant {rest}"),
        "product" => format!("product {}", rest.rsplit_once(':').map_or(rest, |(id, _)| id)),
        "flex" | "flex.sale" => format!("flex ticket {rest}"),
        "voucher.issue" => format!("voucher {rest}"),
        "voucher.redeem" => format!("use of voucher {}", first()),
        "flex.redeem" => format!("use of flex ticket {}", first()),
        "retain" => "what is kept of the order".to_owned(),
        _ => format!("{} {rest}", family.replace(['.', '_'], " ")),
    }
}

/// The keys of product lines, in the order of the lines. Lines have no id, so those of one product are numbered by
/// their content: their place in the document does not matter. Lines that count come first, so that one that does not
/// count never changes the key of one that does.
pub(in crate::ledger) fn products(lines: &[Product], counts: impl Fn(&Product) -> bool) -> Vec<String> {
    let mut sorted: Vec<(usize, &Product)> = lines.iter().enumerate().collect();
    // A stable sort: equal lines stay in the order of the document.
    sorted.sort_by(|(_, a), (_, b)| counts(b).cmp(&counts(a)).then_with(|| a.cmp(b)));
    let mut ordinals: BTreeMap<&str, usize> = BTreeMap::new();
    let mut keys: BTreeMap<usize, String> = BTreeMap::new();
    for (position, line) in sorted {
        let ordinal = ordinals.entry(&line.product_id).or_default();
        *ordinal += 1;
        keys.insert(position, format!("product:{}:{ordinal}", line.product_id));
    }
    keys.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::order::PartStatus;

    fn line(product_id: &str, price_minor: i64, status: PartStatus) -> Product {
        Product {
            product_id: product_id.to_owned(),
            status,
            price_minor,
            quantity: 1,
            currency: Currency::parse("EUR").unwrap(),
            vat_bp: None,
            title: None,
        }
    }

    #[test]
    fn a_key_has_words() {
        for (key, words) in [
            ("sale:participant:p1", "ticket of participant p1"),
            ("release:product:mug:2", "revenue of product mug"),
            ("coupon:c1@participant:p1", "coupon c1 on ticket of participant p1"),
            ("discount:additional@product:mug:1", "discount on the whole order on product mug"),
            ("voucher.redeem:v:2025-11-10T10:00:00Z#2", "use of voucher v"),
            ("flex.redeem:f:p1", "use of flex ticket f"),
            ("flex.sale:f", "flex ticket f"),
            ("payment:m1", "payment m1"),
            ("order", "order"),
        ] {
            assert_eq!(in_words(key), words);
        }
    }

    #[test]
    fn lines_are_numbered_by_content_and_those_that_count_first() {
        use PartStatus::{Accepted, Cancelled};
        let lines = [
            line("a", 5, Accepted),
            line("b", 1, Accepted),
            line("a", 3, Accepted),
            line("a", 1, Cancelled),
            line("a", 3, Accepted),
        ];
        let keys = products(&lines, |line| line.status.is_live());
        assert_eq!(keys, ["product:a:3", "product:b:1", "product:a:1", "product:a:4", "product:a:2"]);
    }
}
