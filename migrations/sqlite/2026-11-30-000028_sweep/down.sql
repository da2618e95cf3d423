DROP TABLE api_tokens;
DROP TABLE sweep_differences;
DROP TABLE sweep_budgets;
DROP TABLE sweep_runs;
DROP TABLE sweep_progress;
