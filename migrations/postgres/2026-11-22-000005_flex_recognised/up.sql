-- A flex ticket without a limit may be revenue when it is sold (policy `flex_regime = "recognise_at_sale"`).
ALTER TABLE vouchers DROP CONSTRAINT vouchers_regime_check;
ALTER TABLE vouchers ADD CONSTRAINT vouchers_regime_check
    CHECK (regime IN ('mpv', 'spv', 'prepaid', 'taxed', 'recognised', 'unknown'));
