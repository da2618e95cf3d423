DROP TABLE export_orders;
DROP TABLE export_batches;
