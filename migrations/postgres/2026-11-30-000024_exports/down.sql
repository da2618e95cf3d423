DROP TABLE export_orders;
DROP TABLE export_batches;
DROP FUNCTION export_keeps_batch();
