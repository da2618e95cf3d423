-- A flex ticket without a limit may be revenue when it is sold (policy `flex_regime = "recognise_at_sale"`). SQLite
-- cannot change a check, so the table is made anew.
CREATE TABLE vouchers_new (
    source TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('voucher', 'flex')),
    voucher_id TEXT NOT NULL,
    regime TEXT NOT NULL CHECK (regime IN ('mpv', 'spv', 'prepaid', 'taxed', 'recognised', 'unknown')),
    origin TEXT NOT NULL CHECK (origin IN ('sale', 'refund', 'import', 'unknown')),
    state TEXT NOT NULL CHECK (state IN ('live', 'dead')),
    face_minor INTEGER,
    currency TEXT,
    vat_bp INTEGER,
    purchase_order_id TEXT,
    code_sha256 TEXT,
    code_last4 TEXT,
    units_total INTEGER,
    units_left INTEGER,
    PRIMARY KEY (source, class, voucher_id)
) STRICT;
INSERT INTO vouchers_new (source, class, voucher_id, regime, origin, state, face_minor, currency, vat_bp, purchase_order_id, code_sha256, code_last4, units_total, units_left)
SELECT source, class, voucher_id, regime, origin, state, face_minor, currency, vat_bp, purchase_order_id, code_sha256, code_last4, units_total, units_left
FROM vouchers;
DROP TABLE vouchers;
ALTER TABLE vouchers_new RENAME TO vouchers;
CREATE INDEX vouchers_order ON vouchers (source, purchase_order_id);
