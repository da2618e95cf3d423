-- Generated from migrations/views.sql, which says how; change that file.
--
-- The contract with finance and BI tools: names, columns and results are the same on both engines, and changing them is
-- a breaking change. Amounts are minor units; `period` is the month of the booking date.
--
-- A reversal is a row like any other, and no view leaves out a reversed original: a report that drops the original and
-- keeps its reversal shows -100 in one month and nothing in the other.
--
-- The views take source and currency from the entry, so that a filter on them can use the index.

CREATE VIEW v_gl AS
SELECT
    e.source,
    e.entry_no,
    p.line_no,
    e.kind,
    e.event_type,
    e.booking_date,
    substr(e.booking_date, 1, 7) AS period,
    e.effective_at,
    e.recorded_at,
    -- The order of the line: a refund voucher credits the receivable of an order other than its own.
    COALESCE(p.order_id, e.order_id) AS order_id,
    o.order_code,
    p.account_code AS account,
    p.currency,
    p.amount_minor,
    CASE WHEN p.amount_minor > 0 THEN p.amount_minor ELSE 0 END AS debit_minor,
    CASE WHEN p.amount_minor < 0 THEN -p.amount_minor ELSE 0 END AS credit_minor,
    p.vat_bp,
    p.item_kind,
    p.event_id,
    -- The latest title, so that a renamed event stays one event.
    t.title AS event_title,
    p.service_date,
    p.payment_id,
    p.payment_method,
    p.voucher_id,
    e.reverses_no,
    e.reason_code AS reason,
    e.inbox_event_id
FROM journal_entries e
JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
LEFT JOIN orders o ON o.source = p.source AND o.order_id = COALESCE(p.order_id, e.order_id)
LEFT JOIN event_titles t ON t.source = p.source AND t.event_key = p.event_key;

CREATE VIEW v_trial_balance AS
SELECT source, currency, account_code AS account, CAST(SUM(amount_minor) AS INTEGER) AS balance_minor
FROM month_sums
GROUP BY source, currency, account_code;

-- `qty` counts what was sold for money; a free ticket posts nothing. Visitors are counted in `order_lines`.
CREATE VIEW v_revenue_by_event AS
SELECT
    p.source,
    p.currency,
    p.period,
    -- NULL for products, and for Ticketpark, whose bookings name an event only by its title.
    p.event_id,
    t.title AS event_title,
    p.vat_bp,
    CAST(SUM(p.qty) AS INTEGER) AS qty,
    CAST(-SUM(CASE WHEN p.account_code GLOB 'liabilities:vat:*' THEN 0 ELSE p.amount_minor END) AS INTEGER) AS net_minor,
    -- A voucher that was taxed at another rate than the ticket that it pays for: the tax is what was charged when the
    -- voucher was sold, so what its use adds to the net is less tax.
    CAST(SUM(CASE WHEN p.account_code GLOB 'liabilities:vat:*' THEN -p.amount_minor WHEN p.item_kind IN ('voucher_redemption', 'flex_redemption') THEN p.amount_minor ELSE 0 END)
        AS INTEGER) AS vat_minor,
    CAST(-SUM(CASE WHEN p.item_kind IN ('voucher_redemption', 'flex_redemption') THEN 0 ELSE p.amount_minor END) AS INTEGER) AS gross_minor
FROM month_sums p
LEFT JOIN event_titles t ON t.source = p.source AND t.event_key = p.event_key
-- A flex ticket or voucher is a promise when it is sold, not revenue; redeeming it pays for what is counted here.
WHERE (p.item_kind IN ('ticket', 'product', 'discount', 'price_reduction')
       AND (p.account_code GLOB 'income:*' OR p.account_code GLOB 'liabilities:vat:*' OR p.account_code = 'suspense:vat_undetermined'))
   OR (p.item_kind IN ('voucher_redemption', 'flex_redemption') AND (p.account_code IN ('income:tickets', 'income:products')
       OR p.account_code = 'suspense:vat_undetermined'))
GROUP BY p.source, p.currency, p.period, p.event_id, t.title, p.vat_bp;

-- Everything that is taxed when it is posted. A multi-purpose voucher and an untaxed flex ticket are not; their lines
-- have no rate. Selling a single-purpose voucher adds to its rate, and redeeming it subtracts its share from the rate of
-- the line that it pays for, because that line is taxed itself. So its VAT counts once, at the rate of the voucher.
CREATE VIEW v_vat_by_rate AS
SELECT
    p.source,
    p.currency,
    p.period,
    -- NULL: the rate is undetermined, so VAT is 0 here and the gross amount is shown as net.
    p.vat_bp,
    CAST(-SUM(CASE WHEN p.account_code GLOB 'liabilities:vat:*' THEN 0 ELSE p.amount_minor END) AS INTEGER) AS net_minor,
    CAST(-SUM(CASE WHEN p.account_code GLOB 'liabilities:vat:*' THEN p.amount_minor ELSE 0 END) AS INTEGER) AS vat_minor,
    CAST(-SUM(p.amount_minor) AS INTEGER) AS gross_minor
FROM month_sums p
WHERE (p.vat_bp IS NOT NULL OR (p.account_code GLOB 'income:*' AND p.account_code <> 'income:breakage') OR p.account_code = 'suspense:vat_undetermined'
       OR (p.item_kind IN ('voucher_redemption', 'flex_redemption') AND p.account_code GLOB 'liabilities:voucher:spv:*'))
  AND NOT p.account_code = 'equity:opening'
GROUP BY p.source, p.currency, p.period, p.vat_bp;

-- The same turnover in the month in which it was paid: each payment, refund or redemption settles the lines of its order
-- in proportion to their gross. What is not paid is not there. What is paid before there is anything to pay for has no
-- rate yet, and its amount stands as net.
CREATE VIEW v_vat_by_payment AS
SELECT
    m.source,
    m.currency,
    m.period,
    m.vat_bp,
    CAST(SUM(m.net_minor) AS INTEGER) AS net_minor,
    CAST(SUM(m.vat_minor) AS INTEGER) AS vat_minor,
    CAST(SUM(m.net_minor + m.vat_minor) AS INTEGER) AS gross_minor
FROM (
    SELECT v.source, v.currency, v.period, v.vat_bp, v.net_minor, v.vat_minor FROM v_vat_by_rate v
    UNION ALL
    SELECT s.source, s.currency, substr(s.booking_date, 1, 7), s.vat_bp, s.net_minor, s.vat_minor
    FROM vat_shifts s
    WHERE s.basis = 'payment'
) m
GROUP BY m.source, m.currency, m.period, m.vat_bp
HAVING SUM(m.net_minor) <> 0 OR SUM(m.vat_minor) <> 0;

-- The same turnover in the month in which it was paid or in which the service took place, whichever came first.
CREATE VIEW v_vat_by_service AS
SELECT
    m.source,
    m.currency,
    m.period,
    m.vat_bp,
    CAST(SUM(m.net_minor) AS INTEGER) AS net_minor,
    CAST(SUM(m.vat_minor) AS INTEGER) AS vat_minor,
    CAST(SUM(m.net_minor + m.vat_minor) AS INTEGER) AS gross_minor
FROM (
    SELECT v.source, v.currency, v.period, v.vat_bp, v.net_minor, v.vat_minor FROM v_vat_by_rate v
    UNION ALL
    SELECT s.source, s.currency, substr(s.booking_date, 1, 7), s.vat_bp, s.net_minor, s.vat_minor
    FROM vat_shifts s
    WHERE s.basis = 'service'
) m
GROUP BY m.source, m.currency, m.period, m.vat_bp
HAVING SUM(m.net_minor) <> 0 OR SUM(m.vat_minor) <> 0;

-- VAT that is posted and not due yet, by the date of payment and by the date of service:
-- opening + posted - due = closing. What is due and what is not due yet add up to the VAT account of the rate. A
-- negative balance is due and not posted yet, such as the VAT in a deposit, or was posted back before the money was given
-- back.
CREATE VIEW v_rollforward_vat_not_due AS
SELECT
    m.source,
    m.currency,
    m.basis,
    m.vat_bp,
    m.period,
    CAST(SUM(m.posted - m.due) OVER months - (m.posted - m.due) AS INTEGER) AS opening_minor,
    m.posted AS posted_minor,
    m.due AS due_minor,
    CAST(SUM(m.posted - m.due) OVER months AS INTEGER) AS closing_minor
FROM (
    SELECT
        d.source,
        d.currency,
        d.basis,
        d.vat_bp,
        d.period,
        CAST(SUM(d.posted) AS INTEGER) AS posted,
        CAST(SUM(d.due) AS INTEGER) AS due
    FROM (
        SELECT v.source, v.currency, b.basis, v.vat_bp, v.period, v.vat_minor AS posted, v.vat_minor AS due
        FROM v_vat_by_rate v
        CROSS JOIN (SELECT 'payment' AS basis UNION ALL SELECT 'service' AS basis) b
        UNION ALL
        SELECT s.source, s.currency, s.basis, s.vat_bp, substr(s.booking_date, 1, 7), 0, s.vat_minor
        FROM vat_shifts s
    ) d
    -- Where there is no rate, or a rate of 0, there is no VAT.
    WHERE d.vat_bp <> 0
    GROUP BY d.source, d.currency, d.basis, d.vat_bp, d.period
) m
WINDOW months AS (
    PARTITION BY m.source, m.currency, m.basis, m.vat_bp ORDER BY m.period ROWS UNBOUNDED PRECEDING);

CREATE VIEW v_payments_by_method AS
SELECT
    p.source,
    p.currency,
    p.period,
    -- As the provider wrote it; in the account code, unusual characters are replaced.
    p.payment_method,
    -- Reversing a payment that vanished reduces what was paid; nothing was refunded.
    CAST(SUM(CASE WHEN p.item_kind = 'payment' THEN p.amount_minor ELSE 0 END) AS INTEGER) AS paid_minor,
    CAST(SUM(CASE WHEN p.item_kind = 'refund' THEN p.amount_minor ELSE 0 END) AS INTEGER) AS refunded_minor,
    CAST(SUM(p.amount_minor) AS INTEGER) AS net_minor
FROM month_sums p
WHERE p.account_code GLOB 'assets:clearing:*' AND p.item_kind IN ('payment', 'refund')
GROUP BY p.source, p.currency, p.period, p.payment_method;

-- A positive balance: the guest owes us; a negative one: we owe the guest. Every line that is not billed counts as
-- settled, so the balances of all orders add up to the receivable account, whatever kinds of lines are posted there.
CREATE VIEW v_order_balance AS
SELECT
    b.source, NULLIF(b.order_id, '') AS order_id, o.order_code, o.status, b.currency,
    b.billed_minor, b.settled_minor, b.billed_minor - b.settled_minor AS balance_minor
FROM order_sums b
LEFT JOIN orders o ON o.source = b.source AND o.order_id = b.order_id
UNION ALL
-- An order without money, such as a free ticket, has a row too.
SELECT
    o.source, o.order_id, o.order_code, o.status, o.currency,
    CAST(0 AS INTEGER), CAST(0 AS INTEGER), CAST(0 AS INTEGER)
FROM orders o
WHERE NOT EXISTS (SELECT 1 FROM order_sums b WHERE b.source = o.source AND b.order_id = o.order_id);

-- The balances of all vouchers add up to the liability accounts; single-purpose vouchers and taxed flex tickets are
-- net, as they are posted. A voucher that was redeemed here but never sold here has a negative balance. What expired
-- counts as redeemed; a correction changes what was issued.
CREATE VIEW v_voucher_balance AS
SELECT
    b.source,
    b.voucher_id,
    -- The account on which it stands as issued decides; when it stands on none or on both, the newest line.
    CASE WHEN b.class = 'flex' THEN 'flex'
         WHEN b.issued_spv <> 0 AND b.issued_mpv = 0 THEN 'spv'
         WHEN b.issued_spv = 0 AND b.issued_mpv <> 0 THEN 'mpv'
         WHEN COALESCE(b.last_spv, 0) > COALESCE(b.last_mpv, 0) THEN 'spv'
         ELSE 'mpv' END AS kind,
    b.currency,
    b.issued_minor,
    b.redeemed_minor,
    b.issued_minor - b.redeemed_minor AS balance_minor
FROM (
    SELECT
        source,
        voucher_id,
        CASE WHEN account_code = 'liabilities:flex' THEN 'flex' ELSE 'voucher' END AS class,
        currency,
        MAX(CASE WHEN account_code GLOB 'liabilities:voucher:spv:*' THEN entry_no END) AS last_spv,
        MAX(CASE WHEN account_code = 'liabilities:voucher:mpv' THEN entry_no END) AS last_mpv,
        SUM(CASE WHEN account_code GLOB 'liabilities:voucher:spv:*' AND item_kind NOT IN ('voucher_redemption', 'flex_redemption', 'breakage')
            THEN amount_minor ELSE 0 END) AS issued_spv,
        SUM(CASE WHEN account_code = 'liabilities:voucher:mpv' AND item_kind NOT IN ('voucher_redemption', 'flex_redemption', 'breakage')
            THEN amount_minor ELSE 0 END) AS issued_mpv,
        CAST(-SUM(CASE WHEN item_kind IN ('voucher_redemption', 'flex_redemption', 'breakage')
            THEN 0 ELSE amount_minor END) AS INTEGER) AS issued_minor,
        CAST(SUM(CASE WHEN item_kind IN ('voucher_redemption', 'flex_redemption', 'breakage')
            THEN amount_minor ELSE 0 END) AS INTEGER) AS redeemed_minor
    FROM postings
    WHERE account_code = 'liabilities:flex' OR account_code GLOB 'liabilities:voucher:*'
    GROUP BY source, voucher_id, CASE WHEN account_code = 'liabilities:flex' THEN 'flex' ELSE 'voucher' END, currency
) b;

-- Everything that is open. A finding that follows from another one says so at the end of its evidence.
CREATE VIEW v_open_findings AS
SELECT
    f.source, f.order_id, o.order_code, f.reason, f.severity, f.currency,
    f.expected_minor, f.actual_minor, f.difference_minor, f.first_seen, f.evidence
FROM findings f
LEFT JOIN orders o ON o.source = f.source AND o.order_id = f.order_id
WHERE f.state = 'open';

-- A claimed event is still pending; its lease only says that a worker holds it.
CREATE VIEW v_inbox AS
SELECT source, state, COUNT(*) AS events, MIN(received_at) AS oldest_received_at
FROM inbox_events
GROUP BY source, state;

-- One row for each contact and currency, because amounts in different currencies cannot be added. An erased contact
-- keeps its number and its sums and nothing else.
CREATE VIEW v_customers AS
SELECT
    c.source,
    c.contact_id,
    c.name,
    c.email,
    c.company,
    c.country,
    COUNT(DISTINCT o.order_id) AS orders,
    COALESCE(b.currency, o.currency) AS currency,
    CAST(COALESCE(SUM(b.billed_minor), 0) AS INTEGER) AS billed_minor,
    MAX(o.ordered_at) AS last_order_at
FROM contacts c
LEFT JOIN orders o ON o.contact_id = c.contact_id
LEFT JOIN order_sums b ON b.source = o.source AND b.order_id = o.order_id AND b.billed_minor <> 0
GROUP BY c.source, c.contact_id, c.name, c.email, c.company, c.country, COALESCE(b.currency, o.currency);

-- From an entry back to the bytes that caused it. `document_id` is set if they were fetched instead of sent.
CREATE VIEW v_trace AS
SELECT
    e.source,
    e.entry_no,
    e.order_id,
    e.snapshot_no,
    COALESCE(e.inbox_event_id, s.inbox_event_id) AS inbox_event_id,
    s.document_id,
    i.body_sha256
FROM journal_entries e
LEFT JOIN order_snapshots s ON s.source = e.source AND s.snapshot_no = e.snapshot_no
LEFT JOIN inbox_events i ON i.id = COALESCE(e.inbox_event_id, s.inbox_event_id);

-- What guests owe, month by month: opening + all movements = closing. Each movement has the sign with which it changes
-- the receivable: a sale adds, a payment subtracts. `billed` is net of discounts. What was brought in when the book
-- began is neither billed nor paid in this book: it is in `other`.
CREATE VIEW v_rollforward_receivable AS
SELECT
    m.source,
    m.currency,
    m.period,
    CAST(SUM(m.total) OVER months - m.total AS INTEGER) AS opening_minor,
    m.billed_minor,
    m.paid_minor,
    m.refunded_minor,
    m.redeemed_minor,
    m.refund_vouchers_minor,
    m.other_minor,
    CAST(SUM(m.total) OVER months AS INTEGER) AS closing_minor
FROM (
    SELECT
        p.source,
        p.currency,
        p.period,
        CAST(SUM(CASE WHEN p.item_kind IN ('ticket', 'product', 'flex', 'voucher', 'discount', 'price_reduction') AND NOT p.is_opening
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS billed_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'payment' AND NOT p.is_opening
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS paid_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'refund' AND NOT p.is_opening
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS refunded_minor,
        CAST(SUM(CASE WHEN p.item_kind IN ('voucher_redemption', 'flex_redemption') AND NOT p.is_opening
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS redeemed_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'refund_voucher' AND NOT p.is_opening
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS refund_vouchers_minor,
        -- Manual entries, imports, and what was brought in when the book began.
        CAST(SUM(CASE WHEN p.is_opening
            OR p.item_kind NOT IN ('ticket', 'product', 'flex', 'voucher', 'discount', 'price_reduction', 'refund_voucher', 'voucher_redemption', 'flex_redemption', 'payment', 'refund')
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS other_minor,
        CAST(SUM(p.amount_minor) AS INTEGER) AS total
    FROM month_sums p
    WHERE p.account_code = 'assets:receivable'
    GROUP BY p.source, p.currency, p.period
) m
WINDOW months AS (PARTITION BY m.source, m.currency ORDER BY m.period ROWS UNBOUNDED PRECEDING);

-- What we owe on vouchers and flex tickets, by account and month: opening + issued + redeemed + other = closing.
-- A liability is positive here; a redemption is negative.
CREATE VIEW v_rollforward_voucher AS
SELECT
    m.source,
    m.currency,
    m.account,
    m.period,
    CAST(SUM(m.total) OVER months - m.total AS INTEGER) AS opening_minor,
    m.issued_minor,
    m.redeemed_minor,
    m.other_minor,
    CAST(SUM(m.total) OVER months AS INTEGER) AS closing_minor
FROM (
    SELECT
        p.source,
        p.currency,
        p.account_code AS account,
        p.period,
        CAST(-SUM(CASE WHEN p.item_kind IN ('voucher', 'refund_voucher', 'flex')
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS issued_minor,
        CAST(-SUM(CASE WHEN p.item_kind IN ('voucher_redemption', 'flex_redemption')
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS redeemed_minor,
        CAST(-SUM(CASE WHEN p.item_kind NOT IN ('voucher', 'refund_voucher', 'flex', 'voucher_redemption', 'flex_redemption')
            THEN p.amount_minor ELSE 0 END) AS INTEGER) AS other_minor,
        CAST(-SUM(p.amount_minor) AS INTEGER) AS total
    FROM month_sums p
    WHERE p.account_code = 'liabilities:flex' OR p.account_code GLOB 'liabilities:voucher:*'
    GROUP BY p.source, p.currency, p.account_code, p.period
) m
WINDOW months AS (PARTITION BY m.source, m.currency, m.account ORDER BY m.period ROWS UNBOUNDED PRECEDING);

-- What came in after its month was closed, and where it was booked instead. `late_for` is the month it belongs to.
CREATE VIEW v_late_adjustments AS
SELECT
    e.source,
    substr(e.reason_code, 10) AS late_for,
    substr(e.booking_date, 1, 7) AS period,
    e.entry_no,
    p.line_no,
    e.kind,
    e.event_type,
    e.booking_date,
    e.effective_at,
    e.recorded_at,
    COALESCE(p.order_id, e.order_id) AS order_id,
    o.order_code,
    p.account_code AS account,
    p.currency,
    p.amount_minor,
    p.vat_bp
FROM journal_entries e CROSS JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
LEFT JOIN orders o ON o.source = p.source AND o.order_id = COALESCE(p.order_id, e.order_id)
WHERE e.reason_code GLOB 'late_for_*';

-- Every line with everything that a report groups or limits by. Reports of days or with `--as-of` or `--booked-until`,
-- account sheets and the manifest of a close are computed from it. It is not part of the contract.
CREATE VIEW v_ledger_lines AS
SELECT
    e.source,
    e.entry_no,
    p.line_no,
    e.kind,
    e.event_type,
    e.booking_date,
    substr(e.booking_date, 1, 7) AS period,
    e.recorded_at,
    p.order_id,
    o.order_code,
    p.account_code AS account,
    e.currency,
    p.amount_minor,
    p.item_kind,
    -- What it moves in a roll-forward.
    CASE WHEN e.event_type GLOB 'opening.*' THEN 'opening' ELSE p.item_kind END AS moved,
    p.event_id,
    p.event_key,
    t.title AS event_title,
    p.vat_bp,
    p.qty,
    p.payment_id,
    p.payment_method,
    p.voucher_id,
    CASE WHEN p.account_code = 'liabilities:flex' THEN 'flex'
         WHEN p.account_code GLOB 'liabilities:voucher:*' THEN 'voucher' END AS voucher_class
FROM journal_entries e CROSS JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
LEFT JOIN orders o ON o.source = p.source AND o.order_id = p.order_id
LEFT JOIN event_titles t ON t.source = p.source AND t.event_key = p.event_key;

-- By how much VAT is due on another day than the one on which it is posted, with what a report limits by. It is not part
-- of the contract.
CREATE VIEW v_vat_shift_lines AS
SELECT
    s.source,
    s.entry_no,
    s.booking_date,
    substr(s.booking_date, 1, 7) AS period,
    -- Not a join: a report that does not ask when it became known does not look for the entry.
    (SELECT e.recorded_at FROM journal_entries e WHERE e.source = s.source AND e.entry_no = s.entry_no) AS recorded_at,
    s.currency,
    s.basis,
    s.vat_bp,
    s.net_minor,
    s.vat_minor
FROM vat_shifts s;
