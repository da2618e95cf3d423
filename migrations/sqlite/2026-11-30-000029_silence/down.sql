DROP TABLE deliveries_counted;
DROP TABLE delivery_hours;
