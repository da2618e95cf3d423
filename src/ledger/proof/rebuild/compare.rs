//! Rebuilt entries against stored ones: what differs, and by how much, by account and by order.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::Rebuilt;
use super::changes::{amount, changes};
use super::shadow::Shadow;
use super::store::BookRow;
use crate::ledger::Error;
use crate::ledger::book::{EntryWithLines, PostingRow};
use crate::money::Overflow;

/// Something that is not what the snapshots give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Number of the stored entry, if there is one.
    pub entry_no: Option<i64>,
    pub order_id: Option<String>,
    pub what: String,
}

/// An account whose balance differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountDifference {
    pub account: String,
    pub currency: String,
    /// Balance in the journal, in minor units; debit positive.
    pub stored_minor: i64,
    /// Balance in the rebuilt one.
    pub rebuilt_minor: i64,
    /// Rebuilt less stored.
    pub difference_minor: i64,
}

/// An order of which an account differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderDifference {
    pub order_id: String,
    pub account: String,
    pub currency: String,
    /// Rebuilt less stored, in minor units; debit positive.
    pub difference_minor: i64,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    stored: i64,
    rebuilt: i64,
}

/// All that was found so far.
pub(super) struct Comparison {
    listed: usize,
    differences: Vec<Difference>,
    total: i64,
    /// Order and what is wrong with what follows from the journal; the journal itself comes first.
    derived: Vec<(String, String)>,
    stored_entries: i64,
    snapshots: i64,
    /// By account and currency; hashed, because every line is counted here.
    accounts: HashMap<String, BTreeMap<String, Sums>>,
    /// By order, account and currency: rebuilt less stored, of what differs only.
    orders: BTreeMap<String, BTreeMap<(String, String), i64>>,
    /// A number or a link differed already: all after it differ by it, which is one difference.
    unlinked: bool,
}

impl Comparison {
    pub(super) fn new(listed: usize) -> Self {
        Self {
            listed,
            differences: Vec::new(),
            total: 0,
            derived: Vec::new(),
            stored_entries: 0,
            snapshots: 0,
            accounts: HashMap::new(),
            orders: BTreeMap::new(),
            unlinked: false,
        }
    }

    /// Notes a difference that is not one of entries.
    pub(super) fn differ(&mut self, order_id: Option<&str>, what: String) {
        self.note(None, order_id, what);
    }

    /// Notes a difference in what follows from the journal. It counts only if the journal itself is right, for a wrong
    /// entry would be told twice.
    pub(super) fn differ_in_what_follows(&mut self, order_id: String, what: String) {
        self.derived.push((order_id, what));
    }

    fn note(&mut self, entry_no: Option<i64>, order_id: Option<&str>, what: String) {
        self.total += 1;
        if self.differences.len() < self.listed {
            self.differences.push(Difference { entry_no, order_id: order_id.map(str::to_owned), what });
        }
    }

    /// An entry that no snapshot before it explains: taken over when it is of that kind, else it should not be there.
    pub(super) fn take(&mut self, shadow: &mut Shadow, stored: EntryWithLines) -> Result<(), Error> {
        self.stored_entries += 1;
        let mut taken = stored.clone();
        if !shadow.take_over(&mut taken) {
            self.count(&stored.1, false)?;
            self.surplus(&stored);
            return Ok(());
        }
        self.count(&stored.1, false)?;
        self.count(&taken.1, true)?;
        let sum: Result<i64, Overflow> = crate::money::sum(stored.1.iter().map(|line| line.amount_minor));
        if sum != Ok(0) {
            let (entry_no, order_id) = (stored.0.entry_no, stored.0.order_id.as_deref());
            self.note(Some(entry_no), order_id, "its lines do not sum to zero".to_owned());
        }
        self.pair(&taken, &stored);
        Ok(())
    }

    /// The entries of one snapshot. Within it an atom is posted and reversed at most once each.
    pub(super) fn compare(
        &mut self,
        rebuilt: Vec<EntryWithLines>,
        mut stored: Vec<EntryWithLines>,
    ) -> Result<(), Error> {
        self.snapshots += 1;
        self.stored_entries += i64::try_from(stored.len()).unwrap_or(0);
        for (_, lines) in &stored {
            self.count(lines, false)?;
        }
        for (_, lines) in &rebuilt {
            self.count(lines, true)?;
        }
        if rebuilt == stored {
            return Ok(());
        }
        for full in &rebuilt {
            let same = |(entry, _): &EntryWithLines| entry.kind == full.0.kind && entry.atom_key == full.0.atom_key;
            match stored.iter().position(same) {
                Some(index) => {
                    let other = stored.remove(index);
                    self.pair(full, &other);
                }
                None => self.lacking(full),
            }
        }
        for full in &stored {
            self.surplus(full);
        }
        Ok(())
    }

    /// Counts lines of the journal, or of the rebuilt one.
    fn count(&mut self, lines: &[PostingRow], rebuilt: bool) -> Result<(), Error> {
        for line in lines {
            if !self.accounts.contains_key(&line.account_code) {
                self.accounts.insert(line.account_code.clone(), BTreeMap::new());
            }
            let Some(currencies) = self.accounts.get_mut(&line.account_code) else { continue };
            if !currencies.contains_key(&line.currency) {
                currencies.insert(line.currency.clone(), Sums::default());
            }
            let Some(sums) = currencies.get_mut(&line.currency) else { continue };
            let sum = if rebuilt { &mut sums.rebuilt } else { &mut sums.stored };
            *sum = sum.checked_add(line.amount_minor).ok_or_else(|| Error::Overflow {
                order_id: line.order_id.clone().unwrap_or_default(),
                overflow: Overflow,
            })?;
        }
        Ok(())
    }

    fn count_order(&mut self, (entry, lines): &EntryWithLines, sign: i64) {
        for line in lines {
            let order_id = line.order_id.as_ref().or(entry.order_id.as_ref()).cloned().unwrap_or_default();
            let accounts = self.orders.entry(order_id.clone()).or_default();
            let key = (line.account_code.clone(), line.currency.clone());
            let sum = accounts.entry(key.clone()).or_default();
            *sum = sum.saturating_add(line.amount_minor.saturating_mul(sign));
            // What comes to nothing need not be remembered.
            if *sum == 0 {
                accounts.remove(&key);
                if accounts.is_empty() {
                    self.orders.remove(&order_id);
                }
            }
        }
    }

    fn lacking(&mut self, full: &EntryWithLines) {
        self.count_order(full, 1);
        let (entry, _) = full;
        let what = format!(
            "the journal is missing an entry: {} {} of {} {} (snapshot {})",
            entry.kind,
            entry.atom_key,
            amount(full),
            entry.currency,
            entry.snapshot_no.unwrap_or(0)
        );
        self.note(None, entry.order_id.as_deref(), what);
    }

    fn surplus(&mut self, full: &EntryWithLines) {
        self.count_order(full, -1);
        let (entry, _) = full;
        let what = format!(
            "nothing in the stored data explains it: {} {} of {} {}",
            entry.kind,
            entry.atom_key,
            amount(full),
            entry.currency
        );
        self.note(Some(entry.entry_no), entry.order_id.as_deref(), what);
    }

    /// Two entries of one atom: their content, and their place in the chain.
    fn pair(&mut self, rebuilt: &EntryWithLines, stored: &EntryWithLines) {
        if rebuilt == stored {
            return;
        }
        let (entry_no, order_id) = (stored.0.entry_no, stored.0.order_id.as_deref());
        let changes = changes(rebuilt, stored);
        if !changes.is_empty() {
            self.count_order(stored, -1);
            self.count_order(rebuilt, 1);
            self.note(Some(entry_no), order_id, changes.join("; "));
            // Its hash is another because of that, and so are all after it.
            self.unlinked = true;
            return;
        }
        if !self.unlinked {
            self.unlinked = true;
            let what = if rebuilt.0.entry_no == stored.0.entry_no && rebuilt.0.prev_hash == stored.0.prev_hash {
                "its hash is not that of its content; from here on the chain differs".to_owned()
            } else {
                format!(
                    "its number or its link differs (rebuilt: {}), and so do those of all later entries",
                    rebuilt.0.entry_no
                )
            };
            self.note(Some(entry_no), order_id, what);
        }
    }

    pub(super) fn into_rebuilt(mut self, book: &BookRow, shadow: &Shadow) -> Rebuilt {
        let derived = std::mem::take(&mut self.derived);
        for (order_id, what) in derived.into_iter().filter(|_| self.total == 0).collect::<Vec<_>>() {
            self.note(None, Some(&order_id), what);
        }
        let mut accounts: Vec<AccountDifference> = Vec::new();
        for (account, currencies) in self.accounts {
            for (currency, Sums { stored, rebuilt }) in currencies {
                if stored != rebuilt {
                    accounts.push(AccountDifference {
                        account: account.clone(),
                        currency,
                        stored_minor: stored,
                        rebuilt_minor: rebuilt,
                        difference_minor: rebuilt.saturating_sub(stored),
                    });
                }
            }
        }
        accounts.sort_by(|a, b| (&a.currency, &a.account).cmp(&(&b.currency, &b.account)));
        let orders_total = i64::try_from(self.orders.len()).unwrap_or(i64::MAX);
        let orders = self.orders.into_iter().take(self.listed).flat_map(|(order_id, accounts)| {
            accounts.into_iter().map(move |((account, currency), difference_minor)| OrderDifference {
                order_id: order_id.clone(),
                account,
                currency,
                difference_minor,
            })
        });
        Rebuilt {
            source: book.source.clone(),
            snapshots: self.snapshots,
            entries: self.stored_entries,
            rebuilt_entries: shadow.entries,
            taken_over: shadow.taken_over,
            head: book.head.clone(),
            rebuilt_head: shadow.head(),
            differences: self.differences,
            differences_total: self.total,
            accounts,
            orders: orders.collect(),
            orders_total,
        }
    }
}
