-- Only PostgreSQL keeps plans that need this; the trees have the same names.
SELECT 1;
