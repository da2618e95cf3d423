-- PostgreSQL measures its tables itself; SQLite is told here how a large book is made up.
SELECT 1;
