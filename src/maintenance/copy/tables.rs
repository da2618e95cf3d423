//! All tables, in an order in which rows can be stored: a row comes after those that it refers to.

/// Tables in the order of copying, which satisfies the triggers of the ledger: manifests before the entries that close
/// their months, periods after all entries and all that is dated like them. Lines are copied with their entries.
pub const TABLES: &[&str] = &[
    "sources",
    "inbox_events",
    "operator_actions",
    "inbox_attempts",
    "documents",
    "oauth_tokens",
    "provider_tokens",
    "policies",
    "accounts",
    "order_snapshots",
    "period_manifests",
    "journal_entries",
    LINES,
    "month_sums",
    "order_sums",
    "vat_shifts",
    "periods",
    "chain_anchors",
    "contacts",
    "contact_orders",
    "orders",
    "order_lines",
    "payments",
    "vouchers",
    "redemptions",
    "event_titles",
    "event_dates",
    "findings",
    "source_activity",
    "delivery_hours",
    "deliveries_counted",
    "alerts",
    "alerted_events",
    "export_batches",
    "export_orders",
    "sweep_progress",
    "sweep_runs",
    "sweep_budgets",
    "sweep_differences",
    "sweep_methods",
    "sweep_waiting",
    "sweep_totals",
    "api_tokens",
    "inbox_causes",
    "console_users",
    "console_tokens",
    "console_audit",
    "console_keys",
];

/// Lines of the entries: the database refuses a line without its entry, and an entry without its lines.
pub(super) const LINES: &str = "postings";
pub(super) const ENTRIES: &str = "journal_entries";

/// Tables that are not copied, with the reason.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("__diesel_schema_migrations", "the target has its own, written when its schema was made"),
    ("daemons", "it says which daemons live, and none lives while a copy is made"),
    ("console_sessions", "whoever was signed in signs in again at the new database"),
];
