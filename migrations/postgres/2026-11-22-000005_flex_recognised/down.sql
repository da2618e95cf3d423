UPDATE vouchers SET regime = 'unknown' WHERE regime = 'recognised';
ALTER TABLE vouchers DROP CONSTRAINT vouchers_regime_check;
ALTER TABLE vouchers ADD CONSTRAINT vouchers_regime_check
    CHECK (regime IN ('mpv', 'spv', 'prepaid', 'taxed', 'unknown'));
