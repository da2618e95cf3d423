//! Voucher by voucher: money, tax and liability are each counted once over its life, whatever happened to the orders
//! that sold, used or refunded it.

use std::collections::{BTreeMap, BTreeSet};

use super::store;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::findings::VoucherMove;
use crate::ledger::findings::store::{imported_faces, voucher_moves};
use crate::ledger::posting::StoredValueKey;
use crate::money::vat_in_gross;

/// Vouchers read at once.
const PAGE: i64 = 500;

pub(super) fn check(connection: &mut Connection, source: &str) -> Result<Option<String>, Error> {
    let mut last = String::new();
    loop {
        let page = store::voucher_ids_after(connection, source, &last, PAGE)?;
        let Some(highest) = page.last() else { return Ok(None) };
        last.clone_from(highest);
        let ids: Vec<&str> = page.iter().map(String::as_str).collect();
        let mut lives: BTreeMap<(StoredValueKey, String), Life> = BTreeMap::new();
        for moved in voucher_moves(connection, source, &ids)? {
            let key = StoredValueKey::new(moved.class(), &moved.voucher_id);
            lives.entry((key, moved.currency.clone())).or_default().add(&moved);
        }
        for (key, (currency, face_minor)) in imported_faces(connection, source, &ids)? {
            if let Some(life) = lives.get_mut(&(key, currency)).filter(|life| life.imported) {
                life.face_minor = life.face_minor.saturating_add(face_minor);
            }
        }
        for ((key, currency), life) in lives {
            if let Some(fault) = life.fault() {
                return Ok(Some(format!("source {source}, {} in {currency}: {fault}", key.in_words())));
            }
        }
    }
}

/// What the journal says of a voucher or flex ticket in one currency, in minor units.
#[derive(Default)]
struct Life {
    /// What was sold and issued, less what was used.
    face_minor: i64,
    /// What is owed, by account.
    owed: BTreeMap<String, i64>,
    /// The orders that sold or issued it.
    sellers: BTreeSet<String>,
    imported: bool,
    /// A sale or issue of it does not count any more.
    undone: bool,
    /// One does.
    sold: bool,
    uses: i64,
}

impl Life {
    fn add(&mut self, moved: &VoucherMove) {
        if moved.item_kind == ItemKind::VoucherOpening {
            self.imported |= moved.amount_minor != 0;
        }
        if moved.item_kind.is_issue() {
            self.sellers.extend(moved.order_id.clone());
            // The claim is the same whatever the rate; a liability may have moved to another account.
            let claim = moved.account.starts_with("assets:");
            self.undone |= claim && moved.undone_at.is_some();
            self.sold |= claim && moved.undone_at.is_none() && moved.amount_minor != 0;
        }
        let owed = Account::is_stored_value(&moved.account);
        self.face_minor = self.face_minor.saturating_add(moved.face_minor());
        if !moved.item_kind.is_issue() {
            self.uses += moved.count.max(0);
        }
        if owed && moved.amount_minor != 0 {
            let owed = self.owed.entry(moved.account.clone()).or_default();
            *owed = owed.saturating_sub(moved.amount_minor);
        }
    }

    fn fault(mut self) -> Option<String> {
        self.owed.retain(|_, minor| *minor != 0);
        // More used than issued, or sold twice: a finding says so, and what is owed then is for a person to say.
        if self.face_minor < 0 || self.sellers.len() > 1 {
            return None;
        }
        if self.undone && !self.sold && !self.imported && self.face_minor != 0 {
            return Some(format!("its sale was undone, and {} is still issued of it", self.face_minor));
        }
        if self.owed.len() > 1 {
            let accounts: Vec<&str> = self.owed.keys().map(String::as_str).collect();
            return Some(format!("it is owed on several accounts: {}", accounts.join(", ")));
        }
        let face = self.face_minor;
        let (account, owed) = self.owed.pop_first()?;
        let fault = || Some(format!("{face} of its face is not used, and {owed} is owed on {account}"));
        if face == 0 || !(0..=face).contains(&owed) {
            return fault();
        }
        let net = match account.strip_prefix("liabilities:voucher:spv:").map(str::parse) {
            Some(Ok(bp)) => vat_in_gross(face, bp).map(|vat| face - vat).ok()?,
            Some(Err(_)) => return fault(),
            // On their account, prepaid flex tickets are owed gross and taxed ones net.
            None if account == "liabilities:flex" => return None,
            None => face,
        };
        // Each use is rounded by itself; the last one takes what that leaves.
        let rounding = if account.starts_with("liabilities:voucher:spv:") { self.uses } else { 0 };
        if (owed - net).abs() > rounding { fault() } else { None }
    }
}
